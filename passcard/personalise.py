"""Personalising a card: a dialogue that turns a factory blank into a Pass card.

    chip        select the PICC, GetVersion: a DESFire EV2 or later, with the UID we were told
    PICC        open with our key, or the DES key of a blank, or an AES key of zeros
                -> our PICC key; the chip's own UID (51) compared; settings; both applications
    benefits    open key 0 with ours or the factory's -> our key 0, settings, our key 1
    access      the same
    proof       key 1 of both applications

Promise: every step reads before it writes, so a card torn away at any moment is finished by
presenting it again, and a finished card is recognised without a single write. Tries are bounded:
at most three keys at PICC level and two at an application, then KeysUnknown. A card that claims
another UID is refused before anything is written. Never sent: FormatPICC, SetConfiguration.

Settings: nobody creates, deletes, lists or formats without a master key. Listing is closed because
no reader of ours needs it: a terminal selects by name, and a stranger learns nothing by asking. The
masters may still change keys and settings, so that keys can be rolled; freezing cannot be undone.

Not here: the masters, the card number (never on the card), and who carries the bytes. A blank's
keys are public, so a first personalisation is secret only from those who cannot overhear it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from passcard.apdu import StatusWord
from passcard.dialogue import Channel, Dialogue, get_version, open_channel, select_application
from passcard.diversify import card_key_input, diversify
from passcard.errors import (
    AnotherCard,
    CardNotGenuine,
    CardRefused,
    KeysUnknown,
    UnsuitableCard,
)
from passcard.factory_blank import RND_LENGTH as DES_RND_LENGTH
from passcard.factory_blank import replace_factory_key
from passcard.layout import (
    ACCESS_AID,
    AES_KEY_LENGTH,
    APPLICATION_MASTER_KEY,
    AUTHENTICATE_KEY,
    BENEFITS_AID,
    KEYS_PER_APPLICATION,
    PICC_AID,
    UID_LENGTH,
    Application,
)
from passcard.proof import prove_genuine
from passcard.secret import Secret

#: KS1: bit 0 master key changeable, bit 3 settings changeable; no free list (1) or create (2).
PICC_SETTINGS = 0x09
#: The same, and bits 7-4 = 0: keys are changed under key 0 only.
APPLICATION_SETTINGS = 0x09
#: KS2: bits 7-6 = 10, AES keys; bits 3-0 how many.
APPLICATION_KEY_KINDS = 0x80 | KEYS_PER_APPLICATION
#: Stored beside each of our keys; a factory key has 0.
KEY_VERSION = 1
FACTORY_AES_KEY = bytes(AES_KEY_LENGTH)
#: The first software generation that knows AuthenticateEV2First.
GENERATION_MIN = 2
_RND_LENGTH = 16


@dataclass(frozen=True, slots=True)
class PersonalisationKeys:
    """The five keys of one card, already diversified."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret

    def master(self, application: Application) -> bytes:
        """Return key 0 of an application."""
        benefits = application is Application.BENEFITS
        return (self.benefits_master if benefits else self.access_master).reveal()

    def authenticate(self, application: Application) -> bytes:
        """Return key 1 of an application."""
        benefits = application is Application.BENEFITS
        return (self.benefits_authenticate if benefits else self.access_authenticate).reveal()


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The five master keys, one for each purpose; they open nothing before diversification."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret

    def for_card(self, uid: bytes) -> PersonalisationKeys:
        """Return the keys of the card with this UID (7 bytes)."""

        def own(master: Secret, aid: bytes) -> Secret:
            return Secret(diversify(master.reveal(), card_key_input(uid, aid)))

        return PersonalisationKeys(
            picc=own(self.picc, PICC_AID),
            benefits_master=own(self.benefits_master, BENEFITS_AID),
            benefits_authenticate=own(self.benefits_authenticate, BENEFITS_AID),
            access_master=own(self.access_master, ACCESS_AID),
            access_authenticate=own(self.access_authenticate, ACCESS_AID),
        )


def personalise(
    uid: bytes, keys: PersonalisationKeys, random: Callable[[int], bytes]
) -> Dialogue[None]:
    """Yield command APDUs, be sent answer APDUs, end when the card is a proven Pass card.

    `uid` is the 7 bytes the reader saw, `random(n)` n fresh random bytes. Raises PassCardError; the
    card can then be presented again.
    """
    if len(uid) != UID_LENGTH:
        raise ValueError("a UID has 7 bytes")
    yield from _Personalisation(uid, keys, random).talk()


@dataclass(frozen=True, slots=True)
class _Personalisation:
    uid: bytes
    keys: PersonalisationKeys
    random: Callable[[int], bytes]

    def talk(self) -> Dialogue[None]:
        yield from self._check_chip()
        channel = yield from self._own_picc()
        created = yield from self._prepare_picc(channel)
        for application in Application:
            yield from self._own_application(application, fresh=application in created)
        for application in Application:
            key = self.keys.authenticate(application)
            yield from prove_genuine(application, key, self.random(_RND_LENGTH))

    def _check_chip(self) -> Dialogue[None]:
        """Refuse the wrong kind of chip, or another card than announced, before any write."""
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
        if version.uid != self.uid:
            raise AnotherCard

    def _own_picc(self) -> Dialogue[Channel]:
        """Return a channel under our PICC key, installing that key if the factory's is there."""
        ours = self.keys.picc.reveal()
        opened = yield from self._try_master(PICC_AID, ours)
        if isinstance(opened, Channel):
            yield from self._check_uid(opened)
            return opened
        refused = yield from self._try_factory_des()
        if refused is not None:
            opened = yield from self._try_master(PICC_AID, FACTORY_AES_KEY)
            if not isinstance(opened, Channel):
                raise KeysUnknown("the PICC", opened)
            yield from self._check_uid(opened)
            yield from opened.change_own_key(ours, version=KEY_VERSION)
        channel = yield from self._open_master(PICC_AID, ours)
        yield from self._check_uid(channel)
        return channel

    def _try_factory_des(self) -> Dialogue[StatusWord | None]:
        """Give a blank our PICC key; return the card's refusal if its key is not the DES one."""
        try:
            yield from replace_factory_key(
                self.keys.picc.reveal(), version=KEY_VERSION, rnd_a=self.random(DES_RND_LENGTH)
            )
        except (CardRefused, CardNotGenuine) as refusal:
            if refusal.status is None:
                raise
            return refusal.status
        return None

    def _prepare_picc(self, channel: Channel) -> Dialogue[frozenset[Application]]:
        """Harden the settings and create what is missing; return what was created."""
        settings, _ = yield from channel.get_key_settings()
        if settings != PICC_SETTINGS:
            yield from channel.change_key_settings(PICC_SETTINGS)
        present = yield from channel.get_application_ids()
        missing = [application for application in Application if application.aid not in present]
        for application in missing:
            yield from channel.create_application(
                application.aid, settings=APPLICATION_SETTINGS, key_kinds=APPLICATION_KEY_KINDS
            )
        return frozenset(missing)

    def _own_application(self, application: Application, *, fresh: bool) -> Dialogue[None]:
        """Put our two keys and settings into an application, or see that they are there."""
        aid, ours = application.aid, self.keys.master(application)
        yield from select_application(aid)
        candidates = (FACTORY_AES_KEY, ours) if fresh else (ours, FACTORY_AES_KEY)
        channel, found = yield from self._open_any(application, candidates)
        yield from _settle(channel)
        if found == FACTORY_AES_KEY:
            # Key 0 first: key 1 then travels under a key that only we know.
            yield from channel.change_own_key(ours, version=KEY_VERSION)
            channel = yield from self._open_master(aid, ours)
        yield from self._own_authenticate_key(channel, application)

    def _open_any(
        self, application: Application, candidates: tuple[bytes, bytes]
    ) -> Dialogue[tuple[Channel, bytes]]:
        """Open key 0 with the first key that fits; return the channel and that key."""
        refused = None
        for key in candidates:
            opened = yield from self._try_master(application.aid, key)
            if isinstance(opened, Channel):
                return opened, key
            refused = opened
        raise KeysUnknown(f"application {application}", refused)

    def _own_authenticate_key(self, channel: Channel, application: Application) -> Dialogue[None]:
        # A key and its version are written together, so the version tells whose key it is.
        if (yield from channel.get_key_version(AUTHENTICATE_KEY)) == KEY_VERSION:
            return
        yield from channel.change_other_key(
            AUTHENTICATE_KEY,
            self.keys.authenticate(application),
            old_key=FACTORY_AES_KEY,
            version=KEY_VERSION,
        )

    def _open_master(self, aid: bytes, key: bytes) -> Dialogue[Channel]:
        return open_channel(
            aid, key_number=APPLICATION_MASTER_KEY, key=key, rnd_a=self.random(_RND_LENGTH)
        )

    def _try_master(self, aid: bytes, key: bytes) -> Dialogue[Channel | StatusWord]:
        """Open key 0 with `key`; return the card's refusal when it is another key."""
        try:
            return (yield from self._open_master(aid, key))
        except (CardRefused, CardNotGenuine) as refusal:
            # It accepted us and proved nothing: a fake, and no other key will make it real.
            if refusal.status is None:
                raise
            return refusal.status

    def _check_uid(self, channel: Channel) -> Dialogue[None]:
        if (yield from channel.get_card_uid()) != self.uid:
            raise AnotherCard


def _settle(channel: Channel) -> Dialogue[None]:
    """See that an application is laid out as ours, and harden its settings."""
    settings, key_kinds = yield from channel.get_key_settings()
    if key_kinds != APPLICATION_KEY_KINDS:
        raise UnsuitableCard("an application has other keys than ours")
    if settings != APPLICATION_SETTINGS:
        yield from channel.change_key_settings(APPLICATION_SETTINGS)
