"""Logs from the field: read in several forms, and given away without UIDs, secrets and hours."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.redact import Mask, expand
from simulator.cards.trace_text import End, read_recorded_card
from terminal.trace.errors import TraceBroken, TraceUnusable
from terminal.trace.masking import ANY_ATR, chosen_tap, masked, read_log, without_serial
from terminal.trace.reading import parse_trace
from terminal.trace.text import NoAnswer, Trace, write_trace

KEY = hashlib.sha256(b"forgotten").digest()
UID, OTHER = "04A1B2C3D4E5F6", "0499887766554433"[:14]
SECRET = "5EC12E7" * 4 + "0A1B"  # 32 hex digits of a challenge
CRYPTOGRAM = "C0FFEE" * 8

PCSCD = f"""00000000 eventhandler.c:406:EHStatusHandlerThread() Card inserted into Pass Gate
00000012 Card ATR: 3B 81 80 01 80 80
00001000 APDU: FF CA 00 00 00
00000500 SW: 04 A1 B2 C3 D4 E5 F6 90 00
00000500 APDU: 90 5A 00 00 03 F5 92 51 00
00002000 SW: 91 00
00000100 APDU: 90 71 00 00 02 01 00 00
00009000 SW: {bytes.fromhex(SECRET).hex(" ").upper()} 91 AF
00000100 ifdhandler.c:99 something of its own
00000100 APDU: 90 60 00 00 00
00000100 eventhandler.c:1 Card Removed From Pass Gate
00000012 Card ATR: 3B 80 80 01 01
00000500 APDU: 90 6A 00 00 00
00000500 SW: 6E 00
"""
ARROWS = f"""2026-11-22 12:03:11 reader: PassGate
>> FFCA000000
<< {UID}9000
12:03:11.204 => 90 C4 00 00 19 80 {CRYPTOGRAM} 00
12:03:11.301 <= 91 00
=> FF CA 00 00 00
<= {OTHER} 90 00
=> 90 6A 00 00 00
"""
OURS = f"""pass-trace 1
reader: ACS ACR1252 Dual Reader [ACR1252] (55041844201234) 00 00
recorded: 2026-11-22T12:03:11Z

card: {UID}
atr: 3B 81 80 01 80 80
at: 2026-11-22T12:03:11Z
     0 > 90 60 00 00 00
     1 < 04 91 AF
     2 > 90 AF 00 00 00
     3 < 04 91 AF
     4 > 90 AF 00 00 00
     5 < {UID} 0102030405 1726 91 00
     6 > 90 71 00 00 02 01 00 00
     7 < {{16:0a1b2c3d}} 91 AF
     8 > 90 AF 00 00 20 ??{"??" * 31} 00
     9 < 91 AE
card: {UID}
atr: 3B 81 80 01 80 80
     0 > 90 71 00 00 02 01 00 00
     9 < {{16:0a1b2c3d}} 91 AF
card: {OTHER}
atr: 3B 81 80 01 80 80
"""


def squeezed(trace: Trace) -> str:
    return write_trace(trace).replace(" ", "").upper()


@pytest.mark.parametrize("text", [PCSCD, ARROWS, OURS])
def test_nothing_of_a_person_comes_out(text: str) -> None:
    told = squeezed(masked(read_log(text), KEY))
    for secret in (
        UID,
        OTHER,
        SECRET,
        CRYPTOGRAM,
        "12:03",
        "55041844201234",
        "0102030405",
        "0A1B2C3D",
    ):
        assert secret not in told, secret


def test_a_log_of_pcscd_is_two_cards() -> None:
    first, second = read_log(PCSCD).taps
    assert (first.atr.hex(), first.uid) == ("3b8180018080", bytes.fromhex(UID))
    assert [each.answer for each in first.exchanges] == [
        (b"\x91\x00",), (bytes.fromhex(SECRET) + b"\x91\xaf",), NoAnswer.GONE,
    ]  # fmt: skip
    assert [each.asked_at for each in first.exchanges] == [2, 4, 13]
    assert (second.uid, second.atr.hex(), len(second.exchanges)) == (None, "3b80800101", 1)


def test_a_log_with_arrows_is_two_cards_by_their_uids() -> None:
    trace = read_log(ARROWS)
    assert [tap.uid for tap in trace.taps] == [bytes.fromhex(UID), bytes.fromhex(OTHER)]
    assert {tap.atr for tap in trace.taps} == {ANY_ATR}
    assert "ATR" in trace.note
    assert trace.taps[1].exchanges[0].answer is NoAnswer.GONE


def test_equal_stays_equal_within_and_only_within() -> None:
    trace = parse_trace(OURS)
    one, other = masked(trace, KEY), masked(trace, KEY[::-1])
    uids = [tap.uid for tap in one.taps]
    assert uids[0] == uids[1] != uids[2]
    assert one.taps[0].exchanges[3].answer == one.taps[1].exchanges[0].answer
    assert {tap.uid for tap in other.taps}.isdisjoint(uids)
    assert one.taps[0].exchanges[2].answer[0] == uids[0]  # type: ignore[index]
    assert isinstance(one.taps[0].exchanges[4].command[1], Mask)
    assert masked(one, KEY).taps[0].exchanges[3].answer != one.taps[0].exchanges[3].answer


def test_a_masked_trace_has_its_day_and_its_model_alone() -> None:
    one = masked(parse_trace(OURS), KEY)
    assert (one.recorded, one.reader) == ("2026-11-22", "ACS ACR1252 Dual Reader [ACR1252] 00 00")
    assert {tap.at for tap in one.taps} == {""}
    assert without_serial("Pass Counter 00 00") == "Pass Counter 00 00"


def test_one_card_is_cut_out() -> None:
    trace = parse_trace(OURS)
    assert chosen_tap(trace, 1).taps == trace.taps[:1]
    assert chosen_tap(trace, -1).taps == trace.taps[2:]
    for number in (0, 4, -4):
        with pytest.raises(TraceUnusable, match="3 cards"):
            chosen_tap(trace, number)


@pytest.mark.parametrize("text", ["", "nothing at all", "< 9000", "APDU: 90", "> FFCA000000"])
def test_a_log_of_nothing_is_refused(text: str) -> None:
    if text.startswith("APDU"):
        assert read_log(text).taps[0].exchanges[0].answer is NoAnswer.GONE
        return
    with pytest.raises(TraceUnusable, match="no command"):
        read_log(text)


def test_a_broken_trace_is_refused_with_its_line() -> None:
    with pytest.raises(TraceBroken, match="line 8"):
        read_log(OURS.replace("> 90 60", "> 9 60"))


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(TraceUnusable, match="261"):
        read_log("> " + "90" * 262)
    with pytest.raises(TraceUnusable, match="258"):
        read_log("> 90\n< " + "90" * 259)


_WIRE = st.builds(
    lambda arrow, raw: f"{arrow} {raw.hex()}",
    st.sampled_from([">", "<", "APDU:", "SW:", "=>", "<=", "Card ATR:"]),
    st.binary(max_size=20)
    | st.just(bytes.fromhex("FFCA000000"))
    | st.just(bytes.fromhex(UID + "9000")),
)


@given(st.lists(_WIRE | st.text(max_size=20), max_size=12))
def test_any_log_becomes_a_trace_that_both_sides_read_alike(lines: list[str]) -> None:
    try:
        trace = masked(read_log("\n".join(lines)), KEY)
    except TraceUnusable:
        return
    assert parse_trace(write_trace(trace)).taps[0].uid == trace.taps[0].uid
    one = chosen_tap(trace, 1)
    if one.taps[0].uid is None:
        return
    card = read_recorded_card(write_trace(one))
    assert (card.uid, card.atr) == (one.taps[0].uid, one.taps[0].atr)
    for played, ours in zip(card.exchanges, one.taps[0].exchanges, strict=True):
        if isinstance(ours.answer, NoAnswer):
            assert isinstance(played.answer, End)
            assert played.answer.value == ours.answer.value
        else:
            assert played.answer == expand(ours.answer)
        assert len(played.command) == len(expand(ours.command))
