"""A written question for whoever has no script: a small sum, or which of three words is a colour.

Promise: no picture, no sound, no trick; digits or letters, French or English, with capitals and
accents or without. It keeps out a program that fills in any form, not one that reads; so who
answers is counted (asking.py). Pure.
"""

import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from backend.accounts.strangers import seals
from backend.accounts.strangers.seals import SALT_BYTES, Door, Sealed

ANSWER_CHARACTERS_MAX: Final = 60
ADDENDS: Final = (
    ("un", "one"),
    ("deux", "two"),
    ("trois", "three"),
    ("quatre", "four"),
    ("cinq", "five"),
    ("six", "six"),
)
#: Sums as people write them; the digits are what they all come to.
SUMS: Final = {
    "deux": "2",
    "two": "2",
    "trois": "3",
    "three": "3",
    "quatre": "4",
    "four": "4",
    "cinq": "5",
    "five": "5",
    "six": "6",
    "sept": "7",
    "seven": "7",
    "huit": "8",
    "eight": "8",
    "neuf": "9",
    "nine": "9",
    "dix": "10",
    "ten": "10",
    "onze": "11",
    "eleven": "11",
    "douze": "12",
    "twelve": "12",
}
COLOURS: Final = (
    ("rouge", "red"),
    ("bleu", "blue"),
    ("vert", "green"),
    ("jaune", "yellow"),
    ("noir", "black"),
    ("blanc", "white"),
)
THINGS: Final = (
    ("table", "table"),
    ("lundi", "Monday"),
    ("chaise", "chair"),
    ("livre", "book"),
    ("pain", "bread"),
    ("porte", "door"),
)
_ENGLISH_COLOURS: Final = {english: french for french, english in COLOURS}
_LITTLE_WORDS: Final = frozenset({"le", "la", "un", "une", "the", "a"})


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in both languages, and what the answer comes to."""

    fr: str
    en: str
    answer: str = field(repr=False)


def pick_question(below: Callable[[int], int] = secrets.randbelow) -> Question:
    """Return a question by chance."""
    if below(2):
        return _sum(below(len(ADDENDS)), below(len(ADDENDS)))
    colour = COLOURS[below(len(COLOURS))]
    at = below(len(THINGS))
    words = [THINGS[at], THINGS[(at + 1) % len(THINGS)]]
    words.insert(below(3), colour)
    return Question(
        f"Lequel de ces mots est une couleur : {', '.join(one[0] for one in words)} ?",
        f"Which of these words is a colour: {', '.join(one[1] for one in words)}?",
        colour[0],
    )


def seal_question(
    key: bytes,
    door: Door,
    question: Question,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Return what a page carries beside a question: the answer is sealed in, and not told."""
    salt = random(SALT_BYTES).hex()
    return seals.seal(key, door, now, salt, hidden=_hidden(question.answer))


def is_answered(key: bytes, door: Door, question: Sealed, typed: str, now: datetime) -> bool:
    """Say whether a question is one of ours, for this door, in time, and rightly answered."""
    return seals.is_ours(key, door, question, _hidden(meant(typed)), now)


def meant(typed: str) -> str:
    """Return what an answer comes to: « Bleu. », « le bleu » and “blue” are one."""
    plain = unicodedata.normalize("NFKD", typed[:ANSWER_CHARACTERS_MAX].casefold())
    kept = "".join(one if one.isalnum() else " " for one in plain if not unicodedata.combining(one))
    words = kept.split()
    if len(words) > 1 and words[0] in _LITTLE_WORDS:
        del words[0]
    text = " ".join(words)
    return SUMS.get(text) or _ENGLISH_COLOURS.get(text) or text


def _sum(one: int, other: int) -> Question:
    (fr, en), (fr_other, en_other) = ADDENDS[one], ADDENDS[other]
    return Question(
        f"Combien font {fr} et {fr_other} ?",
        f"How much is {en} and {en_other}?",
        str(one + other + 2),
    )


def _hidden(answer: str) -> str:
    # A puzzle's seal is never one of a question.
    return f"answer {answer}"
