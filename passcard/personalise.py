"""Personalising a card: a dialogue that turns a factory blank into a Pass card.

    chip        select the PICC, GetVersion: a DESFire EV2 or later, with the UID we were told
    PICC        open with our key, or the DES key of a blank, or an AES key of zeros
                -> our PICC key; the chip's own UID (51) compared; settings; both applications
    benefits    open key 0 with ours or the factory's -> our key 0, settings, our key 1
    access      the same
    proof       key 1 of both applications

"Ours" is the wanted version of the masters, or an older one: a card issued under an older one is
moved to the wanted one by the very same steps.

Promise: every step reads before it writes, so a card torn away at any moment is finished by
presenting it again, and a finished card is recognised without a single write. Tries are bounded:
at each level one for each version of ours and two for the factory's, then KeysUnknown. A card that
claims another UID is refused before anything is written. Never sent: FormatPICC, SetConfiguration.

Settings: nobody creates, deletes, lists or formats without a master key. Listing is closed because
no reader of ours needs it: a terminal selects by name, and a stranger learns nothing by asking. The
masters may still change keys and settings, so that keys can be rolled; freezing cannot be undone.

Not here: the masters, the card number (never on the card), and who carries the bytes. A blank's
keys are public, so a first personalisation is secret only from those who cannot overhear it. A card
torn away while it is moved between versions may be refused until it is presented again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from passcard.apdu import StatusWord
from passcard.card_keys import FACTORY_KEY, CardKey, MasterKeys, PersonalisationKeys
from passcard.dialogue import Channel, Dialogue, select_application
from passcard.errors import CardNotGenuine, CardRefused, KeysUnknown, UnsuitableCard
from passcard.factory_blank import RND_LENGTH as DES_RND_LENGTH
from passcard.factory_blank import replace_factory_key
from passcard.issuing import (
    KEY_VERSIONS_MAX,
    RND_LENGTH,
    Random,
    check_chip,
    check_uid,
    check_uid_length,
    open_any,
    open_master,
    refusal_of,
    stored_version,
)
from passcard.layout import AUTHENTICATE_KEY, KEYS_PER_APPLICATION, PICC_AID, Application
from passcard.proof import prove_genuine

__all__ = ["MasterKeys", "PersonalisationKeys", "personalise"]

#: KS1: bit 0 master key changeable, bit 3 settings changeable; no free list (1) or create (2).
PICC_SETTINGS = 0x09
#: The same, and bits 7-4 = 0: keys are changed under key 0 only.
APPLICATION_SETTINGS = 0x09
#: KS2: bits 7-6 = 10, AES keys; bits 3-0 how many.
APPLICATION_KEY_KINDS = 0x80 | KEYS_PER_APPLICATION


def personalise(
    uid: bytes,
    keys: PersonalisationKeys,
    random: Random,
    *,
    older: Sequence[PersonalisationKeys] = (),
) -> Dialogue[None]:
    """Yield command APDUs, be sent answer APDUs, end when the card is a proven Pass card.

    `uid` is the 7 bytes the reader saw, `random(n)` n fresh random bytes, `older` the same card's
    keys under other versions of the masters that it may still hold. Raises PassCardError; the card
    can then be presented again.
    """
    check_uid_length(uid)
    versions = {known.version for known in (keys, *older)}
    if len(versions) != 1 + len(older) or len(versions) > KEY_VERSIONS_MAX:
        raise ValueError(f"at most {KEY_VERSIONS_MAX} key versions, each once")
    yield from _Personalisation(uid, keys, tuple(older), random).talk()


@dataclass(frozen=True, slots=True)
class _Personalisation:
    uid: bytes
    keys: PersonalisationKeys
    older: tuple[PersonalisationKeys, ...]
    random: Random

    def talk(self) -> Dialogue[None]:
        yield from check_chip(self.uid)
        channel = yield from self._own_picc()
        yield from _prepare_picc(channel)
        for application in Application:
            yield from self._own_application(application)
        for application in Application:
            key = self.keys.authenticate(application)
            yield from prove_genuine(application, key, self.random(RND_LENGTH))

    def _own_picc(self) -> Dialogue[Channel]:
        """Return a channel under our wanted PICC key, installing it if another known is there."""
        version = yield from stored_version()
        steps = [self._picc_from_ours, self._picc_from_factory]
        if version == FACTORY_KEY.version:
            steps.reverse()
        refused = None
        for step in steps:
            opened = yield from step(version)
            if isinstance(opened, Channel):
                return opened
            refused = opened
        raise KeysUnknown("the PICC", refused)

    def _picc_from_ours(self, version: int | None) -> Dialogue[Channel | StatusWord]:
        """Open the PICC with a key of ours of any version, and move it to the wanted one."""
        known = [keys.picc_key() for keys in (self.keys, *self.older)]
        opened = yield from open_any(PICC_AID, known, self.random, hint=version)
        if isinstance(opened, StatusWord):
            return opened
        channel, found = opened
        yield from check_uid(channel, self.uid)
        if found.version == self.keys.version:
            return channel
        return (yield from self._install_picc_key(channel))

    def _picc_from_factory(self, _version: int | None) -> Dialogue[Channel | StatusWord]:
        """Give a blank our PICC key; return the card's refusal if its key is no factory's."""
        refused = yield from self._try_factory_des()
        if refused is None:
            return (yield from self._open_picc())
        opened = yield from open_any(PICC_AID, [FACTORY_KEY], self.random, hint=None)
        if isinstance(opened, StatusWord):
            return opened
        yield from check_uid(opened[0], self.uid)
        return (yield from self._install_picc_key(opened[0]))

    def _try_factory_des(self) -> Dialogue[StatusWord | None]:
        """Turn a DES key of zeros into our PICC key; return the card's refusal if it is another."""
        ours = self.keys.picc_key()
        try:
            yield from replace_factory_key(
                ours.material, version=ours.version, rnd_a=self.random(DES_RND_LENGTH)
            )
        except (CardRefused, CardNotGenuine) as refusal:
            return refusal_of(refusal)
        return None

    def _install_picc_key(self, channel: Channel) -> Dialogue[Channel]:
        ours = self.keys.picc_key()
        yield from channel.change_own_key(ours.material, version=ours.version)
        return (yield from self._open_picc())

    def _open_picc(self) -> Dialogue[Channel]:
        channel = yield from open_master(PICC_AID, self.keys.picc_key(), self.random)
        yield from check_uid(channel, self.uid)
        return channel

    def _own_application(self, application: Application) -> Dialogue[None]:
        """Put our two keys and settings into an application, or see that they are there."""
        aid, ours = application.aid, self.keys.master_key(application)
        yield from select_application(aid)
        version = yield from stored_version()
        known = [keys.master_key(application) for keys in (self.keys, *self.older)]
        opened = yield from open_any(aid, [*known, FACTORY_KEY], self.random, hint=version)
        if isinstance(opened, StatusWord):
            raise KeysUnknown(f"application {application}", opened)
        channel, found = opened
        yield from _settle(channel)
        if found.version != ours.version:
            # Key 0 first: key 1 then travels under a key that only we know.
            yield from channel.change_own_key(ours.material, version=ours.version)
            channel = yield from open_master(aid, ours, self.random)
        yield from self._own_authenticate_key(channel, application)

    def _own_authenticate_key(self, channel: Channel, application: Application) -> Dialogue[None]:
        # A key and its version are written together, so the version tells whose key it is; where it
        # lies, the old key is wrong and ChangeKey itself refuses (1E).
        ours = self.keys.authenticate_key(application)
        stored = yield from channel.get_key_version(AUTHENTICATE_KEY)
        if stored == ours.version:
            return
        old = self._authenticate_key_of(application, stored)
        yield from channel.change_other_key(
            AUTHENTICATE_KEY, ours.material, old_key=old.material, version=ours.version
        )

    def _authenticate_key_of(self, application: Application, version: int) -> CardKey:
        known = [FACTORY_KEY, *(keys.authenticate_key(application) for keys in self.older)]
        for key in known:
            if key.version == version:
                return key
        raise KeysUnknown(f"key {AUTHENTICATE_KEY} of application {application}", None)


def _prepare_picc(channel: Channel) -> Dialogue[None]:
    """Harden the settings and create what is missing."""
    settings, _ = yield from channel.get_key_settings()
    if settings != PICC_SETTINGS:
        yield from channel.change_key_settings(PICC_SETTINGS)
    present = yield from channel.get_application_ids()
    for application in Application:
        if application.aid not in present:
            yield from channel.create_application(
                application.aid, settings=APPLICATION_SETTINGS, key_kinds=APPLICATION_KEY_KINDS
            )


def _settle(channel: Channel) -> Dialogue[None]:
    """See that an application is laid out as ours, and harden its settings."""
    settings, key_kinds = yield from channel.get_key_settings()
    if key_kinds != APPLICATION_KEY_KINDS:
        raise UnsuitableCard("an application has other keys than ours")
    if settings != APPLICATION_SETTINGS:
        yield from channel.change_key_settings(APPLICATION_SETTINGS)
