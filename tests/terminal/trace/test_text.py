"""The text of a trace: read back as written, refused with the line where it is none."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.redact import Mask, Piece
from terminal.trace.errors import TraceBroken, TraceUnusable
from terminal.trace.reading import load_trace, parse_trace
from terminal.trace.text import (
    LINE_CHARACTERS_MAX,
    TEXT_BYTES_MAX,
    Exchange,
    NoAnswer,
    Tap,
    Trace,
    write_trace,
)

TEXT = """pass-trace 1
reader: Pass Counter 00 00
recorded: 2026-11-22T04:31:07Z
by: pass-terminal 0.1.0

card: 04 3A 91 0C 55 12 80
atr: 3B 81 80 01 80 80
at: 2026-11-22T04:31:09Z
     0 > 90 71 00 00 02 01 00 00                  # AuthenticateEV2First, key 1
     9 < {16:0a1b2c3d} 91 AF                      # ADDITIONAL_FRAME (91AF)
    12 > 90 AF 00 00 20 {32:9f31c0aa} 00          # next part of AuthenticateEV2First
    30 < gone                                     # no answer

card: -
atr: 3B 80
"""


def strip(trace: Trace) -> Trace:
    """Forget where lines stood."""
    taps = (
        replace(tap, line=0, exchanges=tuple(replace(each, line=0) for each in tap.exchanges))
        for tap in trace.taps
    )
    return replace(trace, taps=tuple(taps))


def test_a_trace_is_what_a_person_reads() -> None:
    trace = parse_trace(TEXT)
    assert write_trace(trace) == TEXT
    first, second = trace.taps
    assert (first.line, first.exchanges[0].line, second.uid, second.line) == (6, 9, None, 14)
    assert first.exchanges[0].answer == (Mask(16, "0a1b2c3d"), b"\x91\xaf")
    assert first.exchanges[1] == Exchange(
        (bytes.fromhex("90AF000020"), Mask(32, "9f31c0aa"), b"\0"), NoAnswer.GONE, 12, 30, line=11
    )


def test_what_hands_write_is_read_too() -> None:
    trace = parse_trace(
        "pass-trace 1\ncard: 04112233\natr: 3b80\n> 906a 0000 ???? ?? # any\n< 9100\n"
    )
    assert trace.taps[0].exchanges[0].command == (bytes.fromhex("906A0000"), Mask(3))
    assert parse_trace(write_trace(trace)) == parse_trace(
        write_trace(parse_trace(write_trace(trace)))
    )


@pytest.mark.parametrize(
    ("was", "becomes", "line", "said"),
    [
        ("pass-trace 1", "pass-trace 2", 1, "begins with"),
        ("reader:", "colour:", 2, "colour"),
        ("by: pass", "reader: pass", 4, "not twice"),
        ("04 3A 91 0C 55 12 80", "04 3A", 6, "4, 7 or 10"),
        ("04 3A 91 0C 55 12 80", "{7:00000000}", 6, "nothing is masked"),
        ("3B 81 80 01 80 80", "3B", 7, "2 to 33"),
        ("atr: 3B 81 80 01 80 80", "", 6, "no atr"),
        ("at: 2026", "by: 2026", 8, "not said of a card"),
        ("     9 < {16:0a1b2c3d} 91 AF", "", 9, "no answer"),
        ("     0 > 90 71 00 00 02 01 00 00", "", 10, "no command"),
        ("{16:0a1b2c3d} 91 AF", "?? 91 AF", 10, "stands in commands"),
        ("{16:0a1b2c3d} 91 AF", "{999:0a1b2c3d}", 10, "1 to 258"),
        ("{16:0a1b2c3d} 91 AF", "9", 10, "neither hex"),
        ("{16:0a1b2c3d} 91 AF", "", 10, "1 to 258"),
        ("< gone", "<gone", 12, "neither"),
        ("card: -", "atr: 3B 80", 14, "before a card's first command"),
        ("card: -", "> 00\n< 00\ncard: -", 14, "after the card's last answer"),
        ("card: -", "card: -" + " " * LINE_CHARACTERS_MAX, 14, "longer"),
        ("by: pass", "by: " + "x" * 201, 4, "at most 200"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_line(
    was: str, becomes: str, line: int, said: str
) -> None:
    assert was in TEXT
    with pytest.raises(TraceBroken, match=said) as caught:
        parse_trace(TEXT.replace(was, becomes, 1))
    assert (caught.value.line, str(caught.value).startswith(f"line {line}: ")) == (line, True)


def test_a_trace_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.trace.reading.TAPS_MAX", 1)
    with pytest.raises(TraceBroken, match="line 14: more than 1 cards"):
        parse_trace(TEXT)
    monkeypatch.setattr("terminal.trace.reading.EXCHANGES_MAX", 1)
    with pytest.raises(TraceBroken, match="line 11: more than 1 commands"):
        parse_trace(TEXT)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "x.trace"
    with pytest.raises(TraceUnusable, match="No such file"):
        load_trace(file)
    file.write_bytes(b"pass-trace 1\nby: \xff\n")
    with pytest.raises(TraceBroken, match="line 2: not UTF-8"):
        load_trace(file)
    file.write_bytes(b" " * (TEXT_BYTES_MAX + 1))
    with pytest.raises(TraceUnusable, match="longer"):
        load_trace(file)
    file.write_text(TEXT)
    assert load_trace(file) == parse_trace(TEXT)


@given(st.lists(st.sampled_from([*TEXT.splitlines(), "card:", "?", "<", "> ??", "a: b", "# x"])))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        trace = parse_trace("\n".join(["pass-trace 1", *lines]))
    except TraceBroken:
        return
    assert strip(parse_trace(write_trace(trace))) == strip(trace)


@given(st.text(max_size=200))
def test_any_letters_are_read_or_refused(text: str) -> None:
    for whole in (text, f"pass-trace 1\ncard: -\natr: 3B80\n{text}"):
        try:
            parse_trace(whole)
        except TraceBroken:
            continue


_TAGS = st.from_regex(r"[0-9a-f]{8}", fullmatch=True)
_MASKS = st.builds(Mask, st.integers(1, 60), _TAGS)
_BYTES = st.binary(min_size=1, max_size=60)


def _alternating(masks: st.SearchStrategy[Mask]) -> st.SearchStrategy[tuple[Piece, ...]]:
    return st.tuples(_BYTES, masks, _BYTES) | st.tuples(_BYTES) | st.tuples(masks, _BYTES)


_ANSWERS = st.sampled_from(NoAnswer) | _alternating(_MASKS)
_TIMES = st.none() | st.integers(0, 999_999_999)
_COMMANDS = _alternating(_MASKS | st.builds(Mask, st.integers(1, 60)))
_EXCHANGES = st.builds(Exchange, _COMMANDS, _ANSWERS, _TIMES, _TIMES)
_UIDS = st.none() | st.sampled_from([4, 7, 10]).flatmap(lambda n: st.binary(min_size=n, max_size=n))


@given(_UIDS, st.binary(min_size=2, max_size=33), st.lists(_EXCHANGES, max_size=4), st.text())
def test_what_is_written_is_read_back(
    uid: bytes | None, atr: bytes, exchanges: list[Exchange], note: str
) -> None:
    talking = [each for each in exchanges if not isinstance(each.answer, NoAnswer)]
    ending = [each for each in exchanges if isinstance(each.answer, NoAnswer)][:1]
    tap = Tap(uid, atr, (*talking, *ending))
    read = strip(parse_trace(write_trace(Trace((tap,), note=note))))
    assert read.taps == (tap,)
    assert "#" not in read.note
    assert read.note.isprintable()
