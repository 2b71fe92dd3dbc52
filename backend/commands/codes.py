"""`pass-backend invite`, `code …`, `pads`: what an operator may do to a code, which is little.

Nobody can see, choose or unblock a code here: a link is given, or a change is asked for.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from backend.accounts.activation import invite, offer_new_code
from backend.commands.lookup import card_numbered
from backend.partners.tables import Terminal
from backend.pins.forcing import force_change
from backend.pins.older_codes import count_chosen
from backend.pins.records import record
from backend.pins.setting import code_state
from backend.pins.shared_codes import shared_figures
from backend.pins.states import CodeState
from backend.pins.tables import CodeHappening, CodeRecord, PinPad
from backend.services import Services

RECORDS_MAX = 500


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link, to be handed to the holder and nobody else. Shown once."""

    address: str
    asks_birth_date: bool
    hours: int

    def as_text(self) -> str:
        """Write it for whoever hands it over."""
        asked = ", asks the birth date" if self.asks_birth_date else ""
        return f"{self.address}\nserves once, within {self.hours} hours{asked}"


@dataclass(frozen=True, slots=True)
class PadLine:
    """A pad, as the register has it."""

    initial_key_id: str
    terminal_id: str
    terminal: str
    profile: str
    entry: str
    last_counter: int


def give_link(services: Services, card_number: str, by: str) -> GivenLink:
    """Make a link for whoever holds this card; raise CommandRefused, TooManyLinks.

    For a first code it serves for a week; once there is a code, for an hour, and asks for the
    holder's birth date.
    """
    with services.database.unit_of_work() as session:
        holder = card_numbered(session, card_number).beneficiary_id
        first = code_state(session, holder) is CodeState.UNSET
        give = invite if first else offer_new_code
        token = give(session, holder, services.now())
        record(session, holder, CodeHappening.LINK_GIVEN, services.now(), by=by)
    address = f"{services.settings.public_url.rstrip('/')}/activation/{token}"
    return GivenLink(address, asks_birth_date=not first, hours=7 * 24 if first else 1)


def force(services: Services, card_number: str, by: str, reason: str) -> str:
    """Let a code pay no more until its holder has chosen another; return its state.

    Raises CommandRefused, CodeNotSet.
    """
    with services.database.unit_of_work() as session:
        holder = card_numbered(session, card_number).beneficiary_id
        return force_change(session, holder, services.now(), by=by, reason=reason).value


def history(services: Services, card_number: str) -> Iterator[str]:
    """Give a line for each thing that happened to the code of a card's holder, oldest first."""
    with services.database.reading() as session:
        holder = card_numbered(session, card_number).beneficiary_id
        records = session.scalars(
            select(CodeRecord)
            .where(CodeRecord.account_id == holder)
            .order_by(CodeRecord.sequence)
            .limit(RECORDS_MAX)
        ).all()
    for one in records:
        why = f": {one.reason}" if one.reason else ""
        yield f"{one.at:%Y-%m-%dT%H:%M:%SZ} {one.happening} by {one.by}{why}"


def shared(services: Services, *, as_json: bool) -> str:
    """Say how many codes are shared at each establishment: a figure, never which or whose."""
    figures = shared_figures(services)
    if as_json:
        return json.dumps([{"establishment": name, "shared_codes": n} for name, n in figures])
    return "\n".join(f"{name}: {n} shared codes" for name, n in figures) or "no code counted yet"


def chosen(services: Services, moment: datetime, *, as_json: bool) -> str:
    """Say how many codes that pay were chosen before a moment (local unless it says), and since."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(services.settings.time_zone))
    with services.database.reading() as session:
        figures = count_chosen(session, moment)
    if as_json:
        return json.dumps(asdict(figures))
    return f"chosen before {moment:%Y-%m-%d %H:%M}: {figures.before}; since: {figures.since}"


def list_pads(services: Services, *, as_json: bool) -> str:
    """List the pads, and where each encrypts the code."""
    with services.database.reading() as session:
        rows = session.execute(
            select(PinPad, Terminal.name)
            .join(Terminal, Terminal.id == PinPad.terminal_id)
            .order_by(Terminal.name, PinPad.initial_key_id)
        ).all()
    pads = [
        PadLine(
            pad.initial_key_id.hex().upper(),
            str(pad.terminal_id),
            name,
            pad.profile,
            pad.entry,
            pad.last_counter,
        )
        for pad, name in rows
    ]
    if as_json:
        return json.dumps([asdict(pad) for pad in pads], ensure_ascii=False)
    lines = [
        f"{pad.initial_key_id} {pad.profile} entry {pad.entry}, {pad.last_counter} used: "
        f"{pad.terminal} {pad.terminal_id}"
        for pad in pads
    ]
    return "\n".join(lines) or "no pad"
