"""Three hundred different cards in a row at one gate, through the real pcscd: none may be slow.

Each card is laid, decided (OK, the passage on the disk) and taken away, as in a queue. The floor is
the same APDUs of the same card, sent raw, for every tenth. Both count from the moment the reader
reported the card; what pcscd takes to notice a virtual card is on neither side. Where the time of
the slowest went is said: connecting, the card's own answers, or the decision with its two syncs of
the disk. `--cards 30` measures less.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Comparison
from benchmarks.gate import READER, _Bench, personalised_chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot

CARDS = 300
RAW_EVERY = 10
FOLD_EVERY = 10
#: A queue of one person every two seconds does not feel less.
SLOW_SECONDS = 0.1
SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Tap:
    number: int
    seconds: float
    in_card: float
    in_gate: float

    def in_words(self) -> str:
        connecting = self.seconds - self.in_gate
        parts = (connecting, self.in_card, self.in_gate - self.in_card)
        names = ("connecting", "the card", "decision and disk")
        words = ", ".join(
            f"{name} {1000 * part:.1f}" for name, part in zip(names, parts, strict=True)
        )
        return f"    card {self.number}: {1000 * self.seconds:.1f} ms ({words})"


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Tap every card once, and tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gate_cards", description=__doc__)
    parser.add_argument("--cards", type=int, default=CARDS)
    count: int = parser.parse_args(arguments).cards
    uids = [b"\x04" + place.to_bytes(6, "big") for place in range(count + 1)]
    with PrivatePcscd([READER], folder / "pcscd") as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        bench = _Bench(folder, VirtualCardSlot(daemon.ports[READER], name=READER), uids)
        bench.ours()  # warm: imports, file creation, first connection
        taps, floor = list[_Tap](), list[float]()
        for place, uid in enumerate(uids[1:]):
            bench.chip = personalised_chip(uid)
            taps.append(_Tap(place + 1, bench.ours(), bench.in_card, bench.in_gate))
            if place % RAW_EVERY == 0:
                floor.append(bench.raw())
            if place % FOLD_EVERY == 0:
                bench.fold()
        bench.close()
    raw = "the same APDUs sent raw, every tenth card"
    name = f"Gate: {count} different cards in a row, arrival to decision"
    yield Comparison(name, raw, [tap.seconds for tap in taps], floor).in_words()
    slow = sum(tap.seconds > SLOW_SECONDS for tap in taps)
    yield f"  slower than {1000 * SLOW_SECONDS:.0f} ms: {slow}; the slowest:"
    yield from (tap.in_words() for tap in sorted(taps, key=lambda tap: -tap.seconds)[:SHOWN])
