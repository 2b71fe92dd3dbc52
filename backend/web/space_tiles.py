"""What a signed-in person's space is made of: each part of the pages says what it offers them.

A part is a function of its own module; a person sees the tiles that something is theirs behind.
"""

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from backend.access.staff import establishments_of
from backend.accounts.families.rights import Mine, my_beneficiaries
from backend.accounts.families.tables import Relation
from backend.accounts.signin.tables import SignInAccount
from backend.operators.entering import role_of
from backend.partners.space import partners_of
from backend.web.words import Text


class Tile(NamedTuple):
    """A way from somebody's space to something of theirs."""

    path: str
    #: A name of somebody or of a place, or what one does there.
    label: Text
    text: Text


def pass_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer somebody's own Pass, then those of the children they look after."""
    said = Text("Avantages, historique, carte et code", "Benefits, history, card and code")
    return [
        Tile(
            f"/espace/pass/{one.beneficiary_id}",
            _pass_of(one),
            said,
        )
        for one in my_beneficiaries(session, account_id)
    ]


def _pass_of(one: Mine) -> Text:
    if one.relation is Relation.SELF:
        return Text("Mon Pass", "My Pass")
    return Text(f"Pass de {one.given_name}", f"Pass of {one.given_name}")


def partner_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the partners whose people somebody belongs to."""
    said = Text("Caisses et ventes du jour", "Counters and today’s sales")
    return [
        Tile(f"/espace/partenaire/{one}", Text(name, name), said)
        for one, name in partners_of(session, account_id)
    ]


def establishment_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the establishments that somebody looks after."""
    said = Text("Élèves, cartes et portiques", "Pupils, cards and gates")
    return [
        Tile(f"/espace/etablissement/{one}", Text(name, name), said)
        for one, name in establishments_of(session, account_id)
    ]


def access_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer what opens the account besides the password."""
    del session, account_id
    said = Text("Entrer sans mot de passe", "Sign in without a password")
    return [Tile("/espace/cles", Text("Mes clés d’accès", "My passkeys"), said)]


def operator_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the operator's pages to those who run the service."""
    if role_of(session, account_id) is None:
        return []
    said = Text("Personnes, cartes, terminaux, journal", "People, cards, terminals, trail")
    return [Tile("/exploitation", Text("Exploitation", "Operation"), said)]


def family_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer the family and one's own card, to whoever came for themselves or for their children."""
    account = session.get_one(SignInAccount, account_id)
    offered = [
        Tile(
            "/espace/famille",
            Text("Ma famille", "My family"),
            Text("Enfants, parents, invitations", "Children, parents, invitations"),
        )
    ]
    if account.terms_version is not None:
        said = Text("Relier ma carte à mon compte", "Tie my card to my account")
        offered.append(Tile("/espace/ma-carte", Text("Ma carte", "My card"), said))
    said = Text(
        "Mot de passe, connexions, double vérification", "Password, sessions, second factor"
    )
    return [*offered, Tile("/espace/compte", Text("Mon compte", "My account"), said)]


def organisation_tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Offer what one looks after for others: an association, a place, a shop."""
    del session, account_id
    said = Text("Association, lieu ou commerce partenaire", "Association, place or partner shop")
    suggest = Text("Un lieu où payer avec le Pass", "A place where the Pass should pay")
    return [
        Tile("/espace/organisme", Text("Mon organisme", "My organisation"), said),
        Tile("/espace/propositions", Text("Proposer un partenaire", "Suggest a partner"), suggest),
    ]


#: In the order they are shown.
PARTS: Final[tuple[Callable[[Session, UUID], list[Tile]], ...]] = (
    pass_tiles,
    partner_tiles,
    establishment_tiles,
    operator_tiles,
    family_tiles,
    organisation_tiles,
    access_tiles,
)


def tiles(session: Session, account_id: UUID) -> list[Tile]:
    """Return everything that somebody's space leads to."""
    return [tile for part in PARTS for tile in part(session, account_id)]
