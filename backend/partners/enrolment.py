"""How a terminal joins: we give a one-time code, it gives its public key, and they are bound.

The code is shown once and only its hash is kept; the private key never leaves the terminal.
Not here: what an enrolled terminal may do.
"""

import base64
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.partners.errors import (
    EnrolmentCodeExpired,
    EnrolmentCodeUnknown,
    EnrolmentCodeUsed,
    OutletUnknown,
    PublicKeyInvalid,
    TerminalEnrolled,
    TerminalUnknown,
)
from backend.partners.registry import revoke_terminal
from backend.partners.tables import Outlet, Terminal, TerminalKind

__all__ = ["NewTerminal", "create_terminal", "enrol_terminal", "renew_enrolment", "revoke_terminal"]

ENROLMENT_HOURS_MAX = 48
# 80 random bits: nobody guesses one of them over HTTP in 48 hours.
CODE_BYTES = 10
CODE_GROUP_CHARACTERS = 4
PUBLIC_KEY_BYTES = 32
# Points of order 1, 2, 4 and 8 (RFC 8032 §5.1 curve): a signature under them proves nothing.
LOW_ORDER_KEYS = frozenset(
    bytes.fromhex(key)
    for key in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
)


@dataclass(frozen=True, slots=True)
class NewTerminal:
    """A terminal that may enrol; this is the only time its code is readable."""

    terminal_id: UUID
    enrolment_code: str = field(repr=False)


def create_terminal(
    session: Session,
    *,
    kind: TerminalKind,
    name: str,
    now: datetime,
    outlet_id: UUID | None = None,
    establishment_name: str | None = None,
    make_id: Callable[[], UUID] = uuid4,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> NewTerminal:
    """Record a terminal and return the code it enrols with, good for ENROLMENT_HOURS_MAX.

    Raises OutletUnknown.
    """
    if outlet_id is not None and session.get(Outlet, outlet_id) is None:
        raise OutletUnknown
    code = _write_code(random(CODE_BYTES))
    terminal = Terminal(
        id=make_id(),
        kind=kind.value,
        name=name,
        outlet_id=outlet_id,
        establishment_name=establishment_name,
        enrolment_hash=_hash(code),
        enrolment_expires_at=now + timedelta(hours=ENROLMENT_HOURS_MAX),
        public_key=None,
        enrolled_at=None,
        revoked_at=None,
    )
    session.add(terminal)
    session.flush()
    return NewTerminal(terminal.id, code)


def renew_enrolment(
    session: Session,
    terminal_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> NewTerminal:
    """Give a terminal that has not enrolled another code; the earlier one serves no more.

    Raises TerminalUnknown, TerminalEnrolled.
    """
    terminal = session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is None:
        raise TerminalUnknown
    if terminal.public_key is not None or terminal.revoked_at is not None:
        raise TerminalEnrolled
    code = _write_code(random(CODE_BYTES))
    terminal.enrolment_hash = _hash(code)
    terminal.enrolment_expires_at = now + timedelta(hours=ENROLMENT_HOURS_MAX)
    session.flush()
    return NewTerminal(terminal.id, code)


def enrol_terminal(session: Session, code: str, public_key: bytes, now: datetime) -> UUID:
    """Bind a public key (Ed25519, 32 bytes) to the terminal the code was made for.

    The same code with the same key again is the same enrolment, whose answer was lost on the way.
    Raises PublicKeyInvalid, EnrolmentCodeUnknown, EnrolmentCodeUsed, EnrolmentCodeExpired.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or public_key in LOW_ORDER_KEYS:
        raise PublicKeyInvalid
    terminal = session.scalar(
        select(Terminal).where(Terminal.enrolment_hash == _hash(code)).with_for_update()
    )
    if terminal is None:
        raise EnrolmentCodeUnknown
    if terminal.public_key is not None and terminal.public_key != public_key:
        raise EnrolmentCodeUsed
    if terminal.revoked_at is not None or now >= terminal.enrolment_expires_at:
        raise EnrolmentCodeExpired
    if terminal.public_key is None:
        terminal.public_key = public_key
        terminal.enrolled_at = now
        session.flush()
    return terminal.id


def _write_code(raw: bytes) -> str:
    """Write a code for a person to type: groups of letters and digits (RFC 4648 base32)."""
    letters = base64.b32encode(raw).decode()
    step = CODE_GROUP_CHARACTERS
    return "-".join(letters[i : i + step] for i in range(0, len(letters), step))


def _hash(code: str) -> bytes:
    # Case, spaces and dashes are how a person types, not part of the code.
    letters = "".join(c for c in code.upper() if c.isascii() and c.isalnum())
    return hashlib.sha256(letters.encode()).digest()
