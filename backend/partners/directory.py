"""Where an outlet is, so that people find it: its commune, its address, its point on the earth.

Not here: who may pay there with what (the holders' directory), and any look at a map elsewhere:
coordinates are given by whoever declares the outlet.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final, Self
from uuid import UUID

from sqlalchemy.orm import Session

from backend.partners.directory_errors import CommuneUnknown, PlaceInvalid
from backend.partners.directory_tables import (
    COMMUNE_NAME_CHARACTERS_MAX,
    LATITUDE_MAX,
    LONGITUDE_MAX,
    Commune,
)
from backend.partners.errors import OutletUnknown
from backend.partners.tables import ADDRESS_CHARACTERS_MAX, Outlet

COMMUNE_CODE: Final = re.compile(r"(\d\d|2[AB])\d{3}")
POSTCODE: Final = re.compile(r"\d{5}")
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth, in millionths of a degree (WGS 84)."""

    latitude_e6: int
    longitude_e6: int

    @classmethod
    def of_degrees(cls, latitude: str, longitude: str) -> Self:
        """Read decimal degrees, `48.8534` or `48,8534`; raise PlaceInvalid."""
        point = cls(_millionths(latitude), _millionths(longitude))
        if abs(point.latitude_e6) > LATITUDE_MAX or abs(point.longitude_e6) > LONGITUDE_MAX:
            raise PlaceInvalid(field="point")
        return point


@dataclass(frozen=True, slots=True)
class Place:
    """Where an outlet is; whatever is not known is left out."""

    commune_code: str | None = None
    #: At most two, as on an envelope, without postcode and town.
    address: tuple[str, ...] = ()
    postcode: str | None = None
    point: Point | None = None


def place_outlet(session: Session, outlet_id: UUID, place: Place) -> None:
    """Say where an outlet is, in place of what was said before.

    Raises OutletUnknown, CommuneUnknown, PlaceInvalid.
    """
    outlet = session.get(Outlet, outlet_id)
    if outlet is None:
        raise OutletUnknown
    if place.commune_code is not None and session.get(Commune, place.commune_code) is None:
        raise CommuneUnknown
    lines = [" ".join(line.split()) for line in place.address if line.strip()]
    if len(lines) > 2 or any(len(line) > ADDRESS_CHARACTERS_MAX for line in lines):
        raise PlaceInvalid(field="address")
    if place.postcode is not None and not POSTCODE.fullmatch(place.postcode):
        raise PlaceInvalid(field="postcode")
    outlet.commune_code = place.commune_code
    outlet.address_1, outlet.address_2 = [*lines, None, None][:2]
    outlet.postcode = place.postcode
    outlet.latitude_e6 = None if place.point is None else place.point.latitude_e6
    outlet.longitude_e6 = None if place.point is None else place.point.longitude_e6
    session.flush()


def name_commune(session: Session, code: str, name: str, point: Point | None = None) -> None:
    """Record a commune, or put its name right; a point that is known stays without another.

    Raises PlaceInvalid.
    """
    named = " ".join(name.split())
    if not COMMUNE_CODE.fullmatch(code):
        raise PlaceInvalid(field="commune")
    if not 0 < len(named) <= COMMUNE_NAME_CHARACTERS_MAX:
        raise PlaceInvalid(field="commune_name")
    commune = session.get(Commune, code)
    if commune is None:
        commune = Commune(code=code, name=named, latitude_e6=None, longitude_e6=None)
        session.add(commune)
    commune.name = named
    if point is not None:
        commune.latitude_e6, commune.longitude_e6 = point.latitude_e6, point.longitude_e6
    session.flush()


def _millionths(degrees: str) -> int:
    try:
        value = Decimal(degrees.strip().replace(",", "."))
    except InvalidOperation:
        raise PlaceInvalid(field="point") from None
    if not value.is_finite() or abs(value) > LONGITUDE_MAX // MILLION:
        raise PlaceInvalid(field="point")
    return int((value * MILLION).to_integral_value())
