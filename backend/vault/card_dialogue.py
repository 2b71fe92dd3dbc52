"""What the vault says to a card: the dialogue from the keys it has to those it shall have, or none.

The masters meet the card's UID here and nowhere else in a dialogue; a desk sees commands. A card is
offered the keys of every version held, for only the card knows which it has: one that was torn away
between two versions has both.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.vault.dialogues import CardDialogue
from passcard.card_keys import MasterKeys, PersonalisationKeys
from passcard.personalise import personalise
from passcard.retire import retire


@dataclass(frozen=True, slots=True)
class CardMasters:
    """The five card masters of one version."""

    version: int
    masters: MasterKeys

    def for_card(self, uid: bytes) -> PersonalisationKeys:
        """Return the keys of the card with this UID (7 bytes)."""
        return self.masters.for_card(uid, version=self.version)


def card_dialogue(
    uid: bytes,
    wanted: CardMasters,
    others: tuple[CardMasters, ...],
    random: Callable[[int], bytes],
) -> CardDialogue:
    """Return the dialogue that gives a card (UID of 7 bytes) the wanted version's keys.

    The card may be a blank, or hold keys of the wanted version or of any of `others`.
    """
    older = [masters.for_card(uid) for masters in others]
    return personalise(uid, wanted.for_card(uid), random, older=older)


def retirement_dialogue(
    uid: bytes, held: tuple[CardMasters, ...], random: Callable[[int], bytes]
) -> CardDialogue:
    """Return the dialogue that takes everything of ours off a card of any version `held`."""
    return retire(uid, [masters.for_card(uid) for masters in held], random)
