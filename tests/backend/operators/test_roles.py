"""Somebody stays who can act, however many are taken away at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from backend.accounts.errors import NotYours
from backend.operators.errors import LastOperator, OperatorAlready
from backend.operators.roles import Newcomer, change_role, let_in, list_operators, take_away
from backend.operators.tables import OperatorRole
from backend.services import Services


def invite(services: Services, email: str, role: OperatorRole = OperatorRole.OPERATOR) -> UUID:
    with services.database.unit_of_work() as session:
        return let_in(services, session, Newcomer(email, "Ada", "Noir"), role, None)


def remaining(services: Services) -> list[tuple[str, str]]:
    with services.database.reading() as session:
        return [(one.email, one.role.value) for one in list_operators(session)]


def test_the_last_operator_stays(services: Services) -> None:
    one = invite(services, "a@region.example")
    invite(services, "b@region.example", OperatorRole.AUDITOR)
    with pytest.raises(LastOperator), services.database.unit_of_work() as session:
        take_away(session, one, None, services.now())
    with pytest.raises(LastOperator), services.database.unit_of_work() as session:
        change_role(session, one, OperatorRole.AUDITOR, None, services.now())
    with pytest.raises(OperatorAlready):
        invite(services, "a@region.example")
    assert len(remaining(services)) == 2


def test_two_who_take_each_other_away_leave_one(services: Services) -> None:
    both = [invite(services, f"{letter}@region.example") for letter in "ab"]

    def away(account_id: UUID) -> bool:
        try:
            with services.database.unit_of_work() as session:
                take_away(session, account_id, None, services.now())
        except (LastOperator, NotYours):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(away, both))
    assert sorted(done) == [False, True]
    assert len(remaining(services)) == 1


def test_whoever_comes_back_has_the_role_they_are_given(services: Services) -> None:
    one = invite(services, "a@region.example")
    invite(services, "b@region.example")
    with services.database.unit_of_work() as session:
        take_away(session, one, None, services.now())
    assert invite(services, "A@region.example", OperatorRole.AUDITOR) == one
    assert remaining(services)[0] == ("a@region.example", "auditor")
    with services.database.unit_of_work() as session:
        change_role(session, one, OperatorRole.OPERATOR, None, services.now())
    assert remaining(services)[0] == ("a@region.example", "operator")
