"""What makes two names the same name: accents, case, hyphens and the order of words do not count.

Promise: every key of a person is computed from the names alone; two spellings of one name share at
least one key. A key alone says nothing about identity: the birth date goes with it (matching.py).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})
_WORD: Final = re.compile(r"[a-z0-9]+")


@lru_cache(maxsize=50_000)
def words_of(name: str) -> tuple[str, ...]:
    """Return a name's words without accents, case and punctuation."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LIGATURES))
    return tuple(_WORD.findall("".join(c for c in folded if not unicodedata.combining(c))))


def name_keys(given_name: str, *family_names: str | None) -> frozenset[str]:
    """Return every key of a person: words in any order, and both names without a gap.

    `family_names` are all they are known under (birth name, name in use).
    """
    given = words_of(given_name)
    keys = set[str]()
    for family_name in family_names:
        family = words_of(family_name or "")
        if family and given:
            keys.add(" ".join(sorted(family + given)))
            keys.add("".join(sorted(("".join(family), "".join(given)))))
    return frozenset(keys)


def same_name(one: str, other: str) -> bool:
    """Tell whether two spellings are of one name."""
    return "".join(words_of(one)) == "".join(words_of(other))


def as_called(given_name: str) -> str:
    """Return a given name as one is called: `MARIE-ANGE` is Marie-Ange, `Léa` stays."""
    if not given_name.isupper():
        return given_name
    return re.sub(r"[^\W\d_]+", lambda word: word[0].capitalize(), given_name)
