"""A sale through a real PC/SC daemon, serial line and HTTP; only the chip and the pad are twins."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from passcard.authenticate import answer_challenge, verify_card_answer
from passcard.errors import CardNotGenuine
from passcard.layout import Application
from passcard.personalise import PersonalisationKeys, personalise
from passcard.secret import Secret
from passcard.session import run as converse
from simulator.chip.chip import Chip
from simulator.chip.other_cards import BankCard, clone_of, foreign_desfire
from simulator.pad.cable import PadCable
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey
from simulator.pad.pad import SimulatedPad
from simulator.vpcd import Direction, VirtualCard, VirtualCardSlot
from terminal.api_values import CardChallenge, CardProof
from terminal.backend_client import BackendClient
from terminal.counter.counter import Counter
from terminal.counter.daemon import make_collaborators
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.states import State
from terminal.counter.view import SaleView
from terminal.counter.words import CARD_AGAIN_SENTENCE
from terminal.errors import BackendRefused
from terminal.settings import CounterSettings
from tests.terminal.counter.fakes import START, UID, TwinBackend
from tests.terminal.counter.http_twin import HttpTwin
from tests.terminal.counter.kill_server import NoIdentity
from tests.terminal.virtual_cards import READERS

SECONDS_MAX = 15
INITIAL_KEY, INITIAL_KEY_ID = bytes(range(16)), bytes.fromhex("1234567890123456")
KEYS = PersonalisationKeys(*(Secret(bytes((number,)) * 16) for number in range(1, 6)))


class GenuineTwin(TwinBackend):
    """Knows the card's key; says of each code, in turn, whether it is right."""

    def __init__(self, *codes_right: bool) -> None:
        super().__init__()
        self.codes_right = list(codes_right)
        self.blocks: list[str] = []
        self._challenges: dict[UUID, tuple[bytes, bytes]] = {}

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        assert uid == UID
        challenge_id, rnd_a = uuid4(), os.urandom(16)
        self._challenges[challenge_id] = rnd_a, encrypted_rnd_b
        key = KEYS.authenticate(Application(application))
        answer = answer_challenge(key, encrypted_rnd_b, rnd_a)
        return CardChallenge(challenge_id=challenge_id, answer=answer, expires_at=START)

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        rnd_a, encrypted_rnd_b = self._challenges.pop(challenge_id)
        key = KEYS.authenticate(Application.BENEFITS)
        try:
            verify_card_answer(key, rnd_a, encrypted_rnd_b, card_answer)
        except CardNotGenuine:
            raise BackendRefused(403, "card_not_genuine") from None
        return super().prove_card(UUID(int=7), card_answer)

    def _is_right(self, block: str) -> bool:
        self.blocks.append(block)
        return self.codes_right.pop(0)


class Shop:
    """A counter with the real reader, pad, client and journal, and hands to use it."""

    def __init__(
        self, collaborators_of: CounterSettings, backend: BackendClient, journal: SaleJournal
    ) -> None:
        self._changed = threading.Condition()
        self._views: list[SaleView] = []
        collaborators = make_collaborators(collaborators_of, backend, journal)
        self.counter = Counter(collaborators, journal, self._observe, uuid4)

    def _observe(self, view: SaleView | None) -> None:
        with self._changed:
            if view is not None:
                self._views.append(view)
            self._changed.notify_all()

    def wait_for(self, state: State, times: int = 1) -> SaleView:
        def seen() -> list[SaleView]:
            return [view for view in self._views if view.record.state is state]

        with self._changed:
            assert self._changed.wait_for(lambda: len(seen()) >= times, SECONDS_MAX), [
                view.record for view in self._views
            ]
            return seen()[-1]

    def wait_for_rest(self, sales: int = 1) -> SaleView:
        """Wait until so many sales are over, the pad told too."""

        def resting() -> dict[str, SaleView]:
            return {view.record.sale_id: view for view in self._views if not view.active}

        with self._changed:
            assert self._changed.wait_for(lambda: len(resting()) >= sales, SECONDS_MAX)
            return list(resting().values())[-1]


class Keys:
    """Fingers on the pad: they wait until it asks."""

    def __init__(self, cable: PadCable) -> None:
        self.cable = cable

    def type_when_asked(self, keys: str) -> tuple[str, str]:
        pause = threading.Event()
        for _ in range(SECONDS_MAX * 50):
            view = self.cable.view()
            if view.entering:
                self.cable.press(keys)
                return view.lines
            pause.wait(0.02)
        pytest.fail("the pad never asked for a code")


@pytest.fixture
def twin() -> GenuineTwin:
    return GenuineTwin(True)


@pytest.fixture
def pad(tmp_path: Path) -> Iterator[Keys]:
    sealer = AesCodeSealer(PadKey(INITIAL_KEY), INITIAL_KEY_ID, MemoryCounter())
    with PadCable(SimulatedPad(sealer), tmp_path / "pad") as cable:
        yield Keys(cable)


@pytest.fixture
def shop(slot: VirtualCardSlot, pad: Keys, twin: GenuineTwin, tmp_path: Path) -> Iterator[Shop]:
    journal = open_sale_journal(tmp_path / "counter.db")
    with HttpTwin(twin) as http, BackendClient(http.url, NoIdentity()) as backend:
        settings = CounterSettings(
            backend_url=http.url,
            state_dir=tmp_path,
            reader=READERS[0],
            pad_device=pad.cable.link,
        )
        made = Shop(settings, backend, journal)
        yield made
        assert made.counter.stop()
    journal.close()


@pytest.fixture
def card() -> Chip:
    """A Pass card, personalised in memory."""
    chip = Chip(UID, os.urandom)
    chip.power_on()
    converse(personalise(UID, KEYS, os.urandom), chip.transmit)
    chip.power_off()
    return chip


def test_a_wrong_code_then_the_right_one(
    shop: Shop, slot: VirtualCardSlot, pad: Keys, twin: GenuineTwin, card: Chip
) -> None:
    twin.codes_right = [False, True]
    shop.counter.start_sale(1250)
    shop.wait_for(State.CARD)
    slot.insert(card)
    shop.wait_for(State.CODE)
    slot.remove()  # the card may be back in the pocket while the code is typed
    lines = pad.type_when_asked("1111E")
    assert lines[0] == "12,50 EUR"
    assert lines[1].startswith("VOTRE CODE:")
    shop.wait_for(State.CODE, 2)
    pad.type_when_asked("1234E")
    view = shop.wait_for_rest()
    assert (view.record.state, view.message) == (State.APPROVED, "Accepté · 12,50\u00a0€")
    assert list(twin.debits.values()) == [1250]
    assert pad.cable.view().lines == ("PAIEMENT", "ACCEPTE")
    assert len(set(twin.blocks)) == 2, "each entry is sealed with a key of its own"


def test_the_same_card_may_lie_there_for_the_next_sale(
    shop: Shop, slot: VirtualCardSlot, pad: Keys, twin: GenuineTwin, card: Chip
) -> None:
    twin.codes_right = [True, True]
    slot.insert(card)
    for count in (1, 2):
        shop.counter.start_sale(100)
        shop.wait_for(State.CODE, count)
        pad.type_when_asked("1234E")
        assert shop.wait_for_rest(count).record.state is State.APPROVED
    assert list(twin.debits.values()) == [100, 100]


def test_the_holder_cancels_on_the_pad(
    shop: Shop, slot: VirtualCardSlot, pad: Keys, card: Chip
) -> None:
    slot.insert(card)
    shop.counter.start_sale(1250)
    pad.type_when_asked("12C")
    view = shop.wait_for_rest()
    assert (view.record.state, view.reason) == (State.CANCELLED, "cancelled_by_holder")


def test_the_counter_cancels_while_the_pad_asks(
    shop: Shop, slot: VirtualCardSlot, pad: Keys, card: Chip
) -> None:
    slot.insert(card)
    shop.counter.start_sale(1250)
    pad.type_when_asked("12")
    shop.counter.cancel()
    view = shop.wait_for_rest()
    assert (view.record.state, view.reason) == (State.CANCELLED, "cancelled_at_counter")
    assert not pad.cable.view().entering


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda _: BankCard(bytes(4)), "not_a_pass_card", id="bank"),
        pytest.param(
            lambda _: foreign_desfire(UID, os.urandom), "not_a_pass_card", id="another issuer"
        ),
        pytest.param(lambda card: clone_of(card, os.urandom), "card_not_genuine", id="clone"),
    ],
)
def test_another_card(
    shop: Shop, slot: VirtualCardSlot, twin: GenuineTwin, card: Chip, make: object, reason: str
) -> None:
    other: VirtualCard = make(card)  # type: ignore[operator]
    slot.insert(other)
    shop.counter.start_sale(1250)
    view = shop.wait_for_rest()
    assert (view.record.state, view.reason) == (State.FAILED, reason)
    assert twin.received == []


@pytest.mark.parametrize("command", [0x5A, 0x71, 0xAF])
def test_a_card_pulled_at_each_exchange(
    shop: Shop, twin: GenuineTwin, card: Chip, slot: VirtualCardSlot, command: int
) -> None:
    def pull(direction: Direction, message: bytes) -> None:
        pulls = direction is Direction.TO_CARD and message[:2] == bytes((0x90, command))
        if pulls and not pulled.is_set():
            pulled.set()
            pulling.remove()

    pulled = threading.Event()
    pulling = VirtualCardSlot(slot.port, observe=pull)
    pulling.insert(card)
    shop.counter.start_sale(1250)
    view = shop.wait_for(State.CARD, times=2)
    assert (view.reason, view.message) == ("card_removed", CARD_AGAIN_SENTENCE)
    assert twin.received == []
    pulling.insert(card)
    shop.wait_for(State.CODE)
    shop.counter.cancel()
    assert shop.wait_for_rest().record.state is State.CANCELLED
    pulling.close()


def test_a_pad_that_is_unplugged_while_it_asks(
    shop: Shop, slot: VirtualCardSlot, pad: Keys, twin: GenuineTwin, card: Chip
) -> None:
    slot.insert(card)
    shop.counter.start_sale(1250)
    pad.type_when_asked("12")
    pad.cable.unplug()
    view = shop.wait_for_rest()
    assert (view.record.state, view.reason) == (State.FAILED, "pad_unavailable")

    pad.cable.plug()
    shop.counter.start_sale(1250)
    shop.wait_for(State.CODE, 2)
    pad.type_when_asked("1234E")
    shop.wait_for(State.APPROVED)
    assert list(twin.debits.values()) == [1250]
