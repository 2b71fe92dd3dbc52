"""docs/till-api.md, tried: each example is asked of a counter and must get the answer it shows."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from terminal.counter import words
from terminal.counter.api import create_app
from terminal.counter.receipts.office import open_office
from terminal.counter.states import State
from terminal.counter.tills.request import _FORMATS
from terminal.counter.tills.wish import Failure
from terminal.settings import CounterSettings
from terminal.till_settings import CaisseApSettings, ConcertSettings
from tests.peers.environment import ROOT
from tests.terminal.counter.shop import Shop
from tests.terminal.counter.till.conftest import PLACE, TillStand

PAGE = (ROOT / "docs" / "till-api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL)
CALLS = [block for kind, block in BLOCKS if not kind and block.startswith("$ curl")]
TOKEN = "ab" * 32
ANYTHING = "…"


class Example:
    """One `curl` and what it writes."""

    def __init__(self, block: str, sale_id: str) -> None:
        command, self.output = block.split("\n", 1)
        values = {"$TOKEN": TOKEN, "$SALE": sale_id}
        for name, value in values.items():
            command = command.replace(name, value)
        self.method, self.headers, self.body, self.url = "GET", dict[str, str](), None, ""
        arguments = iter(shlex.split(command)[2:])  # without "$ curl"
        for each in arguments:
            if each == "-X":
                self.method = next(arguments)
            elif each == "-H":
                name, _, value = next(arguments).partition(": ")
                self.headers[name] = value
            elif each == "-d":
                self.body = next(arguments)
            elif each != "-s":
                self.url = each

    def matches(self, written: str) -> bool:
        pieces = [re.escape(piece) for piece in self.output.rstrip("\n").split(ANYTHING)]
        # A long answer is shown in part: what stands for the rest may be anything.
        plain = written.rstrip("\n").replace("\u00a0", " ")
        return re.fullmatch(".*".join(pieces), plain, re.DOTALL) is not None


@pytest.fixture
def till(shop: Shop, tmp_path: Path) -> Iterator[TestClient]:
    with ExitStack() as stack:
        settings = CounterSettings.model_construct(state_dir=tmp_path, printer=None)
        office = stack.enter_context(open_office(settings, PLACE, shop.clock.now))
        app = create_app(replace(shop.till, receipts=office, token=TOKEN))
        yield TestClient(app, base_url="http://127.0.0.1:9251")


@pytest.mark.parametrize("block", CALLS, ids=lambda block: block[2:70])
def test_the_answer_is_the_one_shown(shop: Shop, till: TestClient, block: str) -> None:
    sale_id = shop.sell()
    shop.wait_for_rest()
    example = Example(block, sale_id)
    answer = till.request(
        example.method, f"http://{example.url}", content=example.body, headers=example.headers
    )
    assert example.matches(answer.text), answer.text
    if "sale_id" in example.output and example.method == "POST":
        shop.wait_for_rest(2)


def test_there_are_examples() -> None:
    assert len(CALLS) >= 6


def test_the_exchange_is_the_one_shown(stand: TillStand) -> None:
    (block,) = (block for _, block in BLOCKS if block.startswith("-> "))
    asked, told = (line.split(" ", 1)[1] for line in block.strip().splitlines())
    with stand.send(asked.encode()) as line:
        assert line.recv(1024).decode() == told


def test_the_settings_shown_are_settings() -> None:
    shown: dict[str, object] = {}
    for kind, block in BLOCKS:
        if kind == "toml":
            shown |= tomllib.loads(block)
    assert CaisseApSettings.model_validate(shown["caisse_ap"]) == CaisseApSettings()
    assert ConcertSettings.model_validate(shown["concert"]).line == "9600 8N1"


def test_every_code_tag_and_end_is_explained() -> None:
    for failure in set(Failure) - {Failure.UNKNOWN_ACTION, Failure.BAD_CURRENCY}:
        assert re.search(rf"01 {failure.value}\b", PAGE), failure
    assert "`AF` 12" in PAGE
    assert "`AF` 13 and 10" in PAGE
    for tag in _FORMATS:
        assert re.search(rf"\b{tag}\b", PAGE), tag
    for state in (State.APPROVED, State.DECLINED, State.CANCELLED, State.FAILED, State.REVERSED):
        assert f"`{state}`" in PAGE
    named = set(re.findall(r"`([a-z]+_[a-z_]+)`", PAGE))
    assert {code for code in named if code in words.API_SENTENCES} >= {
        "sale_in_progress",
        "sale_already_settled",
        "too_many_open_reversals",
        "journal_unavailable",
        "malformed_request",
        "sale_not_found",
        "origin_refused",
        "printer_out_of_paper",
    }
