"""A bench: the terminal's driver, the simulated pad, a line between, time that is played."""

import gc
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from simulator.pad.faults import NO_FAULTS, Faults
from simulator.pad.keys import AesCodeSealer, CodeSealer, MemoryCounter, PadKey, TdesCodeSealer
from simulator.pad.pad import SimulatedPad
from terminal.pin.dialects import DEFAULT_DIALECT, Dialect
from terminal.pin.dialogue import PadDialogue
from terminal.pin.pad import PinEntry, PinPrompt
from terminal.pin.visa_pad import VisaPacketPinPad

CARD_NUMBER = "9250000000000018"
CODE = "7391"
Damage = Callable[[int, int], bytes]  # (place on the line, byte) -> what arrives of it

PLAY_SECONDS_MAX = 600.0


def untouched(_place: int, byte: int) -> bytes:
    return bytes((byte,))


def never() -> bool:
    return False


class Bench:
    """Is the driver's link: reading lets time pass, and the pad, the holder and the noise act."""

    def __init__(
        self,
        sealer: CodeSealer,
        *,
        dialect: Dialect = DEFAULT_DIALECT,
        faults: Faults = NO_FAULTS,
        chunk: int = 4096,
    ) -> None:
        self.seconds = 0.0
        self.chunk = chunk
        self.simulated = SimulatedPad(sealer, faults=faults)
        self.to_pad: Damage = untouched
        self.to_host: Damage = untouched
        self.said_by_host = bytearray()
        self.said_by_pad = bytearray()
        self.closed = 0
        self._arriving: deque[int] = deque()
        self._presses: list[tuple[float, str]] = []
        self._entry_began: float | None = None
        self.pad = VisaPacketPinPad(lambda: self, dialect, now=lambda: self.seconds)

    def press(self, keys: str, *, after: float = 1.0, pause: float = 0.2) -> None:
        """The holder will press these keys, the first `after` seconds into the entry."""
        self._entry_began = None
        self._presses = [(after + pause * number, key) for number, key in enumerate(keys)]

    def enter(self, seconds_max: float = 60, cancelled: Callable[[], bool] = never) -> PinEntry:
        prompt = PinPrompt(CARD_NUMBER, "12,50 EUR", "VOTRE CODE:")
        return PadDialogue(self.pad).enter_pin(prompt, seconds_max, cancelled)

    # The link.

    def read(self, seconds_max: float) -> bytes:
        until = self.seconds + seconds_max
        while not self._arriving and self.seconds < until:
            self._pass_time(until)
        count = min(self.chunk, len(self._arriving))
        return bytes(self._arriving.popleft() for _ in range(count))

    def write(self, frame: bytes) -> None:
        for byte in frame:
            arrived = self.to_pad(len(self.said_by_host), byte)
            self.said_by_host.append(byte)
            self._from_pad(self.simulated.receive_data(arrived, self.seconds))

    def close(self) -> None:
        self.closed += 1

    def arrive(self, late: bytes) -> None:
        """These bytes come from nowhere."""
        self._arriving.extend(late)

    def _pass_time(self, until: float) -> None:
        assert self.seconds < PLAY_SECONDS_MAX, "the driver waits for ever"
        self.seconds = min(self.seconds + 0.05, until)
        self._from_pad(self.simulated.advance(self.seconds))
        if not self.simulated.entering:
            self._entry_began = None
            return
        if self._entry_began is None:
            self._entry_began = self.seconds
        while self._presses and self._entry_began + self._presses[0][0] <= self.seconds:
            _, key = self._presses.pop(0)
            self._from_pad(self.simulated.press(key, self.seconds))

    def _from_pad(self, sent: Iterable[int]) -> None:
        for byte in sent:
            self._arriving.extend(self.to_host(len(self.said_by_pad), byte))
            self.said_by_pad.append(byte)


def aes_sealer(vectors: dict[str, Any]) -> CodeSealer:
    published = vectors["aes128_dukpt_x9_24_3_2017"]
    key = PadKey(bytes.fromhex(published["initial_key"]))
    key_id = bytes.fromhex(published["initial_key_id"])
    return AesCodeSealer(key, key_id, MemoryCounter(), bytes)


def tdes_sealer(vectors: dict[str, Any]) -> CodeSealer:
    published = vectors["tdes_dukpt_x9_24_1_2009"]
    key = PadKey(bytes.fromhex(published["initial_key"]))
    return TdesCodeSealer(key, bytes.fromhex(published["initial_ksn"]), MemoryCounter())


@pytest.fixture
def bench(pin_vectors: dict[str, Any]) -> Bench:
    return Bench(aes_sealer(pin_vectors))


@pytest.fixture
def young_objects() -> Iterator[None]:
    """Let `gc.get_objects()` give what is made from now on, not all that the whole run has made."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
