"""What people did is never changed, and is removed only when it is a year old."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.operators.trail import Wanted, forget_acts, read_trail
from backend.services import Services
from backend.tabular import safe_cell


@pytest.fixture
def account_id(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return invite_to_sign_in(services, session, "op@region.example", "Ada", "Noir")


def write(services: Services, account_id: UUID, at: datetime, words: str = "") -> None:
    with services.database.unit_of_work() as session:
        record_act(session, ActKind.CARD_BLOCKED, account_id, uuid4(), at, words=words)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sign_in_act SET words = 'autre'",
        "DELETE FROM sign_in_act",
        (
            "INSERT INTO sign_in_act (id, at, account_id, kind, subject)"
            " SELECT id, at, account_id, 'x', subject FROM sign_in_act"
        ),
    ],
)
def test_the_database_refuses_to_change_what_was_done(
    services: Services, account_id: UUID, statement: str
) -> None:
    write(services, account_id, datetime.now(UTC))
    with pytest.raises(DBAPIError), services.database.unit_of_work() as session:
        session.execute(text(statement))
    with services.database.reading() as session:
        assert [row.words for row in session.scalars(select(SignInAct))] == [""]


def test_what_is_a_year_old_is_forgotten_and_nothing_younger(
    services: Services, account_id: UUID
) -> None:
    present = datetime.now(UTC)
    for days in (1, 300, 363, 370, 800):
        write(services, account_id, present - timedelta(days=days), f"{days}")
    assert forget_acts(services.database, present) == 2
    with services.database.reading() as session:
        kept = session.scalars(select(SignInAct.words).order_by(SignInAct.at)).all()
    assert kept == ["363", "300", "1"]
    # A program whose clock runs ahead opens the door no sooner.
    with pytest.raises(DBAPIError):
        forget_acts(services.database, present + timedelta(days=400))


def test_pages_of_the_trail_leave_nothing_out(
    services: Services, account_id: UUID, clock: Any
) -> None:
    # Several in one moment: the id tells them apart.
    for number in range(25):
        write(services, account_id, clock() + timedelta(seconds=number // 4), f"{number}")
    seen, after = [], None
    while True:
        with services.database.reading() as session:
            page = read_trail(session, Wanted(actor_id=account_id), after=after, limit=7)
        seen += page.lines
        after = page.next_place
        if after is None:
            break
    assert len(seen) == len({line.act_id for line in seen}) == 25
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert safe_cell("Léa") == "Léa"
