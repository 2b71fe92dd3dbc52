"""Odoo's own till, unmodified, at the real counter: card, pad, daemon and backend are all there."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from scripts.demo.hands import Hands, see
from scripts.demo.processes import free_ports
from scripts.demo.story import CODES, Story, choose_codes, personalise_cards
from scripts.demo.world import ANY_PORTS, BIN, Staging, request, set_stage
from tests.journeys.books import payments_of, sales_of
from tests.peers.environment import ROOT, PeersNotInstallable
from tests.peers.till_environment import till_python

pytestmark = [pytest.mark.xdist_group("shops_own_till"), pytest.mark.timeout(300)]

PROGRAM = ROOT / "tests" / "peers" / "programs" / "odoo_till.py"
TILL_SECONDS_MAX = 60
PAID_CENTS, GRANTED_CENTS = 1250, 10_000


@dataclass
class Shop:
    """The stage, and a till that is Odoo's."""

    story: Story
    interpreter: Path
    port: int

    @contextmanager
    def asking(self, amount: str) -> Iterator[dict[str, Any]]:
        """Let Odoo ask; its answer is in the value once the block is over."""
        answer: dict[str, Any] = {}
        command = [self.interpreter, PROGRAM, "127.0.0.1", self.port, amount, "EUR", "card"]
        with subprocess.Popen(
            [str(word) for word in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as till:
            try:
                yield answer
                out, errors = till.communicate(timeout=TILL_SECONDS_MAX)
            finally:
                till.kill()
        assert till.returncode == 0, errors
        answer.update(json.loads(out))

    def balance(self) -> int:
        command = [str(BIN / "pass-backend"), "--config", self.story.world.config("backend")]
        command += ["statement", "--card-number", self.story.number("lea")]
        command += ["--benefit", "culture", "--json"]
        found: int = json.loads(self.story.world.programs.run("statement", command))[
            "balance_cents"
        ]
        return found


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Everything is running, with a door for tills; cards and codes are there."""
    try:
        interpreter = till_python()
    except PeersNotInstallable as reason:
        pytest.skip(f"till not installable: Odoo's addon ({reason})")
    (port,) = free_ports([0])

    def open_the_door(name: str, text: str) -> str:
        return f"{text}\n[caisse_ap]\nport = {port}\n" if name == "caisse" else text

    with TemporaryDirectory(prefix="pass-journey-", ignore_cleanup_errors=True) as folder:
        world = set_stage(Path(folder) / "stage", ANY_PORTS, Staging(adjust=open_the_door))
        try:
            story = Story(world, Hands(world))
            personalise_cards(story)
            choose_codes(story)
            yield Shop(story, interpreter, port)
        finally:
            world.programs.stop_all()


def test_odoo_sells_is_refused_given_up_on_and_gives_back(shop: Shop) -> None:
    hands = shop.story.hands
    with shop.asking("12.50") as sold, hands.at_counter("LEA"):
        hands.type_code(CODES["lea"])
    assert sold["payment_status"] == "success", sold
    assert sold["transaction_id"].startswith("AA-9250********")
    assert shop.balance() == GRANTED_CENTS - PAID_CENTS

    with shop.asking("900.00") as refused, hands.at_counter("LEA"):
        hands.type_code(CODES["lea"])
    assert refused["payment_status"] == "failure"
    assert refused["error_message"].endswith("Refusée")

    with shop.asking("5.00") as given_up, hands.at_counter("LEA"):
        see("the pad asking for the code", hands.pad, lambda pad: bool(pad["entering"]))
        request("POST", f"{shop.story.world.simulator}/pad/keys", {"keys": "C"})
    assert given_up["error_message"].endswith("Abandon")

    with shop.asking("-12.50") as given_back:
        pass
    assert given_back["payment_status"] == "success", given_back
    assert shop.balance() == GRANTED_CENTS

    with shop.asking("-12.50") as once_more:
        pass
    assert once_more["error_message"].endswith("erreur sélection")
    assert shop.balance() == GRANTED_CENTS

    folder = shop.story.world.folder
    states = sorted(sale.state for sale in sales_of(folder))
    assert states == ["approved", "cancelled", "declined"]
    # The whole of a sale on its own day is a void; midnight may have passed meanwhile.
    statuses = {one.status for one in payments_of(folder).values()}
    assert statuses in ({"declined", "voided"}, {"declined", "refunded"})
