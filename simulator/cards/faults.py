"""What goes wrong with a card on purpose, and the wrapper that makes it go wrong.

Promise: the card inside is never touched; a fault counts the commands of one tap, from arrival to
removal, so that each tap goes wrong alike; taking the card away ends every wait at once.
What the reader answers itself (`FF CA`: the UID) is not a command of the card and is not counted.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from simulator.vpcd import CardMute, Remarks, VirtualCard
from simulator.wire_types import WHOLE, Flag

APDUS_MAX = 1000
SLOW_MILLISECONDS_MAX = 10_000
# libccid gives a card up after 3 s without a sign of life.
READER_PATIENCE_SECONDS = 3.0
RANDOM_UID_PREFIX = 0x08  # ISO/IEC 14443-3 §6.5.4: a single-size UID made at random
RANDOM_UID_BYTES = 3
SPOILT_BITS = 0xFF

Random = Callable[[int], bytes]


class LostPart(StrEnum):
    """What a tear takes away."""

    COMMAND = "command"  # it never reached the card
    ANSWER = "answer"  # the card has obeyed, and nobody hears it


Count = Annotated[int, Field(ge=0, le=APDUS_MAX, strict=True), WHOLE]


class CardFaults(BaseModel):
    """What goes wrong at every tap, until it is put back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tear_after: Count | None = None
    tear_loses: LostPart = LostPart.ANSWER
    slow_milliseconds: Annotated[int, Field(ge=0, le=SLOW_MILLISECONDS_MAX, strict=True), WHOLE] = 0
    mute_after: Count | None = None
    corrupt_answer: Annotated[int, Field(ge=1, le=APDUS_MAX, strict=True), WHOLE] | None = None
    random_uid: Flag = False


class Tear(BaseModel):
    """A tear at one tap only: after so many commands were answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Count
    loses: LostPart = LostPart.ANSWER


NO_FAULTS = CardFaults()


class FaultyCard:
    """A card, and what is wrong with it. `faults` may be changed at any moment."""

    def __init__(
        self,
        inner: VirtualCard,
        random: Random,
        *,
        faults: CardFaults = NO_FAULTS,
        patience_seconds: float = READER_PATIENCE_SECONDS,
    ) -> None:
        self.inner = inner
        self.faults = faults
        self.tear_once: Tear | None = None
        self._random = random
        self._patience_seconds = patience_seconds
        self._asked = 0
        self._torn = False
        self._away = threading.Event()
        self._random_uid = self._new_uid()

    @property
    def uid(self) -> bytes:
        """Return the UID inside, or the random one of this power-on."""
        return self._random_uid if self.faults.random_uid else self.inner.uid

    @property
    def atr(self) -> bytes:
        """Return the answer to reset."""
        return self.inner.atr

    def enter_field(self) -> None:
        """Begin a tap: count anew."""
        self._asked, self._torn = 0, False
        self._random_uid = self._new_uid()
        self._away.clear()

    def leave_field(self) -> None:
        """End a tap: wake whoever waits, forget the tear of this tap."""
        self.tear_once = None
        self._away.set()

    def power_on(self) -> bytes:
        """Enter the field; return the ATR."""
        self._random_uid = self._new_uid()
        return self.inner.power_on()

    def power_off(self) -> None:
        """Leave the field."""
        self.inner.power_off()

    def reset(self) -> bytes:
        """Lose the session; return the ATR. The count goes on: it is the same tap."""
        self._random_uid = self._new_uid()
        return self.inner.reset()

    def transmit(self, command: bytes) -> bytes:
        """Answer as the card inside would, but for the faults; raise CardMute."""
        if self._torn:
            return b""
        self._asked += 1
        faults, tear = self.faults, self._tear()
        self._torn = tear is not None and self._asked > tear.after
        if self._torn and tear is not None and tear.loses is LostPart.COMMAND:
            return b""
        if faults.mute_after is not None and self._asked > faults.mute_after:
            self._away.wait(self._patience_seconds)
            raise CardMute
        answer = self.inner.transmit(command)
        if self._torn or self._is_pulled_within(faults.slow_milliseconds):
            return b""
        return spoil(answer) if self._asked == faults.corrupt_answer else answer

    def remark(self) -> str | None:
        """Say what the card inside says of its last answer."""
        return self.inner.remark() if isinstance(self.inner, Remarks) else None

    def _tear(self) -> Tear | None:
        if self.tear_once is not None:
            return self.tear_once
        after = self.faults.tear_after
        return None if after is None else Tear(after=after, loses=self.faults.tear_loses)

    def _is_pulled_within(self, milliseconds: int) -> bool:
        return milliseconds > 0 and self._away.wait(milliseconds / 1000)

    def _new_uid(self) -> bytes:
        return bytes((RANDOM_UID_PREFIX,)) + self._random(RANDOM_UID_BYTES)


def spoil(answer: bytes) -> bytes:
    """Return the answer with the byte in its middle inverted; of a bare status, the last one."""
    middle = len(answer) // 2
    return (
        answer[:middle]
        + bytes(b ^ SPOILT_BITS for b in answer[middle : middle + 1])
        + answer[middle + 1 :]
    )
