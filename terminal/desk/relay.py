"""The desk's whole part in a dialogue between the backend and a card: it carries the bytes.

Promise: at most STEPS_MAX commands; the desk understands none of them and keeps none, so it never
holds a key. Not here: what the dialogue is for.
"""

from collections.abc import Callable
from typing import Protocol

from terminal.api_values import PersonalisationStep
from terminal.errors import BackendGarbled, TerminalError

STEPS_MAX = 100  # a factory-new card takes about forty, and one of older masters as many
CARD_SECONDS_MAX = 60.0


class CardLink(Protocol):
    """One card in the field."""

    def uid(self) -> bytes:
        """Return what the card calls itself."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back."""
        ...


class DeskConnection(CardLink, Protocol):
    """One card in the field, and its end."""

    def disconnect(self) -> None:
        """Let the card go."""
        ...

    def wait_for_removal(self, seconds_max: float) -> bool:
        """Say whether the card left within this time; works after `disconnect`, too."""
        ...


class DeskReader(Protocol):
    """The desk's reader."""

    def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
        """Return the card that is or comes in the field, or None when the time is up."""
        ...


class NoCardCame(TerminalError):
    """Nobody presented a card in time."""


def relay(card: CardLink, command: bytes, answer: Callable[[bytes], PersonalisationStep]) -> int:
    """Carry commands to the card and its responses to `answer` until the end; return how many.

    Raises ReaderError when the card leaves, BackendError when the backend refuses or is lost.
    """
    for commands in range(1, STEPS_MAX + 1):
        step = answer(card.transmit(command))
        if step.command is None:
            return commands
        command = step.command
    raise BackendGarbled(f"the dialogue has no end after {STEPS_MAX} commands")


def wait_for_next_card(reader: DeskReader, seconds_max: float = CARD_SECONDS_MAX) -> DeskConnection:
    """Return the next card in the field; raise NoCardCame when the time is up."""
    connection = reader.wait_for_card(seconds_max)
    if connection is None:
        raise NoCardCame(f"no card within {seconds_max:g} s")
    return connection
