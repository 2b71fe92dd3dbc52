"""Counts, clocks and bytes, without a pad at the other end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.pin.conversation import (
    Done,
    Ended,
    Entered,
    Failed,
    Failure,
    Limits,
    PadConversation,
    Refused,
)
from terminal.pin.dialects import DIALECTS, show_request
from terminal.pin.machine import NotNow, State
from terminal.pin.packets import Packet
from terminal.pin.pad import PinEntryStatus, PinPrompt

DIALECT = DIALECTS["uic-vfi-z62"]
PROMPT = PinPrompt("9250000000000018", "12,50 EUR", "VOTRE CODE:")
WORDS = show_request("Bonjour", "")
RESET = Packet(b"72").encode()
ACK, NAK, EOT = b"\x06", b"\x15", b"\x04"


def answer(number: int = 1) -> bytes:
    return Packet(f"7101234567890123456{number:08X}{'AB' * 16}".encode()).encode()


def asking(seconds_max: float = 60) -> PadConversation:
    conversation = PadConversation(DIALECT)
    conversation.ask(PROMPT, seconds_max, 0)
    units = 2 if seconds_max > 30 else 1
    assert conversation.data_to_send() == DIALECT.request(PROMPT, units).encode()
    return conversation


def entering(seconds_max: float = 60) -> PadConversation:
    conversation = asking(seconds_max)
    conversation.receive_data(ACK, 0)
    assert conversation.state is State.ENTERING
    return conversation


def test_words_are_acknowledged() -> None:
    conversation = PadConversation(DIALECT)
    conversation.tell(WORDS, 0)
    assert conversation.data_to_send() == WORDS.encode()
    assert conversation.data_to_send() == b""
    assert conversation.next_outcome() is None
    conversation.receive_data(ACK, 0.1)
    assert conversation.next_outcome() == Done()
    assert conversation.next_outcome() is None
    assert conversation.deadline is None


def test_silence_is_met_with_three_sends_two_seconds_apart() -> None:
    conversation = PadConversation(DIALECT)
    conversation.tell(WORDS, 0)
    conversation.data_to_send()
    for due in (2.0, 4.0):
        assert conversation.deadline == due
        conversation.advance(due - 0.01)
        assert conversation.data_to_send() == b""
        conversation.advance(due)
        assert conversation.data_to_send() == WORDS.encode()
    conversation.advance(6)
    assert conversation.next_outcome() == Failed(Failure.SILENT)
    assert conversation.state is State.RESTING


def test_three_naks_are_the_end_and_the_pad_is_told() -> None:
    conversation = PadConversation(DIALECT)
    conversation.tell(WORDS, 0)
    conversation.receive_data(NAK + NAK, 0)
    assert conversation.data_to_send() == WORDS.encode() * 3
    conversation.receive_data(NAK, 0)
    assert conversation.data_to_send() == EOT
    assert conversation.next_outcome() == Failed(Failure.GARBLED)


@pytest.mark.parametrize("ask", [True, False])
def test_three_goodbyes_are_a_refusal(ask: bool) -> None:
    conversation = PadConversation(DIALECT)
    if ask:
        conversation.ask(PROMPT, 60, 0)
    else:
        conversation.tell(WORDS, 0)
    conversation.receive_data(EOT * 2, 0)
    assert conversation.next_outcome() is None
    conversation.receive_data(EOT, 0)
    assert conversation.next_outcome() == Refused("EOT")


def test_an_answer_that_overtakes_our_acknowledgement_is_taken() -> None:
    conversation = asking()
    conversation.receive_data(answer(), 1)
    assert conversation.data_to_send() == ACK
    assert isinstance(conversation.next_outcome(), Entered)


def test_the_same_answer_again_is_acknowledged_and_not_delivered() -> None:
    conversation = entering()
    conversation.receive_data(answer() + answer(), 1)
    assert isinstance(conversation.next_outcome(), Entered)
    assert conversation.next_outcome() is None
    assert conversation.data_to_send() == ACK + ACK
    conversation.ask(PROMPT, 60, 5)
    conversation.receive_data(ACK + answer(), 6)
    assert conversation.next_outcome() is None
    conversation.receive_data(answer(2), 7)
    outcome = conversation.next_outcome()
    assert isinstance(outcome, Entered)
    assert outcome.encrypted_pin_block.key_serial_number.endswith("2")


def test_an_answer_that_came_too_late_stays_dropped() -> None:
    conversation = entering()
    conversation.cancel(3)
    conversation.receive_data(answer(), 3)
    assert conversation.data_to_send() == RESET + ACK + RESET
    conversation.receive_data(EOT, 3)
    assert conversation.next_outcome() == Ended(PinEntryStatus.CANCEL)
    conversation.ask(PROMPT, 60, 4)
    conversation.receive_data(ACK + answer(), 5)
    assert conversation.next_outcome() is None


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (0, PinEntryStatus.CANCEL),
        (58.9, PinEntryStatus.CANCEL),
        (59, PinEntryStatus.TIMEOUT),
        (61, PinEntryStatus.TIMEOUT),
    ],
)
def test_a_goodbye_is_told_apart_by_time(seconds: float, status: PinEntryStatus) -> None:
    conversation = entering(seconds_max=60)
    conversation.receive_data(EOT, seconds)
    assert conversation.next_outcome() == Ended(status)


def test_where_the_pads_limit_is_unknown_a_goodbye_is_a_cancellation() -> None:
    conversation = PadConversation(DIALECTS["vfi-ipp-z63"])
    conversation.ask(PROMPT, 60, 0)
    conversation.receive_data(ACK, 0)
    conversation.receive_data(EOT, 59.5)
    assert conversation.next_outcome() == Ended(PinEntryStatus.CANCEL)


def test_our_own_limit_resets_the_pad() -> None:
    conversation = entering(seconds_max=10)
    assert conversation.deadline == 10
    conversation.advance(10)
    assert conversation.data_to_send() == RESET
    conversation.receive_data(ACK, 10.1)
    assert conversation.next_outcome() == Ended(PinEntryStatus.TIMEOUT)


def test_cancelling_when_nobody_types_does_nothing() -> None:
    conversation = asking()
    conversation.cancel(0.1)
    assert conversation.state is State.ASKING
    assert conversation.data_to_send() == b""


def test_a_refusal_carries_the_pads_code() -> None:
    conversation = entering()
    conversation.receive_data(Packet(b"71A").encode(), 1)
    assert conversation.next_outcome() == Refused("A")
    assert conversation.data_to_send() == ACK


def test_an_answer_nobody_can_read_ends_the_session() -> None:
    conversation = entering()
    conversation.receive_data(Packet(b"710ZZZ").encode(), 1)
    assert conversation.next_outcome() == Failed(Failure.GARBLED)
    assert conversation.data_to_send() == EOT


def test_a_goodbye_after_an_unreadable_answer_is_not_the_holders() -> None:
    conversation = entering()
    conversation.receive_data(answer()[:-1] + b"\x00", 1)
    assert conversation.data_to_send() == NAK
    conversation.receive_data(EOT, 1)
    assert conversation.next_outcome() == Failed(Failure.GARBLED)


def test_damage_before_the_entry_says_nothing_about_its_end() -> None:
    conversation = asking()
    conversation.receive_data(answer()[:-1] + b"\x00" + ACK, 0)
    conversation.receive_data(EOT, 1)
    assert conversation.next_outcome() == Ended(PinEntryStatus.CANCEL)


def test_each_exchange_may_ask_again_three_times() -> None:
    conversation = PadConversation(DIALECT)
    for now in range(3):
        conversation.tell(WORDS, now)
        conversation.data_to_send()
        conversation.receive_data((answer()[:-1] + b"\x00") * 3, now)
        assert conversation.data_to_send() == NAK * 3
        conversation.receive_data(ACK, now)
        assert conversation.next_outcome() == Done()


@pytest.mark.parametrize("said", [answer(), Packet(b"71A").encode()])
def test_no_block_stays_where_it_is_not_wanted(said: bytes) -> None:
    conversation = PadConversation(DIALECT)
    for begin in (conversation.reset, lambda now: conversation.tell(WORDS, now)):
        begin(0)
        conversation.receive_data(said, 0)
        assert conversation._answer is None
        conversation.abandon()
    delivering = entering()
    delivering.receive_data(said, 1)
    assert delivering._answer is None


def test_a_frame_that_stops_is_asked_for_again() -> None:
    conversation = entering()
    conversation.receive_data(answer()[:9], 1)
    assert conversation.deadline == 1.5
    conversation.advance(1.5)
    assert conversation.data_to_send() == NAK
    conversation.receive_data(answer(), 2)
    assert isinstance(conversation.next_outcome(), Entered)


def test_a_nak_during_the_entry_means_the_request_was_not_heard() -> None:
    conversation = entering()
    conversation.receive_data(NAK, 55)
    assert conversation.state is State.ASKING
    assert conversation.data_to_send() == DIALECT.request(PROMPT, 2).encode()
    assert conversation.deadline == 57


def test_a_babbling_pad_does_not_hold_us_for_ever() -> None:
    conversation = PadConversation(DIALECT)
    conversation.reset(0)
    now = 0.0
    while conversation.next_outcome() is None:
        now += 1
        assert now <= Limits().exchange_seconds_max
        conversation.receive_data(answer(int(now)), now)
        conversation.advance(now)
    assert conversation.state is State.RESTING


def test_nothing_begins_while_something_goes_on() -> None:
    conversation = entering()
    with pytest.raises(NotNow):
        conversation.tell(WORDS, 1)
    with pytest.raises(NotNow):
        conversation.ask(PROMPT, 5, 1)
    assert conversation.state is State.ENTERING
    conversation.receive_data(NAK + ACK, 1)
    assert conversation.deadline == 61
    conversation.receive_data(answer(), 2)
    assert isinstance(conversation.next_outcome(), Entered)


def test_abandoning_leaves_nothing_behind() -> None:
    conversation = entering()
    conversation.receive_data(answer()[:9], 1)
    conversation.abandon()
    assert conversation.deadline is None
    assert conversation.data_to_send() == b""
    conversation.reset(2)
    assert conversation.data_to_send() == RESET


moments = st.lists(
    st.tuples(
        st.floats(0, 3, allow_nan=False),
        st.one_of(
            st.sampled_from([ACK, NAK, EOT, answer(), answer(2), b"\x02", Packet(b"712").encode()]),
            st.binary(max_size=12),
        ),
    ),
    max_size=40,
)


@given(moments=moments, begin=st.sampled_from(["tell", "ask", "reset"]))
def test_whatever_a_pad_says_and_whenever_an_exchange_ends_once(
    moments: list[tuple[float, bytes]], begin: str
) -> None:
    conversation = PadConversation(DIALECT)
    {
        "tell": lambda: conversation.tell(WORDS, 0),
        "ask": lambda: conversation.ask(PROMPT, 30, 0),
        "reset": lambda: conversation.reset(0),
    }[begin]()
    outcomes, now, written = [], 0.0, 0
    for pause, said in [*moments, *[(1.0, b"")] * 90]:
        now += pause
        conversation.receive_data(said, now)
        conversation.advance(now)
        written += len(conversation.data_to_send())
        if (outcome := conversation.next_outcome()) is not None:
            outcomes.append(outcome)
    assert len(outcomes) == 1
    assert conversation.state is State.RESTING
    assert conversation.deadline is None
    assert written < 10_000
