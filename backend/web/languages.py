"""Saying a page in the language of whoever reads it: the French of each sentence, or its English.

Promise: a page is wholly in one language. In a template a sentence stands in French, where its
English is found by it; what has no English yet is said in French, never left out. Not here: the
sentences, and who reads (an account's language, which its mails are written in too).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from backend.accounts.signin.tables import Language
from backend.payments.words import euros
from backend.services import Services
from backend.web.moments import moment
from backend.web.words import Text

#: Says a sentence; what is within braces is filled in.
Say = Callable[..., str]
_HIGH: Final = (" :", " ;", " ?", " »", " %", "« ")


def is_english(language: str) -> bool:
    """Say whether somebody reads English; everybody else reads French."""
    return language == Language.ENGLISH.value


def sayer(language: str, english: Mapping[str, str]) -> Say:
    """Return what says a French sentence in a language."""

    def say(french: str, **values: object) -> str:
        text = english.get(french, french) if is_english(language) else _spaced(french)
        return text.format(**values) if values else text

    return say


def said(text: Text, language: str) -> str:
    """Return a text in one language."""
    return text.en if is_english(language) else text.fr


def told(words: Mapping[str, Text], key: object, language: str) -> str:
    """Say a state, kind or reason as people call it; what has no word yet is shown as it is."""
    text = str(key)
    known = words.get(text)
    return text.replace("_", " ") if known is None else said(known, language)


def euros_in(cents: int, language: str) -> str:
    """Write an amount as a language writes it: 1 234,50 € or €1,234.50."""
    if not is_english(language):
        return euros(cents)
    return f"€{cents // 100:,}.{cents % 100:02}"


def moment_in(at: datetime, services: Services, language: str) -> str:
    """Write day, month, year and time, in the settings' time zone."""
    text = moment(at, services)
    return text.replace(" à ", " at ") if is_english(language) else text


def _spaced(french: str) -> str:
    """Keep high punctuation on the line of its word."""
    for mark in _HIGH:
        french = french.replace(mark, mark.replace(" ", "\N{NO-BREAK SPACE}"))
    return french
