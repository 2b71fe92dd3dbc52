"""Personalisations under way: each a generator that yields commands for a card.

Promise: bounded in number and in time; one answer at a time for each. They live in this process:
after a restart the desk simply begins again, which a half-done card allows.
"""

import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from backend.vault.errors import DialogueUnknown, PersonalisationFailed, TooManyDialogues
from backend.vault.values import DialogueStep
from passcard.errors import PassCardError

DIALOGUES_MAX = 64
DIALOGUE_SECONDS_MAX = 60

CardDialogue = Generator[bytes, bytes, None]


@dataclass(frozen=True, slots=True)
class _Open:
    dialogue: CardDialogue
    expires_at: datetime


class Dialogues:
    """The dialogues under way, by id."""

    def __init__(self, now: Callable[[], datetime], make_id: Callable[[], UUID]) -> None:
        self._now = now
        self._make_id = make_id
        self._open: dict[UUID, _Open] = {}
        self._lock = threading.Lock()

    def begin(self, dialogue: CardDialogue) -> DialogueStep:
        """Start a dialogue and return its first command; raise TooManyDialogues."""
        expires_at = self._now() + timedelta(seconds=DIALOGUE_SECONDS_MAX)
        dialogue_id = self._make_id()
        command = next(dialogue)
        with self._lock:
            self._drop_expired()
            if len(self._open) >= DIALOGUES_MAX:
                raise TooManyDialogues(dialogues_max=DIALOGUES_MAX)
            self._open[dialogue_id] = _Open(dialogue, expires_at)
        return DialogueStep(dialogue_id, command)

    def answer(self, dialogue_id: UUID, response: bytes) -> DialogueStep:
        """Give the card's response, return the next command or None at the end.

        Raises DialogueUnknown, PersonalisationFailed; after the latter the dialogue is over.
        """
        # Taken out while it runs: a second answer at the same time finds nothing.
        with self._lock:
            self._drop_expired()
            taken = self._open.pop(dialogue_id, None)
        if taken is None:
            raise DialogueUnknown
        try:
            command = taken.dialogue.send(response)
        except StopIteration:
            return DialogueStep(dialogue_id, None)
        except PassCardError as error:
            status = getattr(error, "status", None)
            details = {} if status is None else {"status": f"{status:04X}"}
            raise PersonalisationFailed(reason=type(error).__name__, **details) from error
        with self._lock:
            self._open[dialogue_id] = taken
        return DialogueStep(dialogue_id, command)

    def _drop_expired(self) -> None:
        now = self._now()
        for dialogue_id in [i for i, one in self._open.items() if now >= one.expires_at]:
            del self._open[dialogue_id]
