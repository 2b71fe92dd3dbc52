"""A MIFARE DESFire EV2, in process: power, frames, and dispatch of commands.

Promise: what `transmit` answers follows the public facts, and where there are none the choices of
`docs/decisions/0011`; any error answer (but in a legacy session of an EV1), any selection
and any loss of power end the session; memory changes in one step or not at all, but for a plain
write into a standard file, which changes it with each of its frames.

Not built: delegated applications, SDM, the virtual card and its keys but that of proximity checks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor

from simulator.chip.applications import (
    disable_if_asked_in_session,
    get_df_names,
    select_application,
)
from simulator.chip.authentication import Pending
from simulator.chip.commands import (
    ADDITIONAL_FRAME,
    AUTHENTICATIONS,
    EV2_AUTHENTICATIONS,
    GET_DF_NAMES,
    SELECT_APPLICATION,
    SELECT_LENGTHS,
    SELECT_LENGTHS_EV2,
    cutting,
    find_command,
    keep_part,
    run_command,
    whole_length,
)
from simulator.chip.configuration import RANDOM_ID, historical_bytes
from simulator.chip.frames import (
    ISO_CLASS,
    PART_LENGTH_MAX,
    WRAPPED_CLASS,
    Frame,
    encode_answer,
    parse_frame,
    split,
)
from simulator.chip.generation import EV2, Generation
from simulator.chip.iso7816 import answer_iso, iso_refusal
from simulator.chip.memory import CAPABILITIES_LENGTH, PICC_AID, Damage, Memory
from simulator.chip.proximity import PROXIMITY_COMMANDS
from simulator.chip.state import ChipState, PowerLostError, Random
from simulator.chip.status import RefusalError, Status, require

# T0 81: one historical byte, 80; TD1 80, TD2 01, TCK: the pseudo-ATR of PC/SC part 3.
DESFIRE_ATR = bytes.fromhex("3B8180018080")
UID_LENGTH = 7
RANDOM_ID_PREFIX = b"\x08"
_NO_CAPABILITIES = bytes(CAPABILITIES_LENGTH)
# An AF frame when nothing is open; and when another command dropped an unfinished one.
ORPHAN_FRAME, ABANDONED_COMMAND = Status.ILLEGAL_COMMAND, Status.COMMAND_ABORTED


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A command whose data has not all come; its parts so far, as sent."""

    ins: int
    body: bytes


# What an AF frame would go on with: an authentication, parts of an answer, or of a command.
Chain = Pending | list[bytes] | Unfinished


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
        capabilities: bytes | None = None,
        committed: Callable[[Memory], None] = lambda _memory: None,
        generation: Generation = EV2,
    ) -> None:
        if len(uid) != UID_LENGTH or len(capabilities or _NO_CAPABILITIES) != CAPABILITIES_LENGTH:
            raise ValueError("a DESFire UID has 7 bytes, PDcap2 has 6")
        memory = memory or Memory()
        if capabilities is not None:
            configuration = replace(memory.configuration, capabilities=capabilities)
            memory = memory.with_configuration(configuration)
        self._state = ChipState(uid, random, memory, committed=committed, generation=generation)
        self._random_id: bytes | None = None
        self._powered = False
        self._chain: Chain | None = None
        self._abandoned = False
        self._telling_names = False

    @property
    def uid(self) -> bytes:
        """Return what anti-collision gives; with random ID, four bytes new at each activation."""
        return self._random_id or self._state.uid

    @property
    def true_uid(self) -> bytes:
        """Return the seven bytes that the chip was made with."""
        return self._state.uid

    @property
    def generation(self) -> Generation:
        """Return which generation of the chip this is."""
        return self._state.generation

    @property
    def atr(self) -> bytes:
        """Return the answer to reset, as PC/SC shows it: it holds the ATS's historical bytes."""
        held = historical_bytes(self._state.configuration.ats) or b""
        body = bytes((0x80 | len(held), 0x80, 0x01)) + held
        return b"\x3b" + body + bytes((reduce(xor, body),))

    @property
    def memory(self) -> Memory:
        """Return what survives without power: the state to keep, copy or look into."""
        return self._state.memory

    def power_on(self) -> bytes:
        """Enter the field, at PICC level and without a session; return the ATR."""
        self._forget()
        self._powered = True
        hidden = self._state.configuration.flags & RANDOM_ID
        self._random_id = RANDOM_ID_PREFIX + self._state.random(3) if hidden else None
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
                self._chain, self._abandoned = None, False
                self._require_alive()
                return answer_iso(self._state, command)
            return self._answer(command)
        except PowerLostError:
            self.power_off()
            return b""
        except RefusalError as refusal:
            return iso_refusal(self._state, refusal)

    def _forget(self) -> None:
        self._chain = None
        self._abandoned = False
        self._state.forget()

    def _answer(self, command: bytes) -> bytes:
        # A new command drops an open chain.
        chain, self._chain = self._chain, None
        self._state.handshake = None
        abandoned, self._abandoned = self._abandoned, False
        try:
            self._require_alive()
            frame = parse_frame(command)
            if frame.ins == ADDITIONAL_FRAME:
                require(chain is not None, ABANDONED_COMMAND if abandoned else ORPHAN_FRAME)
                assert chain is not None
                status, body = self._continue(frame, chain)
            else:
                self._telling_names = False
                self._abandoned = isinstance(chain, Unfinished)
                status, body = self._begin(frame)
        except RefusalError as refusal:
            self._state.refuse(refusal.status)
            status, body = refusal.status, b""
        return encode_answer(status, body, wrapped=command[0] == WRAPPED_CLASS)

    def _require_alive(self) -> None:
        memory = self._state.memory
        require(not memory.configuration.disabled, Status.PICC_DISABLED)
        require(Damage(PICC_AID) not in memory.damage, Status.PICC_INTEGRITY_ERROR)

    def _begin(self, frame: Frame) -> tuple[Status, bytes]:
        generation = self._state.generation
        one_frame = len(frame.body) <= PART_LENGTH_MAX
        require(generation.knows_ev2 or one_frame, Status.LENGTH_ERROR)
        if generation.knows_ev2 and frame.ins in PROXIMITY_COMMANDS:
            answer = PROXIMITY_COMMANDS[frame.ins](self._state, frame.body)
            return Status.PROXIMITY_CHECK_OK, answer
        require(self._state.proximity is None, Status.PROXIMITY_CHECK_BUSY)
        if frame.ins in AUTHENTICATIONS:
            known = generation.knows_ev2 or frame.ins not in EV2_AUTHENTICATIONS
            require(known, Status.ILLEGAL_COMMAND)
            pending = AUTHENTICATIONS[frame.ins](self._state, frame.body)
            self._chain = pending
            return Status.ADDITIONAL_FRAME, pending.challenge
        if frame.ins == GET_DF_NAMES:
            require(not frame.body, Status.LENGTH_ERROR)
            status, name = self._send(get_df_names(self._state))
            self._telling_names = status is Status.ADDITIONAL_FRAME
            return status, name
        if frame.ins == SELECT_APPLICATION:
            lengths = SELECT_LENGTHS_EV2 if generation.knows_ev2 else SELECT_LENGTHS
            require(len(frame.body) in lengths, Status.LENGTH_ERROR)
            return Status.OK, select_application(self._state, frame.body)
        return self._collect(frame.ins, frame.body)

    def _continue(self, frame: Frame, chain: Chain) -> tuple[Status, bytes]:
        if isinstance(chain, Pending):
            return Status.OK, chain.finish(self._state, chain, frame.body)
        if isinstance(chain, Unfinished):
            # Else a reader that has nothing left to send would ask for ever.
            require(frame.body != b"", Status.LENGTH_ERROR)
            return self._collect(chain.ins, chain.body + frame.body)
        require(not frame.body, Status.LENGTH_ERROR)
        if self._telling_names:
            disable_if_asked_in_session(self._state)
        return self._send(chain)

    def _collect(self, ins: int, body: bytes) -> tuple[Status, bytes]:
        """Run a command, or wait for the rest of it."""
        command = find_command(self._state, ins)
        whole = whole_length(self._state, command, body)
        if whole is not None:
            require(len(body) <= whole, Status.LENGTH_ERROR)
            if len(body) < whole:
                require(command.continues, Status.LENGTH_ERROR)
                keep_part(self._state, command, body)
                self._chain = Unfinished(ins, body)
                return Status.ADDITIONAL_FRAME, b""
        longest, tail = cutting(self._state, command, body)
        answer = run_command(self._state, ins, body)
        return self._send(split(answer, command.first_parts, longest, tail))

    def _send(self, parts: list[bytes]) -> tuple[Status, bytes]:
        """Send the next part; the rest waits for the reader's AF."""
        self._chain = parts[1:] or None
        return (Status.ADDITIONAL_FRAME if self._chain else Status.OK), parts[0]
