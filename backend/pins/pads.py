"""Which pad stands beside which terminal, and that no key serial number serves twice."""

import logging
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.pins.errors import PadProfileConflict
from backend.pins.tables import PinPad
from backend.vault.dukpt import KeySerialNumber, KeySerialNumberInvalid
from backend.vault.values import EncryptedPinBlock, PinProfile

LOG = logging.getLogger(__name__)

# This many unreadable blocks in a row are no accident: the pad and we disagree on a key.
INVALID_BLOCKS_ALARM: Final = 10


class SerialVerdict(StrEnum):
    """Whether a key serial number may serve now."""

    FRESH = "fresh"
    REPLAYED = "replayed"
    FOREIGN = "foreign"


def register_pin_pad(
    session: Session, terminal_id: UUID, initial_key_id: bytes, profile: PinProfile
) -> None:
    """Say which terminal a pad stands beside; moved, it keeps its counter.

    Raises PadProfileConflict.
    """
    pad = session.get(PinPad, initial_key_id, with_for_update=True)
    if pad is None:
        session.add(
            PinPad(
                initial_key_id=initial_key_id,
                terminal_id=terminal_id,
                profile=profile.value,
                last_counter=0,
                invalid_blocks=0,
            )
        )
    elif pad.profile != profile.value:
        raise PadProfileConflict
    else:
        pad.terminal_id = terminal_id
    session.flush()


def read_serial(encrypted: EncryptedPinBlock) -> KeySerialNumber | None:
    """Return the serial number taken apart, or None when no pad can have sent it."""
    try:
        if encrypted.profile is PinProfile.AES_DUKPT_FORMAT_4:
            return KeySerialNumber.parse_aes(encrypted.key_serial_number)
        return KeySerialNumber.parse_tdes(encrypted.key_serial_number)
    except KeySerialNumberInvalid:
        return None


def use_serial(
    session: Session, terminal_id: UUID, profile: PinProfile, serial: KeySerialNumber
) -> SerialVerdict:
    """Let a serial number serve, once: its pad must be this terminal's and only count upwards."""
    pad = session.get(PinPad, serial.initial_key_id, with_for_update=True, populate_existing=True)
    if pad is None or pad.terminal_id != terminal_id or pad.profile != profile.value:
        return SerialVerdict.FOREIGN
    if serial.counter <= pad.last_counter:
        return SerialVerdict.REPLAYED
    pad.last_counter = serial.counter
    return SerialVerdict.FRESH


def note_block(session: Session, serial: KeySerialNumber, *, valid: bool) -> None:
    """Count unreadable blocks of a pad in a row, and sound the alarm when there are too many."""
    pad = session.get(PinPad, serial.initial_key_id, with_for_update=True, populate_existing=True)
    assert pad is not None
    pad.invalid_blocks = 0 if valid else pad.invalid_blocks + 1
    if pad.invalid_blocks == INVALID_BLOCKS_ALARM:
        LOG.error("terminal %s: %s unreadable PIN blocks", pad.terminal_id, INVALID_BLOCKS_ALARM)
