"""Saying a page in the language of whoever reads it: the French of each sentence, or its English.

Promise: a page is wholly in one language. In a template a sentence stands in French, where its
English is found by it; what has no English yet is said in French, never left out. Not here: the
sentences, and who reads (an account's language, which its mails are written in too).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from backend.accounts.signin.tables import Language
from backend.payments.words import euros
from backend.services import Services
from backend.web.moments import moment
from backend.web.words import Text

#: Says a sentence; what is within braces is filled in.
Say = Callable[..., str]
_HIGH: Final = (" :", " ;", " ?", " »", " %", "« ")
#: More sentences than the pages have.
SENTENCES_MAX: Final = 4_096
#: By itself: an enumeration's value is looked for each time, and a page asks for each sentence.
_ENGLISH: Final = Language.ENGLISH.value


def is_english(language: str) -> bool:
    """Say whether somebody reads English; everybody else reads French."""
    return language == _ENGLISH


def language_of(asked: str) -> Language:
    """Return what a page is written in for whoever asks for a language."""
    return Language.ENGLISH if is_english(asked) else Language.FRENCH


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


def moment_in(at: datetime, services: Services, language: str) -> str:
    """Write day, month, year and time, in the settings' time zone."""
    return moment_said(moment(at, services), language)


def moment_said(french: str, language: str) -> str:
    """Say a moment, which is written in French, in a language."""
    return french.replace(" à ", " at ") if is_english(language) else french


@dataclass(frozen=True, slots=True)
class Voice:
    """How a page speaks: its one language, and the English of its sentences."""

    language: Language
    english: Mapping[str, str] = field(repr=False)

    def say(self, french: str, **values: object) -> str:
        """Say a sentence."""
        return sayer(self.language, self.english)(french, **values)

    def said(self, text: Text) -> str:
        """Say a text."""
        return said(text, self.language)

    def told(self, words: Mapping[str, Text], key: object) -> str:
        """Say a state, kind or reason."""
        return told(words, key, self.language)

    def euros(self, cents: int) -> str:
        """Write an amount."""
        return euros(cents, self.language)

    def at(self, when: datetime, services: Services) -> str:
        """Write a moment."""
        return moment_in(when, services, self.language)

    def around(self) -> dict[str, object]:
        """Return what a template says its sentences and texts with."""
        return {"language": self.language, "_": self.say, "said": self.said}


def voice_in(asked: str, english: Mapping[str, str]) -> Voice:
    """Return how pages with this English speak to whoever asks for a language."""
    return Voice(language_of(asked), english)


@lru_cache(SENTENCES_MAX)
def _spaced(french: str) -> str:
    """Keep high punctuation on the line of its word."""
    for mark in _HIGH:
        french = french.replace(mark, mark.replace(" ", "\N{NO-BREAK SPACE}"))
    return french
