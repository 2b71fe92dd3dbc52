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

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import GateNotAssigned, ListTooLong
from backend.access.tables import Enrolment, EnrolmentService, Establishment, Gate, Service
from backend.accounts.tables import Beneficiary
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.services import Services

FORMAT = 1
#: Within it a gate asks for the same content signed anew; past it the gate's screen turns amber.
VALIDITY = timedelta(hours=48)
CARDS_MAX = 20_000
SERVICES_MAX = 50
#: In the content, so that a card whose keys were renewed makes a new version of the list.
KEY_VERSION = "key_version"
_LISTED_STATES = (CardState.ACTIVE.value, CardState.BLOCKED.value)

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class ListContent:
    """What a version of a list is a version of: everything but keys and times."""

    establishment: str
    time_zone: str
    services: tuple[Json, ...]
    cards: tuple[Json, ...] = field(repr=False)

    def hash(self) -> bytes:
        """Return the SHA-256 of the content."""
        content = [FORMAT, self.establishment, self.time_zone, self.services, self.cards]
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
        content = _read_content(session, gate.establishment_id)
        if gate.list_hash == content.hash():
            return content, gate.list_version
    with services.database.unit_of_work() as session:
        gate = _find_gate(session, terminal_id, lock=True)
        content = _read_content(session, gate.establishment_id)
        if gate.list_hash != content.hash():
            gate.list_hash = content.hash()
            gate.list_version += 1
        return content, gate.list_version


def _find_gate(session: Session, terminal_id: UUID, *, lock: bool = False) -> Gate:
    gate = session.get(Gate, terminal_id, with_for_update=lock or None, populate_existing=lock)
    if gate is None:
        raise GateNotAssigned
    return gate


def _read_content(session: Session, establishment_id: UUID) -> ListContent:
    establishment = session.get_one(Establishment, establishment_id)
    services = session.scalars(
        select(Service).where(Service.establishment_id == establishment_id).order_by(Service.code)
    ).all()
    cards = _read_cards(session, establishment_id)
    if len(services) > SERVICES_MAX or len(cards) > CARDS_MAX:
        raise ListTooLong
    return ListContent(
        establishment=establishment.name,
        time_zone=establishment.time_zone,
        services=tuple(_service(service) for service in services),
        cards=cards,
    )


def _service(service: Service) -> Json:
    return {
        "service": service.code,
        "label": service.label,
        "days": [int(day) for day in service.days],
        "opens": f"{service.opens:%H:%M}",
        "closes": f"{service.closes:%H:%M}",
        "passages_max": service.passages_max,
    }


def _read_cards(session: Session, establishment_id: UUID) -> tuple[Json, ...]:
    rights = _read_rights(session, establishment_id)
    rows = session.execute(
        select(
            Card.uid, Card.id, Card.key_version, Card.state, Beneficiary.given_name, Enrolment.id
        )
        .join(Beneficiary, Beneficiary.id == Card.beneficiary_id)
        .join(Enrolment, Enrolment.beneficiary_id == Beneficiary.id)
        .where(
            Enrolment.establishment_id == establishment_id,
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
            "services": rights.get(enrolment_id, []),
        }
        for uid, card_id, key_version, state, given_name, enrolment_id in rows
        if uid is not None
    )


def _read_rights(session: Session, establishment_id: UUID) -> dict[UUID, list[str]]:
    rows = session.execute(
        select(EnrolmentService.enrolment_id, Service.code)
        .join(Service, Service.id == EnrolmentService.service_id)
        .where(Service.establishment_id == establishment_id)
        .order_by(Service.code)
    )
    rights: dict[UUID, list[str]] = {}
    for enrolment_id, code in rows:
        rights.setdefault(enrolment_id, []).append(code)
    return rights


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
