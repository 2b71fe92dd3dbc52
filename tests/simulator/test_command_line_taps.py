"""`pass-simulator card` at readers of a real daemon: laid, tapped, torn, interrupted."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from simulator.commands import card, parser
from simulator.commands.card import Clock
from simulator.commands.client import ControlClient
from simulator.pcscd import PrivatePcscd
from simulator.tabletop import Tabletop
from tests.simulator.served import served

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def readers(
    daemon: PrivatePcscd, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Tabletop, httpx.Client]]:
    """A simulator with two real readers and the card LEA."""
    table = Tabletop()
    with contextlib.ExitStack() as stack:
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
        client = stack.enter_context(served(table))
        monkeypatch.setenv("PASS_SIMULATOR_CONTROL", str(client.base_url).rstrip("/"))
        client.post("/cards", json={"name": "LEA", "kind": "blank"})
        yield table, client


def test_cards_are_laid_and_taken(run: Run, readers: tuple[Tabletop, httpx.Client]) -> None:
    status, _, complaint = run("card", "insert", "LEA")
    assert status == 1
    assert "Say which with --reader: Pass Counter, Pass Gate." in complaint
    assert run("card", "insert", "LEA", "--reader", "counter")[0] == 0
    assert run("card", "delete", "LEA", "--json")[2].startswith('{"code": "card_on_reader"')
    assert "card_elsewhere" in run("card", "tap", "LEA", "--reader", "gate", "--json")[2]
    assert "Pass Counter" in run("card", "list")[1]
    assert run("card", "remove", "lea") == (0, "Pass Counter is empty.\n", "")
    assert run("card", "remove", "LEA") == (0, "LEA lies nowhere.\n", "")
    status, said, _ = run("card", "remove", "--reader", "Pass Gate", "--json")
    assert json.loads(said) == {"name": "Pass Gate", "card": None, "plugged": True}


def test_a_tap_lasts_as_long_as_it_is_held(
    run: Run, readers: tuple[Tabletop, httpx.Client]
) -> None:
    began = time.monotonic()
    status, said, _ = run("card", "tap", "lea", "--reader", "counter", "--hold", "300ms", "--json")
    assert time.monotonic() - began >= 0.3
    answer = json.loads(said)
    assert status == 0
    assert answer.pop("held_milliseconds") >= 300
    assert answer == {"card": "LEA", "reader": "Pass Counter", "torn": False}
    assert readers[1].get("/cards/LEA").json()["reader"] is None


def test_a_card_that_lies_there_is_lifted_for_a_tap_and_left_by_an_insertion(
    run: Run, readers: tuple[Tabletop, httpx.Client]
) -> None:
    taps: list[bool] = []
    slot = readers[0].slot("Pass Counter")
    slot._observe_presence = lambda _card, present: taps.append(present)
    for _ in range(2):
        run("card", "insert", "LEA", "--reader", "counter")
    assert taps == [True]
    run("card", "tap", "LEA", "--reader", "counter", "--hold", "50ms")
    assert taps == [True, False, True, False]


@pytest.mark.parametrize(("loses", "applications"), [("answer", "010203"), ("command", "")])
def test_a_card_is_torn_in_the_middle_of_a_command(
    run: Run,
    readers: tuple[Tabletop, httpx.Client],
    daemon: PrivatePcscd,
    pcsc_client: Callable[..., Any],
    loses: str,
    applications: str,
) -> None:
    """The command under way was obeyed, or never heard; the tear is for this tap alone."""
    client = pcsc_client(daemon)
    torn: list[object] = []

    def use() -> None:
        client.connect("Pass Counter")
        torn.append(client.transmit("Pass Counter", "9060000000")[-4:])
        torn.append(client.transmit_raw("Pass Counter", "90CA0000050102030B8100")[1])

    user = threading.Thread(target=use)
    user.start()
    words = ("card", "tear", "LEA", "--reader", "counter", "--after", "1", "--loses", loses)
    status, said, _ = run(*words)
    user.join()
    assert (status, said) == (0, "LEA answered 1 command and was torn away during the next.\n")
    assert torn == ["91AF", ""]
    one = readers[0].drawer.card("LEA").card
    one.enter_field()
    one.power_on()
    for _ in range(2):
        answer = one.transmit(bytes.fromhex("906A000000")).hex().upper()
        assert answer == f"{applications}9100"


def test_a_card_nobody_asks_is_not_torn(run: Run, readers: tuple[Tabletop, httpx.Client]) -> None:
    words = ("card", "tear", "LEA", "--reader", "gate", "--after", "0", "--hold", "100ms")
    status, said, _ = run(*words)
    assert status == 4
    assert "it was not torn" in said
    assert readers[1].get("/cards/LEA").json()["reader"] is None


def test_an_interrupted_tap_takes_the_card_away(readers: tuple[Tabletop, httpx.Client]) -> None:
    seen: list[Any] = []

    def interrupted(_seconds: float) -> None:
        seen.append(readers[1].get("/cards/LEA").json()["reader"])
        raise KeyboardInterrupt

    asked = parser.build_parser().parse_args(["card", "tap", "LEA", "--reader", "counter"])
    with pytest.raises(KeyboardInterrupt):
        card.tap(ControlClient(asked.control), asked, Clock(pause=interrupted))
    assert seen == ["Pass Counter"]
    assert readers[1].get("/cards/LEA").json()["reader"] is None
