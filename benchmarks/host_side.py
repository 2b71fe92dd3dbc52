"""Our host side against a public Python client, on the same simulated card through the real pcscd.

Both select an application, authenticate with its AES key and read a standard file of 32 bytes in
Full mode: four exchanges each. Ours speaks EV2; python-desfire, in its own environment and process,
EV1. Both go through pyscard. Blocks of rounds alternate, so that neither has the quieter machine.
Connecting and importing are on neither side.
"""

import json
import os
import subprocess
import time
from pathlib import Path

from benchmarks.figures import Comparison
from passcard.apdu import wrap
from passcard.secure_messaging import CommunicationMode
from passcard.session import AuthenticatedSession, Transmit
from simulator.chip.chip import Chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from tests.peers.environment import ROOT, peer_python

READER = "Pass Counter"
UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
KEY = bytes(16)
LETTER = bytes(range(32))
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
        "Host side: select, authenticate, read 32 bytes in Full mode",
        "python-desfire, the same four exchanges",
        ours,
        theirs,
    )


def _card() -> Chip:
    """Make a card with one application, its AES key all zeros, and file 1 in it."""
    chip = Chip(UID, os.urandom)
    chip.power_on()
    settings = b"\x01\x03\x00\x00" + len(LETTER).to_bytes(3, "little")
    for command in (wrap(0xCA, AID + b"\x0f\x81"), wrap(0x5A, AID), wrap(0xCD, settings)):
        assert chip.transmit(command) == b"\x91\x00"
    _open(chip.transmit).write_data(1, LETTER, mode=CommunicationMode.FULL)
    chip.power_off()
    return chip


def _open(transmit: Transmit) -> AuthenticatedSession:
    """Select and authenticate, AuthenticateEV2First."""
    return AuthenticatedSession(transmit, AID, key_number=0, key=KEY, rnd_a=os.urandom(16))


def _read(session: AuthenticatedSession) -> bytes:
    return session.read_data(1, length=len(LETTER), mode=CommunicationMode.FULL)


def _our_block(slot: VirtualCardSlot, card: Chip) -> list[float]:
    # pyscard reads where the daemon is when it is first used, so it is imported after.
    from terminal.reader.pcsc import CardConnection, PcscReader  # noqa: PLC0415

    def round_of(connection: CardConnection) -> float:
        began = time.perf_counter()
        assert _read(_open(connection.transmit)) == LETTER
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
