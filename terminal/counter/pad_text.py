"""The two lines of 16 characters the holder reads on the pad. No accents. Pure."""

from terminal.api_values import Declined
from terminal.counter.amounts import pad_amount
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.errors import BackendRefused

Lines = tuple[str, str]

CARD_WANTED_LINE = "VOTRE CARTE:"
CODE_WANTED_LINE = "VOTRE CODE:"
CARD_AGAIN: Lines = ("CARTE RETIREE", "REPOSEZ LA CARTE")
CHECKING: Lines = ("VERIFICATION", "PATIENTEZ")
CHOOSING: Lines = ("CHOIX AVANTAGE", "VOIR LA CAISSE")
UNDOING: Lines = ("ANNULATION", "PATIENTEZ")
JOURNAL_LOST: Lines = ("PAIEMENT ANNULE", "VOIR LA CAISSE")

_REFUSED_LINE = "PAIEMENT REFUSE"
_BY_REASON: dict[str, Lines] = {
    "pin_blocked": ("CODE BLOQUE", "VOIR COMPTE"),
    "pin_not_set": ("CODE A CHOISIR", "VOIR COMPTE"),
    "wrong_pin": ("CODE FAUX", _REFUSED_LINE),
    "insufficient_funds": (_REFUSED_LINE, "SOLDE"),
    "benefit_not_usable": (_REFUSED_LINE, "AVANTAGE"),
    "no_benefit": (_REFUSED_LINE, "AVANTAGE"),
    "card_blocked": (_REFUSED_LINE, "CARTE OPPOSEE"),
    "card_not_active": (_REFUSED_LINE, "CARTE INACTIVE"),
    "card_not_genuine": (_REFUSED_LINE, "CARTE REFUSEE"),
    "card_unknown": (_REFUSED_LINE, "CARTE INCONNUE"),
    "not_a_pass_card": (_REFUSED_LINE, "CARTE INCONNUE"),
    "card_removed": ("CARTE RETIREE", "RECOMMENCER"),
}
_BY_STATE: dict[State, Lines] = {
    State.APPROVED: ("PAIEMENT", "ACCEPTE"),
    State.DECLINED: (_REFUSED_LINE, ""),
    State.CANCELLED: ("PAIEMENT ANNULE", ""),
    State.FAILED: ("PAIEMENT ANNULE", "VOIR LA CAISSE"),
    State.REVERSED: ("PAIEMENT ANNULE", "RIEN DEBITE"),
    State.REVERSING: ("PAIEMENT ANNULE", "VOIR LA CAISSE"),
}


def card_wanted(amount_cents: int) -> Lines:
    """Return what the pad shows while the card is waited for."""
    return pad_amount(amount_cents), CARD_WANTED_LINE


def code_wanted(amount_cents: int) -> Lines:
    """Return what the pad shows while the code is typed."""
    return pad_amount(amount_cents), CODE_WANTED_LINE


def wrong_code(tries_left: int) -> Lines:
    """Return what the pad shows between a wrong code and the next entry."""
    return "CODE FAUX", f"RESTE {tries_left} ESSAI{'S' if tries_left > 1 else ''}"


def ending(record: SaleRecord, refusal: Declined | BackendRefused | None = None) -> Lines:
    """Return what the pad shows when the sale has ended; a refusal in the backend's own words."""
    refused = record.state in {State.DECLINED, State.FAILED}
    if refused and refusal is not None and refusal.pad_lines is not None:
        return refusal.pad_lines
    if record.state in {State.DECLINED, State.FAILED} and record.reason in _BY_REASON:
        # The last wrong code is the one that blocks.
        last_try = record.reason == "wrong_pin" and record.tries_left == 0
        return _BY_REASON["pin_blocked" if last_try else record.reason]
    return _BY_STATE[record.state]
