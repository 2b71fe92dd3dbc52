"""The reader against a real pcscd: taps, pulled cards, and the reader that was meant."""

import threading

import pytest

from simulator.pcscd import PrivatePcscd
from simulator.vpcd import Direction, VirtualCardSlot
from terminal.errors import CardRemoved, CardSilent, ReaderAbsent, ReaderAmbiguous, ReaderBusy
from terminal.reader.choice import WantedReader
from terminal.reader.pcsc import CardConnection, PcscReader, list_reader_names
from tests.terminal.reader.taps import (
    ARRIVAL_SECONDS_MAX,
    GET_VERSION,
    NOT_READY_SECONDS,
    next_card,
)
from tests.terminal.virtual_cards import READERS, PlainCard, wait_until_empty

pytestmark = pytest.mark.xdist_group("pcscd")


def pull(reader: PcscReader, slot: VirtualCardSlot, connection: CardConnection) -> None:
    slot.remove()
    assert connection.wait_for_removal(ARRIVAL_SECONDS_MAX)


def test_readers_have_names(pcscd: PrivatePcscd) -> None:
    assert {"Test Counter 00 00", "Test Gate 00 00"} <= set(list_reader_names())


def test_nobody_comes(reader: PcscReader, slot: VirtualCardSlot) -> None:
    assert reader.wait_for_card(NOT_READY_SECONDS) is None


def test_a_card_arrives_answers_and_leaves(reader: PcscReader, slot: VirtualCardSlot) -> None:
    card = PlainCard()
    card.answers[GET_VERSION] = bytes.fromhex("0401013300160591AF")
    arrival = threading.Timer(0.1, slot.insert, [card])
    arrival.start()
    with next_card(reader) as connection:
        assert connection.atr == card.atr
        assert connection.uid() == card.uid
        assert connection.transmit(GET_VERSION) == bytes.fromhex("0401013300160591AF")
        assert connection.transmit(b"\x60") == b"\x91\x1c"
        assert not connection.wait_for_removal(NOT_READY_SECONDS)
        pull(reader, slot, connection)
    assert card.asked == [GET_VERSION, b"\x60"]
    arrival.join()


def test_a_card_that_lies_there_already_is_given(reader: PcscReader, slot: VirtualCardSlot) -> None:
    card = PlainCard()
    slot.insert(card)
    assert card.powered.wait(ARRIVAL_SECONDS_MAX)  # the daemon has seen it before we look
    assert next_card(reader).uid() == card.uid


def test_a_tap_is_given_once(reader: PcscReader, slot: VirtualCardSlot) -> None:
    slot.insert(PlainCard())
    connection = next_card(reader)
    assert reader.wait_for_card(NOT_READY_SECONDS) is None  # while we hold it
    connection.disconnect()
    assert reader.wait_for_card(NOT_READY_SECONDS) is None  # after we let it go
    assert not connection.wait_for_removal(NOT_READY_SECONDS)
    pull(reader, slot, connection)
    assert reader.wait_for_card(NOT_READY_SECONDS) is None
    slot.insert(PlainCard())
    assert next_card(reader).uid() == PlainCard().uid


def test_a_card_swapped_while_nobody_looked_is_a_new_tap(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    slot.insert(PlainCard("04000000000001"))
    first = next_card(reader)
    with PcscReader(READERS[0]) as witness:
        assert first.uid() == bytes.fromhex("04000000000001")
        first.disconnect()
        slot.remove()
        assert witness.wait_for_end_of_tap(first.tap, ARRIVAL_SECONDS_MAX)
        second_card = PlainCard("04000000000002")
        slot.insert(second_card)
        assert second_card.powered.wait(ARRIVAL_SECONDS_MAX)
    second = next_card(reader)
    assert second.uid() == bytes.fromhex("04000000000002")
    assert first.wait_for_removal(NOT_READY_SECONDS)


def test_a_card_let_go_is_reset_and_answers_no_more(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    card = PlainCard()
    slot.insert(card)
    connection = next_card(reader)
    losses = card.losses
    connection.disconnect()
    connection.disconnect()
    assert card.losses == losses + 1
    with pytest.raises(CardRemoved):
        connection.transmit(GET_VERSION)


def test_two_readers_do_not_mix(
    reader: PcscReader, slot: VirtualCardSlot, pcscd: PrivatePcscd
) -> None:
    gate_slot = VirtualCardSlot(pcscd.ports[READERS[1]])
    gate_slot.insert(PlainCard("04000000000002"))
    with PcscReader(READERS[1]) as gate:
        assert next_card(gate).uid() == bytes.fromhex("04000000000002")
        assert reader.wait_for_card(NOT_READY_SECONDS) is None
    gate_slot.close()
    wait_until_empty(READERS[1])


def converse(connection: CardConnection, commands: int) -> None:
    for number in range(commands):
        connection.transmit(bytes((0x90, number, 0, 0, 0)))


@pytest.mark.parametrize("direction", [Direction.TO_CARD, Direction.FROM_CARD])
@pytest.mark.parametrize("nth", [1, 4])
def test_a_card_pulled_during_a_command_is_a_typed_error(
    reader: PcscReader, pcscd: PrivatePcscd, nth: int, direction: Direction
) -> None:
    """Before the card gets the nth command, or after it answered and before the answer is home."""
    seen: list[bytes] = []
    of_ours = {Direction.TO_CARD: b"\x90", Direction.FROM_CARD: b"\x91"}  # not the reader's UID

    def pull_at(way: Direction, message: bytes) -> None:
        if way is direction and message.startswith(of_ours[way]):
            seen.append(message)
            if len(seen) == nth:
                torn.remove()

    torn = VirtualCardSlot(pcscd.ports[READERS[0]], observe=pull_at)
    torn.insert(PlainCard())
    connection = next_card(reader)
    with pytest.raises((CardRemoved, CardSilent)):
        converse(connection, 4)
    assert len(seen) == nth
    torn.close()
    assert_it_comes_back(reader, pcscd)


@pytest.mark.parametrize("between", [0, 3])
def test_a_card_pulled_between_two_commands_is_a_typed_error(
    reader: PcscReader, slot: VirtualCardSlot, pcscd: PrivatePcscd, between: int
) -> None:
    slot.insert(PlainCard())
    connection = next_card(reader)
    converse(connection, between)
    slot.remove()
    with pytest.raises((CardRemoved, CardSilent)):
        connection.transmit(GET_VERSION)
    with pytest.raises((CardRemoved, CardSilent)):
        connection.uid()
    assert_it_comes_back(reader, pcscd)


def assert_it_comes_back(reader: PcscReader, pcscd: PrivatePcscd) -> None:
    again = VirtualCardSlot(pcscd.ports[READERS[0]])
    wait_until_empty(READERS[0])
    card = PlainCard("04000000000009")
    again.insert(card)
    assert next_card(reader).uid() == card.uid
    again.close()
    wait_until_empty(READERS[0])


@pytest.mark.parametrize("powered", [True, False], ids=["powered", "powered down"])
def test_a_card_that_has_just_left_is_not_given_for_one_that_is_there(
    slot: VirtualCardSlot, powered: bool
) -> None:
    """pcscd shows it until its next poll, and lets us connect to it."""
    with PcscReader(READERS[0]) as former, PcscReader(READERS[0]) as reader:
        slot.insert(gone := PlainCard("04000000000001"))
        with next_card(former):
            pass
        if not powered:
            assert gone.unpowered.wait(ARRIVAL_SECONDS_MAX)  # as pcscd does when nobody uses it
        slot.remove()
        laid = threading.Thread(target=slot.insert, args=[PlainCard("04000000000002")])
        laid.start()
        assert next_card(reader).uid() == bytes.fromhex("04000000000002")
        laid.join()


@pytest.mark.parametrize(
    "answer", [pytest.param("6A81", id="not supported"), pytest.param("01029000", id="too short")]
)
def test_a_uid_that_is_none_is_refused(
    reader: PcscReader, slot: VirtualCardSlot, answer: str
) -> None:
    slot.insert(PlainCard("" if answer == "6A81" else "0102"))
    with pytest.raises(CardSilent):
        next_card(reader).uid()


# --- which reader ---


def test_a_name_that_several_readers_have_opens_none(pcscd: PrivatePcscd) -> None:
    with PcscReader("Test") as reader, pytest.raises(ReaderAmbiguous) as refused:
        reader.wait_for_card(NOT_READY_SECONDS)
    assert refused.value.fitting == ("Test Counter 00 00", "Test Gate 00 00")


def test_a_reader_that_cannot_say_where_it_is_is_not_taken_for_one_that_can(
    pcscd: PrivatePcscd,
) -> None:
    with PcscReader(WantedReader(READERS[0], "1-1")) as reader, pytest.raises(ReaderAbsent):
        reader.wait_for_card(NOT_READY_SECONDS)


def test_two_terminals_set_to_one_reader_do_not_wait_for_the_same_card(
    slot: VirtualCardSlot,
) -> None:
    with PcscReader(READERS[0], alone=True) as first, PcscReader(READERS[0], alone=True) as second:
        assert first.wait_for_card(0) is None
        with pytest.raises(ReaderBusy):
            second.wait_for_card(NOT_READY_SECONDS)
        first.close()
        slot.insert(PlainCard())
        assert next_card(second).uid() == PlainCard().uid


def test_a_look_says_whether_somebody_is_connected(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    slot.insert(PlainCard())
    with PcscReader(READERS[0]) as other:
        assert not other.look()
        with next_card(reader):
            assert other.look()


def test_a_reader_may_be_used_again_after_close(reader: PcscReader, slot: VirtualCardSlot) -> None:
    reader.close()
    reader.close()
    slot.insert(PlainCard())
    assert next_card(reader).uid() == PlainCard().uid
