"""The two lines of 16 characters the holder reads on the pad. No accents. Pure."""

import unicodedata
from collections.abc import Iterable
from typing import Protocol

from terminal.api_enquiries import Balance, BalancesRefused
from terminal.api_values import Declined
from terminal.counter.amounts import pad_amount
from terminal.counter.errands.states import ErrandKind, ErrandState
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.errors import BackendRefused

Lines = tuple[str, str]
COLUMNS = 16


class Ended(Protocol):
    """An errand at rest, as far as the pad speaks of it."""

    @property
    def state(self) -> ErrandState: ...  # noqa: D102 -- a final one
    @property
    def reason(self) -> str | None: ...  # noqa: D102 -- of `reasons.py`, or the backend's
    @property
    def refusal(self) -> BalancesRefused | BackendRefused | None: ...  # noqa: D102 -- its words


CARD_WANTED_LINE = "VOTRE CARTE:"
CODE_WANTED_LINE = "VOTRE CODE:"
CARD_AGAIN: Lines = ("CARTE RETIREE", "REPOSEZ LA CARTE")
CHECKING: Lines = ("VERIFICATION", "PATIENTEZ")
CHOOSING: Lines = ("CHOIX AVANTAGE", "VOIR LA CAISSE")
BALANCE_CODE_WANTED: Lines = ("SOLDE", CODE_WANTED_LINE)
PRACTICE_LINE = "FORMATION"
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


# --- errands --------------------------------------------------------------------------------------

_ERRAND_WANTS = {ErrandKind.BALANCES: "SOLDE", ErrandKind.PAYMENTS: "REMBOURSEMENT"}
_ERRAND_ENDS: dict[ErrandState, Lines] = {
    ErrandState.DONE: ("MERCI", ""),
    ErrandState.DECLINED: ("DEMANDE REFUSEE", ""),
    ErrandState.CANCELLED: ("DEMANDE ANNULEE", ""),
    ErrandState.FAILED: ("DEMANDE ANNULEE", "VOIR LA CAISSE"),
}


def errand_card_wanted(kind: ErrandKind) -> Lines:
    """Return what the pad shows while the card of an errand is waited for."""
    return _ERRAND_WANTS[kind], CARD_WANTED_LINE


def balance_pages(balances: Iterable[Balance]) -> list[Lines]:
    """Return one pair of lines for each benefit; one that says so where there is none."""
    pages = [(_plain(each.label), pad_amount(each.available_cents)) for each in balances]
    return pages or [("AUCUN AVANTAGE", "UTILISABLE ICI")]


def errand_ending(errand: Ended) -> Lines:
    """Return what the pad shows when an errand has ended."""
    if errand.refusal is not None and errand.refusal.pad_lines is not None:
        return errand.refusal.pad_lines
    if errand.reason in _BY_REASON and errand.state in {ErrandState.DECLINED, ErrandState.FAILED}:
        first, second = _BY_REASON[errand.reason]
        return ("DEMANDE REFUSEE" if first == _REFUSED_LINE else first), second
    return _ERRAND_ENDS[errand.state]


def practised(line1: str, line2: str) -> Lines:
    """Return what the pad shows instead, while nothing counts."""
    return PRACTICE_LINE, line2 or line1


def _plain(label: str) -> str:
    letters = unicodedata.normalize("NFKD", label.replace("œ", "oe").replace("Œ", "OE"))
    kept = "".join(each if each.isascii() else " " for each in letters if not _is_accent(each))
    return " ".join(kept.upper().split())[:COLUMNS]


def _is_accent(letter: str) -> bool:
    return unicodedata.combining(letter) != 0
