"""Which pad stands beside which terminal, and that no key serial number serves twice."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, LargeBinary, Uuid, bindparam, or_, update
from sqlalchemy.orm import Session

from backend.pins.errors import PadEntryNotAllowed, PadIdentifierInvalid
from backend.pins.tables import PadEntry, PinPad
from backend.statements import Statement
from backend.vault.dukpt import (
    AES_KEY_ID_BYTES,
    TDES_COUNTER_BITS,
    TDES_KSN_BYTES,
    KeySerialNumber,
    KeySerialNumberInvalid,
)
from backend.vault.values import EncryptedPinBlock, PinProfile


class SerialVerdict(StrEnum):
    """Whether a key serial number may serve now."""

    FRESH = "fresh"
    REPLAYED = "replayed"
    #: Of no pad that stands beside this terminal.
    FOREIGN = "foreign"
    #: Of a keypad whose code the terminal encrypts, which the scheme does not allow.
    NOT_ALLOWED = "not_allowed"
    UNREADABLE = "unreadable"


def register_pin_pad(
    session: Session,
    terminal_id: UUID,
    initial_key_id: bytes,
    profile: PinProfile,
    *,
    entry: PadEntry = PadEntry.SECURE,
    terminal_encryption_allowed: bool = False,
) -> None:
    """Say which terminal a pad stands beside; moved, it keeps its counter.

    `initial_key_id` has 8 bytes; for TDES it is the KSN of 10 bytes with its counter at zero.
    Raises PadIdentifierInvalid, PadEntryNotAllowed.
    """
    if entry is PadEntry.TERMINAL and not terminal_encryption_allowed:
        raise PadEntryNotAllowed
    if not _may_identify(initial_key_id, profile):
        raise PadIdentifierInvalid
    pad = session.get(PinPad, initial_key_id, with_for_update=True)
    if pad is None:
        session.add(
            PinPad(
                initial_key_id=initial_key_id,
                terminal_id=terminal_id,
                profile=profile.value,
                entry=entry.value,
                last_counter=0,
            )
        )
    else:
        pad.terminal_id = terminal_id
        pad.entry = entry.value
    session.flush()


def _may_identify(initial_key_id: bytes, profile: PinProfile) -> bool:
    if profile is PinProfile.AES_DUKPT_FORMAT_4:
        return len(initial_key_id) == AES_KEY_ID_BYTES
    counter = int.from_bytes(initial_key_id, "big") % (1 << TDES_COUNTER_BITS)
    return len(initial_key_id) == TDES_KSN_BYTES and counter == 0


def read_serial(encrypted: EncryptedPinBlock) -> KeySerialNumber | None:
    """Return the serial number taken apart, or None when no pad can have sent it."""
    try:
        if encrypted.profile is PinProfile.AES_DUKPT_FORMAT_4:
            return KeySerialNumber.parse_aes(encrypted.key_serial_number)
        return KeySerialNumber.parse_tdes(encrypted.key_serial_number)
    except KeySerialNumberInvalid:
        return None


def use_serial(
    session: Session,
    terminal_id: UUID,
    serial: KeySerialNumber,
    *,
    terminal_encryption_allowed: bool = False,
) -> SerialVerdict:
    """Let a serial number serve, once: its pad must be this terminal's and only count upwards.

    The profiles cannot be mixed up here: their identifiers have different lengths. A keypad of a
    kind that the scheme no longer allows is nobody's.
    """
    asked = {
        "pad": serial.initial_key_id,
        "terminal": terminal_id,
        "counter": serial.counter,
        "any_entry": terminal_encryption_allowed,
    }
    if _USE.first(session, asked) is not None:
        return SerialVerdict.FRESH
    pad = session.get(PinPad, serial.initial_key_id, populate_existing=True)
    if pad is None or pad.terminal_id != terminal_id:
        return SerialVerdict.FOREIGN
    if pad.entry == PadEntry.TERMINAL.value and not terminal_encryption_allowed:
        return SerialVerdict.NOT_ALLOWED
    return SerialVerdict.REPLAYED


# One statement takes it or leaves it: of two blocks at once, the second waits and finds it taken.
_USE: Final = Statement(
    update(PinPad)
    .where(
        PinPad.initial_key_id == bindparam("pad", type_=LargeBinary()),
        PinPad.terminal_id == bindparam("terminal", type_=Uuid()),
        PinPad.last_counter < bindparam("counter", type_=BigInteger()),
        or_(
            PinPad.entry == PadEntry.SECURE.value,
            bindparam("any_entry", type_=Boolean()),
        ),
    )
    .values(last_counter=bindparam("counter", type_=BigInteger()))
    .returning(PinPad.initial_key_id)
)
