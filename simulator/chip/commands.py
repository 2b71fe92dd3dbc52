"""The table of commands: instruction to function, mode and lengths."""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.chip import applications, authentication
from simulator.chip.authentication import Pending
from simulator.chip.change_key import change_key
from simulator.chip.modes import Mode
from simulator.chip.state import ChipState
from simulator.chip.status import Status, require

ADDITIONAL_FRAME = 0xAF
SELECT_APPLICATION = 0x5A
SELECT_LENGTH = 3


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its function takes the plain body and returns the plain answer."""

    run: Callable[[ChipState, bytes], bytes]
    length_min: int = 0
    length_max: int = 0
    mode: Mode = Mode.MAC
    header_length: int = 0
    first_parts: tuple[int, ...] = ()


# Lengths are those of the plain body. ChangeKey checks its own, which vary with the session.
COMMANDS: dict[int, Command] = {
    0x45: Command(applications.get_key_settings),
    0x51: Command(applications.get_card_uid, mode=Mode.FULL_ANSWER),
    0x54: Command(applications.change_key_settings, 1, 1, Mode.FULL_COMMAND),
    0x60: Command(applications.get_version, first_parts=(7, 7)),
    0x64: Command(applications.get_key_version, 1, 1),
    0x6A: Command(applications.get_application_ids),
    0x6E: Command(applications.free_memory),
    0xC4: Command(change_key, 2, 64, Mode.KEY_CHANGE, header_length=1),
    0xCA: Command(applications.create_application, 5, 24),
    0xDA: Command(applications.delete_application, 3, 3),
}

AUTHENTICATIONS: dict[int, Callable[[ChipState, bytes], Pending]] = {
    0x1A: authentication.begin_iso,
    0x71: authentication.begin_ev2_first,
    0x77: authentication.begin_ev2_non_first,
    0xAA: authentication.begin_aes,
}


def run_command(state: ChipState, ins: int, body: bytes) -> bytes:
    """Run one command with the messaging of the session, if any; return the answer's bytes."""
    require(ins in COMMANDS, Status.ILLEGAL_COMMAND)
    command = COMMANDS[ins]
    session = state.session
    if session is None:
        require(not command.mode.encrypts_command, Status.AUTHENTICATION_ERROR)
    else:
        body = session.open_command(
            ins, body, mode=command.mode, header_length=command.header_length
        )
    require(command.length_min <= len(body) <= command.length_max, Status.LENGTH_ERROR)
    answer = command.run(state, body)
    # A command that ended the session answers bare: own key changed, application gone.
    if state.session is not None:
        answer = state.session.seal_answer(answer, mode=command.mode)
    return answer
