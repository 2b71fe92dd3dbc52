"""Everything is pressed at once, in any order: nothing fails, nothing hangs, the next tap works."""

import contextlib
import random
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from simulator.cards.drawer import Drawer
from simulator.cards.folder import CardFolder
from simulator.pcscd import PrivatePcscd
from simulator.tabletop import Tabletop
from tests.simulator.served import served

PEOPLE, PRESSES = 3, 20
NAMES = ("LEA", "TOM", "ZOE")
ANSWER_SECONDS_MAX = 20.0
JOIN_SECONDS_MAX = 60.0
GET_VERSION = "9060000000"


def press(person: random.Random, readers: list[str]) -> tuple[str, str, Any]:
    """Choose what to do next: method, path, body."""
    name, reader = person.choice(NAMES), person.choice(readers)
    place = f"/readers/{reader}/card"
    faults = {
        "tear_after": person.choice([None, 0, 2]),
        "slow_milliseconds": person.choice([0, 200]),
        "mute_after": person.choice([None, None, 1]),
        "random_uid": person.choice([True, False]),
    }
    return person.choice(
        [
            ("POST", "/cards", {"name": name, "kind": person.choice(["blank", "bank", "phone"])}),
            ("DELETE", f"/cards/{name}", None),
            ("PUT", place, {"card": name}),
            ("PUT", place, {"card": name}),
            ("PUT", place, {"card": name, "tear": {"after": person.randrange(3)}}),
            ("DELETE", place, None),
            ("PUT", f"/cards/{name}/faults", faults),
            ("GET", "/cards", None),
            ("GET", "/readers", None),
        ]
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_impatient_people_break_nothing(
    daemon: PrivatePcscd,
    pcsc_client: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
) -> None:
    answers: list[int] = []
    stop = threading.Event()
    readers = list(daemon.ports)

    def be_impatient(number: int) -> None:
        person = random.Random(f"{seed} {number}")
        with httpx.Client(base_url=control.base_url, timeout=ANSWER_SECONDS_MAX) as client:
            for _ in range(PRESSES):
                method, path, body = press(person, readers)
                answers.append(client.request(method, path, json=body).status_code)

    def use_the_cards() -> None:
        client = pcsc_client(daemon)
        while not stop.wait(0.02):
            for reader in readers:
                if client.ask("connect", reader)[0] == 0:
                    client.transmit_raw(reader, GET_VERSION)
                client.ask("disconnect", reader)

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(CardFolder(tmp_path_factory.mktemp("cards")))
        table = Tabletop(drawer=Drawer(folder.hold()))
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
        control = stack.enter_context(served(table))
        people = [threading.Thread(target=be_impatient, args=(n,)) for n in range(PEOPLE)]
        user = threading.Thread(target=use_the_cards)
        for thread in (user, *people):
            thread.start()
        for thread in people:
            thread.join(JOIN_SECONDS_MAX)
        stop.set()
        user.join(JOIN_SECONDS_MAX)
        assert not any(thread.is_alive() for thread in (user, *people))
        assert len(answers) == PEOPLE * PRESSES
        assert set(answers) <= {200, 201, 204, 404, 409}
        kept = {one.name: one.record for one in Drawer(CardFolder(folder.path)).cards()}
        assert kept == {one.name: one.record for one in table.drawer.cards()}
        _assert_the_next_tap_works(control, pcsc_client(daemon), readers)


def _assert_the_next_tap_works(control: httpx.Client, client: Any, readers: list[str]) -> None:
    for reader in readers:
        control.delete(f"/readers/{reader}/card")
    control.post("/cards", json={"name": "LAST", "kind": "blank"})
    for reader in readers:
        control.put(f"/readers/{reader}/card", json={"card": "LAST"})
        client.connect(reader)
        assert client.transmit(reader, GET_VERSION).endswith("91AF")
        control.delete(f"/readers/{reader}/card")
