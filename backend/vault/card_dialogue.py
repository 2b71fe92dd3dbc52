"""What the vault says to a card: the dialogue from the keys it has to those it shall have.

The masters meet the card's UID here and nowhere else in a personalisation; a desk sees commands.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.vault.dialogues import CardDialogue
from passcard.personalise import MasterKeys, personalise


@dataclass(frozen=True, slots=True)
class CardMasters:
    """The five card masters of one version."""

    version: int
    masters: MasterKeys


def card_dialogue(
    uid: bytes,
    wanted: CardMasters,
    earlier: CardMasters | None,
    random: Callable[[int], bytes],
) -> CardDialogue:
    """Return the dialogue that gives a card (UID of 7 bytes) the wanted version's keys.

    `earlier` are the masters the card was last given, or None for a blank.
    """
    del earlier  # a card of an earlier version is not yet led further
    return personalise(uid, wanted.masters.for_card(uid), random)
