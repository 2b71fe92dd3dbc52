"""The drawer: names, kinds, files; a kill at any moment; a disk that is full."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.layout import ACCESS_AID, BENEFITS_AID
from simulator.cards.drawer import Drawer
from simulator.cards.errors import (
    CardError,
    CardNameRefused,
    CardNameTaken,
    CardUnknown,
    DrawerFull,
    FolderError,
    OriginalMissing,
    OriginalNotDesfire,
    UidRefused,
)
from simulator.cards.faults import CardFaults
from simulator.cards.folder import CardFolder
from simulator.cards.record import (
    CardKind,
    NewCard,
    checked_name,
)
from tests.simulator.drawers import LIST, ask, new, reopened

TRACE = """pass-trace 1
card: 04 A1 B2 C3 D4 E5 F6
atr: 3B 80 80 01 01
> 90 6A 00 00 00
< 01 02 03 91 00
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[CardFolder]:
    with CardFolder(tmp_path / "cards") as opened:
        yield opened.hold()


# --- names ---


@pytest.mark.parametrize(
    "name", ["LEA", "Léa-Marie", "carte n° 2".replace("°", "o"), "x" * 60, "1"]
)
def test_names_people_give(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", " x", "x ", ".x", "-x", "a/b", "..", "a\\b", "a\0b", "a\nb", "x" * 61, "a:b", "a*b", "😀"],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(CardNameRefused):
        checked_name(name)


@given(st.text(max_size=70))
def test_any_text_is_refused_or_names_a_file_in_the_folder(text: str) -> None:
    try:
        name = checked_name(text)
    except CardNameRefused:
        return
    path = Path("/cards") / f"{name}.json"
    assert path.parent == Path("/cards")
    assert not path.name.startswith(".")
    assert len(os.fsencode(f".{name}.draft")) <= 255
    assert checked_name(name) == name


def test_a_name_is_unique_in_any_case_and_spelling() -> None:
    drawer = Drawer()
    drawer.add(new("Léa"))
    for same in ("LÉA", "léa", "Le\u0301a"):
        with pytest.raises(CardNameTaken):
            drawer.add(new(same))
        assert drawer.card(same).name == "Léa"
    with pytest.raises(CardUnknown):
        drawer.card("../Léa")


# --- kinds ---


def test_every_kind_answers_as_itself_and_comes_back(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    for kind in CardKind:
        of = "blank" if kind is CardKind.CLONE else None
        trace = TRACE if kind is CardKind.TRACE else None
        drawer.add(new(kind.value, kind.value, of=of, trace=trace))
    expected = {
        "blank": "9100",
        "foreign": "F48120F481219100",
        "bank": "6E00",
        "phone": "6A82",
        "clone": (BENEFITS_AID + ACCESS_AID).hex().upper() + "9100",
        "iso7816": "6E00",
        "random-uid": "9100",
        "ev1": "9100",
        "ev3": "9100",
        "trace": "0102039100",
    }
    for one_drawer in (drawer, reopened(folder)):
        for one in one_drawer.cards():
            one.card.enter_field()
            one.card.power_on()
            assert ask(one, LIST) == expected[one.record.kind], one.name
    records = [
        {one.name: one.record for one in one_drawer.cards()}
        for one_drawer in (drawer, reopened(folder))
    ]
    assert records[0] == records[1]


def test_what_a_card_is_comes_back_the_same(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    drawer.add(new("LEA", uid="04a1b2c3d4e5f6", colour="#ff8800", note="perdue", faults=TORN))
    again = reopened(folder).card("LEA")
    assert again.record == drawer.card("LEA").record
    assert again.uid == "04a1b2c3d4e5f6".upper()
    assert again.card.faults == TORN


TORN = CardFaults(tear_after=3, slow_milliseconds=5)


def test_a_random_uid_hides_the_true_one(folder: CardFolder) -> None:
    drawer = Drawer(folder)
    drawer.add(new("X", "random-uid", uid="04A1B2C3D4E5F6"))
    seen = set()
    for one in (drawer.card("X"), reopened(folder).card("X")):
        for _ in range(3):
            one.card.power_on()
            assert one.card.uid[0] == 0x08
            seen.add(one.card.uid)
        assert one.uid == "04A1B2C3D4E5F6"
    assert len(seen) == 6


def test_a_clone_of_a_card_that_hides_its_uid_has_the_true_one() -> None:
    drawer = Drawer()
    drawer.add(new("X", "random-uid", uid="04A1B2C3D4E5F6")).card.power_on()
    clone = drawer.add(new("Y", "clone", of="x"))
    assert clone.card.uid.hex().upper() == "04A1B2C3D4E5F6"
    assert clone.record.of == "X"


@pytest.mark.parametrize(
    ("kind", "version", "authentication"),
    # The key of a card as delivered is DES, which AuthenticateEV2First refuses: where it exists.
    [("ev1", "0100", "911C"), ("blank", "1200", "91AE"), ("ev3", "3300", "91AE")],
)
def test_generations_differ_and_come_back(
    folder: CardFolder, kind: str, version: str, authentication: str
) -> None:
    Drawer(folder).add(new("X", kind))
    for one in (Drawer(folder).card("X"), reopened(folder).card("X")):
        one.card.power_on()
        assert ask(one, "9060000000")[6:10] == version
        assert ask(one, "9071000002000000") == authentication


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (new("x", "clone"), OriginalMissing),
        (new("x", "clone", of="nobody"), CardUnknown),
        (new("x", "clone", of="bank"), OriginalNotDesfire),
        (new("x", "phone", uid="04A1B2C3D4E5F6"), UidRefused),
        (new("x", "clone", of="bank", uid="04A1B2C3D4E5F6"), UidRefused),
        (new("a/b"), CardNameRefused),
        (new("bank"), CardNameTaken),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    folder: CardFolder, wanted: NewCard, refusal: type[CardError]
) -> None:
    drawer = Drawer(folder)
    drawer.add(new("bank", "bank"))
    with pytest.raises(refusal):
        drawer.add(wanted)
    assert [one.name for one in reopened(folder).cards()] == ["bank"]


def test_the_drawer_has_an_end(folder: CardFolder) -> None:
    drawer = Drawer(folder, cards_max=1)
    drawer.add(new("one"))
    with pytest.raises(DrawerFull):
        drawer.add(new("two"))


def test_a_folder_has_an_end(folder: CardFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    drawer = Drawer(folder)
    drawer.add(new("one"))
    drawer.add(new("two"))
    monkeypatch.setattr("simulator.cards.folder.CARDS_MAX", 1)
    with pytest.raises(FolderError, match="more than 1 cards"):
        reopened(folder)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A40000023F00", "9000"),
        ("00A40000022F00", "9000"),
        ("00A4040002F000", "6A82"),
        ("00A40000022F01", "6A82"),
        ("00A40100023F00", "6A86"),
        ("00A40000033F00", "6700"),
        ("00B0000000", "6986"),
        ("00B0", "6700"),
        ("00C0000000", "6D00"),
        ("9060000000", "6E00"),
    ],
)
def test_a_bare_iso_card(command: str, answer: str) -> None:
    assert ask(Drawer().add(new("x", "iso7816")), command) == answer


def test_a_bare_iso_card_is_read() -> None:
    one = Drawer().add(new("x", "iso7816"))
    ask(one, "00A40000022F00")
    assert ask(one, "00B0000000") == "610F4F05F0000000015006534F4C4F30319000"
    assert ask(one, "00B0000F02") == "30319000"
    assert ask(one, "00B0000F03") == "6C02"
    assert ask(one, "00B0001100") == "6B00"
    one.card.reset()
    assert ask(one, "00B0000000") == "6986"
