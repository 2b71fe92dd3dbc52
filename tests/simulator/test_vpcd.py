"""The slot: its wire, against a vpcd of ours that the tests hold by hand."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import vpcd
from simulator.vpcd import Direction, ReaderUnreachableError, SlotOccupiedError, VirtualCardSlot

UID = bytes.fromhex("04112233445566")


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


def test_a_card_is_seen_once_it_was_powered_and_named(driver: Vpcd, slot: VirtualCardSlot) -> None:
    assert not slot.wait_until_seen(0.0)
    _insert(slot, driver)
    driver.ask(vpcd.CONTROL_ATR)
    assert not slot.wait_until_seen(0.0)
    driver.send(vpcd.CONTROL_ON)
    driver.ask(vpcd.CONTROL_ATR)
    assert slot.wait_until_seen(5.0)
    slot.remove()
    assert not slot.wait_until_seen(0.0)


class MuteCard(EchoCard):
    """Notices its taps, and answers nothing."""

    def enter_field(self) -> None:
        self.life.append("enter")

    def leave_field(self) -> None:
        self.life.append("leave")

    def transmit(self, _command: bytes) -> bytes:
        raise vpcd.CardMute


def test_a_mute_card_answers_one_byte_and_stays(driver: Vpcd) -> None:
    seen: list[tuple[Direction, bytes]] = []
    presence: list[bool] = []
    slot = VirtualCardSlot(
        driver.port,
        observe=lambda *heard: seen.append(heard),
        observe_presence=lambda _card, present: presence.append(present),
    )
    card = MuteCard()
    slot.insert(card)
    driver.accept()
    for _ in range(2):
        assert driver.ask(b"\x90\x60\x00\x00\x00") == b"\x00"
    assert slot.card is card
    assert seen == [(Direction.TO_CARD, b"\x90\x60\x00\x00\x00"), (Direction.FROM_CARD, b"")] * 2
    slot.close()
    slot.close()
    assert presence == [True, False]
    assert [each for each in card.life if each != "off"] == ["enter", "leave"]


def test_a_torn_card_has_left_once(driver: Vpcd) -> None:
    presence: list[bool] = []
    slot = VirtualCardSlot(driver.port, observe_presence=lambda _card, now: presence.append(now))
    card = EchoCard()
    card.torn = True
    slot.insert(card)
    driver.accept()
    driver.send(b"\x90\x60\x00\x00\x00")
    assert driver.receive() == b""
    slot.close()
    assert presence == [True, False]
