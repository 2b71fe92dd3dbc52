"""Make a card, renew its keys, retire it: the backend speaks, the card answers, the desk carries.

Promise: whatever cuts a dialogue, doing it again from the start is safe: the backend recognises a
half-made card. Not here: words, printing, choosing the card number.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from terminal.api_values import PersonalisationBegun, PersonalisationStep, RetirementBegun
from terminal.desk.relay import CARD_SECONDS_MAX, CardLink, DeskReader, relay, wait_for_next_card
from terminal.errors import BackendGarbled

T = TypeVar("T")


class PersonalisingBackend(Protocol):
    """The side that knows what to say to a card being made."""

    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        """Return the first command; without a number the chip is a card already."""
        ...

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        """Return the next command, or the end."""
        ...


class RetiringBackend(Protocol):
    """The side that knows what to say to a card that is to be one no longer."""

    def begin_retirement(self, uid: bytes) -> RetirementBegun:
        """Return the first command."""
        ...

    def continue_retirement(self, retirement_id: str, response: bytes) -> PersonalisationStep:
        """Return the next command, or the end."""
        ...


@dataclass(frozen=True, slots=True)
class FinishedCard:
    """A card that is ready, or retired; `commands` is how many it answered."""

    card_number: str = field(repr=False)
    uid: bytes = field(repr=False)
    commands: int


def personalise_card(
    card: CardLink, client: PersonalisingBackend, card_number: str | None
) -> FinishedCard:
    """Relay between card and backend until the backend says that the card is ready.

    Without a number the card's keys are renewed. Raises ReaderError when the card leaves,
    BackendError when the backend refuses or is lost.
    """
    uid = card.uid()
    begun = client.begin_personalisation(uid, card_number)
    number = begun.card_number or card_number
    if number is None:
        raise BackendGarbled("a renewal without a card number")

    def answer(response: bytes) -> PersonalisationStep:
        return client.continue_personalisation(begun.personalisation_id, response)

    return FinishedCard(number, uid, relay(card, begun.command, answer))


def retire_card(card: CardLink, client: RetiringBackend) -> FinishedCard:
    """Relay until the backend says that nothing of ours is on the card; raises as the above."""
    uid = card.uid()
    begun = client.begin_retirement(uid)

    def answer(response: bytes) -> PersonalisationStep:
        return client.continue_retirement(begun.retirement_id, response)

    return FinishedCard(begun.card_number, uid, relay(card, begun.command, answer))


def with_next_card(
    reader: DeskReader,
    task: Callable[[CardLink], T],
    *,
    card_came: Callable[[], None] = lambda: None,
    seconds_max: float = CARD_SECONDS_MAX,
) -> T:
    """Wait for a card and do the task; `card_came` is called in between. NoCardCame in time."""
    connection = wait_for_next_card(reader, seconds_max)
    try:
        card_came()
        return task(connection)
    finally:
        connection.disconnect()
