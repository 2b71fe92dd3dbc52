"""A MIFARE DESFire EV2, in process: power, frames, and dispatch of commands.

Promise: what `transmit` answers follows the public facts; any error answer,
any selection and any loss of power end the session; memory changes in one step or not at all.

Not built, and answered 1C: files, transactions, SetConfiguration, FormatPICC, legacy
authentication, key sets, three-key DES, random UID, frames from the reader that need chaining.
"""

from collections.abc import Callable

from simulator.chip.applications import select_application
from simulator.chip.authentication import Pending
from simulator.chip.commands import (
    ADDITIONAL_FRAME,
    AUTHENTICATIONS,
    COMMANDS,
    SELECT_APPLICATION,
    SELECT_LENGTH,
    run_command,
)
from simulator.chip.frames import ISO_CLASS, WRAPPED_CLASS, Frame, encode_answer, parse_frame, split
from simulator.chip.iso7816 import answer_iso
from simulator.chip.memory import Memory
from simulator.chip.state import ChipState, PowerLostError, Random
from simulator.chip.status import RefusalError, Status, require

# T0 81: one historical byte, 80; TD1 80, TD2 01, TCK: the pseudo-ATR of PC/SC part 3.
DESFIRE_ATR = bytes.fromhex("3B8180018080")
UID_LENGTH = 7
CAPABILITIES_LENGTH = 6


class Chip:
    """One card. A new one is in factory state; give a `memory` for any other.

    `random` returns that many unpredictable bytes; `capabilities` is PDcap2; `committed` is called
    with the new memory each time that what survives without power has changed, before the answer.
    """

    def __init__(
        self,
        uid: bytes,
        random: Random,
        *,
        memory: Memory | None = None,
        capabilities: bytes = bytes(CAPABILITIES_LENGTH),
        committed: Callable[[Memory], None] = lambda _memory: None,
    ) -> None:
        if len(uid) != UID_LENGTH or len(capabilities) != CAPABILITIES_LENGTH:
            raise ValueError("a DESFire UID has 7 bytes, PDcap2 has 6")
        self._state = ChipState(uid, random, capabilities, memory or Memory(), committed=committed)
        self._powered = False
        # What an AF frame would go on with: an authentication, or parts of an answer.
        self._chain: Pending | list[bytes] | None = None

    @property
    def uid(self) -> bytes:
        """Return what anti-collision gives."""
        return self._state.uid

    @property
    def atr(self) -> bytes:
        """Return the answer to reset, as PC/SC shows it."""
        return DESFIRE_ATR

    @property
    def memory(self) -> Memory:
        """Return what survives without power: the state to keep, copy or look into."""
        return self._state.memory

    def power_on(self) -> bytes:
        """Enter the field, at PICC level and without a session; return the ATR."""
        self._forget()
        self._powered = True
        return self.atr

    def power_off(self) -> None:
        """Leave the field."""
        self._forget()
        self._powered = False

    def reset(self) -> bytes:
        """Start again as after power_on; return the ATR."""
        return self.power_on()

    def tear_next_write(self, *, applied: bool) -> None:
        """Lose power at the next change of memory: just after it if `applied`, else just before."""
        self._state.torn_write = applied

    def transmit(self, command: bytes) -> bytes:
        """Answer one command, native or wrapped; empty when not, or no longer, in the field."""
        if not self._powered or not command:
            return b""
        try:
            if command[0] == ISO_CLASS and len(command) >= 4:
                self._chain = None
                return answer_iso(self._state, command)
            return self._answer(command)
        except PowerLostError:
            self.power_off()
            return b""

    def _forget(self) -> None:
        self._chain = None
        self._state.forget()

    def _answer(self, command: bytes) -> bytes:
        # A new command drops an open chain.
        chain, self._chain = self._chain, None
        try:
            frame = parse_frame(command)
            status, body = self._dispatch(frame, chain)
        except RefusalError as refusal:
            self._state.session = None
            status, body = refusal.status, b""
        return encode_answer(status, body, wrapped=command[0] == WRAPPED_CLASS)

    def _dispatch(self, frame: Frame, chain: Pending | list[bytes] | None) -> tuple[Status, bytes]:
        if frame.ins == ADDITIONAL_FRAME:
            return self._continue(frame, chain)
        if frame.ins in AUTHENTICATIONS:
            pending = AUTHENTICATIONS[frame.ins](self._state, frame.body)
            self._chain = pending
            return Status.ADDITIONAL_FRAME, pending.challenge
        if frame.ins == SELECT_APPLICATION:
            require(len(frame.body) == SELECT_LENGTH, Status.LENGTH_ERROR)
            return Status.OK, select_application(self._state, frame.body)
        answer = run_command(self._state, frame.ins, frame.body)
        return self._send(split(answer, COMMANDS[frame.ins].first_parts))

    def _continue(self, frame: Frame, chain: Pending | list[bytes] | None) -> tuple[Status, bytes]:
        if isinstance(chain, Pending):
            return Status.OK, chain.finish(self._state, chain, frame.body)
        require(chain is not None, Status.ILLEGAL_COMMAND)
        assert chain is not None
        require(not frame.body, Status.LENGTH_ERROR)
        return self._send(chain)

    def _send(self, parts: list[bytes]) -> tuple[Status, bytes]:
        """Send the next part; the rest waits for the reader's AF."""
        self._chain = parts[1:] or None
        return (Status.ADDITIONAL_FRAME if self._chain else Status.OK), parts[0]
