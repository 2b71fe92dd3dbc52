"""What an establishment gives the pupils of each regime.

Promise: a regime gives rights only once somebody has said which, even if they are none. A variant
(`demi-pensionnaire 24`) without rights of its own has those of its base. Not here: the conditions
of a right (the access room).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.access.errors import ServiceUnknown
from backend.access.establishments import RightTerms, find_establishment
from backend.access.tables import Service
from backend.pupils.errors import RegimeUnknown
from backend.pupils.rows import read_regime
from backend.pupils.tables import Regime, RegimeRight

Rights = Mapping[UUID, RightTerms]


@dataclass(frozen=True, slots=True)
class RegimeRights:
    """Every regime's rights, by its name: service ids and their terms."""

    by_name: Mapping[str, Rights]

    def known_as(self, regime: str | None) -> str | None:
        """Return the regime whose rights count for this one: itself, its base, or None."""
        read = read_regime(regime or "")
        if read is None:
            return None
        return next((name for name in (read.name, read.base) if name in self.by_name), None)

    def rights_of(self, regime: str | None, days: str | None) -> Rights | None:
        """Return what a regime gives, on a pupil's own days if a file said them; None: unknown."""
        known = self.known_as(regime)
        if known is None:
            return None
        given = self.by_name[known]
        if days is None:
            return given
        own = frozenset(int(day) for day in days)
        return {service_id: replace(terms, days=own) for service_id, terms in given.items()}


def set_regime(
    session: Session, establishment_id: UUID, name: str, rights: Mapping[str, RightTerms]
) -> str:
    """Say what a regime gives from the next import on, by service code; return its name.

    Raises EstablishmentUnknown, RegimeUnknown, ServiceUnknown.
    """
    find_establishment(session, establishment_id)
    read = read_regime(name)
    if read is None:
        raise RegimeUnknown
    services = _services(session, establishment_id, rights)
    key = (establishment_id, read.name)
    if session.get(Regime, key, with_for_update=True) is None:
        session.add(Regime(establishment_id=establishment_id, name=read.name))
        session.flush()
    session.execute(
        delete(RegimeRight).where(
            RegimeRight.establishment_id == establishment_id, RegimeRight.regime == read.name
        )
    )
    session.add_all(
        RegimeRight(
            establishment_id=establishment_id,
            regime=read.name,
            service_id=services[code],
            days=None if terms.days is None else "".join(map(str, sorted(terms.days))),
            by_reservation=terms.by_reservation,
            prepaid=terms.prepaid,
        )
        for code, terms in rights.items()
    )
    session.flush()
    return read.name


def read_regimes(session: Session, establishment_id: UUID) -> RegimeRights:
    """Return what every regime of an establishment gives."""
    names = session.scalars(select(Regime.name).where(Regime.establishment_id == establishment_id))
    found: dict[str, dict[UUID, RightTerms]] = {name: {} for name in names}
    rows = session.scalars(
        select(RegimeRight).where(RegimeRight.establishment_id == establishment_id)
    )
    for right in rows:
        found[right.regime][right.service_id] = RightTerms(
            days=None if right.days is None else frozenset(int(day) for day in right.days),
            by_reservation=right.by_reservation,
            prepaid=right.prepaid,
        )
    return RegimeRights(found)


def _services(
    session: Session, establishment_id: UUID, rights: Mapping[str, RightTerms]
) -> dict[str, UUID]:
    rows = session.execute(
        select(Service.code, Service.id).where(
            Service.establishment_id == establishment_id, Service.code.in_(list(rights))
        )
    )
    found = {row.code: row.id for row in rows}
    if len(found) < len(rights):
        raise ServiceUnknown
    return found
