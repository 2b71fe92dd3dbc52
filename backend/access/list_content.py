"""What a gate's list says, read from the tables: everything but keys, times and version.

Promise: no card of another establishment, nobody's family name, no diet, no reason. Photos and
initials only where the establishment, and for photos the family, allows them. Only reads.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final, TypeAlias
from uuid import UUID

from jwt.utils import base64url_encode
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import ListTooLong
from backend.access.office_tables import DayCode, HolderPhoto
from backend.access.rights import read_counted, read_rights, read_week
from backend.access.tables import (
    ClosedDay,
    Enrolment,
    Establishment,
    Gate,
    HolderCategory,
    Service,
)
from backend.accounts.tables import Beneficiary
from backend.cards.states import REFUSED_AT_GATES, CardState
from backend.cards.tables import Card
from backend.partners.tables import Terminal

FORMAT: Final = 2
#: A gate that is offline for months still knows the holidays.
CLOSED_DAYS_AHEAD: Final = timedelta(days=400)
DAY_CODES_AHEAD: Final = timedelta(days=8)
CARDS_MAX: Final = 500_000
SERVICES_MAX: Final = 50
DAY_CODES_MAX: Final = 500
DIGEST_BYTES: Final = 16
#: In the content, so that a card whose keys were renewed makes a new version of the list.
KEY_VERSION: Final = "key_version"
_REFUSED: Final = frozenset(state.value for state in REFUSED_AT_GATES)
_LISTED_STATES: Final = (CardState.ACTIVE.value, *sorted(_REFUSED))

Json: TypeAlias = dict[str, object]


@dataclass(frozen=True)
class ListContent:
    """What a version of a list is a version of.

    `counted` is no part of it: it only says how far the gates' passages are in the rest.
    """

    place: Json
    cards: dict[UUID, Json] = field(repr=False)
    counted: dict[str, int]

    @cached_property
    def card_digests(self) -> dict[UUID, bytes]:
        """Return, by card, a digest of what the list says of it."""
        return {card_id: _digest(card) for card_id, card in self.cards.items()}

    @cached_property
    def digest(self) -> bytes:
        """Return the SHA-256 of the content."""
        whole = hashlib.sha256(json.dumps([FORMAT, self.place], sort_keys=True).encode())
        for digest in self.card_digests.values():  # in the order of the chips' numbers
            whole.update(digest)
        return whole.digest()


def _digest(card: Json) -> bytes:
    said = json.dumps(card, sort_keys=True).encode()
    return hashlib.blake2b(said, digest_size=DIGEST_BYTES).digest()


def read_content(session: Session, gate: Gate, today: date) -> ListContent:
    """Return what this gate's list says on this day on the place's wall; raise ListTooLong.

    It hangs on nothing but rows that move the mark (list_guards.py), and on that day.
    """
    # First: a passage recorded meanwhile is then taken off twice for a moment, and never given.
    counted = read_counted(session, gate.establishment_id)
    place = session.get_one(Establishment, gate.establishment_id)
    services = session.scalars(
        select(Service).where(Service.establishment_id == place.id).order_by(Service.code)
    ).all()
    cards = _read_cards(session, place, today)
    if len(services) > SERVICES_MAX or len(cards) > CARDS_MAX:
        raise ListTooLong
    said: Json = {
        "establishment": place.name,
        "timezone": place.time_zone,
        "services": [_service(service) for service in services],
        "closed_days": _read_closed_days(session, place, today),
        "siblings": _read_siblings(session, gate),
        "day_codes": _read_day_codes(session, place, today),
    }
    return ListContent(said, cards, counted)


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


def _read_closed_days(session: Session, place: Establishment, today: date) -> list[str]:
    days = session.scalars(
        select(ClosedDay.day)
        .where(
            ClosedDay.establishment_id == place.id,
            ClosedDay.day >= today - timedelta(days=1),
            ClosedDay.day <= today + CLOSED_DAYS_AHEAD,
        )
        .order_by(ClosedDay.day)
    )
    return [day.isoformat() for day in days]


def _read_siblings(session: Session, gate: Gate) -> list[Json]:
    """Return the other gates of the place with the keys they sign with; revoked ones are out."""
    rows = session.execute(
        select(Terminal.id, Terminal.name, Terminal.public_key)
        .join(Gate, Gate.terminal_id == Terminal.id)
        .where(
            Gate.establishment_id == gate.establishment_id,
            Gate.terminal_id != gate.terminal_id,
            Terminal.public_key.is_not(None),
            Terminal.revoked_at.is_(None),
        )
        .order_by(Terminal.id)
    )
    return [
        {"gate": str(sibling), "name": name, "key": base64url_encode(key).decode()}
        for sibling, name, key in rows
        if key is not None
    ]


def _read_day_codes(session: Session, place: Establishment, today: date) -> list[Json]:
    rows = session.execute(
        select(DayCode, Service.code)
        .join(Service, Service.id == DayCode.service_id)
        .where(
            Service.establishment_id == place.id,
            DayCode.ended_at.is_(None),
            DayCode.day >= today - timedelta(days=1),
            DayCode.day <= today + DAY_CODES_AHEAD,
        )
        .order_by(DayCode.day, DayCode.id)
        .limit(DAY_CODES_MAX)
    )
    return [
        {
            "code_id": str(code.id),
            "salt": f"{place.id}:{code.day}",
            "digest": code.code_hash.hex(),
            "service": service,
            "day": code.day.isoformat(),
            "label": code.label,
            "passages_max": code.passages_max,
            "card_id": None if code.card_id is None else str(code.card_id),
        }
        for code, service in rows
    ]


def _read_cards(session: Session, place: Establishment, today: date) -> dict[UUID, Json]:
    rights = read_rights(session, place, today)
    used = read_week(session, place, today).used
    photos = _read_photos(session, place)
    rows = session.execute(
        select(
            Card.uid,
            Card.id,
            Card.key_version,
            Card.state,
            Beneficiary.id,
            Beneficiary.given_name,
            Beneficiary.family_name,
            Enrolment.id,
            Enrolment.category,
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
    cards = dict[UUID, Json]()
    for uid, card_id, key_version, state, person, given, family, enrolment_id, category in rows:
        assert uid is not None, "the query asks for cards with a chip"
        cards[card_id] = {
            "uid": uid.hex().upper(),
            "card_id": str(card_id),
            KEY_VERSION: key_version,
            "display_name": _shown_name(given, category),
            # A gate knows one word for all that is not to be used.
            "state": CardState.BLOCKED.value if state in _REFUSED else state,
            "rights": [
                terms | ({"week_used": used[person, code]} if (person, code) in used else {})
                for code, terms in rights.get(enrolment_id, [])
            ],
        }
        if place.initials_on_gates and family:
            cards[card_id]["initial"] = family[0].upper()
        if enrolment_id in photos:
            cards[card_id]["photo"] = photos[enrolment_id].hex()
    return cards


def _shown_name(given: str, category: str) -> str:
    """Say who passes: among pupils a grown-up is told apart."""
    return f"{given} (référent)" if category == HolderCategory.REFERENT.value else given


def _read_photos(session: Session, place: Establishment) -> dict[UUID, bytes]:
    """Return, by enrolment, the digest of each photo that may be shown; none unless allowed."""
    if not place.photos_on_gates:
        return {}
    rows = session.execute(
        select(HolderPhoto.enrolment_id, HolderPhoto.sha256)
        .join(Enrolment, Enrolment.id == HolderPhoto.enrolment_id)
        .where(Enrolment.establishment_id == place.id, Enrolment.ended_at.is_(None))
    )
    return {row.enrolment_id: row.sha256 for row in rows}
