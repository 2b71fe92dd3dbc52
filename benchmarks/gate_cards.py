"""Three hundred different cards in a row at one gate, through the real pcscd: none may be slow.

Each card is laid, decided (OK), written down, answered and taken away, as in a queue: three
moments, each beside the floor, which is the same APDUs of the same card, sent raw, for every third.
Both count from the moment the reader reported the card; what pcscd takes to notice a virtual card
is on neither side. Where the time of the slowest went is said: connecting, the card's own answers,
or the decision with its one sync.

A passage is on the disk before anybody is admitted, so a tap can be no faster than the disk. To
tell what is ours from what is the disk's: between the taps as many bytes as one writes are written
over in a plain file of the same disk, and synced, after as long a pause as a tap has before it (a
sync right after another is cheap); and the same cards are tapped once more with the journal in
memory (`/dev/shm`). `--cards 30` measures less.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gate import READER, Moments, _Bench, compared, personalised_chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot

CARDS = 300
RAW_EVERY = 3
#: A queue of one person every two seconds does not feel less.
SLOW_SECONDS = 0.1
SHOWN = 3
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system without a disk is what is wanted
#: What a tap writes to the log: seven pages, each with its head.
TAP_BYTES = 7 * (24 + 4096)
#: What pcscd takes to notice a virtual card, on average.
PAUSE_SECONDS = 0.3
PLAIN_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Tap:
    number: int
    seconds: float
    in_card: float
    in_gate: float
    moments: Moments

    def in_words(self) -> str:
        connecting = self.seconds - self.in_gate
        parts = (connecting, self.in_card, self.in_gate - self.in_card)
        names = ("connecting", "the card", "decision and disk")
        words = ", ".join(
            f"{name} {1000 * part:.1f}" for name, part in zip(names, parts, strict=True)
        )
        return f"    card {self.number}: {1000 * self.seconds:.1f} ms ({words})"


class _Disk:
    """A plain file whose blocks are there, written over and synced, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        os.write(self._file, bytes(PLAIN_BYTES))
        os.fsync(self._file)
        self._at = 0
        self.took: list[float] = []

    def write(self) -> None:
        """Write what a tap writes, and time it."""
        time.sleep(PAUSE_SECONDS)
        written, began = os.urandom(TAP_BYTES), time.monotonic()
        os.pwrite(self._file, written, self._at)
        os.fdatasync(self._file)
        self.took.append(time.monotonic() - began)
        self._at = (self._at + TAP_BYTES) % (PLAIN_BYTES - TAP_BYTES)

    def close(self) -> None:
        """Let it go."""
        os.close(self._file)


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Tap every card once, and once more without a disk, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gate_cards", description=__doc__)
    parser.add_argument("--cards", type=int, default=CARDS)
    count: int = parser.parse_args(arguments).cards
    with PrivatePcscd([READER], folder / "pcscd") as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        slot = VirtualCardSlot(daemon.ports[READER], name=READER)
        disk, floor = _Disk(folder / "plain"), list[float]()
        taps = _queue(folder, slot, count, beside=disk.write, raw=floor)
        disk.close()
        yield from _compared(f"Gate: {count} different cards in a row, arrival", taps, floor)
        yield f"  the disk alone, {TAP_BYTES} bytes synced beside each tap: {_in_words(disk.took)}"
        both = statistics.median(floor) + statistics.median(disk.took)
        yield f"  ratio to the APDUs and the disk together: {_median(taps) / both:.2f}"
        yield f"  slower than {1000 * SLOW_SECONDS:.0f} ms: {_slow(taps)}; the slowest:"
        yield from (tap.in_words() for tap in _slowest(taps))
        if not MEMORY.is_dir():
            return
        with tempfile.TemporaryDirectory(dir=MEMORY) as in_memory:
            floor_again = list[float]()
            again = _queue(Path(in_memory), slot, count, raw=floor_again)
        yield from _compared("  the journal in memory: arrival", again, floor_again)
        yield f"  {_in_words([tap.seconds for tap in again])}; the slowest:"
        yield from (tap.in_words() for tap in _slowest(again))


def _compared(name: str, taps: Sequence[_Tap], floor: Sequence[float]) -> Iterator[str]:
    raw = "the same APDUs sent raw, every third card"
    for one in compared(name, [tap.moments for tap in taps], raw, floor):
        yield one.in_words()


def _queue(
    folder: Path,
    slot: VirtualCardSlot,
    count: int,
    *,
    beside: Callable[[], None] = lambda: None,
    raw: list[float] | None = None,
) -> list[_Tap]:
    """Tap every card once, with the journal in this folder."""
    uids = [b"\x04" + place.to_bytes(6, "big") for place in range(count + 1)]
    bench, taps = _Bench(folder, slot, uids), list[_Tap]()
    bench.ours()  # warm: imports, file creation, first connection
    for place, uid in enumerate(uids[1:]):
        bench.chip = personalised_chip(uid)
        taps.append(_Tap(place + 1, bench.ours(), bench.in_card, bench.in_gate, bench.moments))
        beside()
        if raw is not None and place % RAW_EVERY == 0:
            raw.append(bench.raw())
    bench.close()
    return taps


def _median(taps: Sequence[_Tap]) -> float:
    return statistics.median(tap.seconds for tap in taps)


def _slowest(taps: Sequence[_Tap]) -> list[_Tap]:
    return sorted(taps, key=lambda tap: -tap.seconds)[:SHOWN]


def _slow(taps: Sequence[_Tap]) -> int:
    return sum(tap.seconds > SLOW_SECONDS for tap in taps)


def _in_words(seconds: Sequence[float]) -> str:
    middle, worst = 1000 * statistics.median(seconds), 1000 * max(seconds)
    slow = sum(each > SLOW_SECONDS for each in seconds)
    limit = 1000 * SLOW_SECONDS
    p99 = 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[98]
    said = f"median {middle:.2f} ms, p99 {p99:.1f} ms, worst {worst:.1f} ms"
    return f"{said}, slower than {limit:.0f} ms: {slow}"
