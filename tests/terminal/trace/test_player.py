"""A trace played to a program: strict, tolerant only where it is marked, and never silent."""

import pytest

from terminal.errors import CardRemoved, CardSilent
from terminal.trace.errors import TraceDiverged
from terminal.trace.player import TracePlayer
from terminal.trace.reading import parse_trace

TEXT = """pass-trace 1
card: 04 3A 91 0C 55 12 80
atr: 3B 81 80 01 80 80
> FF CA 00 00 00
< 04 3A 91 0C 55 12 80 90 00
> 90 5A 00 00 03 F5 92 51 00
< 91 00
> 90 AF 00 00 02 {2:9f31c0aa} ??
< {16:0a1b2c3d} 91 AF
> 90 60 00 00 00
< gone

card: -
atr: 3B 80
> 00
< silent
"""
SELECT, PROOF, VERSION = "905A000003F5925100", "90AF000002123456", "9060000000"


def player(text: str = TEXT) -> TracePlayer:
    return TracePlayer(parse_trace(text))


def said(player: TracePlayer, *commands: str) -> list[str]:
    card = player.wait_for_card(1.0)
    assert card is not None
    with card:
        return [card.transmit(bytes.fromhex(each)).hex().upper() for each in commands]


def test_a_program_that_does_as_recorded() -> None:
    reader = player()
    card = reader.wait_for_card(0.0)
    assert card is not None
    assert (card.uid().hex(), card.atr.hex()) == ("043a910c551280", "3b8180018080")
    assert card.transmit(bytes.fromhex(SELECT)) == b"\x91\x00"
    assert len(card.transmit(bytes.fromhex(PROOF))) == 18
    with pytest.raises(CardRemoved, match="line 10"):
        card.transmit(bytes.fromhex(VERSION))
    with pytest.raises(CardRemoved, match="let go"):
        card.transmit(bytes.fromhex(VERSION))
    assert card.wait_for_removal(0.0)
    second = reader.wait_for_card(0.0)
    assert second is not None
    with second, pytest.raises(CardSilent, match="no UID"):
        second.uid()
    reader = player(TEXT.replace("card: -", "card: 04112233").split("card: 04112233")[0])
    with pytest.raises(CardRemoved):
        said(reader, SELECT, PROOF, VERSION)
    reader.finish()
    assert reader.wait_for_card(0.0) is None


def test_the_uid_may_be_asked_of_the_reader_as_recorded() -> None:
    assert said(player(), "FFCA000000", SELECT) == ["043A910C5512809000", "9100"]


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ([VERSION], "line 6: expected > 90 5A 00 00 03 F5 92 51 00, not > 90 60 00 00 00"),
        ([SELECT, SELECT], r"line 8: .*not > 90 5A 00 00 03 \?\? \?\? \?\? \?\?"),
        ([SELECT, PROOF + "00"], "line 8"),
        ([SELECT, PROOF[:-2]], "line 8"),
    ],
)
def test_a_program_that_strays_is_told_at_once_and_at_the_end(
    commands: list[str], message: str
) -> None:
    reader = player()
    with pytest.raises(TraceDiverged, match=message):
        said(reader, *commands)
    with pytest.raises(TraceDiverged, match=message):
        reader.finish()


def test_a_program_that_stops_early_is_told_at_the_end() -> None:
    reader = player()
    said(reader, SELECT)
    with pytest.raises(TraceDiverged, match="line 8: the program stopped; next would be > 90 AF"):
        reader.finish()


def test_a_program_that_asks_more_is_told() -> None:
    reader = player("pass-trace 1\ncard: 04112233\natr: 3B80\n> 00\n< 9000\n")
    with pytest.raises(TraceDiverged, match="line 4: the trace ends here"):
        said(reader, "00", "00")


def test_a_card_nobody_waited_for_is_told() -> None:
    with pytest.raises(TraceDiverged, match="line 2: nobody waited"):
        player().finish()
    player("pass-trace 1").finish()
