"""`pass-backend cards`: the orders as a file for a desk, and how far a roll-over has come."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend import __main__ as command_line
from backend.cards.states import CardState
from backend.commands import cards
from backend.commands.cards import count_versions, list_cards
from terminal.desk.orders import read_orders


def test_the_list_of_orders_is_what_a_desk_reads(
    world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "ORDERS_PER_PAGE_MAX", 2)
    ordered = [world.order().number for _ in range(5)]
    made, _ = world.personalised()
    lines = list(list_cards(world.services, CardState.ORDERED))
    assert lines[:2] == [
        "card_number;state;ordered_at",
        f"{ordered[0]};ordered;2026-09-01T10:00:00Z",
    ]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines))
    assert list(read_orders(path)) == ordered
    assert list(list_cards(world.services, CardState.ACTIVE))[1].startswith(made.number)


def test_versions_are_counted_by_state(world: Any) -> None:
    world.order()
    for _ in range(2):
        world.personalised()
    world.roll_card_keys()
    world.personalised()
    versions = count_versions(world.services)
    assert versions.as_text().splitlines() == [
        "new cards get key version 2",
        "key version 1: 2 cards active",
        "key version 2: 1 cards active",
    ]
    assert json.loads(versions.as_json())["counts"][1] == {
        "key_version": 2,
        "state": "active",
        "cards": 1,
    }


def test_the_command_line_prints_both(
    world: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    order = world.order()
    world.personalised()
    monkeypatch.setattr(command_line, "_services", lambda _settings: world.services)
    assert command_line.main(["cards", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith(order.number)
    assert command_line.main(["cards", "versions"]) == 0
    assert "key version 1: 1 cards active" in capsys.readouterr().out
    assert command_line.main(["cards", "versions", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["current"] == 1


def test_a_card_expires_once_and_for_good(
    world: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _ = world.personalised()
    monkeypatch.setattr(command_line, "_services", lambda _settings: world.services)
    for _ in range(2):
        assert command_line.main(["expire-card", "--card-number", made.number]) == 0
    assert capsys.readouterr().out == "card expired\n" * 2
    assert list(list_cards(world.services, CardState.EXPIRED))[1].startswith(made.number)
    order = world.order()
    assert command_line.main(["expire-card", "--card-number", order.number]) == 1
    assert "card_state_refused" in capsys.readouterr().err
