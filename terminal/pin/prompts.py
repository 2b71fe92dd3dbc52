"""The words of the fixed prompts, in two lines of sixteen characters without accents.

Promise: every prompt of UnifiedPOS has words in every language we claim. English says the same in
the same order. Not done here: free text (`text.py` shapes it), when to say what (the sale).
"""

from collections.abc import Mapping
from types import MappingProxyType

from terminal.pin.pad import PromptCode

Lines = tuple[str, str]

_P = PromptCode
FRENCH: Mapping[PromptCode, Lines] = MappingProxyType(
    {
        _P.ENTERPIN: ("VOTRE CODE:", ""),
        _P.PLEASEWAIT: ("PATIENTEZ", ""),
        _P.ENTERVALIDPIN: ("CODE FAUX", "VOTRE CODE:"),
        _P.RETRIESEXCEEDED: ("CODE BLOQUE", "VOIR COMPTE"),
        _P.APPROVED: ("PAIEMENT", "ACCEPTE"),
        _P.DECLINED: ("PAIEMENT REFUSE", ""),
        _P.CANCELED: ("PAIEMENT ANNULE", ""),
        _P.AMOUNTOK: ("MONTANT CORRECT?", ""),
        _P.NOTREADY: ("PAS DISPONIBLE", "VOIR LA CAISSE"),
        _P.IDLE: ("BONJOUR", ""),
        _P.SLIDE_CARD: ("PASSEZ LA CARTE", ""),
        _P.INSERTCARD: ("VOTRE CARTE:", ""),
        _P.SELECTCARDTYPE: ("CHOIX AVANTAGE", "VOIR LA CAISSE"),
    }
)
ENGLISH: Mapping[PromptCode, Lines] = MappingProxyType(
    {
        _P.ENTERPIN: ("YOUR CODE:", ""),
        _P.PLEASEWAIT: ("PLEASE WAIT", ""),
        _P.ENTERVALIDPIN: ("WRONG CODE", "YOUR CODE:"),
        _P.RETRIESEXCEEDED: ("CODE BLOCKED", "SEE ACCOUNT"),
        _P.APPROVED: ("PAYMENT", "ACCEPTED"),
        _P.DECLINED: ("PAYMENT REFUSED", ""),
        _P.CANCELED: ("PAYMENT CANCELED", ""),
        _P.AMOUNTOK: ("AMOUNT RIGHT?", ""),
        _P.NOTREADY: ("NOT AVAILABLE", "SEE THE TILL"),
        _P.IDLE: ("HELLO", ""),
        _P.SLIDE_CARD: ("SWIPE YOUR CARD", ""),
        _P.INSERTCARD: ("YOUR CARD:", ""),
        _P.SELECTCARDTYPE: ("CHOOSE BENEFIT", "SEE THE TILL"),
    }
)
BY_LANGUAGE: Mapping[str, Mapping[PromptCode, Lines]] = MappingProxyType(
    {"fr": FRENCH, "en": ENGLISH}
)


def lines_of(code: PromptCode, language: str) -> Lines:
    """Return a prompt's two lines; ValueError for a language that is not ours."""
    if language not in BY_LANGUAGE:
        raise ValueError(f"prompts are in: {', '.join(sorted(BY_LANGUAGE))}")
    return BY_LANGUAGE[language][code]


def prompt_for(line1: str, line2: str) -> PromptCode | None:
    """Return the prompt that says this in French, or the same in its first line; None if none."""
    same = [code for code, lines in FRENCH.items() if lines == (line1, line2)]
    alike = [code for code, lines in FRENCH.items() if line1 in (lines[0], lines[0].rstrip(":"))]
    return next(iter(same or alike), None)
