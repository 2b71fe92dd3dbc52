"""The drawer: every card somebody can take, each under its name, kept if there is a folder.

Promise: names are unique whatever their case; what a card commits is in its file before the card
answers, and a card whose file cannot be written leaves the field instead of answering. Every call
is safe from any thread. Not done here: readers (`tabletop.py`).
"""

import logging
import os
import threading
from dataclasses import dataclass
from typing import Any

from simulator.cards.errors import (
    CardError,
    CardNameRefused,
    CardNameTaken,
    CardUnknown,
    DrawerFull,
    FolderError,
)
from simulator.cards.faults import FaultyCard
from simulator.cards.folder import CARDS_MAX, CardFolder
from simulator.cards.kinds import Random, begin_record, card_of
from simulator.cards.record import CardChange, CardRecord, NewCard, checked_name
from simulator.chip.memory import Memory, to_json
from simulator.chip.state import PowerLostError
from simulator.vpcd import VirtualCard

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class DrawerCard:
    """A card somebody can take: what is kept of it, and the card itself."""

    record: CardRecord
    card: FaultyCard

    @property
    def name(self) -> str:
        """Return the card's name."""
        return self.record.name

    @property
    def uid(self) -> str:
        """Return the true UID in hex; of a card that has none, the one it shows now."""
        return self.record.uid or self.card.uid.hex().upper()


class Drawer:
    """All cards, by name. Give a folder that is held, and they outlive the program."""

    def __init__(
        self,
        folder: CardFolder | None = None,
        *,
        random: Random = os.urandom,
        cards_max: int = CARDS_MAX,
    ) -> None:
        self._folder = folder
        self._random = random
        self._cards_max = cards_max
        self._lock = threading.Lock()
        self._cards: dict[str, DrawerCard] = {}
        for record in [] if folder is None else folder.load():
            self._put(record)

    def cards(self) -> list[DrawerCard]:
        """Return all cards: those found in the folder by name, then those made since."""
        return list(self._cards.values())

    def card(self, name: str) -> DrawerCard:
        """Return the card of that name, in any case; raise CardUnknown."""
        try:
            return self._cards[_key(name)]
        except (KeyError, CardNameRefused):
            raise CardUnknown from None

    def holder_of(self, card: VirtualCard | None) -> DrawerCard | None:
        """Return the drawer's entry of a card found somewhere."""
        return next((one for one in self.cards() if one.card is card), None)

    def add(self, wanted: NewCard) -> DrawerCard:
        """Make a card and keep it; raises a CardError."""
        name = checked_name(wanted.name)
        with self._lock:
            if _key(name) in self._cards:
                raise CardNameTaken
            if len(self._cards) >= self._cards_max:
                raise DrawerFull
            original = None if wanted.of is None else self.card(wanted.of)
            spelt = {"name": name, "of": None if original is None else original.name}
            copied = None if original is None else original.card.inner
            record = begin_record(wanted.model_copy(update=spelt), copied, self._random)
            self._save(record)
            return self._put(record)

    def change(self, name: str, change: CardChange) -> DrawerCard:
        """Change what the request names of a card, at once and for good."""
        with self._lock:
            one = self.card(name)
            wanted: dict[str, Any] = {key: getattr(change, key) for key in change.model_fields_set}
            record = one.record.model_copy(update=wanted)
            self._save(record)
            one.record = record
            one.card.faults = record.faults
            return one

    def delete(self, name: str) -> None:
        """Throw a card away, and its file."""
        with self._lock:
            one = self.card(name)
            if self._folder is not None:
                self._folder.delete(one.name)
            del self._cards[_key(one.name)]

    def _put(self, record: CardRecord) -> DrawerCard:
        key = _key(record.name)
        if key in self._cards:
            raise FolderError(f"{record.name}: two card files differ only in case. Rename one.")
        inner = card_of(record, self._random, lambda memory: self._commit(key, memory))
        card = FaultyCard(inner, self._random, faults=record.faults)
        self._cards[key] = made = DrawerCard(record, card)
        return made

    def _commit(self, key: str, memory: Memory) -> None:
        """Keep what a chip is about to have; without that, it loses power and has it not."""
        if self._folder is None:
            return
        with self._lock:
            if (one := self._cards.get(key)) is None:
                raise PowerLostError  # thrown away while it lay there: its file must not come back
            record = one.record.model_copy(update={"memory": to_json(memory)})
            try:
                self._save(record)
            except CardError as cause:
                _log.error("card %s lost power: %s", one.name, cause)
                raise PowerLostError from cause
            one.record = record

    def _save(self, record: CardRecord) -> None:
        if self._folder is not None:
            self._folder.save(record)


def _key(name: str) -> str:
    return checked_name(name).casefold()
