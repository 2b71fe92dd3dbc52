"""A list's JSON taken apart, and its cards kept as records: what goes in is what comes out."""

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.gate.card_table import CardTable, NamedTwice
from terminal.gate.list_body import CARDS, CardBody
from terminal.gate.list_parts import CARDS_AT_ONCE, take_apart

SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
CARD = st.dictionaries(st.text(max_size=5), SCALARS | st.lists(SCALARS, max_size=3), max_size=4)
PLACE = st.dictionaries(
    st.text(max_size=6).filter(lambda name: name != "cards"), SCALARS, max_size=4
)


@given(PLACE, st.lists(CARD, max_size=8), st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_any_list_comes_out_as_it_went_in(
    place: dict[str, Any], cards: list[Any], ascii_only: bool, indent: Any
) -> None:
    payload = json.dumps(
        place | {"cards": cards, "last": "}"}, ensure_ascii=ascii_only, indent=indent
    )
    parts = take_apart(payload.encode("utf-8", errors="surrogatepass"))
    assert json.loads(parts.place.decode("utf-8", errors="surrogatepass")) == (
        place | {"cards": [], "last": "}"}
    )
    found = [json.loads(chunk.decode("utf-8", errors="surrogatepass")) for chunk in parts.chunks()]
    assert [card for chunk in found for card in chunk] == cards


@pytest.mark.parametrize("count", [0, 1, CARDS_AT_ONCE, CARDS_AT_ONCE + 1, 2 * CARDS_AT_ONCE])
def test_cards_come_some_at_a_time(count: int) -> None:
    parts = take_apart(json.dumps({"cards": list(range(count)), "a": 1}).encode())
    sizes = [len(json.loads(chunk)) for chunk in parts.chunks()]
    assert sum(sizes) == count
    assert all(0 < size <= CARDS_AT_ONCE for size in sizes)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"a":1}',
        b'{"cards":{}}',
        b'{"cards":[',
        b'{"cards":[1,]}',
        b'{"cards":[1 2]}',
        b'{"cards":[]',
        b'{"cards":[]} x',
        b'{"cards":[],"cards":[]}',
        b'{"cards" []}',
        b'{"cards":[' + b"[" * 100_000,
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_what_is_no_list_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whose words nobody sees
        take_apart(payload)


def card(number: int, **more: Any) -> CardBody:
    said = {
        "uid": f"{number:014X}",
        "card_id": str(UUID(int=number, version=4)),
        "key": f"{number:032X}",
        "display_name": "Léa 漢",
        "state": "active",
        "rights": [{"service": "lunch", "days": [1, 2]}],
        **more,
    }
    return CARDS.validate_json(json.dumps([said]))[0]


def table(*cards: CardBody) -> CardTable:
    return CardTable.of(cards, ["lunch", "door"])


def test_a_card_is_what_its_record_says() -> None:
    photo = "ab" * 32
    found = table(card(1, initial="É", photo=photo, state="blocked"), card(2, rights=[]))
    one, two = found[bytes.fromhex(f"{1:014X}")], found[bytes.fromhex(f"{2:014X}")]
    assert (one.name, one.photo, one.holder.blocked) == ("Léa 漢 É.", photo, True)
    assert one.key.reveal() == (1).to_bytes(16, "big")
    assert one.holder.rights[0].days == frozenset({1, 2})
    assert (two.name, two.photo, two.holder.rights) == ("Léa 漢", None, ())
    assert found.ids[two.holder.card_id] == two.uid
    assert two.holder.card_id in list(found.ids)
    assert len(found.ids) == len(list(found)) == 2
    assert "nobody" not in found.ids
    assert bytes(7) not in found


def test_nothing_of_a_card_is_in_a_repr() -> None:
    found = table(card(1))
    assert (repr(found), repr(found.ids)) == ("CardTable(1 cards)", "CardIds(1 cards)")


@pytest.mark.parametrize(
    "other",
    [
        card(2, uid=f"{1:014X}"),
        card(2, card_id=str(UUID(int=1, version=4))),
        card(2, rights=[{"service": "dinner"}]),
        card(2, rights=[{"service": "lunch"}, {"service": "lunch"}]),
    ],
)
def test_nothing_stands_twice(other: CardBody) -> None:
    with pytest.raises(NamedTwice):
        table(card(1), other)


def test_changes_make_another_table() -> None:
    before = table(card(1), card(2), card(3))
    gone, changed = UUID(int=1, version=4), card(2, uid=f"{9:014X}", state="blocked")
    after = before.after([gone], [changed, card(4)], ["lunch"])
    assert [uid.hex()[-2:] for uid in sorted(after)] == ["03", "04", "09"]
    assert sorted(after.ids) == sorted(str(UUID(int=n, version=4)) for n in (2, 3, 4))
    assert len(before) == 3
    assert not before[bytes.fromhex(f"{2:014X}")].holder.blocked


def test_a_card_does_not_both_change_and_go() -> None:
    with pytest.raises(NamedTwice):
        table(card(1)).after([UUID(int=1, version=4)], [card(1)], ["lunch"])
