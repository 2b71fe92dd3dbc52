"""A gate's signed list: the cards of its establishment, each with the one key that proves it.

Promise: a list carries no card of another establishment. Its version belongs to its content (hashed
without keys and times) and increases only when that changes. Keys are asked of the vault after the
unit of work has ended: nothing waits for it while rows are locked.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import GateNotAssigned, ListTooLong
from backend.access.rights import read_counted, read_rights, read_week
from backend.access.tables import ClosedDay, Enrolment, Establishment, Gate, Service
from backend.accounts.tables import Beneficiary
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.services import Services

FORMAT = 2
#: Within it a gate asks for the same content signed anew; past it the gate's screen turns amber.
VALIDITY = timedelta(hours=48)
#: A gate that is offline for months still knows the holidays.
CLOSED_DAYS_AHEAD = timedelta(days=400)
CARDS_MAX = 20_000
SERVICES_MAX = 50
#: In the content, so that a card whose keys were renewed makes a new version of the list.
KEY_VERSION = "key_version"
_LISTED_STATES = (CardState.ACTIVE.value, CardState.BLOCKED.value)

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class ListContent:
    """What a version of a list is a version of: everything but keys and times.

    `counted` is no part of it: it only says how far the gates' passages are in the rest.
    """

    establishment: str
    time_zone: str
    services: tuple[Json, ...]
    closed_days: tuple[str, ...]
    cards: tuple[Json, ...] = field(repr=False)
    counted: dict[str, int]

    def hash(self) -> bytes:
        """Return the SHA-256 of the content."""
        place = [FORMAT, self.establishment, self.time_zone]
        content = [*place, self.services, self.closed_days, self.cards]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()


@dataclass(frozen=True, slots=True)
class IssuedList:
    """A list for one gate, signed."""

    version: int
    jws: str = field(repr=False)


def issue_access_list(
    services: Services, terminal_id: UUID, known_version: int | None = None
) -> IssuedList | None:
    """Return the gate's list, signed now, or None if it is still `known_version`.

    Raises GateNotAssigned, ListTooLong.
    """
    content, version = _current(services, terminal_id)
    if version == known_version:
        return None
    now = services.now().astimezone(UTC)
    payload = {
        "format": FORMAT,
        "gate": str(terminal_id),
        "establishment": content.establishment,
        "version": version,
        "issued_at": _text(now),
        "valid_until": _text(now + VALIDITY),
        "timezone": content.time_zone,
        "services": content.services,
        "closed_days": content.closed_days,
        "counted": content.counted,
        "cards": [_with_key(services, card) for card in content.cards],
    }
    raw = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    return IssuedList(version, services.vault.sign(raw))


def _with_key(services: Services, card: Json) -> Json:
    """Put the card's own key in place of its version, which says nothing to a gate."""
    listed = {name: value for name, value in card.items() if name != KEY_VERSION}
    version = int(str(card[KEY_VERSION]))
    key = services.vault.derive_access_key(bytes.fromhex(str(card["uid"])), version)
    return {**listed, "key": key.hex().upper()}


def _current(services: Services, terminal_id: UUID) -> tuple[ListContent, int]:
    """Return the content and its version; only a change of content takes a lock and writes."""
    with services.database.reading() as session:
        gate = _find_gate(session, terminal_id)
        content = _read_content(session, gate.establishment_id, services.now())
        if gate.list_hash == content.hash():
            return content, gate.list_version
    with services.database.unit_of_work() as session:
        gate = _find_gate(session, terminal_id, lock=True)
        content = _read_content(session, gate.establishment_id, services.now())
        if gate.list_hash != content.hash():
            gate.list_hash = content.hash()
            gate.list_version += 1
        return content, gate.list_version


def _find_gate(session: Session, terminal_id: UUID, *, lock: bool = False) -> Gate:
    gate = session.get(Gate, terminal_id, with_for_update=lock or None, populate_existing=lock)
    if gate is None:
        raise GateNotAssigned
    return gate


def _read_content(session: Session, establishment_id: UUID, now: datetime) -> ListContent:
    # First: a passage recorded meanwhile is then taken off twice for a moment, and never given.
    counted = read_counted(session, establishment_id)
    establishment = session.get_one(Establishment, establishment_id)
    services = session.scalars(
        select(Service).where(Service.establishment_id == establishment_id).order_by(Service.code)
    ).all()
    cards = _read_cards(session, establishment, now)
    if len(services) > SERVICES_MAX or len(cards) > CARDS_MAX:
        raise ListTooLong
    return ListContent(
        establishment=establishment.name,
        time_zone=establishment.time_zone,
        services=tuple(_service(service) for service in services),
        closed_days=_read_closed_days(session, establishment, now),
        cards=cards,
        counted=counted,
    )


def _service(service: Service) -> Json:
    return {
        "service": service.code,
        "label": service.label,
        "days": [int(day) for day in service.days],
        "opens": f"{service.opens:%H:%M}",
        "closes": f"{service.closes:%H:%M}",
        "passages_max": service.passages_max,
        "week_max": service.week_max,
        "held_on_closed_days": service.held_on_closed_days,
    }


def _read_closed_days(session: Session, place: Establishment, now: datetime) -> tuple[str, ...]:
    today = now.astimezone(ZoneInfo(place.time_zone)).date()
    days = session.scalars(
        select(ClosedDay.day)
        .where(
            ClosedDay.establishment_id == place.id,
            ClosedDay.day >= today - timedelta(days=1),
            ClosedDay.day <= today + CLOSED_DAYS_AHEAD,
        )
        .order_by(ClosedDay.day)
    )
    return tuple(day.isoformat() for day in days)


def _read_cards(session: Session, place: Establishment, now: datetime) -> tuple[Json, ...]:
    rights = read_rights(session, place, now)
    used = read_week(session, place, now).used
    rows = session.execute(
        select(
            Card.uid,
            Card.id,
            Card.key_version,
            Card.state,
            Beneficiary.id,
            Beneficiary.given_name,
            Enrolment.id,
        )
        .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
        .join(Enrolment, Enrolment.beneficiary_id == Beneficiary.id)
        .where(
            Enrolment.establishment_id == place.id,
            Enrolment.ended_at.is_(None),
            Card.state.in_(_LISTED_STATES),
            # Blocked before it was ever personalised: there is no chip to refuse.
            Card.uid.is_not(None),
        )
        .order_by(Card.uid)
        .limit(CARDS_MAX + 1)
    )
    return tuple(
        {
            "uid": uid.hex().upper(),
            "card_id": str(card_id),
            KEY_VERSION: key_version,
            "display_name": given_name,
            "state": state,
            "rights": [
                terms | ({"week_used": used[person, code]} if (person, code) in used else {})
                for code, terms in rights.get(enrolment_id, [])
            ],
        }
        for uid, card_id, key_version, state, person, given_name, enrolment_id in rows
        if uid is not None
    )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
