"""The mail an establishment gets when a door was forced, held open or released for everybody.

Imported, it tells the mails' room who they go to. Not here: when one is owed (gate_events.py).
"""

from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from backend.access.event_tables import GateEvent, GateEventKind
from backend.access.tables import Establishment
from backend.accounts.composing import Addressed, address_notices
from backend.accounts.signin.address_letters import AddressLetter
from backend.accounts.tables import AddressNoticeKind
from backend.partners.tables import Terminal

_WORDS: Final = {
    GateEventKind.FORCED.value: "passage forcé",
    GateEventKind.HELD_OPEN.value: "passage resté ouvert",
    GateEventKind.EMERGENCY.value: "issue de secours ouverte par l’alarme incendie",
    GateEventKind.EMERGENCY_BY_HAND.value: "issue de secours ouverte par un surveillant",
}


def _find(session: Session, event_id: UUID, _now: datetime) -> Addressed | None:
    """Return who is told of an event, None if nobody is any more."""
    event = session.get(GateEvent, event_id)
    if event is None:
        return None
    place = session.get_one(Establishment, event.establishment_id)
    if place.alarm_email is None:
        return None
    gate = session.get_one(Terminal, event.terminal_id).name
    at = event.occurred_at.astimezone(ZoneInfo(place.time_zone))
    about = f"{place.name}, {gate} : {_WORDS.get(event.kind, event.kind)} à {at:%H:%M}"
    return Addressed(place.alarm_email, "fr", AddressLetter.DOOR_ALARM, about=about)


address_notices(AddressNoticeKind.DOOR_ALARM, _find)
