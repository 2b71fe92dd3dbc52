"""A person's name as it is kept, and what makes two spellings one name. Pure."""

import re
import unicodedata
from typing import Final

from backend.accounts.errors import NameInvalid
from backend.accounts.tables import NAME_CHARACTERS_MAX

#: Besides letters and their marks; nothing a mail's header, a link or a spreadsheet would act on.
_BETWEEN: Final = frozenset(" '’-.·")
#: An initial's dot ends a word; one within a word makes what mailboxes turn into a link.
_INNER_DOT: Final = re.compile(r"\.[^ ’'-]")
_LIGATURES: Final = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


def normal_name(text: str) -> str:
    """Return a name as it is kept: letters of any script, one space between; raise NameInvalid."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    letters = sum(unicodedata.category(one).startswith("L") for one in name)
    strange = any(
        one not in _BETWEEN and not unicodedata.category(one).startswith(("L", "M")) for one in name
    )
    if strange or not letters or len(name) > NAME_CHARACTERS_MAX or _INNER_DOT.search(name):
        raise NameInvalid
    return name


def plain_name(name: str) -> str:
    """Return a name without accents, case, spaces and hyphens, for comparing."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(_LIGATURES))
    return "".join(re.findall(r"[^\W_]", folded))
