"""An unchanged list costs one row; whatever changes it is seen, whoever wrote it and however."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, insert, select, text, update
from sqlalchemy.orm import Session

from backend.access.list_content import read_content
from backend.access.list_guards import WATCHED
from backend.access.meals import pay_in, set_price
from backend.access.office_tables import DayCode, HolderPhoto
from backend.access.tables import (
    ClosedDay,
    Enrolment,
    EnrolmentService,
    Establishment,
    Gate,
    HolderCategory,
    MealAccount,
    Passage,
    PassageCancellation,
    Reservation,
    Service,
)
from backend.cards.tables import Card
from backend.database import Base
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import transfer
from backend.partners.tables import Terminal
from backend.services import Services
from tests.backend.access.conftest import School
from tests.backend.access.held_lists import LEA, NOAH, fetch

TODAY = date(2026, 9, 1)


@contextmanager
def statements(services: Services) -> Iterator[list[str]]:
    """Collect what the database is asked meanwhile."""
    asked: list[str] = []

    def note(_c: object, _u: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    engine = services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_an_unchanged_list_costs_one_row_however_large_the_school(school: School) -> None:
    for number in range(20):
        school.add_pupil("Élève", f"04AABBCC{number:06X}")
        if number in (0, 19):
            held = fetch(school)
            with statements(school.services) as asked:
                assert fetch(school, held) is None
            assert len(asked) == 1, asked


def _whole(school: School) -> dict[str, Any]:
    """Make a school whose list has something of everything; return what was made, by name."""
    card_id = school.add_pupil("Léa", LEA)
    services = school.services
    now = services.now()
    with services.database.unit_of_work() as session:
        card = session.get_one(Card, card_id)
        enrolment = session.scalars(
            select(Enrolment.id).where(Enrolment.beneficiary_id == card.beneficiary_id)
        ).one()
        place = session.get_one(Establishment, school.establishment_id)
        place.photos_on_gates = True
        service = session.scalars(select(Service).where(Service.establishment_id == place.id)).one()
        service.week_max = 4
        right = session.get_one(EnrolmentService, (enrolment, service.id))
        right.by_reservation = right.prepaid = True
        set_price(session, service.id, HolderCategory.PUPIL, price_cents=400)
        pay_in(session, enrolment, amount_cents=4000, transfer_id=uuid4(), now=now)
        passages = [_passage(school, card_id, number) for number in (1, 2)]
        session.execute(insert(Passage), passages)
        session.execute(insert(ClosedDay), [_closed(place.id, 3)])
        session.execute(insert(Reservation), [_reserved(enrolment, service.id, 2)])
        session.execute(insert(DayCode), [_day_code(service.id, 1)])
        photo = {"image": b"1", "sha256": b"1" * 32, "agreed_at": now, "noted_by": "Office"}
        session.execute(insert(HolderPhoto), [{"enrolment_id": enrolment, **photo}])
        return {
            "card": card_id,
            "person": card.beneficiary_id,
            "enrolment": enrolment,
            "service": service.id,
            "place": place.id,
            "passage": passages[0]["passage_id"],
        }


def _passage(school: School, card_id: UUID, number: int) -> dict[str, Any]:
    return {
        "passage_id": UUID(int=number),
        "terminal_id": school.gate_id,
        "sequence": number,
        "establishment_id": school.establishment_id,
        "occurred_at": school.services.now(),
        "local_day": TODAY,
        "uid": bytes.fromhex(LEA),
        "card_id": card_id,
        "service": "lunch",
        "answer": "OK",
        "received_at": school.services.now(),
        "over_maximum": False,
    }


def _closed(place: UUID, days: int) -> dict[str, Any]:
    return {"establishment_id": place, "day": TODAY + timedelta(days=days), "label": "Fermé"}


def _reserved(enrolment: UUID, service: UUID, days: int) -> dict[str, Any]:
    moment = datetime(2026, 9, 1, tzinfo=UTC)
    day = TODAY + timedelta(days=days)
    return {"enrolment_id": enrolment, "service_id": service, "day": day, "made_at": moment}


def _day_code(service: UUID, number: int) -> dict[str, Any]:
    return {
        "id": UUID(int=number),
        "service_id": service,
        "day": TODAY,
        "code_hash": bytes([number]) * 32,
        "label": "Invité",
        "passages_max": 1,
        "made_at": datetime(2026, 9, 1, tzinfo=UTC),
        "made_by": "Office",
    }


def _own_meals(session: Session, made: dict[str, Any]) -> None:
    """Give a person another meal account, as no program of ours does."""
    known = session.get_one(MealAccount, made["enrolment"])
    now = datetime(2026, 9, 1, tzinfo=UTC)
    known.account_id = open_account(session, AccountKind.MEALS, now=now, make_id=uuid4).id


def _correct(session: Session, made: dict[str, Any]) -> None:
    """Move meal money by the ledger alone: a correction nobody told this room of."""
    account = session.get_one(MealAccount, made["enrolment"]).account_id
    now = datetime(2026, 9, 1, tzinfo=UTC)
    funds = open_account(session, AccountKind.FUNDING, now=now, make_id=uuid4).id
    transfer(
        session,
        transfer_id=uuid4(),
        debit_account_id=funds,
        credit_account_id=account,
        amount_cents=800,
        reason="Correction",
        reference="correction:1",
        now=now,
    )


def _sql(template: str) -> Callable[[Session, dict[str, Any]], object]:
    """Return a change in the database's own words, as an administrator types it."""

    def change(session: Session, made: dict[str, Any]) -> object:
        plain = session.get_bind().dialect.name == "sqlite"
        values = {
            name: value.hex if plain and isinstance(value, UUID) else value
            for name, value in made.items()
            if f":{name}" in template
        }
        return session.execute(text(template), values)

    return change


def _move_gate(to: str) -> Callable[[Session, dict[str, Any]], object]:
    return lambda session, made: session.execute(
        update(Gate).where(Gate.terminal_id == made["other_gate"]).values(establishment_id=made[to])
    )


#: For each table a list is made of, changes of it that change a list.
CHANGES: dict[str, list[Callable[[Session, dict[str, Any]], object]]] = {
    "establishment": [
        _sql("UPDATE establishment SET name = 'Collège' WHERE id = :place"),
        _sql("UPDATE establishment SET initials_on_gates = NOT initials_on_gates"),
    ],
    "access_service": [
        _sql("UPDATE access_service SET week_max = 3 WHERE id = :service"),
        lambda session, made: session.execute(
            insert(Service),
            [
                {
                    "id": uuid4(),
                    "establishment_id": made["place"],
                    "code": "door",
                    "label": "Porte",
                    "days": "12345",
                    "opens": datetime(2026, 9, 1, 8, tzinfo=UTC).time(),
                    "closes": datetime(2026, 9, 1, 9, tzinfo=UTC).time(),
                    "passages_max": 1,
                    "reservation_cutoff": datetime(2026, 9, 1, 8, tzinfo=UTC).time(),
                }
            ],
        ),
    ],
    "closed_day": [
        lambda session, made: session.execute(insert(ClosedDay), [_closed(made["place"], 4)]),
        _sql("UPDATE closed_day SET day = '2026-09-11' WHERE day = '2026-09-05'"),
        _sql("DELETE FROM closed_day WHERE establishment_id = :place"),
    ],
    "enrolment_service": [
        _sql("UPDATE enrolment_service SET days = '12' WHERE enrolment_id = :enrolment"),
    ],
    "reservation": [
        lambda session, made: session.execute(
            insert(Reservation), [_reserved(made["enrolment"], made["service"], 5)]
        ),
        _sql("UPDATE reservation SET cancelled_at = made_at WHERE day = '2026-09-06'"),
        _sql("DELETE FROM reservation"),
    ],
    "meal_price": [_sql("UPDATE meal_price SET price_cents = 500")],
    "ledger_transfer": [_correct],
    "day_code": [
        lambda session, made: session.execute(insert(DayCode), [_day_code(made["service"], 2)]),
        _sql("UPDATE day_code SET passages_max = 2"),
        _sql("DELETE FROM day_code"),
    ],
    "holder_photo": [_sql("DELETE FROM holder_photo WHERE enrolment_id = :enrolment")],
    "passage": [_sql("DELETE FROM passage WHERE sequence = 2")],
    "passage_cancellation": [
        lambda session, made: session.execute(
            insert(PassageCancellation),
            [
                {
                    "passage_id": made["passage"],
                    "establishment_id": made["place"],
                    "reason": "mistake",
                    "cancelled_by": "M. Roux",
                    "cancelled_at": datetime(2026, 9, 1, tzinfo=UTC),
                }
            ],
        )
    ],
    "meal_account": [_own_meals],
    "card": [
        lambda session, made: session.execute(
            update(Card).where(Card.id == made["card"]).values(uid=bytes.fromhex(NOAH))
        ),
        _sql("UPDATE card SET state = 'blocked' WHERE id = :card"),
    ],
    "beneficiary": [
        _sql("UPDATE beneficiary SET given_name = 'Lea' WHERE id = :person"),
        _sql("UPDATE beneficiary SET family_name = 'Durand' WHERE id = :person"),
    ],
    "gate": [_move_gate("elsewhere"), _move_gate("place")],
    "terminal": [
        lambda session, made: session.execute(
            update(Terminal).where(Terminal.id == made["other_gate"]).values(name="Porte B")
        ),
        lambda session, made: session.execute(
            update(Terminal)
            .where(Terminal.id == made["other_gate"])
            .values(revoked_at=datetime(2026, 9, 1, tzinfo=UTC))
        ),
    ],
    "enrolment": [_sql("UPDATE enrolment SET ended_at = '2026-09-01 10:00:00+00:00'")],
}


def test_a_change_of_any_table_a_list_is_made_of_is_seen_at_once(school: School) -> None:
    made = {**_whole(school), "other_gate": school.other_gate_id}
    with school.services.database.unit_of_work() as session:
        elsewhere = Establishment(id=uuid4(), name="Ailleurs", time_zone="Europe/Paris")
        session.add(elsewhere)
        made["elsewhere"] = elsewhere.id
    held = fetch(school)
    for table, changes in CHANGES.items():
        for number, change in enumerate(changes):
            assert fetch(school, held) is None
            with school.services.database.unit_of_work() as session:
                change(session, made)
            later = fetch(school, held)
            assert later is not None, (table, number)
            assert held is not None
            assert later.version == held.version + 1, (table, number)
            held = later
    assert set(CHANGES) == set(WATCHED)


def test_a_list_is_read_from_nothing_that_is_not_watched(school: School) -> None:
    _whole(school)
    with school.services.database.reading() as session:
        gate = session.get_one(Gate, school.gate_id)
        with statements(school.services) as asked:
            read_content(session, gate, TODAY)
    said = "\n".join(asked)
    tables = {name for name in Base.metadata.tables if re.search(rf"\b{name}\b", said)}
    # An account's totals only sum up its transfers.
    assert tables - {"ledger_account"} == set(WATCHED)
    for table, watched in {
        "card": {"uid", "key_version", "state", "beneficiary_id", "id"},
        "beneficiary": {"given_name", "family_name", "id"},
        "gate": {"establishment_id", "terminal_id"},
        "terminal": {"name", "public_key", "revoked_at", "id"},
    }.items():
        columns = set(re.findall(rf"\b{table}\.(\w+)", said))
        assert columns <= watched, table


def test_what_time_alone_changes_is_seen_at_midnight_on_the_wall(
    school: School, clock: Any
) -> None:
    _whole(school)
    held = fetch(school)
    clock.moment = datetime(2026, 9, 1, 21, 59, tzinfo=UTC)  # 23:59 in Paris
    assert fetch(school, held) is None
    for _ in range(3):  # a day code, a reservation, a closed day: each is past at last
        clock.advance(days=2)
        later = fetch(school, held)
        assert later is not None
        assert fetch(school, later) is None
        held = later
    clock.advance(days=1)  # a day without a difference is looked at once
    with statements(school.services) as first, statements(school.services):
        assert fetch(school, held) is None
    with statements(school.services) as second:
        assert fetch(school, held) is None
    assert len(first) > len(second) == 1
