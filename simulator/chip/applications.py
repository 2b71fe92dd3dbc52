"""Applications and what the card tells of itself: one small function per command.

Each takes the state and the command's plain body, of a length the dispatcher has checked, and
returns the answer's plain bytes or refuses.
"""

from dataclasses import replace

from simulator.chip.configuration import RANDOM_ID
from simulator.chip.keys import (
    KEY_LENGTH,
    THREE_KEY_LENGTH,
    KeyKind,
    KeySettings,
    kind_from_bits,
)
from simulator.chip.memory import (
    APPLICATION_NAME_LENGTH_MAX,
    KEY_SETS_MAX,
    KEYS_MAX,
    PICC_AID,
    Application,
    Damage,
    KeySetRules,
    application_cost,
)
from simulator.chip.messaging_legacy import LegacySession
from simulator.chip.state import ChipState
from simulator.chip.status import RefusalError, Status, require

AID_LENGTH = 3
_CREATE_LENGTH = 5
_HAS_KS3, _HAS_ISO_FILE_IDS = 0x10, 0x20
_HAS_KEY_SETS, _HAS_VIRTUAL_CARD_KEYS = 0x01, 0x02
_KEY_SET_FIELDS = 4
_ROLL_KEY_MAX = 7

BATCH_AND_DATE = bytes.fromhex("BA34425650 1424")  # five bytes of batch, week 14 of 2024


def select_application(state: ChipState, body: bytes) -> bytes:
    """SelectApplication: one AID or, from EV2 on, two; a refusal ends the session as well.

    Files and keys of the second are those whose number has bit 7 (NXP's reader library: SAI).
    """
    state.end_session()
    first, second = body[:AID_LENGTH], body[AID_LENGTH:] or None
    for aid in (first, second) if second else (first,):
        require(aid in state.memory.applications, Status.APPLICATION_NOT_FOUND)
        require(Damage(aid) not in state.memory.damage, Status.APPLICATION_INTEGRITY_ERROR)
    # Chosen: two different applications, neither of them the level of the card.
    alone = second is None or (first != second and PICC_AID not in {first, second})
    require(alone, Status.PARAMETER_ERROR)
    state.select(first, second)
    return b""


def get_application_ids(state: ChipState, _body: bytes) -> bytes:
    """GetApplicationIDs, in the order of creation; the PICC level is not one."""
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_listing:
        state.require_master()
    return b"".join(aid for aid in state.memory.applications if aid != PICC_AID)


def create_application(state: ChipState, body: bytes) -> bytes:
    """CreateApplication: AID, KS1, KS2, [KS3, [key sets]], [ISO file id, name].

    Its keys are the default key, zeros unless SetConfiguration said otherwise.
    """
    aid, application = _parse_application(state, body)
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_creation:
        state.require_master()
    names = {app.name for app in state.memory.applications.values() if app.name}
    fids = {app.iso_file_id for app in state.memory.applications.values() if app.iso_file_id}
    require(aid not in state.memory.applications, Status.DUPLICATE)
    require(application.iso_file_id not in fids, Status.DUPLICATE)
    require(application.name not in names, Status.DUPLICATE)
    limit = state.generation.applications_max
    held = len(state.memory.applications) - 1
    require(limit is None or held < limit, Status.TOO_MANY_APPLICATIONS)
    rules = application.key_set_rules
    cost = application_cost(len(application.keys) * (rules.count if rules else 1))
    require(cost <= state.memory.free_bytes, Status.OUT_OF_EEPROM)
    state.write(state.memory.with_application(aid, application, cost))
    return b""


def _parse_application(state: ChipState, body: bytes) -> tuple[bytes, Application]:
    aid, settings, second, rest = body[:3], KeySettings(body[3]), body[4], body[_CREATE_LENGTH:]
    kind = kind_from_bits(second >> 6)
    rules, key_set_version = None, 0
    if second & _HAS_KS3:
        require(state.generation.knows_ev2, Status.PARAMETER_ERROR)
        rules, key_set_version, rest = _parse_key_sets(kind, rest)
    iso_file_ids = bool(second & _HAS_ISO_FILE_IDS)
    require(bool(rest) or not iso_file_ids, Status.LENGTH_ERROR)
    require(not rest or 2 <= len(rest) <= 2 + APPLICATION_NAME_LENGTH_MAX, Status.LENGTH_ERROR)
    key_count = second & 0x0F
    require(key_count <= KEYS_MAX, Status.PARAMETER_ERROR)
    return aid, Application(
        settings,
        kind,
        (state.default_key(kind),) * key_count,
        iso_file_ids,
        name=rest[2:],
        iso_file_id=rest[:2],
        key_set_version=key_set_version,
        key_set_rules=rules,
    )


def _parse_key_sets(kind: KeyKind, rest: bytes) -> tuple[KeySetRules | None, int, bytes]:
    """Read KS3 and, if its bit 0 says so, version, number, longest key and settings of key sets."""
    require(bool(rest), Status.LENGTH_ERROR)
    third, rest = rest[0], rest[1:]
    # Measured on an EV3: keys of a virtual card are refused as long as the card allows none.
    require(not third & _HAS_VIRTUAL_CARD_KEYS, Status.PERMISSION_DENIED)
    require(third & ~_HAS_KEY_SETS == 0, Status.PARAMETER_ERROR)
    if not third:
        return None, 0, rest
    require(len(rest) >= _KEY_SET_FIELDS, Status.LENGTH_ERROR)
    version, count, longest, settings = rest[:_KEY_SET_FIELDS]
    require(2 <= count <= KEY_SETS_MAX, Status.PARAMETER_ERROR)
    require(settings <= _ROLL_KEY_MAX, Status.PARAMETER_ERROR)
    require(longest in {KEY_LENGTH, THREE_KEY_LENGTH}, Status.PARAMETER_ERROR)
    require(kind.key_length <= longest, Status.PARAMETER_ERROR)
    return KeySetRules(count, longest, settings), version, rest[_KEY_SET_FIELDS:]


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
    """ChangeKeySettings: KS1, under the master key, unless frozen for ever.

    A master key that was frozen thaws on an EV1, as libfreefare's card tests did; the decoders of
    later chips call it irreversible, and how those refuse is ours to choose.
    """
    state.require_master()
    before, wanted = state.application.settings, KeySettings(body[0])
    require(before.changeable, Status.PERMISSION_DENIED)
    thaws = wanted.master_key_changeable and not before.master_key_changeable
    require(not (thaws and state.generation.knows_ev2), Status.PERMISSION_DENIED)
    changed = replace(state.application, settings=wanted)
    state.write(state.memory.with_application(state.selected, changed))
    return b""


def get_df_names(state: ChipState) -> list[bytes]:
    """GetDFNames: AID, ISO file id and name of each application that has an id; one frame each.

    An EV1 that is asked in a session, but for a legacy one, disables itself for ever when it is
    asked for the second frame; later generations do not [HW]. The frames are plain.
    """
    require(state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_listing:
        state.require_master()
    return [
        aid + app.iso_file_id + app.name
        for aid, app in state.memory.applications.items()
        if app.iso_file_id
    ] or [b""]


def disable_if_asked_in_session(state: ChipState) -> None:
    """Let an EV1 die of the second frame of GetDFNames in a session."""
    if state.generation.knows_ev2 or isinstance(state.session, LegacySession | None):
        return
    disabled = replace(state.configuration, disabled=True)
    state.write(state.memory.with_configuration(disabled))
    raise RefusalError(Status.PICC_INTEGRITY_ERROR)


def get_version(state: ChipState, body: bytes) -> bytes:
    """GetVersion: hardware, software, then UID (zeros if random), batch and date.

    Of the optional byte of later chips only 00 is known, which changes nothing.
    """
    require(not any(body), Status.PARAMETER_ERROR)
    generation = state.generation
    versions = generation.hardware_version + generation.software_version
    hidden = state.configuration.flags & RANDOM_ID
    return versions + (bytes(len(state.uid)) if hidden else state.uid) + BATCH_AND_DATE


def get_card_uid(state: ChipState, _body: bytes) -> bytes:
    """GetCardUID: the true UID, in any session."""
    require(state.session is not None, Status.AUTHENTICATION_ERROR)
    return state.uid


def free_memory(state: ChipState, _body: bytes) -> bytes:
    """FreeMem: bytes left, 3 bytes little endian."""
    return state.memory.free_bytes.to_bytes(3, "little")
