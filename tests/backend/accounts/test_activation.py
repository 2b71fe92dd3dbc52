"""An activation link serves once, for a week, and the newest one only."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.accounts.activation import find_activation, invite, use_activation
from backend.accounts.beneficiaries import create_beneficiary, find_beneficiary
from backend.accounts.errors import (
    ActivationExpired,
    ActivationUnknown,
    ActivationUsed,
    BeneficiaryUnknown,
)
from backend.accounts.tables import Activation
from backend.errors import BackendError
from backend.services import Services


@pytest.fixture
def lea(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2009, 5, 17),
            now=services.now(),
        ).id


def ask_for(services: Services, who: UUID) -> str:
    with services.database.unit_of_work() as session:
        return invite(session, who, services.now())


def refusal(services: Services, token: str, *, use: bool = False) -> type[BackendError] | None:
    act = use_activation if use else find_activation
    try:
        with services.database.unit_of_work() as session:
            act(session, token, services.now())
    except BackendError as error:
        return type(error)
    return None


def test_a_person_is_found_again(services: Services, lea: UUID) -> None:
    with services.database.reading() as session:
        assert find_beneficiary(session, lea).given_name == "Léa"
        with pytest.raises(BeneficiaryUnknown):
            find_beneficiary(session, uuid4())


def test_a_link_leads_to_its_person_and_serves_once(services: Services, lea: UUID) -> None:
    token = ask_for(services, lea)
    with services.database.unit_of_work() as session:
        assert find_activation(session, token, services.now()) == lea
        assert use_activation(session, token, services.now()) == lea
    assert refusal(services, token) is ActivationUsed
    assert refusal(services, token, use=True) is ActivationUsed


@pytest.mark.parametrize(("days", "expected"), [(6.99, None), (7, ActivationExpired)])
def test_a_link_lives_a_week(
    services: Services, clock: Any, lea: UUID, days: float, expected: type[BackendError] | None
) -> None:
    token = ask_for(services, lea)
    clock.advance(days=days)
    assert refusal(services, token) is expected


def test_a_newer_link_replaces_an_unused_one(services: Services, lea: UUID) -> None:
    first, second = ask_for(services, lea), ask_for(services, lea)
    assert refusal(services, first) is ActivationUnknown
    assert refusal(services, second) is None


def test_an_old_link_is_forgotten_at_last(services: Services, clock: Any, lea: UUID) -> None:
    token = ask_for(services, lea)
    with services.database.unit_of_work() as session:
        use_activation(session, token, services.now())
    clock.advance(days=38)
    ask_for(services, lea)
    assert refusal(services, token) is ActivationUnknown


def test_nobody_cannot_be_invited(services: Services) -> None:
    with services.database.unit_of_work() as session, pytest.raises(BeneficiaryUnknown):
        invite(session, uuid4(), services.now())


@pytest.mark.parametrize("token", ["", "x", "é" * 43, "\x00"])
def test_an_invented_link_is_unknown(services: Services, token: str) -> None:
    assert refusal(services, token) is ActivationUnknown


def test_the_token_is_stored_as_a_hash_only(services: Services, lea: UUID) -> None:
    token = ask_for(services, lea)
    with services.database.reading() as session:
        (stored,) = session.scalars(select(Activation.token_hash)).all()
    assert len(stored) == 32
    assert stored != token.encode()
