"""Personalise a card: the backend speaks, the card answers, the desk carries the bytes.

Promise: at most STEPS_MAX commands; the desk understands none of them and keeps none, so it never
holds a key. Whatever cuts the dialogue, doing it again from the start is safe: the backend
recognises a half-made card. Not here: words, printing, choosing the card number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from terminal.api_values import PersonalisationBegun, PersonalisationStep
from terminal.errors import BackendGarbled, TerminalError

STEPS_MAX = 100  # a factory-new card takes about forty
CARD_SECONDS_MAX = 60.0


class CardLink(Protocol):
    """One card in the field."""

    def uid(self) -> bytes:
        """Return what the card calls itself."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back."""
        ...


class PersonalisingBackend(Protocol):
    """The side that knows what to say to the card."""

    def begin_personalisation(self, uid: bytes, card_number: str) -> PersonalisationBegun:
        """Return the first command."""
        ...

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        """Return the next command, or the end."""
        ...


class NoCardCame(TerminalError):
    """Nobody presented a card in time."""


@dataclass(frozen=True, slots=True)
class Personalised:
    """A card that is ready; `commands` is how many it answered."""

    card_number: str = field(repr=False)
    uid: bytes = field(repr=False)
    commands: int


def personalise_card(
    connection: CardLink, client: PersonalisingBackend, card_number: str
) -> Personalised:
    """Relay between card and backend until the backend says that the card is ready.

    Raises ReaderError when the card leaves, BackendError when the backend refuses or is lost.
    """
    uid = connection.uid()
    begun = client.begin_personalisation(uid, card_number)
    command = begun.command
    for commands in range(1, STEPS_MAX + 1):
        response = connection.transmit(command)
        step = client.continue_personalisation(begun.personalisation_id, response)
        if step.command is None:
            return Personalised(card_number, uid, commands)
        command = step.command
    raise BackendGarbled(f"the personalisation has no end after {STEPS_MAX} commands")


class DeskConnection(CardLink, Protocol):
    """One card in the field, and its end."""

    def disconnect(self) -> None:
        """Let the card go."""
        ...


class DeskReader(Protocol):
    """The desk's reader."""

    def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
        """Return the card that is or comes in the field, or None when the time is up."""
        ...


def personalise_next_card(
    reader: DeskReader,
    client: PersonalisingBackend,
    card_number: str,
    *,
    card_came: Callable[[], None] = lambda: None,
    seconds_max: float = CARD_SECONDS_MAX,
) -> Personalised:
    """Wait for a card and personalise it; `card_came` is called in between. NoCardCame in time."""
    connection = reader.wait_for_card(seconds_max)
    if connection is None:
        raise NoCardCame(f"no card within {seconds_max:g} s")
    try:
        card_came()
        return personalise_card(connection, client, card_number)
    finally:
        connection.disconnect()
