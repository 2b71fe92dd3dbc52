"""A PC/SC reader: a card arrives, answers, leaves. The one file that imports pyscard.

Promise: one tap, from arrival to removal, is given out once, even if the card lay there before we
looked, and only when the card has answered; another program cannot put an APDU between ours;
whatever happens to the card, the reader or the daemon is a `ReaderError`, and the next
`wait_for_card` finds the way back by itself.

It uses the C-level calls of `smartcard.scard`, not pyscard's threads and monitors, which do not
survive a restart of the daemon. It does not know what an APDU means, moves no LED and retries no
command. PC/SC has no timeout on a command: the driver's (3 s of silence with libccid) is the limit.

A `PcscReader` and its connection belong to one thread; several readers need one object each.
"""

import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from smartcard import scard

from terminal.errors import (
    CardRemoved,
    CardSilent,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)
from terminal.reader.choice import WantedReader, choose_reader
from terminal.reader.claim import ReaderClaim
from terminal.reader.verdicts import (
    NOTHING_SEEN,
    RESPONSE_BYTES_MIN,
    SUCCESS,
    TIMEOUT,
    Sighting,
    card_error,
    reader_error,
)

LOOK_SECONDS_MAX = 0.5  # one SCardGetStatusChange; arrivals wake it, this only bounds a dead daemon
TROUBLE_SECONDS_MAX = 3.0  # how long wait_for_card keeps a trouble to itself
# A card that does not answer is tried once more after this: longer than pcscd takes (0.4 s) to
# notice that a card has left. Until then it shows one that is gone, and lets us connect to it.
DOUBT_SECONDS = 0.6
PAUSE_SECONDS_MIN = 0.05  # between two tries while in trouble, doubling …
PAUSE_SECONDS_MAX = 1.0  # … up to this
COMMAND_BYTES_MAX = 261  # short APDU: header, Lc, 255 bytes, Le (ISO 7816-4 §5.1)
UID_LENGTHS = frozenset({4, 7, 10})  # ISO 14443-3 §6.5.4

_GET_UID = bytes.fromhex("FFCA000000")  # PC/SC part 3 §3.2.2.1.3
_DONE = b"\x90\x00"


def list_reader_names() -> list[str]:
    """Return the names of all readers, perhaps none; ReaderServiceDown without a daemon."""
    context = _establish()
    try:
        return _list_readers(context)
    finally:
        scard.SCardReleaseContext(context)


class CardConnection:
    """Exclusive access to the card of one tap. Only `PcscReader` makes one; use it in a `with`."""

    def __init__(self, reader: "PcscReader", card: int, protocol: int) -> None:
        self.atr = b""
        self.tap: int | None = None
        self._reader = reader
        self._card: int | None = card
        self._protocol = protocol
        self._uid_response = b""

    def greet(self) -> None:
        """Have the reader say the card's UID, whatever it says: then the card is there."""
        self._uid_response = self.transmit(_GET_UID)

    def uid(self) -> bytes:
        """Return what the card calls itself: 4, 7 or 10 bytes, and never a proof of identity."""
        if self._card is None:
            raise CardRemoved("the card was let go", reader=self._reader.name)
        uid, status = self._uid_response[:-2], self._uid_response[-2:]
        if status != _DONE or len(uid) not in UID_LENGTHS:
            raise CardSilent("the reader gives no UID for this card", reader=self._reader.name)
        return uid

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back, status word included.

        After any error this connection is of no more use.
        """
        assert 1 <= len(command) <= COMMAND_BYTES_MAX, "a short APDU, or a native frame"
        name = self._reader.name
        if self._card is None:
            raise CardRemoved("the card was let go", reader=name)
        code, response = scard.SCardTransmit(self._card, self._protocol, list(command))
        if code == SUCCESS and len(response) >= RESPONSE_BYTES_MIN:
            return bytes(byte & 0xFF for byte in response)
        self._let_go(scard.SCARD_LEAVE_CARD)
        if code == SUCCESS:  # what pcscd says of a card pulled during the command
            raise CardSilent("the answer is not whole", reader=name)
        raise card_error(code, name, "transmit")

    def wait_for_removal(self, seconds_max: float) -> bool:
        """Say whether the card left within this time; works after `disconnect`, too."""
        return self._reader.wait_for_end_of_tap(self.tap, seconds_max)

    def disconnect(self) -> None:
        """Reset the card, so that nobody finds it authenticated, and let it go. Never raises."""
        if self._card is not None:
            is_ours = self._reader.is_going_on(self.tap)
            self._let_go(scard.SCARD_RESET_CARD if is_ours else scard.SCARD_LEAVE_CARD)

    def _let_go(self, disposition: int) -> None:
        """Let the card go, and touch no other.

        pcscd (1.9.9) goes wrong on a card that came or went since its last poll: resetting one that
        it has not noticed leaves a card that never leaves, and a reset that fails on one that is
        gone leaves an empty reader where the next card is not seen. So none after an error.
        """
        card, self._card = self._card, None
        if card is not None:
            scard.SCardDisconnect(card, disposition)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()


class PcscReader:
    """The reader that is wanted: by the beginning of its name, or more. Close it, or use a `with`.

    `alone`: while it is open, no other such object on this machine has the same reader.
    """

    def __init__(
        self,
        wanted: WantedReader | str,
        *,
        alone: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._wanted = WantedReader(wanted) if isinstance(wanted, str) else wanted
        self._alone = alone
        self._claim: ReaderClaim | None = None
        self._monotonic = monotonic
        self._pause = pause
        self._context: int | None = None
        self._full_name: str | None = None
        self._seen = NOTHING_SEEN
        self._given_tap: int | None = None
        self._doubted_tap: int | None = None
        self._try_again_at = 0.0
        self._connection: CardConnection | None = None

    @property
    def name(self) -> str:
        """Return the reader's full name, or the configured beginning while it is not found."""
        return self._full_name or self._wanted.prefix

    @property
    def is_open(self) -> bool:
        """Say whether it is in use: since a look or a wait, until `close`."""
        return self._context is not None

    def look(self) -> bool:
        """Find the reader, and say whether some program is connected to the card on it."""
        self._look(self._monotonic())
        return self._seen.is_held

    def wait_for_card(self, seconds_max: float) -> CardConnection | None:
        """Return a connection to the next tap not given yet, or None when the time is up.

        A connection given before is let go first. ReaderAbsent, ReaderBusy and ReaderServiceDown
        come when the trouble outlasts `seconds_max` or TROUBLE_SECONDS_MAX; call again to go on
        looking. CardSilent comes once for a tap whose card was tried twice, DOUBT_SECONDS apart.
        """
        self._let_card_go()
        deadline = self._monotonic() + seconds_max
        while True:
            connection = self._look_through_trouble(deadline)
            if connection is not None or self._monotonic() >= deadline:
                return connection

    def wait_for_end_of_tap(self, tap: int | None, seconds_max: float) -> bool:
        """Say whether the tap of this number ended within this time."""
        deadline = self._monotonic() + seconds_max
        while True:
            try:
                self._look(deadline)
            except ReaderError as trouble:
                self._drop_after(trouble)
                raise
            if self._seen.tap != tap:
                return True
            if self._monotonic() >= deadline:
                return False

    def is_going_on(self, tap: int | None) -> bool:
        """Say whether the tap of this number is still going on, as far as pcscd has noticed."""
        if self._context is None:
            return False
        try:
            self._look(self._monotonic())
        except ReaderError:  # whoever looks next is told
            return False
        return self._seen.tap == tap

    def close(self) -> None:
        """Let the card and the daemon go; the reader may be used again after."""
        self._let_card_go()
        context, self._context = self._context, None
        if context is not None:
            scard.SCardReleaseContext(context)
        claim, self._claim = self._claim, None
        if claim is not None:
            claim.release()
        self._full_name = None
        self._seen = NOTHING_SEEN
        self._given_tap = self._doubted_tap = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _look_through_trouble(self, deadline: float) -> CardConnection | None:
        """Look once that succeeds, however often it takes within TROUBLE_SECONDS_MAX."""
        trouble_deadline = min(deadline, self._monotonic() + TROUBLE_SECONDS_MAX)
        pause_seconds = PAUSE_SECONDS_MIN
        while True:
            try:
                return self._connect_to_new_tap(trouble_deadline)
            except (ReaderAbsent, ReaderBusy, ReaderServiceDown) as trouble:
                self._drop_after(trouble)
                left = trouble_deadline - self._monotonic()
                if left <= 0:
                    raise
                self._pause(min(pause_seconds, left))
                pause_seconds = min(pause_seconds * 2, PAUSE_SECONDS_MAX)

    def _connect_to_new_tap(self, deadline: float) -> CardConnection | None:
        """Look once, and connect if there is a tap that was not given yet."""
        self._look(deadline)
        tap = self._seen.tap
        if tap is None or tap == self._given_tap:
            return None
        if tap == self._doubted_tap and self._monotonic() < self._try_again_at:
            return None
        # SCardConnect would wait, without limit, for the end of another program's transaction.
        if self._seen.is_held:
            raise ReaderBusy("another program is connected", reader=self.name)
        try:
            return self._connect()
        except CardSilent:
            self._doubt(tap)
            return None
        except CardRemoved:
            return None  # it left between the look and the connection: wait for the next

    def _doubt(self, tap: int) -> None:
        """Let a card that did not answer be tried once more; the second time, say so.

        pcscd lets a program connect to a card that left since its last poll: powering it fails, and
        the protocol is then chosen from an ATR that is not there (1.9.9, SCardConnect). What comes
        of it is any of three return codes, or a connection that answers nothing.
        """
        if tap == self._doubted_tap:
            self._given_tap = tap
            raise CardSilent("the card does not answer", reader=self.name)
        self._doubted_tap = tap
        self._try_again_at = self._monotonic() + DOUBT_SECONDS

    def _connect(self) -> CardConnection:
        """Connect, powering the card if need be, and hear it; CardSilent or CardRemoved if not."""
        assert self._context is not None
        code, card, protocol = scard.SCardConnect(
            self._context, self.name, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_ANY
        )
        if code != SUCCESS:
            raise card_error(code, self.name, "connect")
        connection = CardConnection(self, card, protocol)
        connection.greet()
        self._connection = connection
        # A card may have been swapped since the look: number the tap that we are connected to.
        self._seen = NOTHING_SEEN
        connection.atr = self._look(self._monotonic())
        connection.tap = self._given_tap = self._seen.tap
        return connection

    def _look(self, deadline: float) -> bytes:
        """Wait for the reader's state to change, a little; return the card's ATR, if it has one."""
        context, name = self._find()
        left = max(0.0, min(LOOK_SECONDS_MAX, deadline - self._monotonic()))
        code, states = scard.SCardGetStatusChange(
            context, round(left * 1000), [(name, self._seen.as_known)]
        )
        if code == TIMEOUT:
            return b""
        if code != SUCCESS:
            raise reader_error(code, name, "look")
        _, event_state, atr = states[0]
        self._seen = Sighting(event_state)
        if self._seen.is_reader_gone:
            raise ReaderAbsent("the reader went away", reader=name)
        return bytes(byte & 0xFF for byte in atr)

    def _find(self) -> tuple[int, str]:
        """Return the context and the reader's full name, established and found if need be."""
        if self._context is None:
            self._context = _establish()
        if self._full_name is None:
            names = _list_readers(self._context)
            name = choose_reader(self._wanted, names, partial(_channel_id, self._context))
            if self._alone:
                self._claim = ReaderClaim(name)
            self._full_name = name
        return self._context, self._full_name

    def _drop_after(self, trouble: ReaderError) -> None:
        """Forget what a trouble made stale; handles and names do not outlive daemon or reader."""
        if isinstance(trouble, ReaderAbsent | ReaderServiceDown):
            self.close()

    def _let_card_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.disconnect()


def _establish() -> int:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    if code != SUCCESS:
        raise ReaderServiceDown("the PC/SC daemon does not answer", code=code & 0xFFFFFFFF)
    return int(context)


def _channel_id(context: int, name: str) -> bytes | None:
    """Return where the reader is plugged in, as it says; empty if it cannot say, None if held."""
    code, handle, _ = scard.SCardConnect(context, name, scard.SCARD_SHARE_DIRECT, 0)
    if code != SUCCESS:
        return None
    code, value = scard.SCardGetAttrib(handle, scard.SCARD_ATTR_CHANNEL_ID)
    scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)
    return bytes(byte & 0xFF for byte in value) if code == SUCCESS else b""


def _list_readers(context: int) -> list[str]:
    code, names = scard.SCardListReaders(context, [])
    if code == SUCCESS:
        return list(names)
    error = reader_error(code, "", "list readers")
    if isinstance(error, ReaderAbsent):
        return []
    raise error
