"""Orders from a file or from the backend: checked, each once, or refused as a whole."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from terminal.api_values import CardOrder, CardOrderPage
from terminal.desk import orders
from terminal.desk.orders import fetch_orders, read_orders
from terminal.errors import BackendGarbled, SettingsError
from tests.terminal.desk.twins import numbers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "{0}\n{1}\n",
        "card_number;name\n{0};x\n{1};y",
        "\ufeffnumero_carte\r\n{0}\r\n\r\n{1}\r\n{0}\r\n",
        '"{0}";1\n"{1}";2\n',
    ],
    ids=["plain", "csv", "windows", "quoted"],
)
def test_a_file_is_read(tmp_path: Path, text: str) -> None:
    first, second = numbers(2)
    spaced = f"{first[:4]} {first[4:8]} {first[8:12]} {first[12:]}"
    path = tmp_path / "orders.csv"
    path.write_text(text.format(spaced, second), encoding="utf-8")
    assert read_orders(path) == (first, second)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{0}\n9250000000000019\n", "line 2: wrong check digit"),
        ("x\n{0}\n", "line 1: not only digits"),
        ("{0}\ncard_number\n", "line 2: not only digits"),
        ("1234\n", "line 1: not 16 digits"),
    ],
)
def test_a_wrong_line_is_named_and_not_quoted(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text.format(*numbers(1)))
    with pytest.raises(SettingsError, match=said) as refused:
        read_orders(path)
    assert "9250" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_orders(tmp_path / "absent")
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_orders(path)
    path.write_text("\n".join(numbers(3)))
    monkeypatch.setattr(orders, "ORDERS_MAX", 2)
    with pytest.raises(SettingsError, match="several batches"):
        read_orders(path)
    monkeypatch.setattr(orders, "FILE_BYTES_MAX", 10)
    with pytest.raises(SettingsError, match="too long"):
        read_orders(path)


class Paged:
    """Gives two orders a page."""

    def __init__(self, on_order: list[str], *, stuck: bool = False) -> None:
        self.on_order, self.stuck = on_order, stuck
        self.asked = list[str | None]()

    def list_card_orders(self, cursor: str | None = None) -> CardOrderPage:
        self.asked.append(cursor)
        left = [one for one in self.on_order if self.stuck or cursor is None or one > cursor]
        page = tuple(
            CardOrder(card_number=one, state="ordered", ordered_at=NOW) for one in left[:2]
        )
        more = page[-1].card_number if len(left) > 2 else None
        return CardOrderPage(orders=page, next_cursor=more)


def test_every_page_is_fetched() -> None:
    backend = Paged(list(numbers(5)))
    assert fetch_orders(backend) == tuple(numbers(5))
    assert backend.asked == [None, numbers(5)[1], numbers(5)[3]]
    assert fetch_orders(Paged([])) == ()


def test_pages_that_do_not_go_on_are_garbled() -> None:
    with pytest.raises(BackendGarbled):
        fetch_orders(Paged(list(numbers(5)), stuck=True))


def test_a_number_that_is_none_is_garbled() -> None:
    with pytest.raises(BackendGarbled):
        fetch_orders(Paged(["9250000000000019"]))


def test_too_many_orders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "ORDERS_MAX", 2)
    with pytest.raises(SettingsError, match="several batches"):
        fetch_orders(Paged(list(numbers(5))))
