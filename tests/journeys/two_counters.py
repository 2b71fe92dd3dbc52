"""Two counters on one machine: two daemons, readers and pads, one PC/SC daemon, one backend's twin.

The daemons, PC/SC and the serial lines are real. The backend's twin knows the cards' keys and says
of each payment with which card it was made.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from passcard.authenticate import answer_challenge, verify_card_answer
from passcard.layout import Application
from passcard.personalise import PersonalisationKeys, personalise
from passcard.secret import Secret
from passcard.session import run as converse
from scripts.demo.processes import Program, Programs, free_ports
from scripts.demo.world import BIN
from simulator.chip.chip import Chip
from simulator.pad.cable import PadCable
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal.api_values import Approved, CardChallenge, CardProof, Declined
from terminal.counter.callers import load_token
from terminal.identity import enrol
from terminal.pin.pad import EncryptedPinBlock
from terminal.settings import CounterSettings, load_settings
from tests.terminal.counter.fakes import CARD_NUMBER, CULTURE, START, TwinBackend
from tests.terminal.counter.http_twin import HttpTwin

READERS = ("Pass Till (A7)", "Pass Till (B2)")
UIDS = (bytes.fromhex("04A1000000000A"), bytes.fromhex("04B2000000000B"))
KEYS = PersonalisationKeys(*(Secret(bytes((number,)) * 16) for number in range(1, 6)))
SECONDS_MAX = 30.0
POLL_SECONDS = 0.02


class CardsTwin(TwinBackend):
    """Proves the chips that were made with KEYS; remembers who paid how much."""

    def __init__(self) -> None:
        super().__init__(CULTURE, balance_cents=1_000_000)
        self.paid: list[tuple[bytes, int]] = []
        self._asked: dict[UUID, tuple[bytes, bytes, bytes]] = {}
        self._proven: dict[str, bytes] = {}

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        challenge_id, rnd_a = uuid4(), os.urandom(16)
        self._asked[challenge_id] = uid, rnd_a, encrypted_rnd_b
        answer = answer_challenge(
            KEYS.authenticate(Application(application)), encrypted_rnd_b, rnd_a
        )
        return CardChallenge(challenge_id=challenge_id, answer=answer, expires_at=START)

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        uid, rnd_a, encrypted_rnd_b = self._asked.pop(challenge_id)
        key = KEYS.authenticate(Application.BENEFITS)
        verify_card_answer(key, rnd_a, encrypted_rnd_b, card_answer)
        proof_id = str(uuid4())
        self._proven[proof_id] = uid
        return CardProof(
            proof_id=proof_id,
            card_number=CARD_NUMBER,
            display_name="Léa",
            expires_at=START,
            benefits=(CULTURE,),
        )

    def pay(
        self,
        payment_id: UUID,
        proof_id: str,
        benefit: str,
        amount_cents: int,
        *,
        pin: EncryptedPinBlock,
    ) -> Approved | Declined:
        self.paid.append((self._proven[proof_id], amount_cents))
        return super().pay(payment_id, "proof", benefit, amount_cents, pin=pin)

    def _is_right(self, block: str) -> bool:
        return bool(block)


def make_card(uid: bytes) -> Chip:
    """Return a Pass card, personalised in memory."""
    chip = Chip(uid, os.urandom)
    chip.power_on()
    converse(personalise(uid, KEYS, os.urandom), chip.transmit)
    chip.power_off()
    return chip


def see(what: str, look: Callable[[], Any], wanted: Callable[[Any], bool] = bool) -> Any:
    """Look until what is seen is wanted, and return it."""
    end = time.monotonic() + SECONDS_MAX
    while not wanted(seen := look()):
        assert time.monotonic() < end, f"waited for {what}, last saw {seen}"
        time.sleep(POLL_SECONDS)
    return seen


@dataclass
class CounterOfTwo:
    """One of the two counters, and hands on it."""

    settings: CounterSettings
    config: Path
    reader: str
    cable: PadCable
    uid: bytes
    card: Chip = field(init=False)

    def __post_init__(self) -> None:
        self.card = make_card(self.uid)
        self.url = f"http://127.0.0.1:{self.settings.listen_port}"

    def get(self, path: str) -> Any:
        """Ask the daemon something."""
        return httpx.get(self.url + path, timeout=10).json()

    def answers(self) -> bool:
        """Say whether the daemon is up."""
        try:
            return bool(self.get("/state"))
        except httpx.HTTPError:
            return False

    def sell(self, amount_cents: int) -> str:
        """Start a sale."""
        token = {"Authorization": f"Bearer {load_token(self.settings.state_dir)}"}
        wish = {"amount_cents": amount_cents}
        answer = httpx.post(f"{self.url}/sales", json=wish, headers=token, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["sale_id"])

    def wait_for_state(self, state: str) -> None:
        """Wait until a sale stands there."""
        see(f"state {state}", lambda: self.get("/state"), lambda seen: seen["state"] == state)

    def type_code(self) -> None:
        """Wait until the pad asks, and type."""
        see("the pad asking", lambda: self.cable.view().entering)
        self.cable.press("1234E")

    def ended(self, sale_id: str) -> Any:
        """Wait for a sale's end, and return what the till says of it."""
        return see(
            "the end", lambda: self.get(f"/sales/{sale_id}"), lambda sale: not sale["active"]
        )

    def health(self, part: str, condition: str) -> Any:
        """Wait until the health of a part is so, and return it all."""
        return see(part, lambda: self.get("/health"), lambda seen: seen[part] == condition)


@dataclass
class TwoCounters:
    """The machine."""

    counters: tuple[CounterOfTwo, CounterOfTwo]
    twin: CardsTwin
    pcscd: PrivatePcscd
    programs: Programs

    def slot(self, counter: CounterOfTwo) -> VirtualCardSlot:
        """Return the field of a counter's reader."""
        return VirtualCardSlot(self.pcscd.ports[counter.reader])

    @contextmanager
    def laid(self, counter: CounterOfTwo) -> Iterator[VirtualCardSlot]:
        """Let the counter's own card lie on its reader."""
        slot = self.slot(counter)
        slot.insert(counter.card)
        try:
            yield slot
        finally:
            slot.close()

    def start(self, counter: CounterOfTwo) -> Program:
        """Start a daemon, without waiting for it."""
        command = [str(BIN / "pass-terminal"), "counter", "--config", str(counter.config)]
        return self.programs.start(counter.config.stem, command)

    def sale_goes_well(self, counter: CounterOfTwo, amount_cents: int) -> None:
        """Sell, with the counter's own card, from the amount to the approval."""
        sale_id = counter.sell(amount_cents)
        with self.laid(counter):
            counter.type_code()
            sale = counter.ended(sale_id)
        assert sale["state"] == "approved", sale
        assert self.twin.paid[-1] == (counter.uid, amount_cents)


@contextmanager
def two_counters(folder: Path) -> Iterator[TwoCounters]:
    """Enrol two counters and plug in their pads; nothing runs yet."""
    ports = free_ports([0, 0])
    twin = CardsTwin()
    with ExitStack() as stack:
        backend = stack.enter_context(HttpTwin(twin))
        pcscd = PrivatePcscd(READERS, folder / "pcscd")
        stack.callback(pcscd.stop)
        environment = {"PCSCLITE_CSOCK_NAME": str(folder / "pcscd" / "pcscd.comm")}
        programs = Programs(folder / "logs", environment)
        stack.callback(programs.stop_all)
        counters = []
        for number, name in enumerate(("one", "two")):
            sealer = AesCodeSealer(PadKey(bytes((number,)) * 16), bytes(8), MemoryCounter())
            cable = stack.enter_context(PadCable(SimulatedPad(sealer), folder / f"pad-{name}"))
            config = folder / f"{name}.toml"
            config.write_text(
                f'backend_url = "{backend.url}"\nstate_dir = "{folder / name}"\n'
                f'reader = "{READERS[number]}"\npad_device = "{cable.link}"\n'
                f"listen_port = {ports[number]}\n"
            )
            settings = load_settings(CounterSettings, config)
            enrol(settings, f"CODE-{name}")
            counters.append(CounterOfTwo(settings, config, READERS[number], cable, UIDS[number]))
        yield TwoCounters((counters[0], counters[1]), twin, pcscd, programs)


HOLDER = """
import sys
from terminal.reader.pcsc import PcscReader
with PcscReader(sys.argv[1]) as reader:
    assert reader.wait_for_card(20) is not None
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_program_holds(stage: TwoCounters, reader: str) -> Iterator[None]:
    """Let a program of its own connect exclusively to the card on this reader."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, reader],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **stage.programs.environment},
    )
    watchdog = threading.Timer(SECONDS_MAX, holder.send_signal, [signal.SIGKILL])
    watchdog.start()
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
    finally:
        watchdog.cancel()
        holder.communicate(timeout=SECONDS_MAX)
