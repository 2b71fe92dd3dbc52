"""The hands of the people in the story: they lay cards, press keys, read screens.

They reach the programs only as the outside does: the simulator's table, the till, the gate.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from scripts.demo.processes import DemonstrationError
from scripts.demo.world import COUNTER_READER, GATE_READER, World, request

SEEN_SECONDS_MAX = 15.0
POLL_SECONDS = 0.02


def see(what: str, look: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """Look until what is seen is wanted and return it; raise with the last sight otherwise."""
    end = time.monotonic() + SEEN_SECONDS_MAX
    seen = look()
    while not wanted(seen):
        if time.monotonic() > end:
            msg = f"waited for {what}, last saw {seen}"
            raise DemonstrationError(msg)
        time.sleep(POLL_SECONDS)
        seen = look()
    return seen


def _is_free(turnstile: dict[str, Any]) -> bool:
    return bool(turnstile["free"])


class Hands:
    """What a person in the story can do."""

    def __init__(self, world: World) -> None:
        self._world = world

    def make_card(self, name: str, kind: str = "blank", of: str | None = None) -> None:
        """Put a new card of this kind in the drawer."""
        body = {"name": name, "kind": kind} | ({"of": of} if of else {})
        request("POST", f"{self._world.simulator}/cards", body)

    @contextmanager
    def holding(self, card: str, reader: str) -> Iterator[None]:
        """Hold a card on a reader for the length of the block."""
        slot = f"{self._world.simulator}/readers/{quote(reader)}/card"
        request("PUT", slot, {"card": card})
        try:
            yield
        finally:
            request("DELETE", slot)

    def pad(self) -> dict[str, Any]:
        """Read the pad's display."""
        return request("GET", f"{self._world.simulator}/pad")

    def type_code(self, code: str) -> None:
        """Wait until the pad asks, then type a code and validate."""
        asked = see("the pad asking for the code", self.pad, lambda pad: bool(pad["entering"]))
        request("POST", f"{self._world.simulator}/pad/keys", {"keys": f"{code}E"})
        before = asked["entry_count"]
        see("the code taken", self.pad, lambda pad: pad["entry_count"] > before)

    def start_sale(self, amount_cents: int) -> str:
        """Ring up an amount and return the sale's id."""
        url, wish = f"{self._world.till}/sales", {"amount_cents": amount_cents}
        answer = request("POST", url, wish, self._world.till_token())
        return str(answer["sale_id"])

    def sale(self, sale_id: str) -> dict[str, Any]:
        """Read the till: what the sale says now."""
        return request("GET", f"{self._world.till}/sales/{sale_id}")

    def sale_ended(self, sale_id: str) -> dict[str, Any]:
        """Wait for the sale's end and return what the till says."""
        ended: dict[str, Any] = see(
            "the sale's end", lambda: self.sale(sale_id), lambda sale: not sale["active"]
        )
        return ended

    def cancel_sale(self) -> None:
        """Press Annuler on the till."""
        url = f"{self._world.till}/sales/current/cancel"
        request("POST", url, token=self._world.till_token())

    def wait_for_new_list(self) -> None:
        """Wait until the gate's list was confirmed by the backend after this moment."""
        began = time.monotonic()
        see(
            "a list newer than this moment at the gate",
            lambda: request("GET", f"{self._world.gate}/state"),
            # The age is in whole seconds, rounded down: one more second makes it certain.
            lambda seen: seen["list_age_seconds"] + 1 < time.monotonic() - began,
        )

    def pass_gate(self, card: str) -> dict[str, Any]:
        """Hold a card at the gate and return the gate's answer."""
        url = f"{self._world.gate}/state"
        before = request("GET", url)["sequence"]
        with self.holding(card, GATE_READER):
            state = see(
                "the gate's answer",
                lambda: request("GET", url),
                lambda seen: seen["sequence"] > before,
            )
        last: dict[str, Any] = state["last"]
        if last["answer"] == "OK":
            self._go_through()
        return last

    def _go_through(self) -> None:
        """Push the turnstile's arm as soon as it gives way, if one stands there."""
        url = self._world.simulator
        if request("GET", f"{url}/table")["turnstile"] is None:
            return
        see("the turnstile free", lambda: request("GET", f"{url}/turnstile"), _is_free)
        request("POST", f"{url}/turnstile/push", {})

    def at_counter(self, card: str) -> Any:
        """Hold a card on the counter's reader."""
        return self.holding(card, COUNTER_READER)
