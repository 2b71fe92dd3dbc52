"""What the pad hears, written apart from the terminal's decoder and held to the same examples."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.pad.frames import Command, Heard, LineReader, Signal, Unreadable, frame

texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=60)


def hear(received: bytes, chunk: int = 4096) -> list[Heard]:
    reader = LineReader()
    parts = (received[start : start + chunk] for start in range(0, len(received), chunk))
    return [heard for part in parts for heard in reader.hear(part)]


def test_a_frame_byte_by_byte() -> None:
    assert frame("72") == bytes.fromhex("02 37 32 03 06")
    assert hear(bytes.fromhex("02 37 32 03 06")) == [Command("72")]
    assert hear(bytes.fromhex("0F 31 31 0E 0E")) == [Command("11")]
    assert hear(frame("72", flaw=1)) == [Unreadable()]


@given(
    sent=st.lists(st.one_of(texts, st.sampled_from(Signal)), max_size=6), chunk=st.integers(1, 80)
)
def test_any_split_gives_what_was_sent(sent: list[str | Signal], chunk: int) -> None:
    parts = [bytes((one.value,)) if isinstance(one, Signal) else frame(one) for one in sent]
    expected = [one if isinstance(one, Signal) else Command(one) for one in sent]
    assert hear(b"".join(parts), chunk) == expected


@given(received=st.binary(max_size=600), chunk=st.integers(1, 50))
def test_any_bytes_are_survived(received: bytes, chunk: int) -> None:
    assert hear(received, chunk) == hear(received)


def test_an_endless_frame_is_dropped() -> None:
    assert hear(b"\x02" + b"A" * 300) == [Unreadable()]
    assert hear(b"\x02" + b"A" * 300 + frame("72")) == [Unreadable(), Command("72")]


def test_letters_beyond_ascii_are_unreadable() -> None:
    assert hear(b"\x02\xe9\x03" + bytes((0xE9 ^ 0x03,))) == [Unreadable()]


def test_a_command_shows_nothing_of_its_text() -> None:
    assert repr(Command("Z62.9250000000000018")) == "Command()"
