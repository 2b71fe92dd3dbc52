"""The steps that every talk of an issuing desk shares: which chip is it, and which key opens it.

Promise: nothing here writes to the card. A key's version, read without a session, only says which
key to try first: a lie costs a try, never a write. Tries are bounded by KEY_VERSIONS_MAX.
"""

from collections.abc import Callable, Sequence

from passcard.apdu import StatusWord
from passcard.card_keys import CardKey
from passcard.dialogue import (
    Channel,
    Dialogue,
    get_key_version,
    get_version,
    open_channel,
    select_application,
)
from passcard.errors import AnotherCard, CardNotGenuine, CardRefused, UnsuitableCard
from passcard.layout import APPLICATION_MASTER_KEY, PICC_AID, UID_LENGTH

Random = Callable[[int], bytes]

#: How many versions of the masters one talk may try: more are a mistake of the caller.
KEY_VERSIONS_MAX = 16
#: The first software generation that knows AuthenticateEV2First.
GENERATION_MIN = 2
RND_LENGTH = 16


def check_uid_length(uid: bytes) -> None:
    """Raise ValueError unless a UID has 7 bytes."""
    if len(uid) != UID_LENGTH:
        raise ValueError("a UID has 7 bytes")


def check_chip(uid: bytes) -> Dialogue[None]:
    """Refuse the wrong kind of chip, or another card than announced; leaves the PICC selected.

    Raises UnsuitableCard, AnotherCard.
    """
    try:
        # Selecting first: a session left open by a dropped talk would refuse GetVersion.
        yield from select_application(PICC_AID)
        version = yield from get_version()
    except CardRefused as refusal:
        raise UnsuitableCard("the card is no DESFire") from refusal
    if not version.is_desfire:
        raise UnsuitableCard("the card is no DESFire")
    if version.generation < GENERATION_MIN:
        raise UnsuitableCard("the chip is older than EV2")
    # Zeros when random ID is on: neither a blank nor a card of ours.
    if version.uid != uid:
        raise AnotherCard


def check_uid(channel: Channel, uid: bytes) -> Dialogue[None]:
    """Compare the chip's own UID (51), which it can only tell in a session. Raises AnotherCard."""
    if (yield from channel.get_card_uid()) != uid:
        raise AnotherCard


def stored_version() -> Dialogue[int | None]:
    """Return the version byte of key 0 of what is selected; None when the chip will not say."""
    try:
        return (yield from get_key_version(APPLICATION_MASTER_KEY))
    except CardRefused:
        return None


def open_master(aid: bytes, key: CardKey, random: Random) -> Dialogue[Channel]:
    """Open key 0 of the selected application. Raises CardNotGenuine, CardRefused."""
    return open_channel(
        aid, key_number=APPLICATION_MASTER_KEY, key=key.material, rnd_a=random(RND_LENGTH)
    )


def open_any(
    aid: bytes, keys: Sequence[CardKey], random: Random, *, hint: int | None
) -> Dialogue[tuple[Channel, CardKey] | StatusWord]:
    """Open key 0 with the first of `keys` that fits, the ones of version `hint` first.

    Returns the channel and its key, or the card's last refusal. Raises CardNotGenuine for a card
    that accepts any key and proves none.
    """
    refused = StatusWord.AUTHENTICATION_ERROR
    for key in sorted(keys, key=lambda key: key.version != hint):
        try:
            return (yield from open_master(aid, key, random)), key
        except (CardRefused, CardNotGenuine) as refusal:
            refused = refusal_of(refusal)
    return refused


def refusal_of(refusal: CardRefused | CardNotGenuine) -> StatusWord:
    """Return the card's own no; raise again what is no refusal but a fake."""
    # It accepted us and proved nothing: a fake, and no other key will make it real.
    if refusal.status is None:
        raise refusal
    return refusal.status
