"""What the columns of somebody's facts are called in French, and how a value is written."""

import base64
from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.tabular import safe_cell

CENTS_SUFFIX: Final = "_cents"
#: Of the ledger: whole cents, too.
CENTS_NAMES: Final = frozenset({"credits_posted", "debits_posted", "debits_held"})

LABELS: Final[dict[str, str]] = {
    "accepted_at": "accepté le",
    "account_id": "compte comptable",
    "address": "adresse",
    "address_1": "adresse",
    "address_2": "adresse, suite",
    "agreed_at": "accord donné le",
    "amount_cents": "montant",
    "answer": "réponse",
    "answered_at": "répondu le",
    "asked_at": "demandé le",
    "at": "date",
    "authorisation_number": "numéro de reçu",
    "backed_up": "gardée aussi ailleurs",
    "before_at": "visite d’avant",
    "began_at": "début",
    "bounce_code": "pourquoi il est revenu",
    "unreachable_since": "adresse injoignable depuis le",
    "unreachable_code": "adresse injoignable, motif",
    "benefit_code": "code de l’avantage",
    "benefit_id": "avantage",
    "birth_date": "date de naissance",
    "browser": "navigateur",
    "bytes_long": "octets",
    "by": "par",
    "by_reservation": "sur réservation",
    "campaign_id": "campagne",
    "cancelled_at": "annulé le",
    "cancelled_by": "annulé par",
    "category": "catégorie",
    "charter_version": "charte acceptée",
    "child_agrees": "l’enfant est d’accord",
    "class_code": "classe",
    "closed_at": "fermé le",
    "command": "commande",
    "commune": "commune",
    "commune_code": "code de la commune",
    "counted_from": "compté à partir du",
    "created_at": "créé le",
    "credit_account_id": "compte crédité",
    "credits_posted": "reçu en tout",
    "day": "jour",
    "days": "jours",
    "debit_account_id": "compte débité",
    "debits_held": "réservé",
    "debits_posted": "sorti en tout",
    "decided_at": "décidé le",
    "delivery": "livraison",
    "department": "département",
    "detail": "détail",
    "diet": "régime alimentaire",
    "done_at": "fait le",
    "email": "adresse électronique",
    "ended_at": "fin",
    "establishment_id": "établissement",
    "event": "événement",
    "expires_at": "valable jusqu’au",
    "factor_at": "vérifiée le",
    "factor_confirmed_at": "double vérification depuis",
    "family_id": "famille",
    "family_name": "nom",
    "fee_cents": "frais",
    "finished_at": "terminé le",
    "given_at": "donné le",
    "given_back_cents": "rendu",
    "given_name": "prénom",
    "granted": "accordé",
    "happening": "ce qui est arrivé",
    "id": "numéro",
    "image": "photo",
    "ine": "INE",
    "intervention": "intervention",
    "invited_email": "adresse invitée",
    "issuer": "fournisseur",
    "kept": "reste ouverte",
    "kind": "sorte",
    "label": "nom",
    "language": "langue",
    "left_cents": "reste à rendre",
    "left_on": "parti le",
    "level": "niveau",
    "linked_at": "rattachée le",
    "locked_at": "bloqué le",
    "made_at": "fait le",
    "made_by": "fait par",
    "means": "moyen de paiement",
    "media_type": "format",
    "name": "nom",
    "new_email": "nouvelle adresse",
    "note": "remarque",
    "noted_by": "noté par",
    "number": "numéro de carte",
    "occurred_at": "date",
    "old_email": "ancienne adresse",
    "opened_at": "ouvert le",
    "ordered_at": "commandée le",
    "organisation_id": "organisme",
    "outlet_id": "lieu",
    "over_maximum": "au-delà du maximum",
    "own": "par la personne elle-même",
    "owner_name": "propriétaire du lieu",
    "partner_id": "partenaire",
    "passages_max": "passages permis",
    "passkeys": "clés d’accès",
    "password_set_at": "mot de passe choisi le",
    "phone": "téléphone",
    "postcode": "code postal",
    "prepaid": "payé d’avance",
    "purpose": "objet",
    "reason": "motif",
    "received_at": "reçu le",
    "received_by": "reçu par",
    "recorded_at": "date",
    "reference": "référence",
    "refused_at": "refusé le",
    "regime": "régime",
    "regressed_at": "doute depuis",
    "relation": "lien",
    "remaining_cents": "solde après",
    "reversed_at": "annulé le",
    "reversed_cents": "annulé",
    "right_at": "dernier code juste",
    "rna": "numéro RNA",
    "role": "rôle",
    "said_at": "dit le",
    "scholarship": "bourse",
    "scholarship_proof": "justificatif de bourse",
    "seen_at": "vu le",
    "sent_at": "envoyé le",
    "service": "service",
    "service_id": "service",
    "set_at": "choisi le",
    "since": "depuis",
    "siret": "SIRET",
    "stage": "étape",
    "state": "état",
    "state_reason": "motif de l’état",
    "state_since": "état depuis",
    "status": "état",
    "subject": "objet",
    "supervisor": "surveillant",
    "terminal_id": "appareil",
    "terms_version": "conditions acceptées",
    "text_version": "version du texte",
    "track": "filière",
    "tries": "essais",
    "tries_left": "essais restants",
    "uid": "numéro de puce",
    "updated_at": "mis à jour le",
    "used_at": "utilisé le",
    "version": "version",
    "withdrawn_at": "retiré le",
    "words": "explication",
    "wrong": "faux",
}


def is_money(name: str) -> bool:
    """Whether a column holds cents."""
    return name.endswith(CENTS_SUFFIX) or name in CENTS_NAMES


def for_program(value: object) -> object:
    """Write a value as JSON has it: moments in UTC, cents as whole numbers, bytes in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date | UUID):
        return str(value)
    return value.value if isinstance(value, Enum) else value


def for_person(name: str, value: object, zone: ZoneInfo) -> str:
    """Write a value as a French spreadsheet reads it; text can never be a formula."""
    match value:
        case None:
            said = ""
        case bool():
            said = "oui" if value else "non"
        case int():
            said = euros_cell(value) if is_money(name) else str(value)
        case datetime():
            said = f"{value.astimezone(zone):%d/%m/%Y %H:%M:%S}"
        case date():
            said = f"{value:%d/%m/%Y}"
        case bytes():
            # A photo is a file of its own; a chip's number is read in hex.
            said = f"fichier ({len(value)} octets)" if name == "image" else value.hex().upper()
        case _:
            said = safe_cell(str(value.value if isinstance(value, Enum) else value))
    return said


def euros_cell(cents: int) -> str:
    """Write cents as a number with a decimal comma, without a thousands separator."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02d}"


def labels(names: Iterable[str]) -> list[str]:
    """Return what these columns are called."""
    return [LABELS[name] for name in names]
