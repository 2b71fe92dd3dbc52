"""The slot: its wire against a vpcd of ours, then cards in the real daemon's readers."""

import contextlib
import itertools
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import vpcd
from simulator.chip.chip import Chip
from simulator.chip.keys import KeyKind, KeySettings, aes_key
from simulator.chip.memory import Application, Memory
from simulator.chip.other_cards import BankCard, Phone
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import Direction, ReaderUnreachableError, SlotOccupiedError, VirtualCardSlot

if TYPE_CHECKING:
    from tests.simulator.conftest import PcscClient

NewClient = Callable[[PrivatePcscd], "PcscClient"]

COUNTER, GATE = "Pass Counter", "Pass Gate"
UID = bytes.fromhex("04112233445566")
OTHER_UID = bytes.fromhex("04AABBCCDDEEFF")
GET_UID, GET_VERSION, NEXT = "FFCA000000", "9060000000", "90AF000000"
AID = bytes.fromhex("F59250")
# As PC/SC says it, a removed card and a reset one.
REMOVED_CARD = 0x80100069


class EchoCard:
    """Answers each command with itself and 9000, and tells what happened to it."""

    uid = UID
    atr = bytes.fromhex("3B8180018080")

    def __init__(self) -> None:
        self.life: list[str] = []
        self.torn = False

    def power_on(self) -> bytes:
        self.life.append("on")
        return self.atr

    def power_off(self) -> None:
        self.life.append("off")

    def reset(self) -> bytes:
        self.life.append("reset")
        return self.atr

    def transmit(self, command: bytes) -> bytes:
        return b"" if self.torn else command + b"\x90\x00"


class Vpcd:
    """The driver's side of the wire, by hand."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        self.hang_up()
        self._server.settimeout(5)
        self.connection, _ = self._server.accept()
        self.connection.settimeout(5)

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        self.hang_up()
        self._server.close()

    def send(self, body: bytes) -> None:
        self.send_raw(len(body).to_bytes(2, "big") + body)

    def send_raw(self, octets: bytes) -> None:
        assert self.connection is not None
        self.connection.sendall(octets)

    def receive(self) -> bytes:
        """Return the next message; empty when the card has left."""
        length = int.from_bytes(self._exactly(2), "big")
        return self._exactly(length)

    def ask(self, body: bytes) -> bytes:
        self.send(body)
        return self.receive()

    def _exactly(self, length: int) -> bytes:
        assert self.connection is not None
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while len(received) < length and (part := self.connection.recv(length)):
                received += part
        return received


@pytest.fixture
def driver() -> Iterator[Vpcd]:
    made = Vpcd()
    yield made
    made.close()


@pytest.fixture
def slot(driver: Vpcd) -> Iterator[VirtualCardSlot]:
    made = VirtualCardSlot(driver.port, empty_seconds_min=0.0)
    yield made
    made.close()


def _insert(slot: VirtualCardSlot, driver: Vpcd) -> EchoCard:
    card = EchoCard()
    slot.insert(card)
    driver.accept()
    return card


def test_control_bytes_power_the_card_and_only_the_atr_is_answered(
    driver: Vpcd, slot: VirtualCardSlot
) -> None:
    card = _insert(slot, driver)
    for control in (b"\x01", b"\x02", b"\x00", b"\x01"):
        driver.send(control)
    assert driver.ask(b"\x04") == card.atr
    assert card.life == ["on", "reset", "off", "on"]


def test_any_other_single_byte_is_a_command(driver: Vpcd, slot: VirtualCardSlot) -> None:
    _insert(slot, driver)
    for octet in (0x60, 0x6A, 0xAF, 0x03):
        assert driver.ask(bytes((octet,))) == bytes((octet, 0x90, 0x00))


@given(
    bodies=st.lists(st.binary(min_size=2, max_size=300).filter(lambda b: b[0] != 0xFF), max_size=4),
    cuts=st.lists(st.integers(0, 1300), max_size=8),
)
def test_messages_survive_any_split(bodies: list[bytes], cuts: list[int]) -> None:
    driver = Vpcd()
    slot = VirtualCardSlot(driver.port)
    try:
        _insert(slot, driver)
        wire = b"".join(len(body).to_bytes(2, "big") + body for body in bodies)
        edges = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
        for start, end in itertools.pairwise(edges):
            driver.send_raw(wire[start:end])
        assert [driver.receive() for _ in bodies] == [body + b"\x90\x00" for body in bodies]
    finally:
        slot.close()
        driver.close()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("FFCA000000", "04112233445566 9000"),
        ("FFCA0000", "04112233445566 9000"),
        ("FFCA000007", "04112233445566 9000"),
        ("FFCA000004", "6C07"),
        ("FFCA00000A", "04112233445566 6282"),
        ("FFCA010000", "80 9000"),
        ("FFCA020000", "6A81"),
        ("FFCA000100", "6A81"),
        ("FF00400000", "6A81"),
        ("FFCA", "FFCA 9000"),
    ],
)
def test_the_reader_answers_what_a_real_reader_would(
    driver: Vpcd, slot: VirtualCardSlot, command: str, answer: str
) -> None:
    _insert(slot, driver)
    assert driver.ask(bytes.fromhex(command)) == bytes.fromhex(answer)


def test_an_empty_message_is_nothing(driver: Vpcd, slot: VirtualCardSlot) -> None:
    _insert(slot, driver)
    driver.send(b"")
    assert driver.ask(b"\x60") == b"\x60\x90\x00"


def test_a_slot_holds_one_card(driver: Vpcd, slot: VirtualCardSlot) -> None:
    card = _insert(slot, driver)
    assert slot.card is card
    with pytest.raises(SlotOccupiedError):
        slot.insert(EchoCard())


def test_an_emptied_slot_takes_another_card(driver: Vpcd, slot: VirtualCardSlot) -> None:
    _insert(slot, driver)
    slot.remove()
    assert slot.card is None
    slot.remove()
    assert _insert(slot, driver) is slot.card


def test_removing_ends_the_connection_and_the_power_at_once(
    driver: Vpcd, slot: VirtualCardSlot
) -> None:
    card = _insert(slot, driver)
    driver.send(b"\x01")
    assert driver.ask(b"\x04")
    slot.remove()
    assert driver.receive() == b""
    assert card.life[:2] == ["on", "off"]
    assert not [thread for thread in threading.enumerate() if "vpcd" in thread.name]


@pytest.mark.parametrize("when", list(Direction))
def test_an_observer_may_pull_the_card_before_or_after_it_acts(
    driver: Vpcd, when: Direction
) -> None:
    seen: list[tuple[Direction, bytes]] = []

    def observe(direction: Direction, message: bytes) -> None:
        seen.append((direction, message))
        if direction is when and message[0] == 0x60:
            pulled.remove()

    pulled = VirtualCardSlot(driver.port, observe=observe)
    _insert(pulled, driver)
    assert driver.ask(b"\x90\x6e") == b"\x90\x6e\x90\x00"
    assert driver.ask(b"\x04")  # the daemon asks all the time: not shown
    assert driver.ask(b"\x60") == b""
    story = [
        (Direction.TO_CARD, b"\x90\x6e"),
        (Direction.FROM_CARD, b"\x90\x6e\x90\x00"),
        (Direction.TO_CARD, b"\x60"),
        (Direction.FROM_CARD, b"\x60\x90\x00"),
    ]
    assert seen == story[: 3 if when is Direction.TO_CARD else 4]


def test_a_torn_card_has_left(driver: Vpcd, slot: VirtualCardSlot) -> None:
    card = _insert(slot, driver)
    card.torn = True
    assert driver.ask(b"\x60") == b""
    assert slot.card is None
    _insert(slot, driver)  # and the slot takes another


def test_when_the_daemon_restarts_the_card_is_still_there(
    driver: Vpcd, slot: VirtualCardSlot
) -> None:
    card = _insert(slot, driver)
    driver.accept()  # hangs up first
    assert driver.ask(b"\x60") == b"\x60\x90\x00"
    assert card.life == ["off"]
    assert slot.card is card


def test_when_the_daemon_stays_away_the_slot_gives_up(
    driver: Vpcd, slot: VirtualCardSlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpcd, "CONNECT_PAUSE_SECONDS", 0.0)
    _insert(slot, driver)
    presence = slot._presence
    assert presence is not None
    driver.close()
    assert presence.over.wait(5)
    assert slot.card is None
    with pytest.raises(ReaderUnreachableError, match=str(driver.port)):
        slot.insert(EchoCard())
    assert slot.card is None


# From here on, the real daemon.


def _chip(uid: bytes = UID) -> Chip:
    return Chip(uid, os.urandom)


@contextlib.contextmanager
def _slots(daemon: PrivatePcscd) -> Iterator[dict[str, VirtualCardSlot]]:
    slots = {name: VirtualCardSlot(port, name=name) for name, port in daemon.ports.items()}
    try:
        yield slots
    finally:
        for slot in slots.values():
            slot.close()


def test_a_card_comes_speaks_and_goes(daemon: PrivatePcscd, pcsc_client: NewClient) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        assert client.connect(COUNTER) == bytes.fromhex("3B8180018080")
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, "FFCA010000") == "809000"
        assert client.transmit(COUNTER, GET_VERSION).endswith("91AF")
        assert client.transmit(COUNTER, NEXT).endswith("91AF")
        assert client.transmit(COUNTER, NEXT) == UID.hex().upper() + "BA3442565014249100"
        # A native frame of one byte passes too.
        assert client.transmit(COUNTER, "6A") == "00"
        slots[COUNTER].remove()
        assert client.wait_present(COUNTER, present=False)
        assert client.transmit_raw(COUNTER, GET_UID)[0] == REMOVED_CARD


def test_the_published_handshake_goes_through_the_daemon(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    exchange = _vector("an12196-t14-ev2first")
    inputs, outputs = exchange["inputs"], exchange["outputs"]
    script = iter([bytes.fromhex(inputs["rnd_b"]), bytes.fromhex(inputs["ti"])])
    zeros = Application(KeySettings(0x0F), KeyKind.AES, (aes_key(bytes(16)),) * 2)
    chip = Chip(UID, lambda _length: next(script), memory=Memory().with_application(AID, zeros))
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(chip)
        client.connect(COUNTER)
        assert client.transmit(COUNTER, f"905A000003{AID.hex()}00") == "9100"
        assert client.transmit(COUNTER, "907100000800060000000000 0000") == (
            outputs["card_resp1"].upper() + "91AF"
        )
        assert client.transmit(COUNTER, f"90AF000020{outputs['reader_cmd2']}00") == (
            outputs["card_resp2"].upper() + "9100"
        )


def test_two_readers_hold_two_cards(daemon: PrivatePcscd, pcsc_client: NewClient) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        slots[GATE].insert(_chip(OTHER_UID))
        client.connect(COUNTER)
        client.connect(GATE)
        assert client.transmit(GATE, GET_UID) == OTHER_UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"
        slots[GATE].remove()
        assert client.wait_present(GATE, present=False)
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"


def test_two_daemons_do_not_see_each_others_cards(
    daemon: PrivatePcscd, tmp_path_factory: pytest.TempPathFactory, pcsc_client: NewClient
) -> None:
    with (
        PrivatePcscd([COUNTER], tmp_path_factory.mktemp("e")) as other,
        _slots(daemon) as ours,
        _slots(other) as theirs,
    ):
        ours[COUNTER].insert(_chip())
        client, stranger = pcsc_client(daemon), pcsc_client(other)
        client.connect(COUNTER)
        assert not stranger.ask("wait", COUNTER, True, 0.6)
        theirs[COUNTER].insert(_chip(OTHER_UID))
        stranger.connect(COUNTER)
        assert stranger.transmit(COUNTER, GET_UID) == OTHER_UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"


def test_a_card_pulled_during_a_command_gives_no_answer(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)

    def pull(direction: Direction, message: bytes) -> None:
        if direction is Direction.FROM_CARD and message.endswith(b"\x91\xaf"):
            pulled.remove()

    pulled = VirtualCardSlot(daemon.ports[COUNTER], observe=pull)
    pulled.insert(_chip())
    client.connect(COUNTER)
    code, answer = client.transmit_raw(COUNTER, GET_VERSION)
    assert answer == "", hex(code)


def test_however_fast_cards_are_exchanged_the_daemon_notices(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        slots[COUNTER].remove()
        slots[COUNTER].insert(_chip(OTHER_UID))
        assert client.transmit_raw(COUNTER, GET_UID) == (REMOVED_CARD, "")
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_UID) == OTHER_UID.hex().upper() + "9000"


def test_a_reset_ends_the_dialogue_and_keeps_the_card(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_VERSION).endswith("91AF")
        assert client.ask("reset", COUNTER) == 0
        assert client.transmit(COUNTER, NEXT) == "911C"  # nothing is open any more
        assert client.ask("disconnect", COUNTER) == 0
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_UID).endswith("9000")


@pytest.mark.parametrize("card", [BankCard(OTHER_UID[:4]), Phone(os.urandom)])
def test_other_cards_come_through_too(
    daemon: PrivatePcscd, pcsc_client: NewClient, card: BankCard | Phone
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(card)
        assert client.connect(COUNTER) == card.atr
        assert client.transmit(COUNTER, GET_UID) == card.uid.hex().upper() + "9000"
        assert client.transmit(COUNTER, "00A4040007D2760000850100") == "6A82"


def test_an_exchange_costs_far_less_than_a_delayed_acknowledgement(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        # Without TCP_QUICKACK it is 40 ms and more; with it well under 1 ms.
        assert client.ask("time", COUNTER, "906E000000", 31) < 0.020


def _vector(name: str) -> dict[str, Any]:
    path = Path(__file__).parents[1] / "vectors" / "desfire.json"
    found: list[dict[str, Any]] = json.loads(path.read_text())["vectors"]
    return next(vector for vector in found if vector["name"] == name)
