"""Writes down what hands do at a running simulator, as acts that can be played again.

Promise: what the wires tell is all it knows, so no digit of a code: a code that was entered becomes
an act that asks for it when it is played. Pure but for the lines it is given.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from simulator.scenario.script import ACTS_MAX, Act

Json = dict[str, Any]
CODE_ENTERED = "a code was entered"
_CABLES = {"the reader's cable is in": True, "the reader's cable is out": False}
_PAD_CABLES = {"the cable is in": True, "the cable is out": False}
_LINES = {"the line is whole again": True, "the line is cut": False}
_PAPER = {"there is paper": True, "the roll is at its end": False}


def events_of(lines: Iterable[str]) -> Iterator[Json]:
    """Read server-sent events; comments and what is no event of a wire are skipped."""
    for line in lines:
        if line.startswith("data: ") and '"wire"' in line:
            yield json.loads(line.removeprefix("data: "))


class Recorder:
    """Turns events into acts, in the order in which they come."""

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self._began: datetime | None = None
        self._last_card: str | None = None

    def hear(self, event: Json) -> None:
        """Hear one event."""
        moment = datetime.fromisoformat(event["at"])
        self._began = self._began or moment
        wanted = self._act_of(event)
        if wanted is not None and len(self.acts) < ACTS_MAX:
            at = round((moment - self._began).total_seconds(), 3)
            self.acts.append(Act.model_validate({"at": max(at, 0.0), **wanted}))

    def _act_of(self, event: Json) -> Json | None:
        what, words, place = event["what"], event["words"], event["place"]
        if what == "arrived" and event.get("card"):
            self._last_card = event["card"]
            return {"do": "lay", "card": event["card"], "reader": place}
        if what == "left":
            return {"do": "take", "reader": place}
        if what == "from pad" and words.startswith(CODE_ENTERED) and self._last_card:
            return {"do": "code", "card": self._last_card}
        return _switch_of(event["wire"], what, words, place)


def _switch_of(wire: str, what: str, words: str, place: str) -> Json | None:
    if wire == "card" and what == "cable":
        return {"do": "plug", "thing": place, "plugged": _CABLES[words]}
    if wire == "pad" and what == "cable":
        return {"do": "plug", "thing": "pad", "plugged": _PAD_CABLES[words]}
    if wire == "http" and what == "switch":
        return {"do": "line", "thing": place, "plugged": _LINES[words]}
    if wire == "printer" and words in _PAPER:
        return {"do": "paper", "plugged": _PAPER[words]}
    return None
