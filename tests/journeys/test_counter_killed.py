"""The counter killed at every step of a sale, against the real backend, card and pad.

After each kill and restart the payment is done once and known, or reversed; at the end both sides
agree to the cent.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from scripts.demo.hands import see
from scripts.demo.loopback import answers
from scripts.demo.processes import DemonstrationError
from scripts.demo.story import CODES, Story
from scripts.demo.world import BIN, request
from tests.journeys.books import payments_of, sales_of

pytestmark = [pytest.mark.xdist_group("counter_killed"), pytest.mark.timeout(600)]

ENTRY = "tests.journeys.killed_counter"
PEOPLE = ("lea",)
POINTS_MAX = 120
AMOUNT_CENTS = 10
STEP_SECONDS_MAX = 20.0


class Till:
    """The counter's daemon, made to die at a point of its next sale."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.child = 0
        with (story.world.folder / "logs" / "killed.log").open("ab") as log:
            self._parent = subprocess.Popen(
                [sys.executable, "-m", ENTRY, story.world.config("caisse")],
                env={**os.environ, **story.world.programs.environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(self, point: int) -> None:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{point}\n")
        self._parent.stdin.flush()
        self.child = int(self._parent.stdout.readline())
        see("the till's answer", lambda: answers(f"{self.story.world.till}/health"), bool)

    def close(self) -> None:
        if not self.is_dead:
            os.kill(self.child, signal.SIGTERM)
        self._parent.communicate(timeout=STEP_SECONDS_MAX)

    @property
    def is_dead(self) -> bool:
        """Its parent buries it at once: then it is no process any more."""
        return not Path(f"/proc/{self.child}").exists()

    def wait_for_death_or_rest(self) -> None:
        """Type the code when the pad asks, until the process is dead or the sale at rest."""
        end = time.monotonic() + STEP_SECONDS_MAX
        typed = False
        while not self.is_dead:
            assert time.monotonic() < end, "neither dead nor at rest"
            try:
                state = request("GET", f"{self.story.world.till}/state")
            except (httpx.HTTPError, DemonstrationError):
                continue
            if state["sale"] is not None and not state["sale"]["active"]:
                return
            if not typed and self.story.hands.pad()["entering"]:
                self.story.hands.type_code(CODES["lea"])
                typed = True
            time.sleep(0.02)

    def sell(self) -> None:
        try:
            self.story.hands.start_sale(AMOUNT_CENTS)
            with self.story.hands.at_counter("LEA"):
                self.wait_for_death_or_rest()
        except httpx.HTTPError:
            assert self.wait_dead(), "the till answers no more and lives"

    def wait_dead(self) -> bool:
        return bool(see("the till dead", lambda: self.is_dead, bool))


@pytest.fixture(scope="module")
def till(story: Story) -> Iterator[Till]:
    caisse = next(one for one in story.world.programs.running if one.name == "caisse")
    caisse.process.terminate()
    caisse.process.wait(STEP_SECONDS_MAX)
    till = Till(story)
    yield till
    till.close()


def clear_pad(story: Story) -> None:
    """A killed till leaves the pad asking: the holder presses its cancel key."""
    if story.hands.pad()["entering"]:
        request("POST", f"{story.world.simulator}/pad/keys", {"keys": "C"})
        see("the pad idle", story.hands.pad, lambda pad: not pad["entering"])


def kill_at_every_point(till: Till) -> int:
    """Return how many points a sale has, having died at each of them."""
    for point in range(1, POINTS_MAX):
        till.start(point)
        till.sell()
        if not till.is_dead:
            return point - 1
        clear_pad(till.story)
    raise AssertionError("the sale never ends")


def test_killed_at_every_step_money_is_right(till: Till) -> None:
    points = kill_at_every_point(till)
    assert points > 30

    def at_peace() -> bool:
        health = request("GET", f"{till.story.world.till}/health")
        return bool(health["open_reversals"] == 0)

    see("every reversal acknowledged", at_peace, bool)
    sales = sales_of(till.story.world.folder)
    payments = payments_of(till.story.world.folder)
    assert len(sales) >= points - 2
    for sale in sales:
        assert sale.state in {"approved", "cancelled", "reversed", "failed"}, sale
        payment = payments.get(sale.payment_id) if sale.payment_id else None
        if sale.state == "approved":
            assert payment is not None, sale
            assert payment.status == "approved", (sale, payment)
        elif payment is not None:
            assert payment.status in {"reversed", "declined"}, (sale, payment)
    approved = [one for one in payments.values() if one.status == "approved"]
    assert {one.payment_id for one in approved} == {
        one.payment_id for one in sales if one.state == "approved"
    }
    assert balance(till.story) == 10_000 - AMOUNT_CENTS * len(approved)


def balance(story: Story) -> int:
    command = [str(BIN / "pass-backend"), "--config", story.world.config("backend"), "statement"]
    command += ["--card-number", story.number("lea"), "--benefit", "culture", "--json"]
    found: int = json.loads(story.world.programs.run("statement", command))["balance_cents"]
    return found
