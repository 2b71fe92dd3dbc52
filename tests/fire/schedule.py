"""Many actors, one thread, one seed: who goes next is drawn, time passes only when all wait.

An actor is a greenlet. It gives way in `pause` and `wait` and nowhere else, so what lies between
two of those is indivisible, as a unit of work on SQLite is.
"""

import heapq
from collections.abc import Callable
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """The process in which this ran is no more. Nothing may catch it but the simulation."""


class Actor(greenlet):  # type: ignore[misc]  # it has no types
    """Something that acts, in a process that may die; `turn` tells a stale wake from a true one."""

    def __init__(self, name: str, work: Callable[[], None], process: object) -> None:
        super().__init__(work)
        self.name = name
        self.process = process
        self.turn = 0


class Schedule:
    """Virtual time and its actors. `random` is the only source of chance in a simulation."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seconds = 0.0
        self.faults: dict[str, int] = {}
        self._waiting: list[tuple[float, float, int, Actor, int]] = []
        self._count = 0
        self._hub: Any = getcurrent()

    def spawn(
        self, name: str, work: Callable[[], None], *, process: object = None, after: float = 0.0
    ) -> Actor:
        """Let an actor begin in a while."""

        def begin() -> None:
            try:
                work()
            except Killed:
                return

        actor = Actor(name, begin, process)
        actor.parent = self._hub
        self.wake(actor, after)
        return actor

    def wake(self, actor: Actor, after: float = 0.0) -> None:
        """Let an actor go on in a while, unless something else wakes it before."""
        self._count += 1
        at = self.seconds + after
        entry = (at, self.random.random(), self._count, actor, actor.turn)
        heapq.heappush(self._waiting, entry)

    def pause(self, seconds: float) -> None:
        """Let time pass for the current actor."""
        self.wake(self.current(), seconds)
        self._hub.switch()

    def wait(self, seconds_max: float) -> None:
        """Wait until woken, or until the time is up."""
        self.pause(seconds_max)

    def current(self) -> Actor:
        """Return the actor that acts now."""
        actor = getcurrent()
        assert isinstance(actor, Actor)
        return actor

    def run(self) -> None:
        """Act until nobody waits for anything."""
        while self._waiting:
            at, _, _, actor, turn = heapq.heappop(self._waiting)
            if actor.dead or turn != actor.turn:
                continue
            actor.turn += 1
            self.seconds = max(self.seconds, at)
            actor.switch()

    def happens(self, fault: str, share: float) -> bool:
        """Draw whether a fault happens, and count it."""
        if share <= 0 or self.random.random() >= share:
            return False
        self.faults[fault] = self.faults.get(fault, 0) + 1
        return True
