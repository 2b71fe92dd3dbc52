"""From card arrival to the gate's decision, its passage on the disk and its answer, through pcscd.

Ours: connect, UID, select, authenticate; then decide; then put the passage on the disk; then
answer: a screen changes, a door moves, and nothing opens before the disk has it. Floor: connect,
and the same APDUs sent raw through pyscard. The simulated chip answers in a fraction of the 10 ms
that a real one takes for an APDU, and both pay for that alike: beside it all of ours shows.
Both count from the moment the reader reported the card; what pcscd takes to notice a virtual card
(it polls every 0.4 s) is on neither side. The chip's and the gate's randoms are fixed, so that the
recorded commands are good for the raw run too.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from benchmarks.figures import Comparison
from passcard.diversify import card_key_input, diversify
from passcard.layout import Application
from passcard.personalise import MasterKeys, personalise
from passcard.secret import Secret
from passcard.session import authenticate
from simulator.chip.chip import Chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot

READER = "Pass Gate"
TAPS = 15
WAIT_SECONDS_MAX = 5.0
UID = bytes.fromhex("04A1B2C3D4E580")
ACCESS_MASTER = bytes(range(16))


def _fixed(length: int) -> bytes:
    return bytes(range(1, length + 1))


def personalised_chip(uid: bytes = UID) -> Chip:
    """Make a chip that the real personalisation has written."""
    chip = Chip(uid, _fixed)
    chip.power_on()
    other = [Secret(bytes([n]) * 16) for n in range(1, 5)]
    keys = MasterKeys(
        picc=other[0],
        benefits_master=other[1],
        benefits_authenticate=other[2],
        access_master=other[3],
        access_authenticate=Secret(ACCESS_MASTER),
    )
    dialogue = personalise(uid, keys.for_card(uid), _fixed)
    command = next(dialogue)
    try:
        while True:
            command = dialogue.send(chip.transmit(command))
    except StopIteration:
        chip.power_off()
    return chip


def measure(folder: Path) -> list[Comparison]:
    """Tap in turns, ours and raw; times are in seconds."""
    with PrivatePcscd([READER], folder / "pcscd") as daemon:
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        uids = [UID[:-1] + bytes((place,)) for place in range(TAPS + 1)]
        bench = _Bench(folder, VirtualCardSlot(daemon.ports[READER], name=READER), uids)
        bench.ours()  # warm: imports, file creation, first connection
        moments, proofs, floor = list[Moments](), [], []
        for uid in uids[1:]:
            bench.chip = personalised_chip(uid)
            bench.ours()
            moments.append(bench.moments)
            proofs.append(bench.proof(uid))
            floor.append(bench.raw())
        bench.close()
    raw = f"the same {len(bench.commands)} APDUs sent raw through pyscard"
    return [
        Comparison("Gate: card arrival to proof", raw, proofs, floor),
        *compared("Gate: card arrival", moments, raw, floor),
    ]


@dataclass(frozen=True, slots=True)
class Moments:
    """Of one tap: seconds from the card's arrival to each of these."""

    decided: float
    written: float
    answered: float


def compared(
    name: str, moments: Sequence[Moments], raw: str, floor: Sequence[float]
) -> Iterator[Comparison]:
    """Set each of the three beside the floor."""
    yield Comparison(f"{name} to decision", raw, [each.decided for each in moments], floor)
    on_disk = f"{name} to passage on the disk"
    yield Comparison(on_disk, raw, [each.written for each in moments], floor)
    answer = f"{name} to answer: the screen changes, a door moves"
    yield Comparison(answer, raw, [each.answered for each in moments], floor)


class _Bench:
    def __init__(self, folder: Path, slot: VirtualCardSlot, uids: Sequence[bytes] = (UID,)) -> None:
        # pyscard reads where the daemon is when it is first used, so it is imported after.
        from terminal.gate.folding import LOG_BYTES, Folder, Lull  # noqa: PLC0415
        from terminal.gate.passages import open_passage_journal  # noqa: PLC0415
        from terminal.gate.state import StateBoard  # noqa: PLC0415
        from terminal.gate.tap import Gate  # noqa: PLC0415

        self.commands: list[bytes] = []
        self._slot = slot
        self.chip = personalised_chip(uids[0])
        board = StateBoard()
        board.change(access_list=_access_list(uids))
        self._journal = open_passage_journal(folder / "passages.sqlite3")
        # As in the daemon: the log has its room, and is folded in lulls by another thread.
        self._lull, self._stop = Lull(), threading.Event()
        while not self._journal.file.take_log_room(LOG_BYTES):
            pass
        folder_of_log = Folder(self._journal.file, self._lull)
        self._folding = threading.Thread(target=folder_of_log.run, args=(self._stop,))
        self._folding.start()
        #: Of the latest tap: seconds in the card's answers, and in all after the card was there.
        self.in_card = 0.0
        self.in_gate = 0.0
        self.moments = Moments(0.0, 0.0, 0.0)
        self._door = _TimedDoor(self._journal.append)
        board.listen(self._door.hear)
        self._gate = Gate(
            self._journal,
            board,
            now=lambda: datetime.now(UTC),
            monotonic=self._door.look,
            random=_fixed,
            doorway=self._door,
        )

    def ours(self) -> float:
        """Serve one tap with the gate's own code, down to the passage on the disk."""

        def serve(connection: Any, arrived: float) -> None:
            recording, began = _Recording(connection, self.commands), time.monotonic()
            passage = self._gate.serve(recording, arrived)
            self.in_card, self.in_gate = recording.seconds, time.monotonic() - began
            door = self._door
            self.moments = Moments(
                door.decided - arrived, door.written - arrived, door.answered - arrived
            )
            assert passage is not None
            assert passage.detail != "not_genuine"

        return self._tap(serve)

    def proof(self, uid: bytes) -> float:
        """Prove one card genuine with our own code, and nothing else."""
        key = diversify(ACCESS_MASTER, card_key_input(uid, Application.ACCESS.aid))

        def prove(connection: Any, _arrived: float) -> None:
            assert connection.uid() == uid
            authenticate(connection.transmit, Application.ACCESS, key, _fixed(16))

        return self._tap(prove)

    def _tap(self, work: Callable[[Any, float], None]) -> float:
        from terminal.reader.pcsc import CardConnection, PcscReader  # noqa: PLC0415

        arrived: list[float] = []

        class Timed(PcscReader):
            def _connect(self) -> CardConnection:
                arrived.append(time.monotonic())
                return super()._connect()

        with Timed(READER) as reader:
            self._slot.insert(self.chip)
            connection = reader.wait_for_card(WAIT_SECONDS_MAX)
            assert connection is not None, "the card was not noticed"
            with self._lull.broken():
                work(connection, arrived[-1])
                took = time.monotonic() - arrived[-1]
                connection.disconnect()
            self._slot.remove()
            assert connection.wait_for_removal(WAIT_SECONDS_MAX)
        return took

    def raw(self) -> float:
        """Send what the gate sent, and nothing else."""
        from smartcard import scard  # noqa: PLC0415

        _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        name = f"{READER} 00 00"
        state = [(name, scard.SCARD_STATE_EMPTY)]
        self._slot.insert(self.chip)
        while True:
            code, seen = scard.SCardGetStatusChange(context, int(WAIT_SECONDS_MAX * 1000), state)
            assert code == scard.SCARD_S_SUCCESS, "the card was not noticed"
            if seen[0][1] & scard.SCARD_STATE_PRESENT:
                break
            state = [(name, seen[0][1])]
        began = time.monotonic()
        _, card, protocol = scard.SCardConnect(
            context, name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_ANY
        )
        for command in self.commands:
            code, _ = scard.SCardTransmit(card, protocol, list(command))
            assert code == scard.SCARD_S_SUCCESS
        took = time.monotonic() - began
        scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)
        self._slot.remove()
        state = [(name, scard.SCARD_STATE_PRESENT)]
        while seen[0][1] & scard.SCARD_STATE_PRESENT:
            code, seen = scard.SCardGetStatusChange(context, 1000, [(name, seen[0][1])])
        scard.SCardReleaseContext(context)
        return took

    def close(self) -> None:
        """Let everything go."""
        self._slot.remove()
        self._stop.set()
        self._folding.join()
        self._journal.close()


class _TimedDoor:
    """No door; it notes when the gate looked at the clock, having decided, and had written."""

    def __init__(self, write: Callable[[Any], Any]) -> None:
        self._write = write
        self.looked = self.decided = self.written = self.answered = 0.0

    def look(self) -> float:
        """Be the gate's clock: it looks as soon as it has decided."""
        self.looked = time.monotonic()
        return self.looked

    def admit(self, passage: Any) -> Any:
        """Write the passage, and note when that was done."""
        self.decided = self.looked
        done = self._write(passage)
        self.written, self.answered = time.monotonic(), 0.0
        return done

    def hear(self) -> None:
        """Note the first change of the screen after that."""
        self.answered = self.answered or time.monotonic()

    def awaits(self, card_id: str) -> bool:
        """Wait for nobody."""
        del card_id
        return False

    def is_released(self) -> bool:
        """Release nothing."""
        return False


class _Recording:
    """The connection, remembering what was sent in the latest tap."""

    def __init__(self, connection: object, commands: list[bytes]) -> None:
        self._connection = connection
        self._commands = commands
        self.seconds = 0.0
        commands.clear()

    def uid(self) -> bytes:
        """Return the UID, and note the command that reads it."""
        self._commands.append(bytes.fromhex("FFCA000000"))
        began = time.monotonic()
        uid: bytes = self._connection.uid()  # type: ignore[attr-defined]
        self.seconds += time.monotonic() - began
        return uid

    def transmit(self, command: bytes) -> bytes:
        """Carry a command and note it."""
        self._commands.append(command)
        began = time.monotonic()
        answer: bytes = self._connection.transmit(command)  # type: ignore[attr-defined]
        self.seconds += time.monotonic() - began
        return answer


def _access_list(uids: Sequence[bytes]) -> object:
    from terminal.gate.access_list import AccessList, ListedCard  # noqa: PLC0415
    from terminal.gate.decision import Holder, Hours, Right, Service  # noqa: PLC0415

    now = datetime.now(UTC)
    cards = {}
    for place, uid in enumerate(uids, start=1):
        key = diversify(ACCESS_MASTER, card_key_input(uid, Application.ACCESS.aid))
        holder = Holder(
            card_id=str(UUID(int=place, version=4)),
            display_name="Léa",
            blocked=False,
            rights=(Right("repas"),),
        )
        cards[uid] = ListedCard(uid=uid, key=Secret(key), holder=holder)
    every_day = frozenset(range(1, 8))
    meal = Service("repas", "Repas", every_day, clock(0), clock(23, 59), passages_max=1)
    return AccessList(
        gate="gate",
        establishment="lycee",
        version=1,
        issued_at=now,
        valid_until=now + timedelta(days=1),
        hours=Hours((meal,), ZoneInfo("Europe/Paris")),
        cards=cards,
        uids={card.holder.card_id: uid for uid, card in cards.items()},
    )
