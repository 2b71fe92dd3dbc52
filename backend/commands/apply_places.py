"""Where the declared file says things are: communes, and the outlets of the directory."""

from uuid import UUID

from sqlalchemy.orm import Session

from backend.commands.declared import DeclaredCommune, DeclaredOutlet, DeclaredScheme
from backend.partners.directory import Place, Point, name_commune, place_outlet


def apply_communes(session: Session, scheme: DeclaredScheme) -> None:
    """Record the communes that the file declares; raise PlaceInvalid."""
    for code, commune in scheme.commune.items():
        name_commune(session, code, commune.name, _point(commune))


def apply_place(session: Session, outlet_id: UUID, declared: DeclaredOutlet) -> None:
    """Say where an outlet is, if the file says anything of it; raise PlaceInvalid."""
    place = Place(declared.commune, declared.address, declared.postcode, _point(declared))
    if place != Place():
        place_outlet(session, outlet_id, place)


def _point(declared: DeclaredCommune | DeclaredOutlet) -> Point | None:
    if declared.latitude is None or declared.longitude is None:
        return None
    return Point.of_degrees(str(declared.latitude), str(declared.longitude))
