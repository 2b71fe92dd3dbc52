"""Applications and what the card tells of itself: one small function per command.

Each takes the state and the command's plain body, of a length the dispatcher has checked, and
returns the answer's plain bytes or refuses.
"""

from dataclasses import replace

from simulator.chip.keys import KeySettings, kind_from_bits, zero_key
from simulator.chip.memory import (
    APPLICATION_NAME_LENGTH_MAX,
    KEYS_MAX,
    PICC_AID,
    Application,
    Damage,
    application_cost,
)
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

_CREATE_LENGTH = 5
_HAS_KS3, _HAS_ISO_FILE_IDS = 0x10, 0x20

BATCH_AND_DATE = bytes.fromhex("BA34425650 1424")  # five bytes of batch, week 14 of 2024


def select_application(state: ChipState, body: bytes) -> bytes:
    """SelectApplication; a refusal ends the session as well."""
    require(body in state.memory.applications, Status.APPLICATION_NOT_FOUND)
    require(Damage(body) not in state.memory.damage, Status.APPLICATION_INTEGRITY_ERROR)
    state.select(body)
    return b""


def get_application_ids(state: ChipState, _body: bytes) -> bytes:
    """GetApplicationIDs, in the order of creation; the PICC level is not one."""
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_listing:
        state.require_master()
    return b"".join(aid for aid in state.memory.applications if aid != PICC_AID)


def create_application(state: ChipState, body: bytes) -> bytes:
    """CreateApplication: AID, KS1, KS2, [KS3], [ISO file id, name]; keys start as zeros."""
    aid, application = _parse_application(body)
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_creation:
        state.require_master()
    names = {app.name for app in state.memory.applications.values() if app.name}
    require(aid not in state.memory.applications, Status.DUPLICATE)
    require(application.name not in names, Status.DUPLICATE)
    limit = state.generation.applications_max
    held = len(state.memory.applications) - 1
    require(limit is None or held < limit, Status.TOO_MANY_APPLICATIONS)
    cost = application_cost(len(application.keys))
    require(cost <= state.memory.free_bytes, Status.OUT_OF_EEPROM)
    state.write(state.memory.with_application(aid, application, cost))
    return b""


def _parse_application(body: bytes) -> tuple[bytes, Application]:
    aid, settings, second, rest = body[:3], KeySettings(body[3]), body[4], body[_CREATE_LENGTH:]
    if second & _HAS_KS3:
        require(rest[:1] == b"\x00", Status.PARAMETER_ERROR)  # key sets are not built
        rest = rest[1:]
    iso_file_ids = bool(second & _HAS_ISO_FILE_IDS)
    require(bool(rest) or not iso_file_ids, Status.LENGTH_ERROR)
    require(not rest or 2 <= len(rest) <= 2 + APPLICATION_NAME_LENGTH_MAX, Status.LENGTH_ERROR)
    key_count = second & 0x0F
    require(key_count <= KEYS_MAX, Status.PARAMETER_ERROR)
    kind = kind_from_bits(second >> 6)
    return aid, Application(settings, kind, (zero_key(kind),) * key_count, iso_file_ids, rest[2:])


def delete_application(state: ChipState, body: bytes) -> bytes:
    """DeleteApplication: under the PICC key, or under its own master where PICC bit 2 allows.

    An application that deletes itself leaves the card at PICC level, without a session.
    """
    itself = state.selected == body and not state.at_picc_level
    require(state.at_picc_level or itself, Status.PERMISSION_DENIED)
    require(body != PICC_AID, Status.PERMISSION_DENIED)
    require(body in state.memory.applications, Status.APPLICATION_NOT_FOUND)
    state.require_master()
    if itself:
        picc = state.memory.applications[PICC_AID]
        require(picc.settings.free_creation, Status.AUTHENTICATION_ERROR)
        state.select(PICC_AID)
    state.write(state.memory.without_application(body))
    return b""


def get_key_settings(state: ChipState, _body: bytes) -> bytes:
    """GetKeySettings: KS1 and KS2 of the selected level."""
    if not state.application.settings.free_listing:
        state.require_master()
    return bytes((state.application.settings.value, state.application.key_settings_2))


def change_key_settings(state: ChipState, body: bytes) -> bytes:
    """ChangeKeySettings: KS1, under the master key, unless frozen for ever."""
    state.require_master()
    require(state.application.settings.changeable, Status.PERMISSION_DENIED)
    changed = replace(state.application, settings=KeySettings(body[0]))
    state.write(state.memory.with_application(state.selected, changed))
    return b""


def get_key_version(state: ChipState, body: bytes) -> bytes:
    """GetKeyVersion: KeyNo; free for all."""
    return bytes((state.key(body[0]).version,))


def get_version(state: ChipState, _body: bytes) -> bytes:
    """GetVersion: hardware, software, then UID, batch and date."""
    generation = state.generation
    versions = generation.hardware_version + generation.software_version
    return versions + state.uid + BATCH_AND_DATE


def get_card_uid(state: ChipState, _body: bytes) -> bytes:
    """GetCardUID: the true UID, in any session."""
    require(state.session is not None, Status.AUTHENTICATION_ERROR)
    return state.uid


def free_memory(state: ChipState, _body: bytes) -> bytes:
    """FreeMem: bytes left, 3 bytes little endian."""
    return state.memory.free_bytes.to_bytes(3, "little")
