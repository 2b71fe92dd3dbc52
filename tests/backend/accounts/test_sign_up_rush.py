"""The opening in September: many sign up at once, nothing is lost, nobody is let in twice."""

import time
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.families.own_tie import make_tie
from backend.accounts.families.tables import Tie
from backend.accounts.signin import sign_up
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.errors import LinkGone, TooManyRequests
from backend.accounts.signin.quota import Quota
from backend.accounts.signin.sign_up import (
    FROM_ALL,
    MAILS_TO_ADDRESS,
    Asked,
    ask_to_sign_up,
    open_account,
)
from backend.accounts.signin.sign_up_tables import AddressLinkKind, SignUp
from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.tables import Notice
from backend.services import Services
from tests.backend.together import at_once
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import make_person

PASSWORD = "quatre volcans sous la pluie"
A_MINUTE, MINUTES, CORES = 200, 10, 2
#: Of the clock on the wall: what is promised is counted in time of the processor.
WALL_SECONDS_MAX = 3_000


def asked(number: int) -> Asked:
    email = f"p{number}@exemple.fr"
    return Asked(email, "Camille", "Durand", date(1985, 2, 1), Language.FRENCH, 1)


def count(services: Services, table: type) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_many_at_once_are_all_taken(services: Services) -> None:
    works = [partial(ask_to_sign_up, services, asked(n), "192.0.2.7") for n in range(24)]
    assert {type(one) for one in at_once(works)} == {UUID}
    assert count(services, SignUp) == count(services, Notice) == 24
    assert FROM_ALL.uses_max >= 3 * A_MINUTE


@pytest.mark.slow
@pytest.mark.timeout(WALL_SECONDS_MAX)
def test_ten_minutes_of_the_opening_take_less_than_ten_minutes(
    services: Services, clock: Any
) -> None:
    """From the form to the open account, mails and passwords with it; nobody is lost."""
    mailbox, began = Mailbox(services), time.process_time()
    for minute in range(MINUTES):
        people = range(minute * A_MINUTE, (minute + 1) * A_MINUTE)
        works = [partial(ask_to_sign_up, services, asked(n), "") for n in people]
        assert {type(one) for one in at_once(works)} == {UUID}
        while mailbox.empty():
            pass
        tokens = [
            one.text.partition("/inscription/")[2][:43] for one in mailbox.letters if one.text
        ]
        mailbox.letters.clear()
        opened = at_once([partial(open_account, services, one, PASSWORD) for one in tokens])
        assert [type(one) for one in opened] == [UUID] * A_MINUTE
        clock.advance(minutes=1)
        while mailbox.empty():
            pass
        mailbox.letters.clear()
    assert count(services, SignInAccount) == MINUTES * A_MINUTE
    assert count(services, SignUp) == 0
    assert time.process_time() - began < CORES * MINUTES * 60


def test_one_address_gets_three_mails_however_many_ask_at_once(services: Services) -> None:
    works = [lambda: ask_to_sign_up(services, asked(0), "") for _ in range(8)]
    taken = [one for one in at_once(works) if one is not None]
    assert {type(one) for one in taken} == {UUID}
    assert count(services, Notice) == MAILS_TO_ADDRESS.uses_max


def test_above_the_limit_nobody_is_taken(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_up, "FROM_ALL", Quota(5, FROM_ALL.period))
    works = [partial(ask_to_sign_up, services, asked(n), "") for n in range(8)]
    refused = [one for one in at_once(works) if not isinstance(one, UUID)]
    assert [type(one) for one in refused] == [TooManyRequests] * 3
    assert count(services, SignUp) == 5


def test_two_links_of_one_address_open_one_account(services: Services) -> None:
    tokens = []
    for _ in range(3):
        ask_to_sign_up(services, asked(0), "")
    with services.database.unit_of_work() as session:
        now = services.now()
        for row in session.scalars(select(SignUp)):
            until = row.expires_at
            kind = AddressLinkKind.SIGN_UP
            tokens.append(give_address_link(session, kind, row.id, until, now))
    works = [partial(open_account, services, one, PASSWORD) for one in tokens]
    results = at_once(works)
    assert sorted(type(one).__name__ for one in results) == ["LinkGone", "LinkGone", "UUID"]
    assert LinkGone in {type(one) for one in results}
    assert count(services, SignInAccount) == 1


def test_a_young_person_is_tied_to_one_account_however_many_try(services: Services) -> None:
    with services.database.unit_of_work() as session:
        person = create_beneficiary(
            session,
            given_name="Noé",
            family_name="Durand",
            birth_date=date(2010, 9, 1),
            now=services.now(),
        ).id
    accounts = [make_person(services, f"n{n}@exemple.fr").account_id for n in range(4)]

    def tie(account_id: object) -> None:
        with services.database.unit_of_work() as session:
            make_tie(session, account_id, person, account_id, services.now())  # type: ignore[arg-type]

    results = at_once([partial(tie, one) for one in accounts])
    assert sorted(type(one).__name__ for one in results) == ["NoneType", *["TieTaken"] * 3]
    assert count(services, Tie) == 1
