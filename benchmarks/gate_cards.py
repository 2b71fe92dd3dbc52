"""Three hundred different cards in a row at one gate, through the real pcscd: none may be slow.

Each card is laid, decided (OK, the passage on the disk) and taken away, as in a queue. The floor is
the same APDUs of the same card, sent raw, for every tenth. Both count from the moment the reader
reported the card; what pcscd takes to notice a virtual card is on neither side.
"""

import os
from pathlib import Path

from benchmarks.figures import Comparison
from benchmarks.gate import READER, _Bench, personalised_chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot

CARDS = 300
RAW_EVERY = 10


def measure(folder: Path) -> list[Comparison]:
    """Tap every card once; times are in seconds."""
    uids = [b"\x04" + place.to_bytes(6, "big") for place in range(CARDS + 1)]
    with PrivatePcscd([READER], folder / "pcscd") as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        bench = _Bench(folder, VirtualCardSlot(daemon.ports[READER], name=READER), uids)
        bench.ours()  # warm: imports, file creation, first connection
        decisions, floor = [], []
        for place, uid in enumerate(uids[1:]):
            bench.chip = personalised_chip(uid)
            decisions.append(bench.ours())
            if place % RAW_EVERY == 0:
                floor.append(bench.raw())
        bench.close()
    raw = "the same APDUs sent raw, every tenth card"
    name = f"Gate: {CARDS} different cards in a row, arrival to decision"
    return [Comparison(name, raw, decisions, floor)]
