"""What happens at doors and readers is recorded once, listed, mailed if asked, and forgotten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Response
from sqlalchemy import event, select

import backend.access.door_letters
from backend.access.errors import EstablishmentUnknown
from backend.access.establishments import create_establishment
from backend.access.event_tables import GateEvent, GateEventKind
from backend.access.gate_events import ListedEvent, list_gate_events, set_alarm_address
from backend.access.retention import forget_passages
from backend.accounts.composing import compose
from backend.accounts.errors import EmailInvalid
from backend.accounts.outbox import claim
from backend.accounts.tables import AddressNoticeKind, Notice
from backend.mail import Letter
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from tests.backend.access.conftest import School

assert backend.access.door_letters


def told(number: int, kind: str = "forced", **changes: Any) -> dict[str, Any]:
    return {
        "event_id": str(UUID(int=number)),
        "sequence": number,
        "occurred_at": "2026-09-01T10:00:00Z",
        "kind": kind,
    } | changes


def tell(school: School, *events: dict[str, Any], gate_id: UUID | None = None) -> Response:
    headers = school.headers(gate_id)
    body = {"events": list(events)}
    answer: Response = school.client.post("/v1/gate-events", json=body, headers=headers)
    return answer


def listed(school: School, **chosen: Any) -> list[ListedEvent]:
    since = school.services.now() - timedelta(days=1)
    with school.services.database.reading() as session:
        return list_gate_events(session, since=since, **chosen)


def test_each_event_is_recorded_once_however_often_it_is_told(school: School) -> None:
    first, second = told(1), told(2, "alarm_over", occurred_at="2026-09-01T10:00:20Z")
    assert tell(school, first).json()["recorded"] == [first["event_id"]]
    again = tell(school, first, second, second).json()
    assert again["already_recorded"] == [first["event_id"], second["event_id"]]
    assert again["recorded"] == [second["event_id"]]
    assert [each.kind for each in listed(school)] == [
        GateEventKind.ALARM_OVER,
        GateEventKind.FORCED,
    ]
    changed = tell(school, first | {"kind": "held_open"}).json()
    stolen = tell(school, first, gate_id=school.other_gate_id).json()
    for answer in (changed, stolen):
        assert answer["refused"] == [{"event_id": first["event_id"], "reason": "event_id_reused"}]
    assert [each.is_alarm for each in listed(school)] == [False, True]


def test_what_no_gate_says_is_refused(school: School) -> None:
    assert tell(school, told(1, "exploded")).status_code == 422
    assert tell(school, told(1, card_id=str(uuid4()))).status_code == 422, "never who it was"
    assert tell(school, *(told(number) for number in range(1, 102))).status_code == 422
    with school.services.database.unit_of_work() as session:
        counter = create_terminal(
            session, kind=TerminalKind.COUNTER, name="Caisse", now=school.services.now()
        ).terminal_id
    assert tell(school, told(1), gate_id=counter).status_code == 403


def test_a_place_is_shown_its_own_and_the_operator_all_in_one_statement(
    school: School,
) -> None:
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège").id
    far = school.add_gate("Portail", elsewhere)
    tell(school, told(1), told(2, "reader_lost"))
    tell(school, told(3, "held_open"), gate_id=far)
    assert {each.gate for each in listed(school)} == {"Entrée", "Portail"}
    own = listed(school, establishment_id=school.establishment_id)
    assert [(each.gate, each.establishment) for each in own] == [("Entrée", "Lycée du Parc")] * 2
    assert [each.kind.value for each in listed(school, alarms_only=True)] == ["held_open", "forced"]
    asked: list[str] = []
    note: Callable[..., None] = lambda *said: asked.append(said[2])  # noqa: E731
    engine = school.services.database.engine
    event.listen(engine, "before_cursor_execute", note)
    listed(school)
    event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1
    with pytest.raises(EstablishmentUnknown):
        listed(school, establishment_id=uuid4())


def owed(school: School) -> list[UUID]:
    """Return which events a mail is owed of, in order."""
    chosen = Notice.kind == AddressNoticeKind.DOOR_ALARM.value
    with school.services.database.reading() as session:
        rows = session.scalars(select(Notice.about_id).where(chosen).order_by(Notice.created_at))
        return [about_id for about_id in rows if about_id is not None]


def mail(school: School) -> Letter | None:
    """Write the one mail that is due."""
    with school.services.database.unit_of_work() as session:
        [claimed] = claim(session, school.services.now())
    return compose(school.services, claimed)


def set_address(school: School, email: str | None) -> None:
    with school.services.database.unit_of_work() as session:
        set_alarm_address(session, school.establishment_id, email)


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_forced_door_is_mailed_to_who_asked_for_it_and_not_over_and_over(
    school: School, clock: Any
) -> None:
    tell(school, told(1))
    assert owed(school) == [], "nobody asked for any"
    with pytest.raises(EmailInvalid):
        set_address(school, "nobody")
    set_address(school, "accueil@lycee.example.org")
    tell(school, told(2, "not_passed"), told(3), told(4, "held_open"))
    assert owed(school) == [UUID(int=3)]
    letter = mail(school)
    assert letter is not None
    assert letter.recipient == "accueil@lycee.example.org"
    assert "Lycée du Parc, Entrée : passage forcé à 12:00" in letter.text
    clock.advance(minutes=16)
    tell(school, told(5, "held_open", occurred_at=at(clock())))
    assert owed(school) == [UUID(int=3), UUID(int=5)]
    # A gate that was offline for a week tells all of it; nobody is woken for what is past.
    clock.advance(days=7)
    tell(school, told(6))
    assert len(owed(school)) == 2


def test_who_asks_for_no_mails_any_more_gets_none(school: School) -> None:
    set_address(school, "accueil@lycee.example.org")
    tell(school, told(1))
    set_address(school, None)
    assert mail(school) is None


def test_events_are_forgotten_as_passages_are_and_the_run_says_how_many(
    school: School, clock: Any
) -> None:
    tell(school, told(1), told(2))
    clock.advance(days=60)
    tell(school, told(3, occurred_at=at(clock())))
    clock.advance(days=31)
    assert forget_passages(school.services).gate_events == 2
    with school.services.database.reading() as session:
        assert session.scalars(select(GateEvent.sequence)).all() == [3]


def test_a_door_released_for_everybody_is_mailed_after_any_other_alarm_and_counted_once(
    school: School,
) -> None:
    set_address(school, "accueil@lycee.example.org")
    over = told(3, "emergency_over", passages=17)
    tell(school, told(1, "forced"), told(2, "emergency"), over, told(4, "emergency_hand"))
    assert owed(school) == [UUID(int=1), UUID(int=2)], "one mail of one evacuation"
    assert tell(school, over).json()["already_recorded"] == [over["event_id"]]
    other = tell(school, over | {"passages": 18}).json()
    assert other["refused"] == [{"event_id": over["event_id"], "reason": "event_id_reused"}]
    counted = {each.kind.value: (each.passages, each.is_alarm) for each in listed(school)}
    assert counted == {
        "forced": (None, True),
        "emergency": (None, True),
        "emergency_over": (17, False),
        "emergency_hand": (None, True),
    }
    assert tell(school, told(5, "emergency_over", passages=-1)).status_code == 422


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("emergency", "issue de secours ouverte par l’alarme incendie"),
        ("emergency_hand", "issue de secours ouverte par un surveillant"),
    ],
)
def test_the_mail_of_an_emergency_says_who_asked_for_it(
    school: School, kind: str, words: str
) -> None:
    set_address(school, "accueil@lycee.example.org")
    tell(school, told(1, kind))
    letter = mail(school)
    assert letter is not None
    assert words in letter.text
