"""Retiring a card: a dialogue that takes everything of ours off a chip.

    chip        as in personalise: the right kind, with the UID we were told
    PICC        open with our key of any known version, or with the AES factory key (resumed)
                -> both applications deleted, and their keys with them; settings as delivered
                -> the PICC key back to the AES key of zeros, version 0
    proof       opened with that key, without an application of ours

Promise: every step reads before it writes, so a chip torn away at any moment is finished by
presenting it again; the key that opens the chip is given up last. Applications of others stay.

The PICC key becomes the published AES key of zeros, not the DES key most blanks are shipped with:
this change stays inside the EV2 exchange that published vectors pin, it can be proved at once by
authenticating, personalisation takes such a blank, and no weaker cipher comes back. Not here: the
memory that deleted applications leave, which only FormatPICC gives back (never sent: it would also
take what is not ours). A chip whose PICC key is DES was never one of ours: KeysUnknown.
"""

from collections.abc import Sequence

from passcard.apdu import StatusWord
from passcard.card_keys import FACTORY_KEY, PersonalisationKeys
from passcard.dialogue import Channel, Dialogue
from passcard.errors import KeysUnknown, UnsuitableCard
from passcard.issuing import (
    KEY_VERSIONS_MAX,
    Random,
    check_chip,
    check_uid,
    check_uid_length,
    open_any,
    open_master,
    stored_version,
)
from passcard.layout import PICC_AID, Application

#: KS1 as delivered: everything is allowed, and may be changed.
FACTORY_PICC_SETTINGS = 0x0F


def retire(uid: bytes, known: Sequence[PersonalisationKeys], random: Random) -> Dialogue[None]:
    """Yield command APDUs, be sent answer APDUs, end when nothing of ours is on the chip.

    `known` is this chip's keys under every version of the masters it may hold. Raises
    PassCardError; the chip can then be presented again.
    """
    check_uid_length(uid)
    if not 1 <= len(known) <= KEY_VERSIONS_MAX:
        raise ValueError(f"1 to {KEY_VERSIONS_MAX} key versions")
    yield from check_chip(uid)
    keys = [*(each.picc_key() for each in known), FACTORY_KEY]
    opened = yield from open_any(PICC_AID, keys, random, hint=(yield from stored_version()))
    if isinstance(opened, StatusWord):
        raise KeysUnknown("the PICC", opened)
    channel, found = opened
    yield from check_uid(channel, uid)
    yield from _strip(channel)
    if found is not FACTORY_KEY:
        yield from channel.change_own_key(FACTORY_KEY.material, version=FACTORY_KEY.version)
        channel = yield from open_master(PICC_AID, FACTORY_KEY, random)
    yield from _check_bare(channel)


def _strip(channel: Channel) -> Dialogue[None]:
    """Delete our applications and loosen the settings."""
    present = yield from channel.get_application_ids()
    for application in Application:
        if application.aid in present:
            yield from channel.delete_application(application.aid)
    settings, _ = yield from channel.get_key_settings()
    if settings != FACTORY_PICC_SETTINGS:
        yield from channel.change_key_settings(FACTORY_PICC_SETTINGS)


def _check_bare(channel: Channel) -> Dialogue[None]:
    present = yield from channel.get_application_ids()
    if any(application.aid in present for application in Application):
        raise UnsuitableCard("the chip keeps an application it was told to delete")
