"""The kinds of organisation: one list, from the tile to the activity of the partner it becomes.

Another kind is a line here and nothing else. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Numbering(StrEnum):
    """Which register knows an organisation."""

    #: The national register of associations: W and nine digits.
    RNA = "rna"
    #: INSEE's, of establishments: fourteen digits.
    SIRET = "siret"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of organisation."""

    code: str
    label: str
    english: str
    #: What a partner of this kind does, as benefits name it.
    activity: str
    numbering: Numbering
    #: Whether it says who owns the place: a commune, a department.
    has_owner: bool = False


#: In the order of the tiles.
KINDS: Final = {
    one.code: one
    for one in (
        Kind("association", "Association", "Association", "association", Numbering.RNA),
        Kind("club", "Club sportif", "Sports club", "club", Numbering.RNA),
        Kind(
            "centre-equestre",
            "Centre équestre",
            "Riding centre",
            "centre-equestre",
            Numbering.SIRET,
        ),
        Kind(
            "equipement-public",
            "Équipement public",
            "Public facility",
            "equipement-public",
            Numbering.SIRET,
            has_owner=True,
        ),
        Kind("librairie", "Librairie", "Bookshop", "librairie", Numbering.SIRET),
        Kind("cinema", "Cinéma", "Cinema", "cinema", Numbering.SIRET),
        Kind("salle-de-sport", "Salle de sport", "Gym", "salle-de-sport", Numbering.SIRET),
        Kind(
            "commerce-culturel",
            "Autre commerce culturel",
            "Other cultural shop",
            "commerce-culturel",
            Numbering.SIRET,
        ),
    )
}
