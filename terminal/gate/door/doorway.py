"""Where a passage that was decided meets the door, or none.

Promise: `admit` has the passage on the disk before anything opens; what raises JournalError opened
nothing. With a rotation sensor the row is final only when somebody went through.
"""

from typing import Protocol

from terminal.gate.passages import Passage, PassageJournal
from terminal.gate.words import Notice


class Doorway(Protocol):
    """What the gate asks when the answer is OK: at a tap, or by a supervisor's hand."""

    def admit(self, passage: Passage) -> Passage | Notice:
        """Write the passage and release the door for it; raises JournalError.

        Returns the passage, with its sequence number if it counts already, 0 if it counts when
        somebody went through; or what to say when the door cannot be released.
        """
        ...

    def awaits(self, card_id: str) -> bool:
        """Tell whether the door stands released for this card at this moment."""
        ...

    def is_released(self) -> bool:
        """Tell whether everybody may go through, and nobody is charged."""
        ...


class NoDoor:
    """A gate that shows and does not open: a person watches, and the answer is the passage."""

    def __init__(self, journal: PassageJournal) -> None:
        self._journal = journal

    def admit(self, passage: Passage) -> Passage:
        """Write the passage."""
        return self._journal.append(passage)

    def awaits(self, card_id: str) -> bool:
        """Wait for nobody."""
        del card_id
        return False

    def is_released(self) -> bool:
        """Release nothing."""
        return False
