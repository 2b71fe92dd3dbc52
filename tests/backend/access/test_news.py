"""What gates hear between two lists."""

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from backend.access.establishments import create_establishment
from backend.access.list_content import read_content
from backend.access.news import NEWS_MAX, OVERLAP
from backend.access.routes import NEWS_LIST
from backend.access.tables import Gate
from backend.cards.life import block_card, expire_card, lock_card, move
from backend.cards.states import CardEvent
from backend.cursors import write_cursor
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from tests.backend.access.conftest import School

LEA, NOAH = "04AABBCCDDEE01", "04AABBCCDDEE02"


class Ticking(Protocol):
    def advance(self, **by: float) -> None: ...


def ask(school: School, gate_id: UUID | None = None, since: str | None = None) -> Any:
    query = {} if since is None else {"since": since}
    answer = school.client.get("/v1/gate-news", params=query, headers=school.headers(gate_id))
    assert answer.status_code == 200, answer.text
    return answer.json()


def passage(card_id: UUID, sequence: int, answer: str = "OK") -> dict[str, Any]:
    return {
        "passage_id": str(uuid4()),
        "sequence": sequence,
        "occurred_at": "2026-09-01T09:59:00Z",
        "uid": LEA,
        "card_id": str(card_id),
        "service": "lunch",
        "answer": answer,
        "detail": None,
        "list_version": 1,
    }


def block(school: School, card_id: UUID) -> None:
    with school.services.database.unit_of_work() as session:
        block_card(session, card_id, "lost", school.services.now())


def test_a_blocked_card_is_news_at_once_and_for_its_own_establishment(
    school: School, clock: Ticking
) -> None:
    lea, noah = school.add_pupil("Léa", LEA), school.add_pupil("Noah", NOAH)
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège").id
    far = school.add_gate("Ailleurs", elsewhere)
    cursor = ask(school)["cursor"]
    assert ask(school, since=cursor)["blocked"] == []
    clock.advance(seconds=5)
    block(school, lea)
    assert ask(school, since=cursor)["blocked"] == [str(lea)]
    assert ask(school, gate_id=far)["blocked"] == []
    clock.advance(seconds=OVERLAP.total_seconds() + 1)
    cursor = ask(school, since=cursor)["cursor"]
    clock.advance(seconds=OVERLAP.total_seconds() + 1)
    assert ask(school, since=cursor)["blocked"] == []
    block(school, noah)
    assert ask(school, since=cursor)["blocked"] == [str(noah)]


def test_a_gate_hears_who_passed_at_its_siblings(school: School) -> None:
    card_id = school.add_pupil("Léa", LEA)
    admitted, refused = passage(card_id, 4), passage(card_id, 5, "DEJA_PASSE")
    school.upload(admitted, refused, gate_id=school.other_gate_id)
    assert ask(school)["passages"] == [
        {
            "passage_id": admitted["passage_id"],
            "gate": str(school.other_gate_id),
            "sequence": 4,
            "card_id": str(card_id),
            "service": "lunch",
            "occurred_at": "2026-09-01T09:59:00Z",
            "day_code_id": None,
        }
    ]
    assert ask(school, gate_id=school.other_gate_id)["passages"] == []


def test_nothing_is_missed_that_was_committed_late(school: School, clock: Ticking) -> None:
    card_id = school.add_pupil("Léa", LEA)
    cursor = ask(school)["cursor"]
    # Stamped before the cursor was given, and seen only after: a slow unit of work.
    late = school.services.now()
    clock.advance(seconds=OVERLAP.total_seconds() / 2)
    cursor = ask(school, since=cursor)["cursor"]
    with school.services.database.unit_of_work() as session:
        block_card(session, card_id, "lost", late)
    assert ask(school, since=cursor)["blocked"] == [str(card_id)]


def test_a_cursor_from_the_future_silences_nobody(school: School) -> None:
    card_id = school.add_pupil("Léa", LEA)
    moment = school.services.now() + timedelta(days=9)
    future = write_cursor(NEWS_LIST, moment.isoformat())
    block(school, card_id)
    assert ask(school, since=future)["blocked"] == [str(card_id)]


def test_more_news_than_fit_come_with_the_next_question(school: School, clock: Ticking) -> None:
    card_id = school.add_pupil("Léa", LEA)
    sent = 0
    while sent <= NEWS_MAX:
        batch = [passage(card_id, sent + number + 1) for number in range(100)]
        school.upload(*batch, gate_id=school.other_gate_id)
        sent += len(batch)
        clock.advance(seconds=1)
    clock.advance(minutes=10)
    seen: set[str] = set()
    first = ask(school)
    assert len(first["passages"]) == NEWS_MAX
    seen.update(each["passage_id"] for each in first["passages"])
    second = ask(school, since=first["cursor"])
    seen.update(each["passage_id"] for each in second["passages"])
    assert len(seen) == sent


def test_only_a_gate_that_stands_somewhere_hears_news(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        desk = create_terminal(
            session, kind=TerminalKind.DESK, name="Guichet", now=school.services.now()
        ).terminal_id
        gate = create_terminal(
            session, kind=TerminalKind.GATE, name="Neuf", now=school.services.now()
        ).terminal_id
    for terminal_id, status in ((desk, 403), (gate, 404)):
        answer = school.client.get("/v1/gate-news", headers=school.headers(terminal_id))
        assert answer.status_code == status
    answer = school.client.get("/v1/gate-news", params={"since": "hier"}, headers=school.headers())
    assert (answer.status_code, answer.json()["code"]) == (404, "cursor_invalid")


def test_every_card_that_leaves_use_is_news_and_stays_refused(school: School) -> None:
    kept, replaced, withdrawn, expired = (
        school.add_pupil(f"Élève {place}", f"04AABBCCDDEE1{place}") for place in range(4)
    )
    on_its_way = school.add_pupil("Jade", None)
    now = school.services.now()
    with school.services.database.unit_of_work() as session:
        made = lock_card(session, on_its_way)
        made.uid = bytes.fromhex("04AABBCCDDEE1F")
        move(made, CardEvent.PRODUCED, now)
        move(lock_card(session, replaced), CardEvent.REPLACED, now, reason="damaged")
        move(lock_card(session, withdrawn), CardEvent.WITHDRAWN, now, reason="left")
        expire_card(session, expired, now)
    assert set(ask(school)["blocked"]) == {str(one) for one in (replaced, withdrawn, expired)}
    with school.services.database.reading() as session:
        gate = session.get_one(Gate, school.gate_id)
        listed = read_content(session, gate, now.date()).cards
    assert {card_id: card["state"] for card_id, card in listed.items()} == {
        kept: "active",
        replaced: "blocked",
        withdrawn: "blocked",
    }
