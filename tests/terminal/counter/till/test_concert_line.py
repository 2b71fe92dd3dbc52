"""The Concert line: golden conversations, any split, any noise, every silence; and the messages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.counter.tills.concert_line import (
    MESSAGE_BYTES_MAX,
    TRIES_MAX,
    ConcertLine,
    LineState,
    Requested,
    Told,
    frame,
)
from terminal.counter.tills.concert_messages import BadMessage, answer_to, parse_request
from terminal.counter.tills.wish import Action, Failure, Wish, failed

STX, ETX, EOT, ENQ, ACK, NAK = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06", b"\x15"
E_PLUS = b"0100001245010978          A011B010"
E_PLAIN = b"0100001245010978          "
REQUEST = b"\x020100001245010978          A010B010\x03"


def hear(line: ConcertLine, piece: bytes) -> bytes:
    line.receive_data(piece)
    return line.data_to_send()


def listening(message: bytes = E_PLUS) -> ConcertLine:
    """A line that has a whole request."""
    line = ConcertLine()
    assert hear(line, ENQ) == ACK
    assert hear(line, frame(message)) == ACK
    assert line.next_event() is None, "nothing counts before the till has ended"
    assert hear(line, EOT) == b""
    assert line.next_event() == Requested(message)
    assert line.state is LineState.WORKING
    return line


def test_a_whole_conversation() -> None:
    line = listening()
    line.answer(b"0100000124519780          ")
    assert line.data_to_send() == ENQ
    assert hear(line, ACK) == frame(b"0100000124519780          ")
    assert hear(line, ACK) == EOT
    assert line.next_event() == Told(delivered=True)
    assert line.state is LineState.IDLE


def test_the_check_character_is_the_one_that_is_published() -> None:
    lrc = 0
    for value in REQUEST[1:]:
        lrc ^= value
    assert frame(REQUEST[1:-1]) == REQUEST + bytes((lrc,))


@given(st.data())
def test_split_anywhere_it_hears_the_same(data: st.DataObject) -> None:
    raw = ENQ + frame(E_PLUS) + EOT
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=6)))
    line = ConcertLine()
    said = b"".join(
        hear(line, raw[a:b]) for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)
    )
    assert (said, line.next_event()) == (ACK + ACK, Requested(E_PLUS))


noise = st.lists(
    st.one_of(
        st.sampled_from([STX, ETX, EOT, ENQ, ACK, NAK, frame(E_PLUS)]),
        st.binary(min_size=1, max_size=8),
        st.just(None),  # a silence
    ),
    max_size=60,
)


@given(noise)
def test_noise_never_breaks_it_nor_makes_a_request_of_bad_frames(heard: list[bytes | None]) -> None:
    line = ConcertLine()
    for piece in heard:
        if piece is None:
            line.time_out()
        else:
            line.receive_data(piece)
        while (event := line.next_event()) is not None:
            if isinstance(event, Requested):
                assert len(event.message) <= MESSAGE_BYTES_MAX
                line.answer(b"x")
        assert line._frame is None or len(line._frame) <= MESSAGE_BYTES_MAX + 1
    for _ in range(4 * TRIES_MAX):  # silence brings it to rest from anywhere
        line.time_out()
    assert line.state is LineState.IDLE
    assert hear(line, ENQ).endswith(ACK)


def test_a_damaged_frame_is_asked_for_again_up_to_a_limit() -> None:
    line = ConcertLine()
    hear(line, ENQ)
    damaged = frame(E_PLUS)[:-1] + b"\x00"
    assert hear(line, damaged) == NAK
    assert hear(line, frame(E_PLUS)) == ACK
    assert hear(line, EOT) == b""
    assert line.next_event() == Requested(E_PLUS)

    line = ConcertLine()
    hear(line, ENQ)
    assert [hear(line, damaged) for _ in range(TRIES_MAX)] == [NAK, NAK, EOT]
    assert line.state is LineState.IDLE


def test_an_oversized_frame_is_refused() -> None:
    line = ConcertLine()
    hear(line, ENQ)
    assert hear(line, STX + b"1" * (MESSAGE_BYTES_MAX + 1)) == NAK


def test_a_request_that_the_till_does_not_end_is_none() -> None:
    line = ConcertLine()
    hear(line, ENQ + frame(E_PLUS))
    line.time_out()
    assert (line.state, line.next_event()) == (LineState.IDLE, None)
    assert hear(line, EOT) == b""
    assert line.next_event() is None


def test_a_till_that_gives_up_before_its_message() -> None:
    line = ConcertLine()
    hear(line, ENQ + EOT)
    assert (line.state, line.next_event()) == (LineState.IDLE, None)


def test_a_till_that_did_not_hear_is_answered_again() -> None:
    line = ConcertLine()
    assert hear(line, ENQ) == ACK
    assert hear(line, ENQ) == ACK
    assert hear(line, frame(E_PLUS)) == ACK
    assert hear(line, frame(E_PLUS)) == ACK, "it did not hear the first one"
    hear(line, EOT)
    assert line.next_event() == Requested(E_PLUS)
    assert line.next_event() is None


def test_while_it_works_another_request_is_turned_away() -> None:
    line = listening()
    assert hear(line, ENQ) == NAK
    assert hear(line, STX + E_PLUS + ETX + EOT) == b""
    assert line.next_event() is None


@pytest.mark.parametrize("refusal", [NAK, None])
def test_a_till_that_does_not_take_the_answer(refusal: bytes | None) -> None:
    line = listening()
    line.answer(b"answer")
    said = []
    for _ in range(TRIES_MAX):
        said.append(line.data_to_send())
        if refusal is None:
            line.time_out()
        else:
            line.receive_data(refusal)
        said.append(line.data_to_send())
        line.time_out()  # the pause of one second
    assert said == [ENQ, EOT] * TRIES_MAX
    assert line.next_event() == Told(delivered=False)
    assert line.state is LineState.IDLE


@pytest.mark.parametrize("refusal", [NAK, None])
def test_an_answer_that_does_not_get_through(refusal: bytes | None) -> None:
    line = listening()
    line.answer(b"answer")
    line.data_to_send()
    said = [hear(line, ACK)]
    for _ in range(TRIES_MAX):
        if refusal is None:
            line.time_out()
        else:
            line.receive_data(refusal)
        said.append(line.data_to_send())
    assert said == [frame(b"answer")] * TRIES_MAX + [EOT]
    assert line.next_event() == Told(delivered=False)


# --- messages ----------------------------------------------------------------------------------


def test_the_two_requests() -> None:
    plus, plain = parse_request(E_PLUS), parse_request(E_PLAIN)
    assert plus.wish(100_000) == Wish("concert-v2 01", Action.DEBIT, 1245)
    assert plain.wish(100_000) == plus.wish(100_000)
    assert (plus.at_once, plain.at_once) == (True, False)
    assert not parse_request(E_PLUS.replace(b"A011", b"A010")).at_once


@given(st.binary(max_size=60))
def test_anything_else_is_no_request(raw: bytes) -> None:
    try:
        request = parse_request(raw)
    except BadMessage:
        return
    assert len(raw) in {26, 34}
    assert len(answer_to(request, failed(Failure.REFUSED))) in {25, 25 + 55}


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        (b"0100001245010840          ", Failure.BAD_CURRENCY),
        (b"01000012450C0978          ", Failure.BAD_SELECTION),
        (b"0100001245019978          ", Failure.UNKNOWN_ACTION),
        (b"010000124501I978          ", Failure.UNKNOWN_ACTION),
        (b"0100000000010978          ", Failure.BAD_FORMAT),
        (b"0100100001010978          ", Failure.REFUSED),
    ],
)
def test_what_is_refused(message: bytes, failure: Failure) -> None:
    assert parse_request(message).wish(100_000) == failed(failure)
