"""Personalising a card, as a dialogue of APDUs. The steps are not written yet; the keys are."""

from dataclasses import dataclass

from passcard.diversify import card_key_input, diversify
from passcard.layout import ACCESS_AID, BENEFITS_AID, PICC_AID
from passcard.secret import Secret


@dataclass(frozen=True, slots=True)
class PersonalisationKeys:
    """The five keys of one card, already diversified."""

    picc: Secret
    benefits_master: Secret
    benefits_authenticate: Secret
    access_master: Secret
    access_authenticate: Secret


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
