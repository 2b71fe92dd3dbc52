"""Creating, deleting and listing files; their settings."""

from dataclasses import replace

from simulator.chip.access import Right, through_key, transaction_mac_file
from simulator.chip.files import (
    ADDITIONAL_RIGHTS_MAX,
    FILE_NUMBER_MAX,
    FREE,
    NEVER,
    UINT32_MAX,
    AccessRights,
    DataFile,
    File,
    Head,
    RecordFile,
    TransactionMacFile,
    ValueFile,
)
from simulator.chip.keys import aes_key
from simulator.chip.memory import file_cost
from simulator.chip.modes import Mode
from simulator.chip.state import SECONDARY, ChipState
from simulator.chip.status import RefusalError, Status, require

_COMMUNICATION_BITS, _COUNTER_LIMIT_BIT, _ADDITIONAL_RIGHTS_BIT = 0b11, 0x20, 0x80
_RIGHTS_LENGTH, _SETTINGS_LENGTH = 2, 4  # FileNo, comm, rights
_AES_KEY_OPTION = 0x02
_ISO_FILE_ID_LENGTH = 2
TRANSACTION_MAC_HEADER_LENGTH = 5
_COUNTER_LIMIT_LENGTH = 4
# Rights that name a key which the application has not: NT4H2421Gx, ChangeFileSettings.
UNKNOWN_KEY_IN_RIGHTS = Status.PARAMETER_ERROR


def _require_creation(state: ChipState) -> None:
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application.settings.free_creation:
        state.require_master()


def _require_listing(state: ChipState, near: int = 0) -> None:
    require(not state.at_picc_level, Status.PERMISSION_DENIED)
    if not state.application_of(near).settings.free_listing:
        require(state.has_master_of(near), Status.AUTHENTICATION_ERROR)


def _head(state: ChipState, communication: int, rights: bytes, iso_file_id: bytes = b"") -> Head:
    """Read what every file has, or refuse. Additional rights are announced, and told later."""
    known = _COMMUNICATION_BITS | _ADDITIONAL_RIGHTS_BIT * state.generation.knows_ev2
    require(communication & ~known == 0, Status.PARAMETER_ERROR)
    return Head(communication, _rights(state, rights), iso_file_id)


def _rights(state: ChipState, rights: bytes, near: int = 0) -> AccessRights:
    read = AccessRights(int.from_bytes(rights, "little"))
    known = {*range(len(state.application_of(near).keys)), FREE, NEVER}
    named = {read.read, read.write, read.read_write, read.change}
    require(named <= known, UNKNOWN_KEY_IN_RIGHTS)
    return read


def _split_iso_file_id(state: ChipState, body: bytes, length: int) -> tuple[bytes, bytes]:
    """Take the ISO file id out of the body: there if the application has ids, and only then."""
    has_ids = state.application.iso_file_ids
    require(len(body) == length + _ISO_FILE_ID_LENGTH * has_ids, Status.LENGTH_ERROR)
    if not has_ids:
        return body, b""
    iso_file_id = body[1 : 1 + _ISO_FILE_ID_LENGTH]
    taken = {file.head.iso_file_id for file in state.application.files.values()}
    require(iso_file_id not in taken, Status.DUPLICATE)
    return body[:1] + body[1 + _ISO_FILE_ID_LENGTH :], iso_file_id


def _create(state: ChipState, number: int, file: File, size: int) -> None:
    require(number <= FILE_NUMBER_MAX, Status.PARAMETER_ERROR)
    require(number not in state.application.files, Status.DUPLICATE)
    cost = file_cost(size)
    require(cost <= state.memory.free_bytes, Status.OUT_OF_EEPROM)
    application = state.application.with_file(number, file)
    state.write(state.memory.with_application(state.selected, application, cost))


def create_data_file(state: ChipState, body: bytes, *, backup: bool) -> bytes:
    """CreateStdDataFile or CreateBackupDataFile: FileNo, [ISO id], comm, rights, size 3."""
    _require_creation(state)
    body, iso_file_id = _split_iso_file_id(state, body, 7)
    size = int.from_bytes(body[4:7], "little")
    require(size > 0, Status.PARAMETER_ERROR)
    # Before any byte of it is made.
    require(file_cost(size) <= state.memory.free_bytes, Status.OUT_OF_EEPROM)
    file = DataFile(_head(state, body[1], body[2:4], iso_file_id), bytes(size), backup)
    _create(state, body[0], file, size * (1 + backup))
    return b""


def create_standard_file(state: ChipState, body: bytes) -> bytes:
    """CreateStdDataFile."""
    return create_data_file(state, body, backup=False)


def create_backup_file(state: ChipState, body: bytes) -> bytes:
    """CreateBackupDataFile; it takes its room twice."""
    return create_data_file(state, body, backup=True)


def create_value_file(state: ChipState, body: bytes) -> bytes:
    """CreateValueFile: FileNo, comm, rights, lower, upper, value 4 each, options."""
    _require_creation(state)
    lower, upper, value = (
        int.from_bytes(body[at : at + 4], "little", signed=True) for at in (4, 8, 12)
    )
    require(lower <= value <= upper and body[16] <= 0b11, Status.PARAMETER_ERROR)
    file = ValueFile(_head(state, body[1], body[2:4]), lower, upper, value, 0, body[16])
    _create(state, body[0], file, 0)
    return b""


def _create_record_file(state: ChipState, body: bytes, *, cyclic: bool) -> bytes:
    _require_creation(state)
    body, iso_file_id = _split_iso_file_id(state, body, 10)
    size, count = (int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
    require(size > 0 and count > cyclic, Status.PARAMETER_ERROR)
    file = RecordFile(_head(state, body[1], body[2:4], iso_file_id), size, count, cyclic)
    _create(state, body[0], file, size * count)
    return b""


def create_linear_file(state: ChipState, body: bytes) -> bytes:
    """CreateLinearRecordFile: FileNo, [ISO id], comm, rights, record size 3, records 3."""
    return _create_record_file(state, body, cyclic=False)


def create_cyclic_file(state: ChipState, body: bytes) -> bytes:
    """CreateCyclicRecordFile: as linear; it holds one record less than it is asked for."""
    return _create_record_file(state, body, cyclic=True)


def create_transaction_mac_file(state: ChipState, body: bytes) -> bytes:
    """CreateTransactionMACFile: FileNo, comm, rights, key option 02, key 16, version."""
    _require_creation(state)
    rights = _rights(state, body[2:4])
    require(body[4] == _AES_KEY_OPTION, Status.PARAMETER_ERROR)
    require(rights.write == NEVER, Status.PARAMETER_ERROR)
    require(not body[1] & _ADDITIONAL_RIGHTS_BIT, Status.PARAMETER_ERROR)
    require(transaction_mac_file(state, 0) is None, Status.DUPLICATE)
    head = _head(state, body[1], body[2:4])
    file = TransactionMacFile(head, aes_key(body[5:21], body[21]))
    _create(state, body[0], file, 0)
    state.transaction.macs.pop(0, None)
    return b""


def delete_file(state: ChipState, body: bytes) -> bytes:
    """DeleteFile: FileNo; with what was pending in it. Its room is not given back.

    Only files of the application that was selected first can be deleted, as they are created.
    """
    _require_creation(state)
    file = state.file(body[0])
    require(not body[0] & SECONDARY, Status.PERMISSION_DENIED)
    if isinstance(file, TransactionMacFile):
        state.transaction.macs.pop(0, None)
    state.transaction.drafts.pop(body[0], None)
    state.write_application(state.application.without_file(body[0]))
    return b""


def get_file_ids(state: ChipState, _body: bytes) -> bytes:
    """GetFileIDs."""
    _require_listing(state)
    return bytes(state.application.files)


def get_iso_file_ids(state: ChipState, _body: bytes) -> bytes:
    """GetISOFileIDs: those of the files that have one."""
    _require_listing(state)
    return b"".join(file.head.iso_file_id for file in state.application.files.values())


def get_file_settings(state: ChipState, body: bytes) -> bytes:
    """GetFileSettings: type, comm, rights, what the type has, additional rights if announced."""
    _require_listing(state, body[0])
    file = state.file(body[0])
    kind, details = _details(file)
    head = file.head
    if head.communication & _ADDITIONAL_RIGHTS_BIT:
        told = b"".join(rights.to_bytes() for rights in head.additional)
        details += bytes((len(head.additional),)) + told
    return bytes((kind, head.communication)) + head.rights.to_bytes() + details


def _details(file: File) -> tuple[int, bytes]:
    match file:
        case DataFile():
            return int(file.backup), len(file.content).to_bytes(3, "little")
        case ValueFile():
            limits = (file.lower, file.upper)
            shown = b"".join(limit.to_bytes(4, "little", signed=True) for limit in limits)
            return 2, shown + file.limited_credit.to_bytes(4, "little") + bytes((file.options,))
        case RecordFile():
            numbers = (file.record_size, file.records_max, len(file.records))
            return 3 + file.cyclic, b"".join(one.to_bytes(3, "little") for one in numbers)
        case TransactionMacFile():
            shown = bytes((_AES_KEY_OPTION, file.key.version))
            if file.head.communication & _COUNTER_LIMIT_BIT:
                shown += file.counter_max.to_bytes(_COUNTER_LIMIT_LENGTH, "little")
            return 5, shown


def mode_of_change(state: ChipState, body: bytes) -> Mode:
    """Return how ChangeFileSettings travels, or refuse it: plain when the right is free."""
    keyed = through_key(state, body[0], Right.CHANGE)
    return Mode.FULL_COMMAND if keyed else Mode.PLAIN


def fits_settings(body: bytes) -> bool:
    """Say whether a body of ChangeFileSettings is of a length that its options announce."""
    length = _SETTINGS_LENGTH
    if body[1] & _COUNTER_LIMIT_BIT:
        length += _COUNTER_LIMIT_LENGTH
    elif body[1] & _ADDITIONAL_RIGHTS_BIT:
        length += 1 + _RIGHTS_LENGTH * (body[length] if len(body) > length else 0)
    return len(body) == length


def change_file_settings(state: ChipState, body: bytes) -> bytes:
    """ChangeFileSettings: FileNo, comm, rights, additional rights.

    For a transaction MAC file its counter's limit follows instead.
    """
    number, communication, rest = body[0], body[1], body[4:]
    file = state.file(number)
    rights = _rights(state, body[2:4], number)
    additional: tuple[AccessRights, ...] = ()
    changed: File
    if isinstance(file, TransactionMacFile):
        require(rights.write == NEVER, Status.PARAMETER_ERROR)
        changed = _limited(file, communication, rest)
        communication &= ~_COUNTER_LIMIT_BIT
    else:
        changed = file
        if communication & _ADDITIONAL_RIGHTS_BIT and state.generation.knows_ev2:
            additional = _additional(state, rest, number)
            communication &= ~_ADDITIONAL_RIGHTS_BIT
        else:
            require(not rest, Status.LENGTH_ERROR)
    require(communication & ~_COMMUNICATION_BITS == 0, Status.PARAMETER_ERROR)
    head = Head(body[1], rights, file.head.iso_file_id, additional)
    state.write_file(number, replace(changed, head=head))
    return b""


def _additional(state: ChipState, rest: bytes, near: int) -> tuple[AccessRights, ...]:
    """Read the number of additional rights, and them; Proxmark3 and LibLogicalAccess send them."""
    require(bool(rest), Status.LENGTH_ERROR)
    require(rest[0] <= ADDITIONAL_RIGHTS_MAX, Status.PARAMETER_ERROR)
    require(len(rest) == 1 + _RIGHTS_LENGTH * rest[0], Status.LENGTH_ERROR)
    return tuple(
        _rights(state, rest[at : at + _RIGHTS_LENGTH], near)
        for at in range(1, len(rest), _RIGHTS_LENGTH)
    )


def _limited(file: TransactionMacFile, communication: int, rest: bytes) -> TransactionMacFile:
    """Return the file with the limit of its counter that bit 5 announces, or without one."""
    if not communication & _COUNTER_LIMIT_BIT:
        require(not rest, Status.LENGTH_ERROR)
        return replace(file, counter_max=UINT32_MAX)
    require(len(rest) == _COUNTER_LIMIT_LENGTH, Status.LENGTH_ERROR)
    limit = int.from_bytes(rest, "little")
    if limit < file.counter:
        raise RefusalError(Status.PARAMETER_ERROR)
    return replace(file, counter_max=limit)
