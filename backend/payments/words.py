"""What people read: one sentence for each decline in three forms, and the words of statements.

A sentence says what happened, then what would work next. The pad's two lines have 16 characters.
"""

from typing import Final

from backend.ledger.money import Cents
from backend.payments.advice import Advice
from backend.payments.reasons import DeclineReason
from backend.sentences import Sentence, pad_text

_ASK_FOR_ANOTHER_CARD: Final = (
    "demandez-en une autre sur votre compte.",
    "order another on your account.",
)

SENTENCES: Final[dict[DeclineReason, Sentence]] = {
    DeclineReason.WRONG_PIN: Sentence(
        "Le code est faux : composez-le de nouveau.",
        "The code is wrong: type it again.",
        ("CODE FAUX", "RECOMMENCEZ"),
    ),
    DeclineReason.PIN_BLOCKED: Sentence(
        "Votre code est bloqué : voyez votre compte.",
        "Your code is blocked: see your account.",
        ("CODE BLOQUE", "VOIR COMPTE"),
    ),
    DeclineReason.PIN_NOT_SET: Sentence(
        "Choisissez d'abord votre code sur votre compte.",
        "First choose your code on your account.",
        ("CODE A CHOISIR", "VOIR COMPTE"),
    ),
    DeclineReason.PIN_CHANGE_REQUIRED: Sentence(
        "Ce code doit être changé : choisissez-en un autre depuis votre compte.",
        "This code must be changed: choose another from your account.",
        ("CODE A CHANGER", "VOIR COMPTE"),
    ),
    DeclineReason.PIN_BLOCK_INVALID: Sentence(
        "Le code n'a pas pu être lu : saisissez-le de nouveau.",
        "The code could not be read: type it again.",
        ("CODE ILLISIBLE", "RECOMMENCEZ"),
    ),
    DeclineReason.PIN_REPLAYED: Sentence(
        "Cette saisie a déjà servi : saisissez de nouveau votre code.",
        "This entry has served already: type your code again.",
        ("CODE DEJA SERVI", "RECOMMENCEZ"),
    ),
    DeclineReason.PIN_CHECKS_SUSPENDED: Sentence(
        "Cette caisse ne vérifie plus de code pendant un moment : réessayez plus tard.",
        "This till checks no codes for a while: try again later.",
        ("CAISSE EN PAUSE", "PLUS TARD"),
    ),
    DeclineReason.INSUFFICIENT_FUNDS: Sentence(
        "Le solde de cet avantage ne suffit pas : choisissez un montant plus petit.",
        "This benefit does not hold enough: choose a smaller amount.",
        ("SOLDE TROP BAS", "MONTANT A REVOIR"),
    ),
    DeclineReason.BENEFIT_NOT_USABLE: Sentence(
        "Cet avantage n'est pas utilisable ici : choisissez-en un autre.",
        "This benefit cannot be used here: choose another.",
        ("AVANTAGE REFUSE", "AUTRE AVANTAGE"),
    ),
    DeclineReason.NO_WALLET: Sentence(
        "Cette carte n'a pas cet avantage : choisissez-en un autre.",
        "This card does not have this benefit: choose another.",
        ("AVANTAGE ABSENT", "AUTRE AVANTAGE"),
    ),
    DeclineReason.CAMPAIGN_NOT_OPEN: Sentence(
        "Cet avantage n'est pas encore ouvert : choisissez-en un autre.",
        "This benefit is not open yet: choose another.",
        ("PAS OUVERT", "AUTRE AVANTAGE"),
    ),
    DeclineReason.CAMPAIGN_OVER: Sentence(
        "Cet avantage n'est plus valable, sa période est finie : choisissez-en un autre.",
        "This benefit is no longer valid, its period is over: choose another.",
        ("PERIODE FINIE", "AUTRE AVANTAGE"),
    ),
    DeclineReason.PARTNER_SUSPENDED: Sentence(
        "Ce partenaire ne peut pas encaisser pour le moment : payez autrement.",
        "This partner cannot take payments at the moment: pay another way.",
        ("PAIEMENT REFUSE", "PAYEZ AUTREMENT"),
    ),
    DeclineReason.OUTLET_CLOSED: Sentence(
        "Ce point de vente n'encaisse plus : payez autrement.",
        "This outlet takes no payments any more: pay another way.",
        ("CAISSE FERMEE", "PAYEZ AUTREMENT"),
    ),
    DeclineReason.AMOUNT_LIMIT: Sentence(
        "Le montant dépasse ce qu'un paiement permet : choisissez un montant plus petit.",
        "The amount is more than one payment allows: choose a smaller one.",
        ("TROP ELEVE", "MONTANT A REVOIR"),
    ),
    DeclineReason.DAY_LIMIT: Sentence(
        "La limite du jour est atteinte pour cet avantage : revenez demain.",
        "The day's limit for this benefit is reached: come back tomorrow.",
        ("LIMITE DU JOUR", "REVENEZ DEMAIN"),
    ),
    DeclineReason.PARTNER_DAY_LIMIT: Sentence(
        "La limite du jour est atteinte chez ce partenaire : revenez demain.",
        "The day's limit at this partner is reached: come back tomorrow.",
        ("LIMITE DU JOUR", "REVENEZ DEMAIN"),
    ),
    DeclineReason.PROOF_EXPIRED: Sentence(
        "Trop de temps a passé : présentez de nouveau la carte.",
        "Too much time has passed: present the card again.",
        ("DELAI DEPASSE", "CARTE A NOUVEAU"),
    ),
    DeclineReason.PROOF_UNKNOWN: Sentence(
        "La carte n'est pas reconnue : présentez-la de nouveau.",
        "The card is not recognised: present it again.",
        ("CARTE INCONNUE", "CARTE A NOUVEAU"),
    ),
    DeclineReason.PROOF_USED: Sentence(
        "Un paiement a déjà été fait : présentez de nouveau la carte.",
        "A payment has been made already: present the card again.",
        ("DEJA PAYE", "CARTE A NOUVEAU"),
    ),
    DeclineReason.CARD_BLOCKED: Sentence(
        f"Cette carte est bloquée : {_ASK_FOR_ANOTHER_CARD[0]}",
        f"This card is blocked: {_ASK_FOR_ANOTHER_CARD[1]}",
        ("CARTE BLOQUEE", "VOIR COMPTE"),
    ),
    DeclineReason.CARD_LOST: Sentence(
        f"Cette carte a été déclarée perdue : {_ASK_FOR_ANOTHER_CARD[0]}",
        f"This card was reported lost: {_ASK_FOR_ANOTHER_CARD[1]}",
        ("CARTE PERDUE", "VOIR COMPTE"),
    ),
    DeclineReason.CARD_STOLEN: Sentence(
        f"Cette carte a été déclarée volée : {_ASK_FOR_ANOTHER_CARD[0]}",
        f"This card was reported stolen: {_ASK_FOR_ANOTHER_CARD[1]}",
        ("CARTE VOLEE", "VOIR COMPTE"),
    ),
    DeclineReason.CARD_EXPIRED: Sentence(
        f"Cette carte est périmée : {_ASK_FOR_ANOTHER_CARD[0]}",
        f"This card has expired: {_ASK_FOR_ANOTHER_CARD[1]}",
        ("CARTE PERIMEE", "VOIR COMPTE"),
    ),
    DeclineReason.CARD_REPLACED: Sentence(
        "Cette carte a été remplacée : présentez la nouvelle.",
        "This card was replaced: present the new one.",
        ("CARTE REMPLACEE", "NOUVELLE CARTE"),
    ),
    DeclineReason.CARD_NOT_ACTIVE: Sentence(
        "Cette carte n'est pas en service : voyez votre compte.",
        "This card is not in use: see your account.",
        ("CARTE INACTIVE", "VOIR COMPTE"),
    ),
    DeclineReason.VOIDED: Sentence(
        "Ce paiement a été annulé, rien n'est débité : recommencez si besoin.",
        "This payment was voided, nothing is debited: start again if needed.",
        ("PAIEMENT ANNULE", "RIEN DEBITE"),
    ),
    DeclineReason.REVERSED_BEFORE_ARRIVAL: Sentence(
        "Ce paiement a été annulé, rien n'est débité : recommencez si besoin.",
        "This payment was reversed, nothing is debited: start again if needed.",
        ("PAIEMENT ANNULE", "RIEN DEBITE"),
    ),
    DeclineReason.INTERRUPTED: Sentence(
        "Le paiement a été interrompu, rien n'a été débité : recommencez.",
        "The payment was interrupted, nothing was debited: start again.",
        ("INTERROMPU", "RECOMMENCEZ"),
    ),
}


def decline_sentence(reason: DeclineReason, tries_left: int | None, advice: Advice) -> Sentence:
    """Return the sentence for a decline, with the facts that are known."""
    match reason:
        case DeclineReason.WRONG_PIN if tries_left is not None:
            return _wrong_code(tries_left)
        case DeclineReason.INSUFFICIENT_FUNDS if advice.benefit_label:
            return _insufficient(advice, advice.benefit_label)
        case DeclineReason.AMOUNT_LIMIT if advice.limit_cents is not None:
            return _above_limit(advice.limit_cents)
        case DeclineReason.DAY_LIMIT | DeclineReason.PARTNER_DAY_LIMIT if advice.left_cents:
            return _day_limit(reason, advice.left_cents)
        case _:
            return SENTENCES[reason]


def _wrong_code(tries_left: int) -> Sentence:
    if tries_left == 0:
        return Sentence(
            "Le code est faux, et il est maintenant bloqué : voyez votre compte.",
            "The code is wrong, and it is blocked now: see your account.",
            ("CODE BLOQUE", "VOIR COMPTE"),
        )
    s = "s" if tries_left > 1 else ""
    tries = "tries" if tries_left > 1 else "try"
    return Sentence(
        f"Le code est faux : il vous reste {tries_left} essai{s}.",
        f"The code is wrong: you have {tries_left} {tries} left.",
        ("CODE FAUX", f"RESTE {tries_left} ESSAI{s.upper()}"),
    )


def _insufficient(advice: Advice, label: str) -> Sentence:
    """Say that a wallet is short, and which amount of which benefit would be taken."""
    empty = not advice.left_cents
    fr = f"{label} épuisé" if empty else f"{label} ne suffit pas"
    en = f"{label} is used up" if empty else f"{label} does not hold enough"
    line = f"{pad_text(label, 9)} EPUISE" if empty else f"{pad_text(label, 10)} COURT"
    if not advice.choices:
        return Sentence(
            f"{fr} ; payez autrement.", f"{en}; pay another way.", (line, "PAYEZ AUTREMENT")
        )
    best = advice.choices[0]
    accepts, short = best.accepts_cents, best.accepts_cents < advice.amount_cents
    at_most = ("au plus ", "at most ") if short else ("", "")
    return Sentence(
        f"{fr} ; {best.label} accepte {at_most[0]}{euros(accepts)}.",
        f"{en}; {best.label} accepts {at_most[1]}{euros(accepts, 'en')}.",
        (line, _pad_amount(best.label, accepts)),
    )


def _above_limit(limit_cents: int) -> Sentence:
    return Sentence(
        f"Le montant dépasse ce qu'un paiement permet : choisissez {euros(limit_cents)} au plus.",
        f"The amount is more than one payment allows: choose {euros(limit_cents, 'en')} at most.",
        ("TROP ELEVE", _pad_amount("MAXIMUM", limit_cents)),
    )


def _day_limit(reason: DeclineReason, left_cents: int) -> Sentence:
    here = reason is DeclineReason.PARTNER_DAY_LIMIT
    where = (
        ("chez ce partenaire", "at this partner")
        if here
        else ("pour cet avantage", "for this benefit")
    )
    return Sentence(
        f"La limite du jour {where[0]} serait dépassée : choisissez {euros(left_cents)} au plus.",
        f"The day's limit {where[1]} would be passed: choose {euros(left_cents, 'en')} at most.",
        ("LIMITE DU JOUR", _pad_amount("RESTE", left_cents)),
    )


def euros(cents: int, language: str = "fr") -> str:
    """Write an amount as people read it, in French or English."""
    return Cents(cents).in_words(language)


def _pad_amount(label: str, cents: int) -> str:
    amount = f"{cents // 100},{cents % 100:02d}"
    return f"{pad_text(label, 15 - len(amount))} {amount}"


def paid_at(partner_name: str) -> str:
    """Return the statement's words for a payment."""
    return f"Paiement chez {partner_name}"


def given_back(reason: str) -> str:
    """Return the statement's words for the movement that undoes another."""
    return f"Annulation : {reason}"


def refunded(reason: str) -> str:
    """Return the statement's words for money of a payment that comes back later."""
    return f"Remboursement : {reason}"
