"""Our host side against a public Python client, on the same simulated card through the real pcscd.

Both select an application, authenticate with its AES key and read something encrypted: four
exchanges each. Ours speaks EV2, python-desfire (in its own environment and process) EV1; both go
through pyscard. Blocks of rounds alternate, so that neither has the quieter machine. Connecting
and importing are on neither side.
"""

import json
import os
import subprocess
import time
from pathlib import Path

from benchmarks.figures import Comparison
from passcard.session import AuthenticatedSession
from simulator.chip.chip import Chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from tests.peers.environment import ROOT, peer_python

READER = "Pass Counter"
UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
KEY = bytes(16)
BLOCKS = 3
ROUNDS = 25
WAIT_SECONDS_MAX = 10.0
PEER_SECONDS_MAX = 60.0
PEER_PROGRAM = "tests.peers.programs.python_desfire_speed"


def measure(folder: Path) -> Comparison:
    """Measure in turns; times are in seconds. Raises PeersNotInstallable without the peer."""
    interpreter = peer_python()
    ours: list[float] = []
    theirs: list[float] = []
    with PrivatePcscd([READER], folder / "host-side") as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        slot = VirtualCardSlot(daemon.ports[READER], name=READER)
        card = _card()
        for _ in range(BLOCKS):
            ours += _our_block(slot, card)
            theirs += _their_block(slot, card, interpreter)
    return Comparison(
        "Host side: select, authenticate, read the UID encrypted",
        "python-desfire, the same four exchanges",
        ours,
        theirs,
    )


def _card() -> Chip:
    """Make a card with one AES application, its key all zeros."""
    chip = Chip(UID, os.urandom)
    chip.power_on()
    body = AID + bytes((0x0F, 0x81))
    assert chip.transmit(bytes((0x90, 0xCA, 0, 0, len(body))) + body + b"\x00") == b"\x91\x00"
    chip.power_off()
    return chip


def _our_block(slot: VirtualCardSlot, card: Chip) -> list[float]:
    # pyscard reads where the daemon is when it is first used, so it is imported after.
    from terminal.reader.pcsc import CardConnection, PcscReader  # noqa: PLC0415

    def round_of(connection: CardConnection) -> float:
        began = time.perf_counter()
        session = AuthenticatedSession(
            connection.transmit, AID, key_number=0, key=KEY, rnd_a=os.urandom(16)
        )
        assert session.get_card_uid() == UID
        return time.perf_counter() - began

    with PcscReader(READER) as reader:
        slot.insert(card)
        connection = reader.wait_for_card(WAIT_SECONDS_MAX)
        assert connection is not None, "the card was not noticed"
        with connection:
            round_of(connection)
            taken = [round_of(connection) for _ in range(ROUNDS)]
        slot.remove()
        assert connection.wait_for_removal(WAIT_SECONDS_MAX)
    return taken


def _their_block(slot: VirtualCardSlot, card: Chip, interpreter: Path) -> list[float]:
    slot.insert(card)
    done = subprocess.run(
        [str(interpreter), "-m", PEER_PROGRAM, str(ROUNDS)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=PEER_SECONDS_MAX,
    )
    slot.remove()
    taken: list[float] = json.loads(done.stdout)
    return taken
