"""The table of cards and its index do what plain dictionaries would, whatever comes and goes."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.gate import card_index, card_table
from terminal.gate.card_index import RowIndex
from terminal.gate.card_table import CardTable, NamedTwice
from terminal.gate.list_body import CARDS, CardBody
from terminal.gate.list_parts import BYTES_AT_ONCE, read_cards

SHIFT, LENGTH = 3, 2
KEYS = st.integers(0, 30).map(lambda number: number.to_bytes(LENGTH, "big"))


@pytest.fixture(params=[card_index._TAG, 0], ids=["tags", "one tag"])
def crowded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let every key meet others: few slots, and hashes that may all look alike."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_index, "_SLOTS_MIN", 4)
        patch.setattr(card_index, "_TAG", request.param)
        yield


@pytest.mark.usefixtures("crowded")
@given(st.lists(st.tuples(st.sampled_from(["add", "forget", "copy"]), KEYS), max_size=60))
def test_an_index_finds_what_a_dictionary_would(steps: list[tuple[str, bytes]]) -> None:
    rows, index, model = bytearray(1), RowIndex(SHIFT, LENGTH, 64), dict[bytes, int]()
    for step, key in steps:
        if step == "add":
            place = len(rows)
            rows += bytes(SHIFT) + key + b"\xff"
            assert index.add(rows, place) is (key not in model)
            model.setdefault(key, place)
        elif step == "forget" and key in model:
            index.forget(rows, key)
            del model[key]
        elif step == "copy":
            before, index = index, index.copy()
            for known in model:
                before.forget(rows, known)
    for number in range(31):
        key = number.to_bytes(LENGTH, "big")
        assert index.find(rows, key) == model.get(key, 0)
    assert index.find(rows, b"") == index.find(rows, bytes(LENGTH + 1)) == 0


def test_no_more_than_half_of_the_slots_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card_index, "_SLOTS_MIN", 4)
    rows, index = bytearray(1), RowIndex(0, LENGTH, 0)
    assert index.has_room(2)
    assert not index.has_room(3)
    for number in range(2):
        rows += number.to_bytes(LENGTH, "big")
        assert index.add(rows, len(rows) - LENGTH)
    index.forget(rows, bytes(LENGTH))
    assert not index.has_room(1), "a slot that was left still lengthens a search"


def _card(card_id: int, uid: int, name: str) -> CardBody:
    said = {
        "uid": f"{uid:014X}",
        "card_id": str(UUID(int=card_id, version=4)),
        "key": f"{uid:032X}",
        "display_name": name,
        "state": "active",
        "photo": "ab" * 32 if uid % 3 == 0 else None,
        "initial": "É" if uid % 2 else "",
        "rights": [{"service": "lunch", "meals_left": uid % 4}],
    }
    return CARDS.validate_json(json.dumps([said]))[0]


NUMBERS = st.integers(0, 12)
BODIES = st.builds(_card, NUMBERS, NUMBERS, st.text(max_size=12))
CHANGES = st.tuples(st.lists(NUMBERS, max_size=4), st.lists(BODIES, max_size=6))
Model = dict[str, tuple[bytes, str]]


def _changed(model: Model, gone: list[int], cards: list[CardBody]) -> Model | None:
    """Say what changes lead to, None if something then stands twice."""
    left, fresh = dict(model), Model()
    leaving = {str(UUID(int=number, version=4)) for number in gone}
    for card_id in leaving:
        left.pop(card_id, None)
    for card in cards:
        left.pop(card["card_id"], None)
        if card["card_id"] in leaving or card["card_id"] in fresh:
            return None
        fresh[card["card_id"]] = (bytes.fromhex(card["uid"]), card["display_name"])
    left |= fresh
    return left if len({uid for uid, _ in left.values()}) == len(left) else None


def _told(table: CardTable) -> Model:
    return {card.holder.card_id: (uid, card.holder.display_name) for uid, card in table.items()}


@pytest.mark.usefixtures("crowded")
@settings(max_examples=50)
@given(st.lists(CHANGES, max_size=6))
def test_a_table_holds_what_a_dictionary_would(steps: list[Any]) -> None:
    table, model = CardTable(), Model()
    for gone, cards in steps:
        ids = [UUID(int=number, version=4) for number in gone]
        expected = _changed(model, gone, cards)
        if expected is None:
            with pytest.raises(NamedTwice):
                table.after(ids, cards, ["lunch"])
            continue
        before, table = table, table.after(ids, cards, ["lunch"])
        assert list(_told(before).items()) == list(model.items()), "what was held is as it was"
        model = expected
    assert list(_told(table).items()) == list(model.items())
    assert list(table.ids) == list(model)
    assert len(table) == len(table.ids) == len(model)
    for card_id, (uid, _) in model.items():
        card = table[uid]
        assert (table.ids[card_id], card.key.reveal()) == (uid, uid.rjust(16, b"\0"))
        assert card.initial == ("É" if uid[-1] % 2 else "")
        assert (card.photo is not None) == (uid[-1] % 3 == 0)
        assert card.holder.rights[0].meals_left == uid[-1] % 4


def test_what_went_leaves_its_room() -> None:
    table, sizes = CardTable(), set[int]()
    for turn in range(200):
        table = table.after([], [_card(1, turn % 5, "Léa"), _card(2, 9, "Noé")], ["lunch"])
        sizes.add(len(table._rows))
    assert max(sizes) <= 4 * min(sizes)
    assert len(table) == 2


def test_rights_are_kept_once_and_known_again_by_their_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(card_table, "_WRITTEN_RIGHTS_MAX", 2)
    table = CardTable.of([_card(number, number, "Léa") for number in range(12)], ["lunch"])
    cards = list(table.values())
    assert [card.holder.rights[0].meals_left for card in cards] == [0, 1, 2, 3] * 3
    assert len({id(card.holder.rights) for card in cards}) == 4


SPLIT = "},{"
TEXTS = st.text(max_size=20) | st.sampled_from([SPLIT, '},{"uid":', "\\", '"', '},{"uid":"'])
LOOSE = st.fixed_dictionaries({"uid": TEXTS, "a": TEXTS}) | st.fixed_dictionaries(
    {"uid": TEXTS, "b": st.lists(st.fixed_dictionaries({"uid": TEXTS}), max_size=3)}
)


@given(st.lists(LOOSE | st.integers(), max_size=12), st.booleans(), st.sampled_from([None, 1]))
def test_cards_cut_anywhere_are_the_cards(cards: list[Any], spaced: bool, indent: Any) -> None:
    """With texts, and cards in cards, that look like where the next one begins."""
    separators = (", ", ": ") if spaced else (",", ":")
    text = json.dumps(cards, ensure_ascii=False, separators=separators, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("terminal.gate.list_parts.BYTES_AT_ONCE", 1)
        found = list(read_cards(text.encode("utf-8", errors="surrogatepass"), _read))
    assert [card for some in found for card in some] == cards


@given(
    st.binary(max_size=40) | st.sampled_from([b"[1,]", b'[{"uid":1},{"uid":2},]', b"[1]x", b"["])
)
def test_what_is_no_array_is_refused_cut_or_not(text: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("terminal.gate.list_parts.BYTES_AT_ONCE", 1)
        try:
            expected = _read(text.strip(b" \t\r\n"))
        except ValueError:
            with pytest.raises(ValueError):  # noqa: PT011 - whose words nobody sees
                list(read_cards(text, _read))
        else:
            found = list(read_cards(text, _read))
            assert [card for some in found for card in some] == expected


def test_a_long_list_is_read_in_pieces() -> None:
    cards = [_card(number, number, "Léa") for number in range(3000)]
    text = json.dumps(cards, separators=(",", ":")).encode()
    pieces = list(read_cards(bytearray(text), _read))
    assert [card for some in pieces for card in some] == cards
    assert len(pieces) == pytest.approx(len(text) / BYTES_AT_ONCE, abs=1)


def _read(text: bytes) -> list[Any]:
    found = json.loads(text.decode("utf-8", errors="surrogatepass"))
    if not isinstance(found, list):
        raise ValueError("no array")  # noqa: TRY004 - as a checked read says it
    return found
