"""The table of commands: instruction to function, mode and lengths."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from simulator.chip import (
    applications,
    authentication,
    change_key,
    configuration,
    data_commands,
    file_commands,
    key_sets,
    record_commands,
    transactions,
    value_commands,
)
from simulator.chip.authentication import Pending
from simulator.chip.configuration import CHAINED_WRITING_DISABLED
from simulator.chip.crypto import AES_BLOCK
from simulator.chip.files import READER_ID_LENGTH
from simulator.chip.frames import AES_PART_LENGTH_MAX, LONG_PART_LENGTH_MAX, PART_LENGTH_MAX
from simulator.chip.messaging_ev1 import MAC_LENGTH, Ev1Session
from simulator.chip.modes import Fits, Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

ADDITIONAL_FRAME = 0xAF
SELECT_APPLICATION = 0x5A
GET_DF_NAMES = 0x6D
SELECT_LENGTHS = frozenset({3})
SELECT_LENGTHS_EV2 = frozenset({3, 6})  # with a second application
_LENGTH_FIELD = 3
_UNBOUNDED = 0xFFFFFF  # what announces its length is bounded by its file

Judge = Callable[[ChipState, bytes], Mode]


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its function takes the plain body and returns the plain answer.

    A `mode` that depends on a file and on rights is a function of the header, which may refuse.
    The last three bytes of the header of a command that `announces` are the length of its data.
    """

    run: Callable[[ChipState, bytes], bytes]
    length_min: int = 0
    length_max: int = 0
    mode: Mode | Judge = Mode.MAC
    header_length: int = 0
    first_parts: tuple[int, ...] = ()
    announces: bool = False
    continues: bool = False  # its data may come in several frames
    part_length: int = PART_LENGTH_MAX
    ev2_only: bool = False
    # Called with what has come while a plain command waits for its other frames.
    keep_part: Callable[[ChipState, bytes], None] | None = None
    # Of the lengths between the least and the most, those that a body may really have.
    fits: Fits | None = None


def _fixed(length: int) -> tuple[int, int]:
    return length, length


def _reading(ins: int, *, long: bool = False) -> Command:
    records = ins in {0xBB, 0xAB}
    run = record_commands.read_records if records else data_commands.read_data
    mode = record_commands.mode_of_read if records else data_commands.mode_of_read
    part = LONG_PART_LENGTH_MAX if long else PART_LENGTH_MAX
    return Command(partial(run, ins), 7, 7, mode, 7, part_length=part, ev2_only=long)


def _writing(
    ins: int,
    run: Callable[[int, ChipState, bytes], bytes],
    mode: Judge,
    *,
    header: int = data_commands.HEADER_LENGTH,
    long: bool = False,
    ev2_only: bool = False,
) -> Command:
    return Command(
        partial(run, ins),
        header + 1,
        _UNBOUNDED,
        mode,
        header,
        announces=True,
        continues=not long,
        ev2_only=long or ev2_only,
    )


def _value(ins: int, run: Callable[[int, ChipState, bytes], bytes], mode: Judge) -> Command:
    return Command(partial(run, ins), *_fixed(5), mode, 1)


# Lengths are those of the plain body. ChangeKey checks its own, which vary with the session.
COMMANDS: dict[int, Command] = {
    0x45: Command(applications.get_key_settings),
    0x51: Command(applications.get_card_uid, mode=Mode.FULL_ANSWER),
    0x54: Command(applications.change_key_settings, 1, 1, Mode.FULL_COMMAND),
    0x55: Command(key_sets.roll_key_set, 1, 1, ev2_only=True),
    0x56: Command(key_sets.initialize_key_set, 2, 2, ev2_only=True),
    0x57: Command(key_sets.finalize_key_set, 2, 2, ev2_only=True),
    0x5C: Command(
        configuration.set_configuration, 1, 26, Mode.FULL_COMMAND, 1, fits=configuration.fits_option
    ),
    0x60: Command(applications.get_version, 0, 1, first_parts=(7, 7)),
    0x64: Command(key_sets.get_key_version, 1, 2),
    0x6A: Command(applications.get_application_ids),
    0x6E: Command(applications.free_memory),
    0xC4: Command(change_key.change_key, 2, 64, Mode.KEY_CHANGE, 1),
    0xC6: Command(change_key.change_key_ev2, 3, 64, Mode.KEY_CHANGE, 2, ev2_only=True),
    0xCA: Command(applications.create_application, 5, 24),
    0xDA: Command(applications.delete_application, 3, 3),
    0xFC: Command(configuration.format_picc),
    # Files.
    0x5F: Command(
        file_commands.change_file_settings,
        4,
        19,
        file_commands.mode_of_change,
        header_length=1,
        fits=file_commands.fits_settings,
    ),
    0x61: Command(file_commands.get_iso_file_ids),
    0x6F: Command(file_commands.get_file_ids),
    0xC0: Command(file_commands.create_cyclic_file, 10, 12),
    0xC1: Command(file_commands.create_linear_file, 10, 12),
    0xCB: Command(file_commands.create_backup_file, 7, 9),
    0xCC: Command(file_commands.create_value_file, *_fixed(17)),
    0xCD: Command(file_commands.create_standard_file, 7, 9),
    0xCE: Command(
        file_commands.create_transaction_mac_file,
        *_fixed(22),
        Mode.FULL_COMMAND,
        file_commands.TRANSACTION_MAC_HEADER_LENGTH,
        ev2_only=True,
    ),
    0xDF: Command(file_commands.delete_file, 1, 1),
    0xF5: Command(file_commands.get_file_settings, 1, 1),
    # Data.
    0xBD: _reading(0xBD),
    0xAD: _reading(0xAD, long=True),
    0xBB: _reading(0xBB),
    0xAB: _reading(0xAB, long=True),
    0x3D: replace(
        _writing(0x3D, data_commands.write_data, data_commands.mode_of_write),
        keep_part=data_commands.keep_part,
    ),
    0x8D: _writing(0x8D, data_commands.write_data, data_commands.mode_of_write, long=True),
    0x3B: _writing(0x3B, record_commands.write_record, record_commands.mode_of_write),
    0x8B: _writing(0x8B, record_commands.write_record, record_commands.mode_of_write, long=True),
    0xDB: _writing(
        0xDB,
        record_commands.update_record,
        record_commands.mode_of_update,
        header=record_commands.UPDATE_HEADER_LENGTH,
        ev2_only=True,
    ),
    0xBA: _writing(
        0xBA,
        record_commands.update_record,
        record_commands.mode_of_update,
        header=record_commands.UPDATE_HEADER_LENGTH,
        long=True,
    ),
    0xEB: Command(partial(record_commands.clear_record_file, 0xEB), 1, 1),
    0x6C: Command(
        partial(value_commands.get_value, 0x6C), 1, 1, value_commands.mode_of_get_value, 1
    ),
    0x0C: _value(0x0C, value_commands.credit, value_commands.mode_of_credit),
    0xDC: _value(0xDC, value_commands.debit, value_commands.mode_of_debit),
    0x1C: _value(0x1C, value_commands.limited_credit, value_commands.mode_of_limited_credit),
    # Transactions.
    0xA7: Command(transactions.abort_transaction),
    0xC7: Command(transactions.commit_transaction, 0, 1),
    0xC8: Command(
        partial(transactions.commit_reader_id, 0xC8),
        *_fixed(READER_ID_LENGTH),
        Mode.WRITE_MAC,
        ev2_only=True,
    ),
}

AUTHENTICATIONS: dict[int, Callable[[ChipState, bytes], Pending]] = {
    0x0A: authentication.begin_legacy,
    0x1A: authentication.begin_iso,
    0x71: authentication.begin_ev2_first,
    0x77: authentication.begin_ev2_non_first,
    0xAA: authentication.begin_aes,
}
EV2_AUTHENTICATIONS = frozenset({0x71, 0x77})


def find_command(state: ChipState, ins: int) -> Command:
    """Return the command, or refuse what this generation of the chip does not know."""
    command = COMMANDS.get(ins)
    known = command is not None and (state.generation.knows_ev2 or not command.ev2_only)
    require(known, Status.ILLEGAL_COMMAND)
    assert command is not None
    return command


def whole_length(state: ChipState, command: Command, body: bytes) -> int | None:
    """Return how long the body of a command that announces its data will be, all frames together.

    It refuses as the command itself would by its header: nothing is collected for nothing.
    """
    if not command.announces:
        return None
    require(len(body) >= command.header_length, Status.LENGTH_ERROR)
    mode, length = _mode(state, command, body), _announced(command, body)
    sealed = length if state.session is None else state.session.sealed_length(length, mode)
    whole = command.header_length + sealed
    # NT4H2421Gx tables 50 and 83: chained writing in MAC or Full mode can be switched off.
    disabled = state.configuration.secure_messaging & CHAINED_WRITING_DISABLED
    chained = whole > PART_LENGTH_MAX and mode is not Mode.PLAIN
    require(not (disabled and chained), Status.PERMISSION_DENIED)
    return whole


def keep_part(state: ChipState, command: Command, body: bytes) -> None:
    """Let a command whose other frames are to come keep what it has, if it travels plain."""
    if command.keep_part is not None and _mode(state, command, body) is Mode.PLAIN:
        command.keep_part(state, body)


def cutting(state: ChipState, command: Command, body: bytes) -> tuple[int, int]:
    """Return how long a part of the answer may be, and how much longer the last: by its MAC."""
    aes = isinstance(state.session, Ev1Session) and state.session.cipher.block == AES_BLOCK
    if not aes or command.part_length != PART_LENGTH_MAX:
        return command.part_length, 0
    encrypted = _mode(state, command, body).encrypts_answer
    return AES_PART_LENGTH_MAX, 0 if encrypted else MAC_LENGTH


def _fits(command: Command, body: bytes) -> bool:
    """Say whether a plain body is of a length that the command may have."""
    if command.announces:
        return len(body) == command.header_length + _announced(command, body)
    within = command.length_min <= len(body) <= command.length_max
    return within and (command.fits is None or command.fits(body))


def _announced(command: Command, body: bytes) -> int:
    field = body[command.header_length - _LENGTH_FIELD : command.header_length]
    return int.from_bytes(field, "little")


def _mode(state: ChipState, command: Command, body: bytes) -> Mode:
    if isinstance(command.mode, Mode):
        return command.mode
    require(len(body) >= command.header_length, Status.LENGTH_ERROR)
    return command.mode(state, body)


def run_command(state: ChipState, ins: int, body: bytes) -> bytes:
    """Run one command with the messaging of the session, if any; return the answer's bytes."""
    command = find_command(state, ins)
    mode, session = _mode(state, command, body), state.session
    if session is None:
        require(not mode.encrypts_command, Status.AUTHENTICATION_ERROR)
    else:
        fits = partial(_fits, command)
        body = session.open_command(
            ins, body, mode=mode, header_length=command.header_length, fits=fits
        )
        whole = not command.announces or _fits(command, body)
        require(whole, Status.INTEGRITY_ERROR)
    require(command.length_min <= len(body) <= command.length_max, Status.LENGTH_ERROR)
    answer = command.run(state, body)
    # A command that ended the session answers bare: own key changed, application gone.
    if state.session is not None:
        answer = state.session.seal_answer(answer, mode=mode)
    return answer
