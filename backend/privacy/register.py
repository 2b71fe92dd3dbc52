"""The register of what is done with people's data, and what erasing does to each table.

What the public page, the command line and a data protection officer read is made of this (GDPR
art. 30; the CNIL's developer guide). Promise, held by a test: every table of the database is here
exactly once. In French, because people read it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Erasing(StrEnum):
    """What becomes of a row when its person is erased."""

    #: It goes.
    REMOVED = "removed"
    #: It stays, and says no longer who it was about.
    EMPTIED = "emptied"
    #: It stays as it is: an id of nobody, an amount, a day.
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Processing:
    """One thing that is done with people's data."""

    name: str
    purpose: str
    basis: str
    kept: str
    tables: dict[str, Erasing]


_PUBLIC_TASK: Final = "mission d’intérêt public (RGPD, art. 6-1-e)"
_LAW: Final = "obligation légale (RGPD, art. 6-1-c)"
_CONSENT: Final = "accord de la personne (RGPD, art. 6-1-a)"
_R, _E, _K = Erasing.REMOVED, Erasing.EMPTIED, Erasing.KEPT

REGISTER: Final = (
    Processing(
        "Qui vous êtes",
        "Savoir à qui appartient une carte et quels avantages sont dus.",
        _PUBLIC_TASK,
        "tant que vous avez des droits, puis un an",
        {
            "beneficiary": _E,
            "person_key": _E,
            "eligibility": _R,
            "national_number": _R,
            "pupil": _R,
            "enrolment": _E,
            "enrolment_service": _R,
            "erased_person": _K,
        },
    ),
    Processing(
        "Votre compte et votre famille",
        "Vous laisser entrer, vous et personne d’autre, et savoir pour qui vous agissez.",
        _PUBLIC_TASK,
        "tant que le compte est ouvert, puis un an ; un lien qui n’a pas servi, 30 jours",
        {
            "sign_in_account": _E,
            "sign_in_session": _R,
            "sign_in_link": _R,
            "sign_in_browser": _R,
            "sign_in_visit": _R,
            "sign_in_tries": _K,
            "sign_in_quota": _K,
            "sign_up": _R,
            "address_link": _R,
            "terms_acceptance": _K,
            "email_change": _R,
            "passkey": _R,
            "passkey_challenge": _R,
            "federated_identity": _R,
            "federation_attempt": _R,
            "federation_pending": _R,
            "federated_visit": _R,
            "tie": _E,
            "tie_request": _R,
            "family": _K,
            "family_member": _E,
            "family_child": _R,
            "family_invitation": _R,
            "organisation": _E,
            "organisation_member": _E,
            "organisation_invitation": _R,
            "partner_member": _K,
            "establishment_member": _K,
            "operator": _K,
            "operator_session": _K,
        },
    ),
    Processing(
        "Votre carte",
        "Commander, fabriquer, remettre et remplacer la carte.",
        _PUBLIC_TASK,
        "tant que vous avez des droits, puis un an ; l’adresse de livraison, jusqu’à la remise",
        {
            "card": _K,
            "card_request": _E,
            "card_history": _K,
            "card_lot": _K,
            "card_personalisation": _K,
            "card_challenge": _K,
            "card_proof": _K,
        },
    ),
    Processing(
        "Votre code secret",
        "Vérifier que c’est bien vous qui payez. Le code lui-même n’est écrit nulle part.",
        _PUBLIC_TASK,
        "tant que le code sert",
        {
            "pin_reference": _R,
            "code_record": _K,
            "code_miss": _R,
            "code_link_request": _R,
            "code_alarm": _K,
            "code_tally": _K,
            "activation": _R,
        },
    ),
    Processing(
        "Vos avantages et vos paiements",
        "Donner les avantages, payer les partenaires, tenir les comptes.",
        _LAW,
        "10 ans (comptabilité), sans votre nom dès que vous êtes effacé",
        {
            "wallet": _K,
            "grant_decision": _K,
            "payment": _K,
            "payment_return": _K,
            "balance_enquiry": _K,
            "ledger_account": _K,
            "ledger_transfer": _K,
            "ledger_hold": _K,
            "ledger_open_hold": _K,
            "ledger_settlement": _K,
            "ledger_seal": _K,
        },
    ),
    Processing(
        "La cantine",
        "Tenir le compte des repas et le nombre de couverts.",
        _PUBLIC_TASK,
        "les comptes, 10 ans ; les réservations, 90 jours",
        {
            "meal_account": _K,
            "meal_charge": _K,
            "meal_payment": _K,
            "reservation": _R,
            "day_code": _E,
        },
    ),
    Processing(
        "Vos passages",
        "Ouvrir la porte, compter un repas une seule fois.",
        _PUBLIC_TASK,
        "90 jours, puis des nombres sans personne",
        {
            "passage": _E,
            "passage_cancellation": _K,
            "passage_count": _K,
            "quarantined_passage": _K,
            "gate_list_card": _K,
            "gate_list_version": _K,
        },
    ),
    Processing(
        "Votre photo",
        "L’imprimer sur la carte et, si vous êtes d’accord, la montrer à la porte de la cantine.",
        _CONSENT,
        "tant que vous êtes dans l’établissement et d’accord",
        {"card_photo": _R, "holder_photo": _R, "consent": _R},
    ),
    Processing(
        "Les messages que vous recevez",
        "Vous prévenir de ce qui touche votre carte, votre code ou votre compte.",
        _PUBLIC_TASK,
        "30 jours après l’envoi",
        {"notice": _R},
    ),
    Processing(
        "Qui a fait quoi",
        "Retrouver qui a consulté ou changé des données, et répondre à vos demandes.",
        _LAW,
        "12 mois",
        {
            "sign_in_act": _K,
            "impersonation": _K,
            "erasure_request": _E,
            "forgetting_run": _K,
            "retention_run": _K,
            "job_run": _K,
        },
    ),
)

#: Nothing of a person: places, devices, schemes, and what programs remember for a moment.
NOBODYS: Final = frozenset(
    {
        "access_list_change",
        "access_list_mark",
        "access_service",
        "access_token",
        "benefit",
        "benefit_activity",
        "benefit_partner",
        "campaign",
        "campaign_change",
        "canteen_account",
        "closed_day",
        "commune",
        "establishment",
        "event_delivery",
        "event_endpoint",
        "event_token",
        "gate",
        "gate_event",
        "grant_rule",
        "key_sighting",
        "kitchen_link",
        "meal_price",
        "outlet",
        "partner",
        "partner_account",
        "partner_activity",
        "payment_limit",
        "pin_pad",
        "pupil_import",
        "pupil_roster",
        "regime",
        "regime_right",
        "scheme",
        "school_class",
        "seen_assertion",
        "terminal",
        "terminal_guard",
        "terminal_heard",
    }
)
