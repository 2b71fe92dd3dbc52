"""A gate opens alike whatever state the code is in: every state, through every decision it takes.

The list is the backend's own, signed; the decision is the gate's own. Byte for byte the same list,
and the same answer to every tap; and the list is made without one look at what is kept of codes.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.utils import base64url_decode
from sqlalchemy import event

from backend.access.access_list import issue_access_list
from backend.access.establishments import (
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
)
from backend.cards.life import block_card, move, order_card
from backend.cards.states import CardEvent
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.pins.forcing import force_change
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from terminal.gate.access_list import AccessList, read_access_list
from terminal.gate.decision import Admission, Answer, Chip, Tap, decide

CODE, OTHER = "7391", "7392"
LUNCH = datetime(2026, 9, 1, 10, 4, tzinfo=UTC)  # a Tuesday, 12:04 in Paris
MOMENTS = (LUNCH, LUNCH + timedelta(hours=6), LUNCH + timedelta(days=5))


class Place:
    """A school with a gate; one holder has four cards, so that all are of the same code."""

    def __init__(self, world: Any) -> None:
        self.world, self.services = world, world.services
        self.services.now.moment = LUNCH
        self.cards: dict[str, bytes] = {"unlisted": bytes(7)}
        with self.services.database.unit_of_work() as session:
            school = create_establishment(session, "Lycée des Tilleuls").id
            hours = time(11, 30), time(13, 30)
            add_service(
                session, school, code="lunch", label="Repas", days=[1, 2, 3, 4, 5], hours=hours
            )
            gate = create_terminal(session, kind=TerminalKind.GATE, name="Entrée", now=LUNCH)
            self.gate_id = gate.terminal_id
            assign_gate(session, self.gate_id, school)
            enrol_pupil(session, school, world.person, ["lunch"])
            for number, name in enumerate(("active", "blocked")):
                self.cards[name] = self._card(session, world.person, number)
                if name == "blocked":
                    block_card(session, self.last, "lost", LUNCH)
            (friend,) = world.people(1, CODE, session)
            enrol_pupil(session, school, friend, [])
            self.cards["no_right"] = self._card(session, friend, 9)

    def _card(self, session: Any, person: UUID, serial: int) -> bytes:
        card = order_card(session, person, serial, LUNCH)
        card.uid = secrets.token_bytes(7)
        move(card, CardEvent.PERSONALISED, LUNCH)
        self.last = card.id
        return card.uid

    def list(self) -> str:
        """The signed list, as the gate asks for it."""
        issued = issue_access_list(self.services, self.gate_id)
        assert issued is not None
        return issued.jws

    def read(self, jws: str) -> AccessList:
        raw = base64url_decode(self.services.vault.public_signing_key()["x"])
        key = Ed25519PublicKey.from_public_bytes(raw)
        return read_access_list(jws, key, str(self.gate_id))

    def decisions(self, jws: str) -> dict[tuple[str, Chip, datetime, str], str]:
        """Every tap there is: each card, chip, moment and past."""
        held = self.read(jws)
        pasts = {
            "fresh": [],
            "a moment ago": [Admission("lunch", LUNCH - timedelta(seconds=5))],
            "today": [Admission("lunch", LUNCH - timedelta(minutes=20))],
        }
        answers = {}
        for name, uid in self.cards.items():
            listed = held.find(uid)
            holder = None if listed is None else listed.holder
            for chip in Chip:
                for at in MOMENTS:
                    for past, admissions in pasts.items():
                        tap = Tap(at, chip, holder, admissions, held.issued_at)
                        answers[name, chip, at, past] = repr(decide(tap, held.hours))
        return answers


def _tries(left: int, *, must_change: bool = False) -> Callable[[Any], None]:
    def reach(world: Any) -> None:
        world.set(CODE)
        pad = world.pad()
        for _ in range(3 - left):
            world.check(pad, pad.type(OTHER))
        if must_change:
            with world.services.database.unit_of_work() as session:
                force_change(session, world.person, LUNCH, by="Anne", reason="vu")

    return reach


REACH: dict[str, tuple[CodeState, Callable[[Any], None]]] = {
    "unset": (CodeState.UNSET, lambda _world: None),
    "three tries": (CodeState.ACTIVE, _tries(3)),
    "two tries": (CodeState.ACTIVE, _tries(2)),
    "one try": (CodeState.ACTIVE, _tries(1)),
    "locked": (CodeState.LOCKED, _tries(0)),
    "must change, three": (CodeState.MUST_CHANGE, _tries(3, must_change=True)),
    "must change, two": (CodeState.MUST_CHANGE, _tries(2, must_change=True)),
    "must change, one": (CodeState.MUST_CHANGE, _tries(1, must_change=True)),
}


@contextmanager
def statements(world: Any) -> Iterator[list[str]]:
    """Hear every statement the database is sent."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement.lower())

    engine = world.services.database.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_every_state_has_been_reached() -> None:
    assert {state for state, _ in REACH.values()} == set(CodeState)


@pytest.mark.parametrize("name", REACH)
def test_every_decision_is_the_same_whatever_the_code_s_state(world: Any, name: str) -> None:
    place = Place(world)
    before = place.list()
    decided = place.decisions(before)
    state, reach = REACH[name]
    reach(world)
    with world.services.database.reading() as session:
        assert code_state(session, world.person) is state
    with statements(world) as heard:
        after = place.list()
    assert after == before
    assert place.decisions(after) == decided
    assert any("card" in statement for statement in heard)
    for table in ("pin_", "code_", "terminal_guard", "activation", "notice"):
        assert not any(f" {table}" in statement for statement in heard), table


def test_the_walk_goes_through_every_answer_a_card_alone_can_lead_to(world: Any) -> None:
    place = Place(world)
    told = " ".join(place.decisions(place.list()).values())
    for answer in (
        Answer.OK,
        Answer.DEJA_PASSE,
        Answer.HORS_HORAIRES,
        Answer.CARTE_OPPOSEE,
        Answer.CARTE_INCONNUE,
        Answer.NON_INSCRIT,
    ):
        assert f"<Answer.{answer.name}:" in told
    assert world.row() is None
    assert (
        "answer=<Answer.OK: 'OK'>"
        in place.decisions(place.list())["active", Chip.GENUINE, LUNCH, "fresh"]
    )
