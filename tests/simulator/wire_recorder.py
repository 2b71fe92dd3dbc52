"""A feed that only keeps what it is told, for tests of the wires."""

import json

from simulator.wire.feed import Feed, WireEvent


class Recorder(Feed):
    """A feed that keeps what is published."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[WireEvent] = []

    def publish(self, event: WireEvent) -> None:
        self.events.append(event)

    def said(self) -> str:
        return json.dumps([str(event) for event in self.events], ensure_ascii=False)
