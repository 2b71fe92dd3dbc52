"""How a measurement is written: median and worst of both sides, and their ratio."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

#: Fewer measurements have no 99th percentile.
TAIL_FROM = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """Seconds measured for us and for the floor, taken in turns."""

    name: str
    floor_name: str
    ours: Sequence[float]
    floor: Sequence[float]

    def in_words(self) -> str:
        """Write it in one paragraph, in milliseconds."""
        ratio = statistics.median(self.ours) / statistics.median(self.floor)
        return (
            f"{self.name}\n"
            f"  ours   {_milliseconds(self.ours)}\n"
            f"  floor  {_milliseconds(self.floor)}   ({self.floor_name})\n"
            f"  ratio  {ratio:.2f}"
        )


def _milliseconds(seconds: Sequence[float]) -> str:
    middle, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
    tail = ""
    if len(seconds) >= TAIL_FROM:
        p99 = statistics.quantiles(seconds, n=100, method="inclusive")[98] * 1000
        tail = f"   p99 {p99:7.2f} ms"
    return f"median {middle:7.2f} ms{tail}   worst {worst:7.2f} ms   of {len(seconds)}"
