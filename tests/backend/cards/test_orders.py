"""A desk reads what it has to make, page by page."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.cursors import write_cursor
from backend.partners.tables import TerminalKind


def read(world: Any, at: Any = None, **query: Any) -> Any:
    headers = (at or world.desk).headers
    return world.client.get("/v1/card-orders", params=query, headers=headers)


def test_ordered_cards_are_listed_by_number(world: Any) -> None:
    cards = [world.order() for _ in range(3)]
    made, _ = world.personalised()
    body = read(world).json()
    assert [one["card_number"] for one in body["orders"]] == [card.number for card in cards]
    assert body["next_cursor"] is None
    assert body["orders"][0] == {
        "card_number": cards[0].number,
        "state": "ordered",
        "ordered_at": "2026-09-01T10:00:00Z",
    }
    (active,) = read(world, state="active").json()["orders"]
    assert active["card_number"] == made.number


def test_pages_give_each_order_once_while_cards_are_made(world: Any) -> None:
    numbers = [world.order().number for _ in range(5)]
    read_numbers: list[str] = []
    after: dict[str, str] = {}
    pages = 0
    while pages < 9:
        pages += 1
        body = read(world, limit=2, **after).json()
        read_numbers += [one["card_number"] for one in body["orders"]]
        if body["next_cursor"] is None:
            break
        after = {"cursor": body["next_cursor"]}
        numbers.append(world.order().number)
    assert read_numbers == numbers
    assert pages == 4


def test_nothing_ordered_is_an_empty_page(world: Any) -> None:
    assert read(world).json() == {"orders": [], "next_cursor": None}


@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.COUNTER])
def test_only_a_desk_reads_them(
    world: Any, sign_in: Callable[..., Any], kind: TerminalKind
) -> None:
    answer = read(world, at=sign_in(kind))
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal_kind_not_allowed")


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"state": "lost"}], ids=str)
def test_a_malformed_question_is_refused(world: Any, query: dict[str, Any]) -> None:
    answer = read(world, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")


def test_a_cursor_that_this_list_did_not_give_is_refused(world: Any) -> None:
    for _ in range(3):
        world.order()
    given = read(world, limit=1).json()["next_cursor"]
    spoilt = ("A" if given[0] != "A" else "B") + given[1:]
    elsewhere = write_cursor("gate-news", "9250000000000018")
    for cursor in (spoilt, elsewhere, given + "=", given[:-1], "", "9!5", "é", "x" * 5000):
        answer = read(world, cursor=cursor)
        assert (answer.status_code, answer.json()["code"]) == (404, "cursor_invalid"), cursor
