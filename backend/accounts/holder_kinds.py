"""The two kinds of people who hold a card. Pure."""

from enum import StrEnum
from typing import Final

KIND_CHARACTERS_MAX: Final = 8


class HolderKind(StrEnum):
    """Whose card it is: each kind has benefits and rights of its own."""

    #: Whom the schemes are for; looked after by a family until of age.
    YOUNG = "young"
    #: A grown-up of an establishment or an association who goes with them.
    REFERENT = "referent"
