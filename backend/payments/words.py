"""What the person at the counter reads: one French sentence for each decline, and statements."""

from typing import Final

from backend.payments.reasons import DeclineReason

SENTENCES: Final[dict[DeclineReason, str]] = {
    DeclineReason.WRONG_PIN: "Le code est faux.",
    DeclineReason.PIN_BLOCKED: "Votre code est bloqué : voyez votre compte.",
    DeclineReason.PIN_NOT_SET: "Choisissez d'abord votre code sur votre compte.",
    DeclineReason.PIN_CHANGE_REQUIRED: "Choisissez un nouveau code : le lien vous a été envoyé.",
    DeclineReason.PIN_BLOCK_INVALID: "Le code n'a pas pu être lu : saisissez-le de nouveau.",
    DeclineReason.PIN_REPLAYED: "Cette saisie a déjà servi : saisissez de nouveau votre code.",
    DeclineReason.PIN_CHECKS_SUSPENDED: "Cette caisse ne vérifie plus de code pendant un moment.",
    DeclineReason.INSUFFICIENT_FUNDS: "Le solde de cet avantage ne suffit pas.",
    DeclineReason.BENEFIT_NOT_USABLE: "Cet avantage n'est pas utilisable ici.",
    DeclineReason.PROOF_EXPIRED: "Trop de temps a passé : présentez de nouveau la carte.",
    DeclineReason.PROOF_UNKNOWN: "La carte n'est pas reconnue : présentez-la de nouveau.",
    DeclineReason.PROOF_USED: "Un paiement a déjà été fait : présentez de nouveau la carte.",
    DeclineReason.CARD_BLOCKED: "Cette carte n'est plus utilisable.",
    DeclineReason.REVERSED_BEFORE_ARRIVAL: "Ce paiement a été annulé.",
    DeclineReason.INTERRUPTED: "Le paiement a été interrompu : rien n'a été débité.",
}


def decline_sentence(reason: DeclineReason, tries_left: int | None) -> str:
    """Return the sentence for a decline; a wrong code also says how many tries are left."""
    if reason is not DeclineReason.WRONG_PIN or tries_left is None:
        return SENTENCES[reason]
    if tries_left == 0:
        return "Le code est faux, et il est maintenant bloqué : voyez votre compte."
    return f"Le code est faux : il vous reste {tries_left} essai{'s' if tries_left > 1 else ''}."


def paid_at(partner_name: str) -> str:
    """Return the statement's words for a payment."""
    return f"Paiement chez {partner_name}"


def given_back(reason: str) -> str:
    """Return the statement's words for the movement that undoes another."""
    return f"Annulation : {reason}"
