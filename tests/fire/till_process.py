"""Several counters in one process, with the real sale, journal, recovery and HTTP client.

`python -m tests.fire.till_process PLAN FOLDER SECONDS` sells for a while; killed, it is started
again and finishes what it left open before it sells. With 0 seconds it only finishes. A card is
there at once and a code is typed at once: the load is the point.
"""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.dukpt import aes_key_serial_number, aes_pin_key, next_aes_counter
from simulator.pin_block import format4_block
from terminal.backend_client import BackendClient
from terminal.counter.controls import SaleControls
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.ports import Collaborators
from terminal.counter.record import Facts, SaleRecord, advance
from terminal.counter.recovery import recover
from terminal.counter.sale import SaleRun
from terminal.counter.states import Event
from terminal.pin.pad import EncryptedPinBlock, PinEntry, PinEntryStatus, PinProfile, PinPrompt
from tests.fire.chip import Chip, Holder, Reader

FINISH_SECONDS_MAX = 90.0
RETRY_SECONDS = 0.3


@dataclass
class Identity:
    """What signs for a terminal."""

    terminal_id: str
    private_key: str

    def client_assertion(self, now: datetime) -> str:
        claims = {
            "iss": self.terminal_id,
            "sub": self.terminal_id,
            "aud": "pass-backend",
            "exp": int(now.timestamp()) + 50,
            "jti": uuid4().hex,
        }
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.private_key))
        return jwt.encode(claims, key, algorithm="EdDSA")


class FilePad:
    """A pad whose counter outlives the program: it is written down before it is used."""

    def __init__(self, path: Path, initial_key_id: str, initial_key: str, code: str) -> None:
        self._path = path
        self._key_id = bytes.fromhex(initial_key_id)
        self._key = bytes.fromhex(initial_key)
        self._code = code

    def claim(self) -> None:
        """It is nobody else's."""

    def release(self) -> None:
        """It was nobody else's."""

    def show(self, line1: str, line2: str = "") -> None:
        """Nobody looks."""

    def enter_pin(
        self, prompt: PinPrompt, _seconds_max: float, _cancelled: Callable[[], bool]
    ) -> PinEntry:
        before = int(self._path.read_text()) if self._path.exists() else 0
        counter = next_aes_counter(before)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(counter))
        fresh.replace(self._path)
        key = aes_pin_key(self._key, self._key_id, counter)
        digits = bytearray(self._code.encode())
        block = format4_block(key, digits, prompt.card_number, os.urandom)
        serial = aes_key_serial_number(self._key_id, counter).hex().upper()
        closed = EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, serial, block.hex().upper())
        return PinEntry(PinEntryStatus.SUCCESS, closed)


class RealClock:
    """Time as it is."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float, /) -> None:
        time.sleep(seconds)


class Counter:
    """One counter: its journal, its pad, its way to the backend."""

    def __init__(self, plan: dict[str, Any], one: dict[str, Any], folder: Path) -> None:
        own = folder / one["terminal_id"]
        own.mkdir(parents=True, exist_ok=True)
        self._journal: SaleJournal = open_sale_journal(own / "journal.sqlite3")
        self._pad = FilePad(own / "pad", one["initial_key_id"], one["initial_key"], plan["code"])
        identity = Identity(one["terminal_id"], one["private_key"])
        self._backend = BackendClient(f"http://127.0.0.1:{plan['port']}", identity)
        self._holders = [
            Holder(bytes.fromhex(c["uid"]), c["number"], bytes.fromhex(c["key"]))
            for c in one["cards"]
        ]
        self._benefit = plan["benefit"]
        self._random = Random()

    def live(self, seconds: float) -> None:
        """Finish what a former life left open, sell, and leave nothing open if it can."""
        self._finish(seconds or FINISH_SECONDS_MAX)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._sell(self._random.choice(self._holders))
            self._finish(FINISH_SECONDS_MAX)

    def _finish(self, seconds_max: float) -> None:
        deadline = time.monotonic() + seconds_max
        while self._journal.list_unfinished() and time.monotonic() < deadline:
            report = recover(self._with(self._holders[0]))
            if report.still_open:
                time.sleep(RETRY_SECONDS)

    def _sell(self, holder: Holder) -> None:
        now = datetime.now(UTC)
        idle = SaleRecord(str(uuid4()), self._random.randint(1, 50), now, now)
        record = advance(idle, Event.STARTED, now, Facts(benefit=self._benefit))
        self._journal.open_sale(record)
        SaleRun(record, self._with(holder), SaleControls(), lambda *_: None).run()
        time.sleep(0.01)

    def _with(self, holder: Holder) -> Collaborators:
        return Collaborators(
            reader=Reader(Chip(holder, os.urandom)),
            pad=self._pad,
            backend=self._backend,
            journal=self._journal,
            clock=RealClock(),
            new_id=uuid4,
        )


def main() -> None:
    """Run the counters of a plan."""
    logging.disable(logging.CRITICAL)
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder, seconds = Path(sys.argv[2]), float(sys.argv[3])

    def live(one: dict[str, Any]) -> None:
        # The journal's connection belongs to the thread that opened it.
        Counter(plan, one, folder).live(seconds)

    threads = [threading.Thread(target=live, args=(one,)) for one in plan["tills"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
