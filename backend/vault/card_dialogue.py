"""What the vault says to a card: the dialogue from the keys it has to those it shall have, or none.

A desk sees commands. A card is offered the keys of every version held, for only the card knows
which it has: one that was torn away between two versions has both.
"""

from collections.abc import Callable

from backend.vault.dialogues import CardDialogue
from backend.vault.key_store import KeyStore
from passcard.personalise import personalise
from passcard.retire import retire


def card_dialogue(
    uid: bytes, store: KeyStore, to_version: int, random: Callable[[int], bytes]
) -> CardDialogue:
    """Return the dialogue that gives a card (UID of 7 bytes) the keys of `to_version`.

    The card may be a blank, or hold keys of any version held. Raises CardKeyVersionUnknown.
    """
    wanted = store.card_keys(uid, to_version)
    older = [store.card_keys(uid, version) for version in _newest_first(store)]
    others = [keys for keys in older if keys.version != to_version]
    return personalise(uid, wanted, random, older=others)


def retirement_dialogue(
    uid: bytes, store: KeyStore, random: Callable[[int], bytes]
) -> CardDialogue:
    """Return the dialogue that takes everything of ours off a card of any version held."""
    return retire(uid, [store.card_keys(uid, version) for version in _newest_first(store)], random)


def _newest_first(store: KeyStore) -> range:
    return range(store.card_version, 0, -1)
