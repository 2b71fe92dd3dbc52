"""A school's mark in its gates' lists: what moves it, what does not, and two who change it."""

from threading import Event, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from backend.access.list_basis import UNCOUNTED_MAX, count_longest, read_basis
from backend.access.list_tables import AccessListChange
from backend.access.tables import Establishment, Gate
from backend.accounts.tables import Beneficiary
from backend.cards.tables import Card
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import transfer
from tests.backend.access.conftest import School
from tests.backend.access.held_lists import LEA, NOAH, fetch


def test_a_gate_that_is_moved_does_not_take_the_old_places_mark_for_the_new_ones(
    school: School,
) -> None:
    school.add_pupil("Léa", LEA)
    held = fetch(school)
    with school.services.database.unit_of_work() as session:
        elsewhere = Establishment(id=uuid4(), name="Ailleurs", time_zone="Europe/Paris")
        session.add(elsewhere)
        session.flush()
        session.execute(update(Gate).values(establishment_id=elsewhere.id))
    with school.services.database.reading() as session:
        assert not read_basis(session, school.gate_id, school.services.now()).is_unchanged
    assert fetch(school, held) is not None


def test_a_payment_touches_no_mark(school: School) -> None:
    school.add_pupil("Léa", LEA)
    now = school.services.now()
    with school.services.database.unit_of_work() as session:
        funds, wallet = (
            open_account(session, kind, now=now, make_id=uuid4).id
            for kind in (AccountKind.FUNDING, AccountKind.WALLET)
        )
    before = _mark(school)
    with school.services.database.unit_of_work() as session:
        for reference in (f"grant:{uuid4()}", f"payment:{uuid4()}"):
            transfer(
                session,
                transfer_id=uuid4(),
                debit_account_id=funds,
                credit_account_id=wallet,
                amount_cents=800,
                reason="Droits",
                reference=reference,
                now=now,
            )
    assert _mark(school) == before


def _mark(school: School) -> str:
    with school.services.database.reading() as session:
        return read_basis(session, school.gate_id, school.services.now()).text


def _rename(session: Session, card_id: UUID, name: str) -> None:
    person = session.get_one(Card, card_id).beneficiary_id
    session.execute(update(Beneficiary).where(Beneficiary.id == person).values(given_name=name))


# SQLite has one writer at a time: there nobody can begin before and commit after.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_who_change_one_school_do_not_wait_and_neither_is_missed(school: School) -> None:
    lea, noah = school.add_pupil("Léa", LEA), school.add_pupil("Noah", NOAH)
    held, begun, go_on = fetch(school), Event(), Event()

    def slow() -> None:
        with school.services.database.unit_of_work() as session:
            _rename(session, lea, "Lea")
            session.flush()
            begun.set()
            assert go_on.wait(30)

    thread = Thread(target=slow)
    thread.start()
    assert begun.wait(30)
    with school.services.database.unit_of_work() as session:
        session.execute(text("SET LOCAL lock_timeout = '200ms'"))
        _rename(session, noah, "Noé")
    held = fetch(school, held)
    assert held is not None, "committed: seen, whoever began before"
    assert fetch(school, held) is None
    go_on.set()
    thread.join(30)
    assert fetch(school, held) is not None, "committed late, and numbered early"


def test_changes_are_counted_together_and_the_mark_stands_still_meanwhile(
    school: School,
) -> None:
    lea = school.add_pupil("Léa", LEA)
    held = fetch(school)
    counts_up = school.services.database.engine.dialect.name == "sqlite"
    before = _uncounted(school)
    for number in range(UNCOUNTED_MAX):
        with school.services.database.unit_of_work() as session:
            for turn in range(2):  # however much a unit of work changes, it is one row
                _rename(session, lea, f"Lea{number}{turn}")
    assert _uncounted(school) == (0 if counts_up else before + UNCOUNTED_MAX)
    if not counts_up:
        with school.services.database.unit_of_work() as session:
            assert count_longest(session) == before + UNCOUNTED_MAX
        assert _uncounted(school) == 0
    seen = fetch(school, held)
    assert seen is not None
    assert fetch(school, seen) is None
    with school.services.database.unit_of_work() as session:
        assert count_longest(session) == 0


def _uncounted(school: School) -> int:
    with school.services.database.reading() as session:
        return len(session.scalars(select(AccessListChange.moved_in)).all())
