"""A slot of a virtual reader: holds a simulated card up to pcscd's vpcd driver, or takes it away.

Promise: between ``insert(card)`` and ``remove()`` pcscd sees that card, its commands reach
``card.transmit`` one at a time, in a thread of the slot's own, and ``remove()`` returns at once
even in the middle of a command: an answer not yet sent is then lost, as when a card is pulled.

Wire: 2 bytes of big-endian length, then the body. A body of one byte 00, 01, 02 or 04 is control
(off, on, reset, ask for the ATR); anything else is a command for the card. What a real reader
answers itself (``FF CA``: UID, historical bytes) never reaches the card. The wire has no word for a
mute card that stays in the field: one byte is sent, which holds no status word. (An answer of no
bytes blocks the driver for ever; a real reader would say SCARD_E_NOT_TRANSACTED.)

Not here: what a card does (``chip/``), the daemon (``pcscd.py``).
"""

import contextlib
import enum
import socket
import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

CONNECT_TRIES_MAX = 20
CONNECT_PAUSE_SECONDS = 0.1
MESSAGE_SECONDS_MAX = 5.0
JOIN_SECONDS_MAX = 2.0
# pcscd looks every 0.4 s. A card exchanged faster would take the other's place unnoticed.
EMPTY_SECONDS_MIN = 0.6

CONTROL_OFF, CONTROL_ON, CONTROL_RESET, CONTROL_ATR = b"\x00", b"\x01", b"\x02", b"\x04"

# PC/SC part 3 §3.2.2.1.3 Get Data: P1 00 = UID, P1 01 = historical bytes of the ATS.
GET_DATA = b"\xff\xca"
READER_OK = b"\x90\x00"
MUTE_ANSWER = b"\x00"
READER_NOT_SUPPORTED = b"\x6a\x81"
READER_WRONG_LENGTH = b"\x67\x00"


class VirtualCard(Protocol):
    """A card as the field sees it; its methods are called by one thread at a time."""

    @property
    def uid(self) -> bytes:
        """Return what anti-collision gives: 4, 7 or 10 bytes, constant while powered."""
        ...

    @property
    def atr(self) -> bytes:
        """Return the answer to reset, as PC/SC shows it."""
        ...

    def power_on(self) -> bytes:
        """Enter the field; return the ATR."""
        ...

    def power_off(self) -> None:
        """Leave the field."""
        ...

    def reset(self) -> bytes:
        """Lose the session, keep the memory; return the ATR."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Answer a command; empty when the card has left in the middle of it.

        Raises CardMute when the card lies there and says nothing.
        """
        ...


@runtime_checkable
class NoticesField(Protocol):
    """A card that wants to know when a tap begins and ends; power comes and goes within one."""

    def enter_field(self) -> None:
        """Begin a tap; called before anything else of it."""
        ...

    def leave_field(self) -> None:
        """End a tap, once, from any thread: whoever waits in `transmit` must come back."""
        ...


@runtime_checkable
class Remarks(Protocol):
    """A card that has something to say of its last answer, to whoever looks at the wire."""

    def remark(self) -> str | None:
        """Return a few words, or None."""
        ...


class CardMute(Exception):
    """The reader waited as long as it waits, and the card said nothing."""


class Direction(enum.StrEnum):
    """Which way a message went."""

    TO_CARD = "to card"
    FROM_CARD = "from card"


Observer = Callable[[Direction, bytes], None]
PresenceObserver = Callable[[VirtualCard, bool], None]


class SlotError(Exception):
    """The slot cannot do that; the message says why."""


class SlotOccupiedError(SlotError):
    """A card is already there."""


class ReaderUnreachableError(SlotError):
    """Nobody listens at this port; the daemon is not running."""


def _nobody(_direction: Direction, _message: bytes) -> None:
    """Observe nothing."""


def _nobody_looks(_card: VirtualCard, _present: bool) -> None:
    """Observe nothing."""


class VirtualCardSlot:
    """The first slot of one virtual reader, empty at first.

    ``observe`` is called, in the slot's thread, with each command before the card gets it and each
    answer before the reader gets it (control bytes too, but not the constant asking for the ATR).
    It may call ``remove()``: the card is then pulled at that very moment. A mute card's answer is
    observed as no bytes. ``observe_presence`` is called when a card has come, and once when it has
    left, whoever took it, in that one's thread.
    """

    def __init__(
        self,
        port: int,
        *,
        name: str = "",
        observe: Observer = _nobody,
        observe_presence: PresenceObserver = _nobody_looks,
        empty_seconds_min: float = EMPTY_SECONDS_MIN,
    ) -> None:
        self.port = port
        self.name = name or f"vpcd {port}"
        self._observe = observe
        self._observe_presence = observe_presence
        self._empty_seconds_min = empty_seconds_min
        self._lock = threading.Lock()
        self._presence: _Presence | None = None

    @property
    def card(self) -> VirtualCard | None:
        """Return the card in the field, or None."""
        presence = self._presence
        return None if presence is None or presence.over.is_set() else presence.card

    def insert(self, card: VirtualCard) -> None:
        """Put the card in the field; raise when one is there or nobody listens.

        Waits until the daemon has had time to see the field empty: at most EMPTY_SECONDS_MIN.
        """
        with self._lock:
            if self.card is not None:
                raise SlotOccupiedError(f"{self.name} already holds a card: remove it first")
            if self._presence is not None:
                self._presence.wait_noticed(self._empty_seconds_min)
            self._presence = _Presence(
                card, self.port, self.name, observe=self._observe, notice=self._observe_presence
            )
            self._presence.start()

    def wait_until_seen(self, seconds_max: float) -> bool:
        """Say whether the daemon has found the card and powered it within this time.

        It looks every 0.4 s; who asks it before is told that there is no card.
        """
        presence = self._presence
        return presence is not None and presence.wait_until_seen(seconds_max)

    def remove(self) -> None:
        """Take the card away, at once; an empty slot stays empty."""
        if (presence := self._presence) is not None:
            presence.end()

    def close(self) -> None:
        """Take the card away; nothing else is held."""
        self.remove()


class _Presence:
    """One card's stay in the field, from insert to removal."""

    def __init__(
        self,
        card: VirtualCard,
        port: int,
        name: str,
        *,
        observe: Observer,
        notice: PresenceObserver,
    ) -> None:
        self.card = card
        self.over = threading.Event()
        self._leaving = threading.Lock()
        self._powered = False
        self._seen = threading.Event()
        self._arrived = False
        self._left_at = time.monotonic()
        self._port = port
        self._observe = observe
        self._notice = notice
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._live, name=f"card in {name}", daemon=True)

    def start(self) -> None:
        self._connection = self._connect()
        if isinstance(self.card, NoticesField):
            self.card.enter_field()
        self._arrived = True
        self._notice(self.card, True)
        self._thread.start()

    def wait_noticed(self, seconds: float) -> None:
        """Let this long pass since the card left."""
        time.sleep(max(0.0, self._left_at + seconds - time.monotonic()))

    def wait_until_seen(self, seconds_max: float) -> bool:
        return self._seen.wait(seconds_max) and not self.over.is_set()

    def end(self) -> None:
        self._leave()
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(JOIN_SECONDS_MAX)

    def _leave(self) -> None:
        with self._leaving:
            if self.over.is_set():
                return
            self._left_at = time.monotonic()
            self.over.set()
            self._seen.set()
        if self._arrived:
            if isinstance(self.card, NoticesField):
                self.card.leave_field()
            self._notice(self.card, False)

    def _connect(self) -> socket.socket:
        for _ in range(CONNECT_TRIES_MAX):
            try:
                connection = socket.create_connection(
                    ("127.0.0.1", self._port), timeout=MESSAGE_SECONDS_MAX
                )
            except OSError as cause:
                refusal = cause
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            if self.over.wait(CONNECT_PAUSE_SECONDS):
                break
        self._leave()
        raise ReaderUnreachableError(f"no reader at port {self._port}") from refusal

    def _live(self) -> None:
        """Serve until removed; when the daemon restarts meanwhile, connect again, within limits."""
        assert self._connection is not None
        try:
            while not self.over.is_set():
                with self._connection as connection:
                    self._serve(connection)
                self.card.power_off()
                if not self.over.is_set():
                    with contextlib.suppress(ReaderUnreachableError):
                        self._connection = self._connect()
        finally:
            self._leave()
            self._connection.close()
            self.card.power_off()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the daemon went away, or remove() woke us
            while (message := _receive(connection)) is not None:
                answer = self._answer(message)
                if self.over.is_set():
                    return
                if answer is not None:
                    connection.sendall(len(answer).to_bytes(2, "big") + answer)

    def _answer(self, message: bytes) -> bytes | None:
        """Return what to send, None for nothing."""
        if message == CONTROL_ATR:
            if self._powered:
                self._seen.set()
            return self.card.atr
        if not message:
            return None
        self._observe(Direction.TO_CARD, message)
        if self.over.is_set():
            return None
        if message in _CONTROLS:
            _CONTROLS[message](self.card)
            self._powered = True
            return None
        return self._answer_command(message)

    def _answer_command(self, message: bytes) -> bytes | None:
        try:
            answer = _ask(self.card, message)
        except CardMute:
            self._observe(Direction.FROM_CARD, b"")
            return MUTE_ANSWER
        if not answer:  # a torn card is out of the field, for good
            self._leave()
            return None
        self._observe(Direction.FROM_CARD, answer)
        return answer


def _power_on(card: VirtualCard) -> None:
    card.power_on()


def _power_off(card: VirtualCard) -> None:
    card.power_off()


def _reset(card: VirtualCard) -> None:
    card.reset()


_CONTROLS: dict[bytes, Callable[[VirtualCard], None]] = {
    CONTROL_OFF: _power_off,
    CONTROL_ON: _power_on,
    CONTROL_RESET: _reset,
}


def _ask(card: VirtualCard, command: bytes) -> bytes:
    """Answer as the reader where the reader would, else pass the command on."""
    if command[0] != GET_DATA[0] or len(command) < 4:
        return card.transmit(command)
    if command[:2] != GET_DATA or command[3] != 0:
        return READER_NOT_SUPPORTED
    known = {0: card.uid, 1: historical_bytes(card.atr)}.get(command[2], b"")
    if not known:
        return READER_NOT_SUPPORTED
    expected = command[4] if len(command) == 5 else 0
    if expected == 0 or expected == len(known):
        return known + READER_OK
    # PC/SC part 3: 6C xx gives the right length when Le asks for too few, 62 82 when for too many.
    return bytes((0x6C, len(known))) if expected < len(known) else known + b"\x62\x82"


def historical_bytes(atr: bytes) -> bytes:
    """Return the historical bytes of a contactless ATR: 3B 8n 80 01, n bytes, TCK."""
    return atr[4 : 4 + (atr[1] & 0x0F)]


def _receive(connection: socket.socket) -> bytes | None:
    """Return the next message; None when the other side closed."""
    # Waiting for the first byte has no limit: remove() ends it by shutting the connection.
    connection.settimeout(None)
    length = _receive_exactly(connection, 2)
    return None if length is None else _receive_exactly(connection, int.from_bytes(length, "big"))


def _receive_exactly(connection: socket.socket, length: int) -> bytes | None:
    received = b""
    while len(received) < length:
        part = connection.recv(length - len(received))
        # The kernel forgets this option after each receive; without it an APDU costs 40 ms more.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not part:
            return None
        received += part
        connection.settimeout(MESSAGE_SECONDS_MAX)
    return received
