"""A played-back card: the trace it takes, the order it keeps, what it says to who strays."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import expect, sync_playwright

from simulator.__main__ import main
from simulator.cards.drawer import Drawer
from simulator.cards.errors import CardError, CardFileBroken, TraceMissing, TraceRefused, UidRefused
from simulator.cards.folder import CardFolder
from simulator.cards.played_back import PlayedBackCard
from simulator.cards.record import CardKind, NewCard
from simulator.cards.trace_text import TEXT_CHARACTERS_MAX, read_recorded_card
from simulator.tabletop import Tabletop
from simulator.vpcd import CardMute, Direction
from simulator.wire.card_wire import CardWire
from tests.simulator.served import code_of, served

TRACE = """pass-trace 1
reader: Pass Gate
recorded: 2026-11-22

card: 04 11 22 33 44 55 66
atr: 3B 81 80 01 80 80
     0 > FF CA 00 00 00            # the reader answers this
     1 < 04 11 22 33 44 55 66 90 00
     2 > 90 5A 00 00 03 F5 92 51 00
     4 < 91 00
     5 > 90 71 00 00 02 01 00 00
     9 < {16:0a1b2c3d} 91 AF
       > 90 AF 00 00 20 {32:9f31c0aa} 00   # whatever the program's proof is
    30 < 91 AE
       > 90 6A 00 00 ??
       < 91 1C
       > 90 60 00 00 00
       < gone
"""
CHROMIUM = "/usr/bin/chromium"
SEEN_MILLISECONDS_MAX = 15_000
SELECT, AUTHENTICATE, LIST, VERSION = (
    "905A000003F5925100",
    "9071000002010000",
    "906A0000AB",
    "9060000000",
)
PROOF = "90AF000020" + "5A" * 32 + "00"


def asked(card: PlayedBackCard, *commands: str) -> list[str]:
    return [card.transmit(bytes.fromhex(each)).hex().upper() for each in commands]


def played(text: str = TRACE) -> PlayedBackCard:
    card = PlayedBackCard(read_recorded_card(text))
    card.power_on()
    return card


def test_the_recorded_order_has_the_recorded_answers() -> None:
    card = played()
    assert (card.uid.hex(), card.power_on().hex()) == ("04112233445566", "3b8180018080")
    first = asked(card, SELECT, AUTHENTICATE, PROOF, LIST, VERSION)
    assert [first[0], *first[2:]] == ["9100", "91AE", "911C", ""]
    assert len(first[1]) == 36
    assert first[1].endswith("91AF")
    card.reset()
    assert asked(card, SELECT, AUTHENTICATE, PROOF, LIST, VERSION) == first
    assert card.remark() is None


@pytest.mark.parametrize(
    ("commands", "remark"),
    [
        ([VERSION], "line 9: > 90 5A 00 00 03 F5 92 51 00"),
        ([SELECT, SELECT], "line 11: > 90 71"),
        ([SELECT, AUTHENTICATE, PROOF[:-4] + "00"], "line 13: > 90 AF 00 00 20 {32:9f31c0aa} 00"),
        ([SELECT[:-2]], "line 9"),
        ([""], "line 9"),
    ],
)
def test_who_strays_is_told_where_and_gets_nothing_more(commands: list[str], remark: str) -> None:
    card = played()
    assert asked(card, *commands)[-1] == "6F00"
    assert remark in str(card.remark())
    assert asked(card, SELECT, AUTHENTICATE) == ["6F00", "6F00"]
    card.power_on()
    assert asked(card, SELECT) == ["9100"]
    assert card.remark() is None


def test_a_trace_ends() -> None:
    card = played("\n".join(TRACE.splitlines()[:10]))
    assert asked(card, SELECT, SELECT) == ["9100", "6F00"]
    assert card.remark() == "the trace ends before this"


def test_a_silent_card_is_mute() -> None:
    card = played(TRACE.replace("gone", "silent"))
    asked(card, SELECT, AUTHENTICATE, PROOF, LIST)
    with pytest.raises(CardMute):
        card.transmit(bytes.fromhex(VERSION))


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("pass-trace 1", "pass-trace 2", "Line 1"),
        ("card: 04 11 22 33 44 55 66", "card: -", "Line 5.*no UID"),
        ("card: 04 11 22 33 44 55 66", "card: 04 11", "Line 5.*4, 7 or 10"),
        ("atr: 3B 81 80 01 80 80", "", "Line 7.*ATR"),
        ("reader:", "colour:", "Line 2.*colour"),
        ("     4 < 91 00", "", "Line 11"),
        ("< 91 AE", "< 91 ??", "Line 14.*hex"),
        ("< 91 AE", "< {600:0a1b2c3d}", "Line 14.*1 to 258"),
        ("< 91 AE", "lorem", "Line 14.*neither"),
        ("> 90 6A 00 00 ??", "> {900:0a1b2c3d}", "Line 15.*1 to 261"),
        ("< gone", "", "Line 17.*no answer"),
        ("< gone", "< gone\n> 00\n< 00", "Line 19.*last answer"),
        ("< gone", "< gone\ncard: 04112233", "Line 19.*mask --tap"),
    ],
)
def test_a_text_that_is_no_trace_is_refused_with_its_line(
    was: str, becomes: str, said: str
) -> None:
    assert was in TRACE
    with pytest.raises(TraceRefused, match=said):
        read_recorded_card(TRACE.replace(was, becomes, 1))


def test_a_trace_has_an_end() -> None:
    with pytest.raises(TraceRefused, match="longer"):
        read_recorded_card(TRACE + "#" * TEXT_CHARACTERS_MAX)


@given(st.lists(st.sampled_from([*TRACE.splitlines(), "card:", "< ??", "{1:00000000}", "é", "> "])))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        card = read_recorded_card("\n".join(lines))
    except TraceRefused:
        return
    assert len(card.uid) in (4, 7, 10)
    assert all(each.command for each in card.exchanges)


def new(**more: Any) -> NewCard:
    return NewCard(name="X", **{"kind": CardKind.TRACE, "trace": TRACE, **more})


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (new(trace=None), TraceMissing),
        (new(kind=CardKind.BLANK), TraceMissing),
        (new(trace="hello"), TraceRefused),
        (new(uid="04A1B2C3D4E5F6"), UidRefused),
    ],
)
def test_what_is_not_a_recorded_card_is_refused(wanted: NewCard, refusal: type[CardError]) -> None:
    with pytest.raises(refusal):
        Drawer().add(wanted)


def test_a_card_file_whose_trace_is_none_is_broken(tmp_path: Path) -> None:
    with CardFolder(tmp_path / "cards") as folder:
        Drawer(folder.hold()).add(new())
        file = folder.path / "X.json"
        file.write_text(file.read_text().replace("pass-trace 1", "pass-trace 9"))
        with pytest.raises(CardFileBroken, match="X: its trace is none"):
            Drawer(CardFolder(folder.path))


def test_the_wire_view_says_where_a_program_strayed() -> None:
    table = Tabletop()
    one = table.drawer.add(new())
    wire = CardWire("Pass Gate", table.feed, lambda _card: "X")
    one.card.enter_field()
    one.card.power_on()
    wire.see(one.card, present=True)
    for command in (SELECT, VERSION):
        wire.hear(Direction.TO_CARD, bytes.fromhex(command))
        wire.hear(Direction.FROM_CARD, one.card.transmit(bytes.fromhex(command)))
    heard = [each.get("answer") for each in table.feed.history()]
    assert heard[-2:] == [
        "done",
        "no more is said; the trace has, in line 11: > 90 71 00 00 02 01 00 00",
    ]


def test_it_is_made_over_http_and_its_trace_is_not_shown() -> None:
    with served(Tabletop()) as client:
        made = client.post("/cards", json={"name": "X", "kind": "trace", "trace": TRACE})
        assert (made.status_code, made.json()["uid"]) == (201, "04112233445566")
        assert "9f31c0aa" not in client.get("/cards").text
        refused = client.post("/cards", json={"name": "Y", "kind": "trace", "trace": "?"})
        assert code_of(refused) == (409, "trace_refused")
        missing = client.post("/cards", json={"name": "Y", "kind": "trace"})
        assert code_of(missing) == (409, "trace_missing")


def test_the_command_line_says_what_is_wrong_with_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def made(file: Path) -> tuple[int, str]:
        place = ["--cards-dir", str(tmp_path / "cards")]
        status = main(["card", "new", "X", "--kind", "trace", "--file", str(file), *place])
        return status, capsys.readouterr().err

    assert made(tmp_path / "none")[0] == 2
    broken = tmp_path / "broken"
    broken.write_bytes(b"\xff")
    assert made(broken)[0] == 2
    broken.write_text("x" * (TEXT_CHARACTERS_MAX + 1))
    assert made(broken)[0] == 2
    broken.write_text(TRACE.replace("card:", "cart:"))
    status, said = made(broken)
    assert (status, "Line 5" in said) == (1, True)
    broken.write_text(TRACE)
    assert made(broken) == (0, "")


def test_the_counter_page_makes_a_card_of_a_recorded_trace(tmp_path: Path) -> None:
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    wrong, right = tmp_path / "wrong.trace", tmp_path / "right.trace"
    wrong.write_text("not a trace")
    right.write_text(TRACE)
    with served(Tabletop(), ()) as control, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--headless=new", "--disable-background-networking"]
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=flags).new_page()
        page.set_default_timeout(SEEN_MILLISECONDS_MAX)
        page.goto(f"{control.base_url}/?lang=en")
        page.get_by_role("button", name="New card").click()
        file = page.get_by_label("Recorded trace")
        expect(file).to_be_hidden()
        page.get_by_label("Name").fill("REJOUEE")
        page.get_by_label("Kind").select_option("trace")
        expect(file).to_be_visible()
        violations = Axe().run(page).response["violations"]
        assert [each["id"] for each in violations] == []
        file.set_input_files(wrong)
        page.locator("#new-card-fields button[type=submit]").click()
        expect(page.locator("#toast")).to_contain_text("no trace of one card")
        file.set_input_files(right)
        page.locator("#new-card-fields button[type=submit]").click()
        expect(page.locator("dialog")).to_be_hidden()
        (made,) = control.get("/cards").json()
    assert (made["name"], made["kind"]) == ("REJOUEE", "trace")
