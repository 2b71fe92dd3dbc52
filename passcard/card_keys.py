"""A card's keys: where they come from, and which version of the masters made them.

Promise: no key prints itself; the version stored on the card beside a key tells which masters it
was derived from, 0 being the factory's. Not here: who keeps the masters, and which version is used
for new cards.
"""

from dataclasses import dataclass, field

from passcard.diversify import card_key_input, diversify
from passcard.layout import ACCESS_AID, AES_KEY_LENGTH, BENEFITS_AID, PICC_AID, Application
from passcard.secret import Secret

FIRST_KEY_VERSION = 1
#: One byte on the card (C4); 0 is what a factory key has.
LAST_KEY_VERSION = 0xFF
FACTORY_KEY_VERSION = 0


@dataclass(frozen=True, slots=True)
class CardKey:
    """One key as ChangeKey stores it: 16 bytes, never printed, and its version byte."""

    material: bytes = field(repr=False)
    version: int


#: What a blank with AES is delivered with, what every new application starts with, and what a
#: retired card gets back. Published, so it protects nothing.
FACTORY_KEY = CardKey(bytes(AES_KEY_LENGTH), FACTORY_KEY_VERSION)


@dataclass(frozen=True, slots=True)
class PersonalisationKeys:
    """The five keys of one card, already diversified, of one version of the masters."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret
    version: int = field(default=FIRST_KEY_VERSION, kw_only=True)

    def __post_init__(self) -> None:
        if not FIRST_KEY_VERSION <= self.version <= LAST_KEY_VERSION:
            raise ValueError("a key version is 1 to 255; 0 is the factory's")

    def master(self, application: Application) -> bytes:
        """Return key 0 of an application."""
        benefits = application is Application.BENEFITS
        return (self.benefits_master if benefits else self.access_master).reveal()

    def authenticate(self, application: Application) -> bytes:
        """Return key 1 of an application."""
        benefits = application is Application.BENEFITS
        return (self.benefits_authenticate if benefits else self.access_authenticate).reveal()

    def picc_key(self) -> CardKey:
        """Return the PICC key, with its version."""
        return CardKey(self.picc.reveal(), self.version)

    def master_key(self, application: Application) -> CardKey:
        """Return key 0 of an application, with its version."""
        return CardKey(self.master(application), self.version)

    def authenticate_key(self, application: Application) -> CardKey:
        """Return key 1 of an application, with its version."""
        return CardKey(self.authenticate(application), self.version)


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The five master keys, one for each purpose; they open nothing before diversification."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret

    def for_card(self, uid: bytes, *, version: int = FIRST_KEY_VERSION) -> PersonalisationKeys:
        """Return the keys of the card with this UID (7 bytes); `version` is these masters' own."""

        def own(master: Secret, aid: bytes) -> Secret:
            return Secret(diversify(master.reveal(), card_key_input(uid, aid)))

        return PersonalisationKeys(
            picc=own(self.picc, PICC_AID),
            benefits_master=own(self.benefits_master, BENEFITS_AID),
            benefits_authenticate=own(self.benefits_authenticate, BENEFITS_AID),
            access_master=own(self.access_master, ACCESS_AID),
            access_authenticate=own(self.access_authenticate, ACCESS_AID),
            version=version,
        )
