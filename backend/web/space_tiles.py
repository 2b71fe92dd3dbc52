"""What a signed-in person's space is made of: each part of the pages says what it offers them.

A part is a function of its own module; a person sees the tiles that something is theirs behind.
"""

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from backend.access.staff import establishments_of
from backend.partners.space import partners_of
from backend.web.words import Text


class Tile(NamedTuple):
    """A way from somebody's space to something of theirs."""

    path: str
    #: A name of somebody or of a place, or what one does there.
    label: str
    text: Text


def partner_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the partners whose people somebody belongs to."""
    said = Text("Caisses et ventes du jour", "Counters and today’s sales")
    return [
        Tile(f"/espace/partenaire/{one}", name, said)
        for one, name in partners_of(session, account_id)
    ]


def establishment_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the establishments that somebody looks after."""
    said = Text("Élèves, cartes et portiques", "Pupils, cards and gates")
    return [
        Tile(f"/espace/etablissement/{one}", name, said)
        for one, name in establishments_of(session, account_id)
    ]


def access_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer what opens the account besides the password."""
    del session, account_id
    said = Text("Entrer sans mot de passe", "Sign in without a password")
    return [Tile("/espace/cles", "Mes clés d’accès", said)]


#: In the order they are shown.
PARTS: Final[tuple[Callable[[Session, UUID], list[Tile]], ...]] = (
    partner_tiles,
    establishment_tiles,
    access_tiles,
)


def tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Return everything that somebody's space leads to."""
    return [tile for part in PARTS for tile in part(session, account_id)]
