"""The register of what is done with people's data, and what erasing does to each table.

What the public page, the command line and a data protection officer read is made of this (GDPR
art. 30; the CNIL's developer guide). Promise, held by a test: every table of the database is here
exactly once. In French, because people read it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from backend.holders import terms
from backend.holders.terms import Term


class Erasing(StrEnum):
    """What becomes of a row when its person is erased."""

    #: It goes.
    REMOVED = "removed"
    #: It stays, and says no longer who it was about.
    EMPTIED = "emptied"
    #: It stays as it is: an id of nobody, an amount, a day.
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Stay:
    """How long these tables keep what they hold; `what` is named where it is not all there is."""

    term: Term
    tables: dict[str, Erasing]
    what: str = ""

    @property
    def words(self) -> str:
        """Say it in one line."""
        return f"{self.what} : {self.term.words}" if self.what else self.term.words


@dataclass(frozen=True, slots=True)
class Processing:
    """One thing that is done with people's data."""

    name: str
    purpose: str
    basis: str
    stays: tuple[Stay, ...]

    @property
    def tables(self) -> dict[str, Erasing]:
        """Return what erasing does to each of its tables."""
        return {table: how for stay in self.stays for table, how in stay.tables.items()}

    @property
    def kept(self) -> tuple[str, ...]:
        """Say for how long, a line for each length of time."""
        return tuple(stay.words for stay in self.stays)


_PUBLIC_TASK: Final = "mission d’intérêt public (RGPD, art. 6-1-e)"
_LAW: Final = "obligation légale (RGPD, art. 6-1-c)"
_CONSENT: Final = "accord de la personne (RGPD, art. 6-1-a)"
_R, _E, _K = Erasing.REMOVED, Erasing.EMPTIED, Erasing.KEPT

REGISTER: Final = (
    Processing(
        "Qui vous êtes",
        "Savoir à qui appartient une carte et quels avantages sont dus.",
        _PUBLIC_TASK,
        (
            Stay(
                terms.WHILE_ENTITLED,
                {
                    "beneficiary": _E,
                    "person_key": _E,
                    "eligibility": _R,
                    "national_number": _R,
                    "pupil": _R,
                    "enrolment": _E,
                    "enrolment_service": _R,
                },
            ),
            Stay(terms.ALWAYS, {"erased_person": _K}, "qui a été effacé"),
        ),
    ),
    Processing(
        "Votre compte et votre famille",
        "Vous laisser entrer, vous et personne d’autre, et savoir pour qui vous agissez.",
        _PUBLIC_TASK,
        (
            Stay(
                terms.WHILE_OPEN,
                {
                    "sign_in_account": _E,
                    "sign_in_visit": _R,
                    "terms_acceptance": _K,
                    "family": _E,
                    "family_member": _E,
                    "organisation": _E,
                    "organisation_member": _E,
                    "partner_member": _K,
                    "establishment_member": _K,
                    "operator": _K,
                    "card_procedure": _K,
                },
            ),
            Stay(
                terms.WHILE_ENTITLED,
                {"tie": _E, "family_child": _R},
                "le lien entre un compte et un Pass",
            ),
            Stay(
                terms.YEAR,
                {
                    "sign_in_browser": _R,
                    "email_change": _R,
                    "tie_request": _R,
                    "family_invitation": _R,
                    "organisation_invitation": _R,
                    "organisation_document": _R,
                    "partner_suggestion": _R,
                },
                "demandes, invitations et appareils connus",
            ),
            Stay(terms.THIRTY_DAYS, {"sign_in_link": _R, "address_link": _R}, "liens envoyés"),
            Stay(
                terms.UNTIL_REMOVED,
                {"passkey": _R, "federated_identity": _R},
                "clé d’accès et identité FranceConnect",
            ),
            Stay(
                terms.TWO_DAYS,
                {"sign_in_tries": _K, "sign_in_quota": _K, "stranger_key": _K},
                "essais comptés",
            ),
            Stay(
                terms.NEXT_DAY,
                {
                    "sign_in_session": _R,
                    "sign_up": _R,
                    "operator_session": _R,
                    "passkey_challenge": _R,
                    "federation_attempt": _R,
                    "federation_pending": _R,
                    "federated_visit": _R,
                },
                "connexions finies et inscriptions non terminées",
            ),
        ),
    ),
    Processing(
        "Votre carte",
        "Commander, fabriquer, remettre et remplacer la carte.",
        _PUBLIC_TASK,
        (
            Stay(
                terms.WITH_BOOKS,
                {"card": _K, "card_request": _E, "card_history": _E, "card_lot": _K},
            ),
            Stay(
                terms.NEXT_DAY,
                {"card_personalisation": _K, "card_challenge": _K, "card_proof": _K},
                "carte présentée à un appareil",
            ),
        ),
    ),
    Processing(
        "Votre code secret",
        "Vérifier que c’est bien vous qui payez. Le code lui-même n’est écrit nulle part.",
        _PUBLIC_TASK,
        (
            Stay(terms.WHILE_ENTITLED, {"pin_reference": _R}),
            Stay(
                terms.YEAR,
                {"code_record": _E, "code_alarm": _K},
                "ce qui est arrivé au code",
            ),
            Stay(terms.THIRTY_DAYS, {"activation": _R}, "liens pour choisir un code"),
            Stay(
                terms.NEXT_DAY,
                {"code_miss": _R, "code_link_request": _R},
                "codes faux et demandes de lien",
            ),
        ),
    ),
    Processing(
        "Vos avantages et vos paiements",
        "Donner les avantages, payer les partenaires, tenir les comptes.",
        _LAW,
        (
            Stay(
                terms.BOOKS,
                {
                    "wallet": _K,
                    "grant_decision": _E,
                    "payment": _K,
                    "payment_return": _K,
                    "ledger_account": _K,
                    "ledger_transfer": _K,
                    "ledger_hold": _K,
                    "ledger_open_hold": _K,
                    "ledger_settlement": _K,
                    "ledger_seal": _K,
                },
            ),
            Stay(terms.NEXT_DAY, {"balance_enquiry": _K}, "solde demandé à une caisse"),
        ),
    ),
    Processing(
        "La cantine",
        "Tenir le compte des repas et le nombre de couverts.",
        _PUBLIC_TASK,
        (
            Stay(
                terms.BOOKS,
                {"meal_account": _K, "meal_charge": _K, "meal_payment": _E},
                "les comptes",
            ),
            Stay(
                terms.NINETY_DAYS,
                {"reservation": _R, "day_code": _E},
                "réservations et codes d’un jour",
            ),
        ),
    ),
    Processing(
        "Vos passages",
        "Ouvrir la porte, compter un repas une seule fois.",
        _PUBLIC_TASK,
        (
            Stay(terms.PASSAGES, {"passage": _E}),
            Stay(
                terms.NINETY_DAYS,
                {"passage_cancellation": _E, "quarantined_passage": _K},
                "passages annulés ou contestés",
            ),
            Stay(
                terms.WHILE_LISTED,
                {"gate_list_card": _K, "gate_list_version": _K},
                "ce que sait une porte",
            ),
        ),
    ),
    Processing(
        "Votre photo",
        "L’imprimer sur la carte et, si vous êtes d’accord, la montrer à la porte de la cantine.",
        _CONSENT,
        (
            Stay(terms.WHILE_AGREED, {"holder_photo": _R}, "à la porte"),
            Stay(
                terms.WHILE_ENTITLED,
                {"card_photo": _R, "consent": _R},
                "sur la carte, et les accords donnés ou retirés",
            ),
        ),
    ),
    Processing(
        "Les messages que vous recevez",
        "Vous prévenir de ce qui touche votre carte, votre code ou votre compte.",
        _PUBLIC_TASK,
        (Stay(terms.THIRTY_DAYS, {"notice": _R}),),
    ),
    Processing(
        "Qui a fait quoi",
        "Retrouver qui a consulté ou changé des données, et répondre à vos demandes.",
        _LAW,
        (
            Stay(
                terms.YEAR,
                {"sign_in_act": _E, "impersonation": _E, "erasure_request": _E, "job_run": _K},
            ),
            Stay(
                terms.PROOFS,
                {"forgetting_run": _K, "retention_run": _K},
                "preuve que l’oubli a eu lieu, sans personne",
            ),
        ),
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
        "campaign_count",
        "canteen_account",
        "closed_day",
        "code_tally",
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
        "passage_count",
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
