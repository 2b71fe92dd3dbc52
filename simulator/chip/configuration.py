"""SetConfiguration (5C) and FormatPICC (FC): the card as a whole, under the PICC master key.

The full data sheets are not public. What the options hold is what LibLogicalAccess sends, and what
the data sheet of a sister chip, NT4H2421Gx, prints in its table 50.
"""

from collections.abc import Callable
from dataclasses import replace

from simulator.chip.memory import (
    APPLICATION_NAME_LENGTH_MAX,
    ATS_LENGTH_MAX,
    DEFAULT_KEY_LENGTH,
    PICC_AID,
    SAK_LENGTH,
    Configuration,
)
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

FORMAT_DISABLED, RANDOM_ID, PROXIMITY_CHECK_MANDATORY, VIRTUAL_CARD_MANDATORY = 1, 2, 4, 8
LEGACY_DISABLED, EV1_DISABLED, CHAINED_WRITING_DISABLED = 1, 2, 4
_FLAGS_KNOWN, _MESSAGING_KNOWN = 0b1111, 0b111
_CAPABILITY_OPTION_LENGTH = 10

Option = Callable[[ChipState, bytes], None]


def set_configuration(state: ChipState, body: bytes) -> bytes:
    """SetConfiguration: option, then what it sets; at PICC level, under its master key."""
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    state.require_master()
    option = _OPTIONS.get(body[0])
    known = option is not None and (state.generation.knows_ev2 or body[0] in _EV1_OPTIONS)
    require(known, Status.PARAMETER_ERROR)
    assert option is not None
    option(state, body[1:])
    return b""


def _set(state: ChipState, configuration: Configuration) -> None:
    state.write(state.memory.with_configuration(configuration))


def _flags(state: ChipState, value: bytes) -> None:
    """Set the four flags together. A flag that is set stays so: table 50, "0b: No change".

    A proximity check is made mandatory only with its key set (LibLogicalAccess: 9D).
    """
    require(len(value) == 1, Status.LENGTH_ERROR)
    require(value[0] & ~_FLAGS_KNOWN == 0, Status.PARAMETER_ERROR)
    before = state.configuration
    keyless = value[0] & PROXIMITY_CHECK_MANDATORY and before.proximity_key is None
    require(not keyless, Status.PERMISSION_DENIED)
    _set(state, replace(before, flags=before.flags | value[0]))


def _default_key(state: ChipState, value: bytes) -> None:
    """Set what the keys of new applications are: 24 bytes and a version."""
    require(len(value) == DEFAULT_KEY_LENGTH + 1, Status.LENGTH_ERROR)
    key, version = value[:DEFAULT_KEY_LENGTH], value[DEFAULT_KEY_LENGTH]
    _set(state, replace(state.configuration, default_key=key, default_key_version=version))


def _ats(state: ChipState, value: bytes) -> None:
    """Set the answer to select, TL first; shown from the next activation on."""
    require(2 <= len(value) <= ATS_LENGTH_MAX and value[0] == len(value), Status.LENGTH_ERROR)
    require(historical_bytes(value) is not None, Status.PARAMETER_ERROR)
    _set(state, replace(state.configuration, ats=value))


def _sak(state: ChipState, value: bytes) -> None:
    """Set the SAK of both cascade levels: two bytes, as LibLogicalAccess sends."""
    require(len(value) == SAK_LENGTH, Status.LENGTH_ERROR)
    _set(state, replace(state.configuration, sak=value))


def _messaging(state: ChipState, value: bytes) -> None:
    """Switch kinds of messaging off, for ever. Bit 0 legacy, 1 EV1, 2 chained writing.

    Two bytes, the flags in the second, as LibLogicalAccess sends.
    """
    require(len(value) == 2, Status.LENGTH_ERROR)
    require(value[0] == 0 and value[1] & ~_MESSAGING_KNOWN == 0, Status.PARAMETER_ERROR)
    before = state.configuration
    _set(state, replace(before, secure_messaging=before.secure_messaging | value[1]))


def _capabilities(state: ChipState, value: bytes) -> None:
    """Set the last two bytes of PDcap2: the last two of ten, as table 50 has it."""
    require(len(value) == _CAPABILITY_OPTION_LENGTH, Status.LENGTH_ERROR)
    before = state.configuration
    _set(state, replace(before, capabilities=before.capabilities[:4] + value[-2:]))


def _name(state: ChipState, value: bytes) -> None:
    """Set the ISO name of the PICC level: zeros and the name, 16 bytes in all, then its length.

    So LibLogicalAccess sends it; no data sheet that is public prints it.
    """
    require(len(value) == APPLICATION_NAME_LENGTH_MAX + 1, Status.LENGTH_ERROR)
    require(0 < value[-1] <= APPLICATION_NAME_LENGTH_MAX, Status.PARAMETER_ERROR)
    name = value[-1 - value[-1] : -1]
    names = {app.name for app in state.memory.applications.values()}
    require(name not in names, Status.DUPLICATE)
    picc = replace(state.memory.applications[PICC_AID], name=name)
    state.write(state.memory.with_application(PICC_AID, picc))


_OPTIONS: dict[int, Option] = {
    0x00: _flags,
    0x01: _default_key,
    0x02: _ats,
    0x03: _sak,
    0x04: _messaging,
    0x05: _capabilities,
    0x06: _name,
}
_EV1_OPTIONS = frozenset({0x00, 0x01, 0x02})


_LENGTHS = {0x00: 1, 0x01: DEFAULT_KEY_LENGTH + 1, 0x03: SAK_LENGTH, 0x04: 2}
_LENGTHS |= {0x05: _CAPABILITY_OPTION_LENGTH, 0x06: APPLICATION_NAME_LENGTH_MAX + 1}


def fits_option(body: bytes) -> bool:
    """Say whether the value is of the length of its option; an ATS tells its own."""
    option, value = body[0], body[1:]
    return len(value) == (value[0] if option == 0x02 and value else _LENGTHS.get(option))


def historical_bytes(ats: bytes) -> bytes | None:
    """Return the bytes of an ATS behind its interface bytes, None when those are cut off."""
    # ISO/IEC 14443-4 §5.2.3: bits 4 to 6 of T0 announce TA, TB and TC.
    start = 2 + (ats[1] >> 4 & 0b111).bit_count() if len(ats) > 1 else 1
    return ats[start:] if start <= len(ats) else None


def format_picc(state: ChipState, _body: bytes) -> bytes:
    """FormatPICC: delete every application and give the room back; PICC key and settings stay."""
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    state.require_master()
    require(not state.configuration.flags & FORMAT_DISABLED, Status.PERMISSION_DENIED)
    state.write(state.memory.formatted())
    return b""
