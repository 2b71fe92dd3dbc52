"""The life of a pad in a driver: what may be asked of it when (UnifiedPOS PINPad).

Promise: one object says, for every driver alike, which call is out of turn; it is safe to ask from
several threads, for a second one must hear that the pad is busy. It does not touch the pad.

              claim            begin           enter
    RELEASED ───────> CLAIMED ───────> BEGUN ─────────> ENTERING
       ▲                 ▲  ▲            │  ▲               │
       └── release ──────┘  └─── end ────┘  └──── entered ──┘
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto

from terminal.errors import PadBusy, PadDisabled
from terminal.pin.pad import EftContext, PinPadCaps


class Stage(Enum):
    """How far the pad is taken into use."""

    RELEASED = auto()
    CLAIMED = auto()
    BEGUN = auto()
    ENTERING = auto()


class PadLife:
    """Where a driver's pad stands. A call out of turn changes nothing."""

    def __init__(self, caps: PinPadCaps) -> None:
        self._caps = caps
        self._lock = threading.Lock()
        self._stage = Stage.RELEASED
        self._context: EftContext | None = None

    @property
    def stage(self) -> Stage:
        """Return where the pad stands."""
        return self._stage

    def claim(self) -> None:
        """Take it; a second time ends what was begun. PadBusy while the holder types."""
        with self._lock:
            self._refuse_while_entering()
            self._stage, self._context = Stage.CLAIMED, None

    def release(self) -> None:
        """Give it back, from anywhere."""
        with self._lock:
            self._stage, self._context = Stage.RELEASED, None

    def begin(self, context: EftContext) -> None:
        """Begin a transaction; ValueError if the pad cannot do it."""
        with self._lock:
            self._refuse_while_entering()
            if self._stage is Stage.BEGUN:
                raise PadBusy("a transaction is begun already")
            if self._stage is Stage.RELEASED:
                raise PadDisabled("the pad is not claimed")
            _refuse_beyond(self._caps, context)
            self._stage, self._context = Stage.BEGUN, context

    def expect_idle(self) -> None:
        """Raise PadBusy while the holder types: the display is theirs."""
        with self._lock:
            self._refuse_while_entering()

    def end(self) -> None:
        """End the transaction; PadDisabled if none is begun."""
        with self._lock:
            self._refuse_while_entering()
            if self._stage is not Stage.BEGUN:
                raise PadDisabled("no transaction is begun")
            self._stage, self._context = Stage.CLAIMED, None

    @contextmanager
    def entering(self) -> Iterator[EftContext]:
        """Enter a code, once at a time; PadDisabled before `begin`, PadBusy meanwhile."""
        with self._lock:
            self._refuse_while_entering()
            if self._context is None:
                raise PadDisabled("no transaction is begun")
            context, self._stage = self._context, Stage.ENTERING
        try:
            yield context
        finally:
            with self._lock:
                # Released meanwhile, by an unplug: it stays so.
                if self._stage is Stage.ENTERING:
                    self._stage = Stage.BEGUN

    def _refuse_while_entering(self) -> None:
        if self._stage is Stage.ENTERING:
            raise PadBusy("the holder is typing")


def _refuse_beyond(caps: PinPadCaps, context: EftContext) -> None:
    if context.system not in caps.systems:
        raise ValueError("this pad has another key scheme")
    if context.language not in caps.languages:
        raise ValueError("this pad has no prompts in that language")
    asked = context.prompt
    if not caps.length_min <= asked.length_min <= asked.length_max <= caps.length_max:
        raise ValueError(f"this pad takes codes of {caps.length_min} to {caps.length_max} digits")
