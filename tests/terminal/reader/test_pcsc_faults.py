"""The reader with every return code at every call, in turn: typed errors, no leak, and a way back.

A PC/SC written by hand stands in for libpcsclite: it fails its n-th call with a given code, and
counts contexts and connections. Time is simulated, so that the limits are exact.
"""

# ruff: noqa: N802 -- the names are those of PC/SC

from collections.abc import Iterator

import pytest
from smartcard import scard

from terminal.errors import (
    CardRemoved,
    CardSilent,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)
from terminal.reader import pcsc
from terminal.reader.pcsc import TROUBLE_SECONDS_MAX, CardConnection, PcscReader

NAME = "Fake Reader 00 00"
UID = "04A1B2C3D4E5F6"
CODES = {
    name: getattr(scard, name) & 0xFFFFFFFF
    for name in (
        "SCARD_W_REMOVED_CARD",
        "SCARD_W_RESET_CARD",
        "SCARD_W_UNRESPONSIVE_CARD",
        "SCARD_W_UNPOWERED_CARD",
        "SCARD_E_NO_SMARTCARD",
        "SCARD_E_NOT_TRANSACTED",
        "SCARD_E_PROTO_MISMATCH",
        "SCARD_E_SHARING_VIOLATION",
        "SCARD_E_READER_UNAVAILABLE",
        "SCARD_E_UNKNOWN_READER",
        "SCARD_E_NO_READERS_AVAILABLE",
        "SCARD_E_NO_SERVICE",
        "SCARD_E_INVALID_HANDLE",
        "SCARD_F_COMM_ERROR",
        "SCARD_E_TIMEOUT",
        "SCARD_E_UNEXPECTED",
    )
}
DAEMON_GONE = {CODES["SCARD_E_NO_SERVICE"], CODES["SCARD_E_INVALID_HANDLE"]}
PRESENT, EMPTY, INUSE = scard.SCARD_STATE_PRESENT, scard.SCARD_STATE_EMPTY, scard.SCARD_STATE_INUSE
CALLS_MAX = 40


class FakePcsc:
    """libpcsclite with one reader, one card, and one fault to come."""

    SCARD_SCOPE_SYSTEM = scard.SCARD_SCOPE_SYSTEM
    SCARD_SHARE_EXCLUSIVE = scard.SCARD_SHARE_EXCLUSIVE
    SCARD_PROTOCOL_ANY = scard.SCARD_PROTOCOL_ANY
    SCARD_RESET_CARD = scard.SCARD_RESET_CARD
    SCARD_LEAVE_CARD = scard.SCARD_LEAVE_CARD

    def __init__(self, fail_at: int = 0, code: int = 0) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.calls = 0
        self.fail_at = fail_at
        self.code = code
        self.always = 0
        self.names = [NAME]
        self.taps = 1  # odd: a card is there, as pcscd counts
        self.flags = 0
        self.atr = [0x3B, -0x80]  # some builds of pyscard give signed bytes
        self.answer = list(bytes.fromhex(UID + "9000"))
        self.contexts: set[int] = set()
        self.stale: set[int] = set()  # contexts of a daemon that restarted: of no use for ever
        self.cards: dict[int, int] = {}
        self.dispositions: list[int] = []
        self.connects = 0

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def _fault(self) -> int:
        self.calls += 1
        fault = self.code if self.calls == self.fail_at else self.always
        if fault in DAEMON_GONE:
            self.stale |= self.contexts
            self.cards.clear()
        return fault

    def SCardEstablishContext(self, _scope: int) -> tuple[int, int]:
        if fault := self._fault():
            return fault, 0
        self.contexts.add(self.calls)
        return 0, self.calls

    def SCardReleaseContext(self, context: int) -> int:
        self.contexts.remove(context)
        self.cards = {card: owner for card, owner in self.cards.items() if owner != context}
        return 0

    def SCardListReaders(self, _context: int, _groups: list[str]) -> tuple[int, list[str]]:
        fault = self._fault()
        return fault, [] if fault else list(self.names)

    def SCardGetStatusChange(
        self, context: int, milliseconds: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, list[int]]]]:
        assert context in self.contexts
        if fault := self._fault():
            return fault, []
        if context in self.stale:
            return CODES["SCARD_E_INVALID_HANDLE"], []
        (name, known), *_ = states
        flags = self.flags | (PRESENT if self.taps % 2 else EMPTY) | (INUSE if self.cards else 0)
        state = self.taps << 16 | flags
        if state == known:
            self.seconds += milliseconds / 1000
            return CODES["SCARD_E_TIMEOUT"], []
        return 0, [(name, state | scard.SCARD_STATE_CHANGED, self.atr)]

    def SCardConnect(
        self, context: int, name: str, share: int, _protocol: int
    ) -> tuple[int, int, int]:
        assert (name, share) == (NAME, scard.SCARD_SHARE_EXCLUSIVE)
        self.connects += 1
        if fault := self._fault():
            return fault, 0, 0
        if self.flags & scard.SCARD_STATE_MUTE:
            return CODES["SCARD_W_UNPOWERED_CARD"], 0, 0
        assert not self.cards, "exclusive, and held already"
        self.cards[self.calls] = context
        return 0, self.calls, scard.SCARD_PROTOCOL_T1

    def SCardTransmit(
        self, card: int, _protocol: int, _command: list[int]
    ) -> tuple[int, list[int]]:
        assert card in self.cards
        fault = self._fault()
        return fault, [] if fault else self.answer

    def SCardDisconnect(self, card: int, disposition: int) -> int:
        self.dispositions.append(disposition)
        self.cards.pop(card, None)
        return 0


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePcsc:
    return install(monkeypatch, FakePcsc())


def install(monkeypatch: pytest.MonkeyPatch, fake: FakePcsc) -> FakePcsc:
    monkeypatch.setattr(pcsc, "scard", fake)
    return fake


def reader_on(fake: FakePcsc) -> PcscReader:
    return PcscReader("Fake Reader", monotonic=fake.monotonic, pause=fake.pause)


def taken(reader: PcscReader) -> CardConnection:
    connection = reader.wait_for_card(5)
    assert connection is not None
    return connection


def life(reader: PcscReader, fake: FakePcsc) -> Iterator[ReaderError | None]:
    """Two taps, as a daemon lives them; yield each error."""
    for _ in range(2):
        try:
            with taken(reader) as connection:
                connection.uid()
                connection.transmit(b"\x60")
            fake.taps += 1
            connection.wait_for_removal(1)
        except ReaderError as error:
            yield error
        fake.taps += 1 if fake.taps % 2 == 0 else 2  # the next card comes


@pytest.mark.parametrize("name", CODES)
def test_every_code_at_every_call_is_survived(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for nth in range(1, CALLS_MAX):
        fake = install(monkeypatch, FakePcsc(nth, CODES[name]))
        reader = reader_on(fake)
        list(life(reader, fake))
        was_reached = fake.calls >= nth
        with taken(reader) as connection:  # the way back
            assert connection.uid() == bytes.fromhex(UID), (name, nth)
        reader.close()
        assert (fake.contexts, fake.cards) == (set(), {}), (name, nth)
        if not was_reached:
            return
    pytest.fail("the life is longer than thought")


def test_a_healthy_life_has_no_error(fake: FakePcsc) -> None:
    with reader_on(fake) as reader:
        assert list(life(reader, fake)) == []
    assert fake.dispositions == [scard.SCARD_RESET_CARD] * 2
    assert fake.pauses == []


def test_signed_bytes_are_bytes(fake: FakePcsc) -> None:
    fake.answer = [byte - 256 if byte > 127 else byte for byte in bytes.fromhex(UID + "9000")]
    with reader_on(fake) as reader:
        connection = taken(reader)
        assert connection.uid() == bytes.fromhex(UID)
        assert connection.atr == b"\x3b\x80"


@pytest.mark.parametrize("answer", [[], [0x90]])
def test_an_answer_that_is_not_whole_leaves_the_outcome_unknown(
    fake: FakePcsc, answer: list[int]
) -> None:
    with reader_on(fake) as reader:
        connection = taken(reader)
        fake.answer = answer
        with pytest.raises(CardSilent):
            connection.transmit(b"\x60")
        assert fake.dispositions == [scard.SCARD_LEAVE_CARD]
        with pytest.raises(CardRemoved):
            connection.transmit(b"\x60")


def test_a_card_that_left_is_not_touched_at_the_end(fake: FakePcsc) -> None:
    with reader_on(fake) as reader:
        connection = taken(reader)
        fake.taps += 2  # swapped for another
        connection.disconnect()
    assert fake.dispositions == [scard.SCARD_LEAVE_CARD]


def test_a_mute_card_is_tried_twice_and_said_once_a_tap(fake: FakePcsc) -> None:
    fake.flags = scard.SCARD_STATE_MUTE
    with reader_on(fake) as reader:
        for connects in (2, 4):
            with pytest.raises(CardSilent):
                reader.wait_for_card(5)
            assert reader.wait_for_card(1) is None
            assert fake.connects == connects
            fake.taps += 2
    assert fake.seconds <= 2 * (pcsc.DOUBT_SECONDS + pcsc.LOOK_SECONDS_MAX + 1)


def test_short_waits_try_a_mute_card_no_more_often(fake: FakePcsc) -> None:
    """A sale looks every 50 ms: who counts by looks would be done before pcscd has noticed."""
    fake.flags = scard.SCARD_STATE_MUTE
    with reader_on(fake) as reader:
        while fake.seconds < pcsc.DOUBT_SECONDS - 0.05:
            assert reader.wait_for_card(0.05) is None
        assert fake.connects == 1
        with pytest.raises(CardSilent):
            reader.wait_for_card(0.2)
        assert fake.connects == 2


def test_a_card_that_answers_at_the_second_try_is_given(fake: FakePcsc) -> None:
    fake.flags = scard.SCARD_STATE_MUTE
    with reader_on(fake) as reader:
        assert reader.wait_for_card(0) is None
        fake.flags = 0  # it lies better now, and pcscd says nothing of it
        assert taken(reader).uid() == bytes.fromhex(UID)


@pytest.mark.parametrize("answer", [[], [0x90]])
def test_a_card_that_lets_itself_be_connected_and_says_nothing(
    fake: FakePcsc, answer: list[int]
) -> None:
    fake.answer, right = answer, fake.answer
    with reader_on(fake) as reader:
        assert reader.wait_for_card(0) is None
        assert fake.cards == {}
        fake.taps, fake.answer = 3, right  # it had gone; this is the next
        assert taken(reader).uid() == bytes.fromhex(UID)


def test_a_card_that_leaves_before_the_connection_is_not_a_tap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = install(monkeypatch, FakePcsc(fail_at=4, code=CODES["SCARD_W_REMOVED_CARD"]))
    with reader_on(fake) as reader:
        assert taken(reader).uid() == bytes.fromhex(UID)  # it came back at once
    assert fake.pauses == []


@pytest.mark.parametrize("error", [ReaderServiceDown, ReaderAbsent, ReaderBusy])
@pytest.mark.parametrize("seconds_max", [0.0, 1.0, 60.0])
def test_a_lasting_trouble_is_told_in_time_and_with_pauses(
    fake: FakePcsc, error: type[ReaderError], seconds_max: float
) -> None:
    reader = reader_on(fake)
    if error is ReaderServiceDown:
        fake.always = CODES["SCARD_E_NO_SERVICE"]
    elif error is ReaderAbsent:
        fake.names.clear()
    else:
        fake.flags = INUSE
    with pytest.raises(error):
        reader.wait_for_card(seconds_max)
    assert fake.seconds == pytest.approx(min(seconds_max, TROUBLE_SECONDS_MAX))
    assert len(fake.pauses) <= 8
    assert fake.pauses[:-1] == sorted(fake.pauses[:-1])  # the last is what is left
    reader.close()
    assert (fake.contexts, fake.cards) == (set(), {})


def test_waiting_ends_in_time(fake: FakePcsc) -> None:
    fake.taps = 0
    with reader_on(fake) as reader:
        assert reader.wait_for_card(7.3) is None
    assert fake.seconds == pytest.approx(7.3, abs=0.001)


def test_a_reader_that_is_not_there_is_absent(fake: FakePcsc) -> None:
    fake.names = ["Another Reader 00 00"]
    with reader_on(fake) as reader:
        with pytest.raises(ReaderAbsent) as absent:
            reader.wait_for_card(0)
        assert absent.value.reader == "Fake Reader"
        fake.names.append(NAME)
        assert taken(reader).uid() == bytes.fromhex(UID)


@pytest.mark.parametrize("flag", [scard.SCARD_STATE_UNKNOWN, scard.SCARD_STATE_UNAVAILABLE])
def test_a_reader_that_goes_is_absent(fake: FakePcsc, flag: int) -> None:
    fake.flags = flag
    with reader_on(fake) as reader, pytest.raises(ReaderAbsent):
        reader.wait_for_card(0)
