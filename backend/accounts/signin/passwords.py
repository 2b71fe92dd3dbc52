"""Which passwords are too easy to guess, and how one is kept: Argon2id, never the text.

The form is that of the CNIL's 50-bit tier (délibération 2022-100), which goes with a limit on
tries: 8 characters of three kinds, or a phrase of 14. Besides, a password made of what others know
of a person is refused, such as two letters of each name and the birthday.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

CHARACTERS_MIN: Final = 8
KINDS_MIN: Final = 3
PHRASE_CHARACTERS_MIN: Final = 14
CHARACTERS_MAX: Final = 128
#: How many characters must be the person's own, where they are less than half.
UNEXPLAINED_MIN: Final = 8
PREFIX_CHARACTERS_MIN: Final = 2
SCORE_MIN: Final = 3
#: zxcvbn's own limit: it looks at no more.
_LOOKED_AT_MAX: Final = 72
_KINDS: Final = (r"[a-zà-öø-ÿ]", r"[A-ZÀ-ÖØ-Þ]", r"[0-9]", r"[^A-Za-z0-9À-ÖØ-öø-ÿ]")
# OWASP's smallest: 19 MiB for each of the requests that are answered at once.
_hasher: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: Compared with where there is no account, so that an answer takes as long.
_NOBODY: Final = _hasher.hash("nobody")


class WeakPassword(StrEnum):
    """The rule a password breaks."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    IDENTITY = "identity"
    GUESSABLE = "guessable"


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What others may know of whoever chooses a password."""

    given_name: str
    family_name: str
    email: str
    birth_date: date | None = None


def find_weakness(password: str, identity: Identity) -> WeakPassword | None:
    """Return why a password is too easy to guess, or None. The first rule wins."""
    if len(password) > CHARACTERS_MAX:
        return WeakPassword.TOO_LONG
    kinds = sum(re.search(kind, password) is not None for kind in _KINDS)
    long_enough = len(password) >= (CHARACTERS_MIN if kinds >= KINDS_MIN else PHRASE_CHARACTERS_MIN)
    if not long_enough:
        return WeakPassword.TOO_SHORT
    fragments = sorted(_fragments(identity), key=len, reverse=True)
    if _is_identity(_plain(password), fragments):
        return WeakPassword.IDENTITY
    looked_at = password[:_LOOKED_AT_MAX]
    if zxcvbn(looked_at, user_inputs=fragments)["score"] < SCORE_MIN:
        return WeakPassword.GUESSABLE
    return None


def hash_password(password: str) -> str:
    """Return what may be stored of a password."""
    return _hasher.hash(_normal(password))


def is_right(stored: str | None, password: str) -> bool:
    """Compare a password with what is stored; as slow where nothing is (None)."""
    try:
        _hasher.verify(stored or _NOBODY, _normal(password[:CHARACTERS_MAX]))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _normal(password: str) -> str:
    # The same letters typed on another machine may come as other code points.
    return unicodedata.normalize("NFKC", password)


def _plain(text: str) -> str:
    """Keep letters and digits, in lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in decomposed if c.isascii() and c.isalnum())


def _is_identity(plain: str, fragments: list[str]) -> bool:
    """Cover a password with what is known; tell whether too little is left."""
    left = plain
    for fragment in fragments:
        left = left.replace(fragment, " ")
    unexplained = len(left.replace(" ", ""))
    return unexplained < UNEXPLAINED_MIN and 2 * unexplained < len(plain)


def _fragments(identity: Identity) -> Iterator[str]:
    known = identity.given_name, identity.family_name, identity.email.partition("@")[0]
    for name in known:
        plain = _plain(name)
        for end in range(PREFIX_CHARACTERS_MIN, len(plain) + 1):
            yield plain[:end]
    born = identity.birth_date
    if born is not None:
        for form in ("%d%m%Y", "%Y%m%d", "%d%m%y", "%y%m%d", "%m%Y", "%d%m", "%m%d", "%Y"):
            yield born.strftime(form)
