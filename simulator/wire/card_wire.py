"""Listens to one reader's wire and publishes what was said, one event per exchange.

Promise: what it publishes is redacted (`card_words.py`); it never changes or delays a message.
Its methods are called as `VirtualCardSlot` calls its observers.
"""

import threading
import time
from collections.abc import Callable

from simulator.vpcd import CONTROL_OFF, CONTROL_ON, CONTROL_RESET, Direction, Remarks, VirtualCard
from simulator.wire.card_words import Said, command_words, status_of, status_words
from simulator.wire.feed import Feed, What, Wire, WireEvent, microseconds

_POWER = {CONTROL_OFF: "power off", CONTROL_ON: "power on", CONTROL_RESET: "reset"}
Asked = tuple[Said, bytes, float]


class CardWire:
    """One reader's wire. `name_of` says a card's name."""

    def __init__(
        self,
        reader: str,
        feed: Feed,
        name_of: Callable[[VirtualCard], str | None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._feed = feed
        self._name_of = name_of
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._card: str | None = None
        self._there: VirtualCard | None = None
        self._before: Said | None = None
        self._asked: Asked | None = None

    def hear(self, direction: Direction, message: bytes) -> None:
        """Hear a message, before it arrives."""
        if direction is Direction.FROM_CARD:
            self._close_exchange(message)
        elif message in _POWER:
            self._before = None
            self._publish(What.POWER, _POWER[message])
        else:
            said = command_words(message, self._before)
            self._before = said
            with self._lock:
                self._asked = said, message, self._monotonic()

    def see(self, card: VirtualCard, present: bool) -> None:
        """See a card come or go."""
        if present:
            self._there = card
            self._card, self._before = self._name_of(card), None
            self._publish(What.ARRIVED, "the card arrives")
            return
        self._close_exchange(None)
        self._publish(What.LEFT, "the card leaves")

    def _close_exchange(self, answer: bytes | None) -> None:
        with self._lock:
            asked, self._asked = self._asked, None
        if asked is None:
            return
        said, command, began = asked
        self._feed.publish(
            WireEvent(
                Wire.CARD,
                self._reader,
                What.EXCHANGE,
                said.words,
                card=self._card,
                answer=self._answer_words(said, answer),
                status=status_of(answer, is_native=said.is_native) if answer else None,
                command_hex=command.hex().upper() if said.is_public else None,
                answer_hex=answer.hex().upper() if answer and said.is_public else None,
                command_bytes=len(command),
                answer_bytes=len(answer or b""),
                microseconds=microseconds(self._monotonic() - began),
            )
        )

    def _publish(self, what: What, words: str) -> None:
        self._feed.publish(WireEvent(Wire.CARD, self._reader, what, words, card=self._card))

    def _answer_words(self, said: Said, answer: bytes | None) -> str:
        if answer is None:
            return "none: the card left"
        words = status_words(answer, is_native=said.is_native)
        remark = self._there.remark() if isinstance(self._there, Remarks) else None
        return f"{words}; {remark}" if remark else words
