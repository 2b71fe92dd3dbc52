"""Where benefits are spent: the public list of places, found by commune, activity, benefit, name.

Promise: only open outlets of partners that are not suspended, are under contract, and take a
benefit that can be spent today. The number of statements does not depend on how many there are.
« Near » is measured from the commune's own point, else from the middle of its places; as far as
places of one region are apart, the earth is flat enough for a square root.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.orm import Session

from backend.benefits.rules import day_of
from backend.benefits.tables import (
    Benefit,
    BenefitActivity,
    BenefitPartner,
    Campaign,
    PartnerAccount,
)
from backend.benefits.wallets import is_spending_on
from backend.folding import fold
from backend.partners.directory import Point
from backend.partners.directory_tables import Commune
from backend.partners.tables import Outlet, Partner, PartnerActivity

PLACES_PER_PAGE: Final = 20
COMMUNES_MAX: Final = 2_000
ACTIVITIES_MAX: Final = 200
BENEFITS_MAX: Final = 100
WORDS_MAX: Final = 6
#: How far « near » may reach, in kilometres; 0 is the commune alone.
REACHES: Final = (0, 5, 10, 20, 50)
#: A degree of latitude, in metres.
DEGREE_METRES: Final = 111_195


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose in the form: its code, and how people call it."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers: only what leads to a place."""

    communes: tuple[Choice, ...]
    activities: tuple[str, ...]
    benefits: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for; what is not said does not matter."""

    commune: str | None = None
    reach_km: int = 0
    activity: str | None = None
    benefit: str | None = None
    words: str = ""
    #: The last place of the page before.
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class FoundPlace:
    """A place where at least one benefit is taken."""

    outlet_id: UUID
    partner: str
    outlet: str
    address: tuple[str, ...]
    postcode: str | None
    commune: str | None
    point: Point | None
    activities: tuple[str, ...]
    benefits: tuple[Choice, ...]
    #: From the commune that was chosen; None where nothing is measured.
    metres: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of places, nearest first where near was asked, else by name."""

    places: tuple[FoundPlace, ...]
    next_after: UUID | None
    #: Where near is measured from; None: it was not asked, or nobody knows where it is.
    centre: Point | None


@dataclass(frozen=True, slots=True)
class _Spent:
    """The benefits of today, by id and by code."""

    ids: tuple[UUID, ...]
    labels: dict[UUID, Choice]


def read_choices(session: Session, now: datetime) -> Choices:
    """Return what may be chosen; four statements."""
    spent = _spent(session, now)
    open_here = _is_open(now, spent.ids)
    communes = session.execute(
        select(Commune.code, Commune.name)
        .where(Commune.code.in_(select(Outlet.commune_code).where(open_here)))
        .order_by(Commune.name, Commune.code)
        .limit(COMMUNES_MAX)
    )
    activities = session.scalars(
        select(PartnerActivity.activity)
        .where(PartnerActivity.partner_id.in_(select(Outlet.partner_id).where(open_here)))
        .distinct()
        .order_by(PartnerActivity.activity)
        .limit(ACTIVITIES_MAX)
    )
    named = sorted(communes, key=lambda row: _folded(row.name))
    return Choices(
        communes=tuple(Choice(row.code, row.name) for row in named),
        activities=tuple(activities),
        benefits=_by_code(spent.labels.values()),
    )


def search(session: Session, wish: Wish, now: datetime) -> Found:
    """Return a page of places."""
    spent = _spent(session, now)
    wanted = [one for one in spent.ids if wish.benefit in (None, spent.labels[one].code)]
    centre = _centre(session, wish)
    query = (
        select(Outlet, Partner, Commune.name)
        .join(Partner, Partner.id == Outlet.partner_id)
        .outerjoin(Commune, Commune.code == Outlet.commune_code)
        .where(_is_open(now, wanted), *_conditions(wish, centre))
        .limit(PLACES_PER_PAGE + 1)
    )
    rows = session.execute(_in_order(session, query, wish, centre)).all()
    shown = rows[:PLACES_PER_PAGE]
    partners = {partner.id for _, partner, _ in shown}
    activities = _activities(session, partners)
    taken = _taken(session, partners, spent)
    places = tuple(
        _place(outlet, partner, commune, centre, activities[partner.id], taken[partner.id])
        for outlet, partner, commune in shown
    )
    more = len(rows) > PLACES_PER_PAGE
    return Found(places, places[-1].outlet_id if more else None, centre)


@lru_cache(maxsize=COMMUNES_MAX)
def _folded(name: str) -> str:
    """Fold a commune's name; there are as many as there are, and they stay."""
    return fold(name)


def metres_between(one: Point, other: Point) -> int:
    """Measure, as the crow flies, between two places of one region."""
    shrink = math.cos(math.radians(one.latitude_e6 / 1_000_000))
    north = other.latitude_e6 - one.latitude_e6
    east = (other.longitude_e6 - one.longitude_e6) * shrink
    return round(math.hypot(north, east) * DEGREE_METRES / 1_000_000)


def _spent(session: Session, now: datetime) -> _Spent:
    rows = session.execute(
        select(Benefit.id, Benefit.code, Benefit.label)
        .join(Campaign, Campaign.id == Benefit.campaign_id)
        .where(is_spending_on(day_of(now)))
        .order_by(Benefit.label, Benefit.code)
        .limit(BENEFITS_MAX)
    ).all()
    return _Spent(
        tuple(row.id for row in rows), {row.id: Choice(row.code, row.label) for row in rows}
    )


def _by_code(choices: Iterable[Choice]) -> tuple[Choice, ...]:
    return tuple({one.code: one for one in choices}.values())


def _is_open(now: datetime, benefit_ids: Iterable[UUID]) -> ColumnElement[bool]:
    """Whether `Outlet` takes one of these benefits now.

    Each part is a set of partners that is made once, however many outlets are asked about; one
    set of all of them would join what the parts keep apart.
    """
    ids = list(benefit_ids)
    by_name = select(BenefitPartner.partner_id).where(BenefitPartner.benefit_id.in_(ids))
    taken = select(BenefitActivity.activity).where(BenefitActivity.benefit_id.in_(ids))
    by_activity = select(PartnerActivity.partner_id).where(PartnerActivity.activity.in_(taken))
    suspended = select(Partner.id).where(Partner.suspended_at <= now)
    return and_(
        Outlet.closed_at.is_(None),
        Outlet.partner_id.in_(select(PartnerAccount.partner_id)),
        Outlet.partner_id.not_in(suspended),
        or_(Outlet.partner_id.in_(by_name), Outlet.partner_id.in_(by_activity)),
    )


def _conditions(wish: Wish, centre: Point | None) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if centre is not None and wish.reach_km:
        high = wish.reach_km * 1_000 * 1_000_000 // DEGREE_METRES
        near = and_(
            Outlet.latitude_e6.between(centre.latitude_e6 - high, centre.latitude_e6 + high),
            _square(centre) <= high * high,
        )
        somewhere = and_(Outlet.latitude_e6.is_(None), Outlet.commune_code == wish.commune)
        asked.append(or_(near, somewhere))
    elif wish.commune is not None:
        asked.append(Outlet.commune_code == wish.commune)
    if wish.activity is not None:
        does = select(PartnerActivity.partner_id).where(
            PartnerActivity.partner_id == Partner.id, PartnerActivity.activity == wish.activity
        )
        asked.append(does.exists())
    asked += [
        Outlet.folded_name.contains(word, autoescape=True)
        for word in fold(wish.words).split()[:WORDS_MAX]
    ]
    return asked


def _in_order(
    session: Session, query: Select[Outlet, Partner, str], wish: Wish, centre: Point | None
) -> Select[Outlet, Partner, str]:
    """Sort, and begin after the last place of the page before; one that is gone begins anew."""
    near = centre is not None and bool(wish.reach_km)
    key: SQLColumnExpression[Any] = Outlet.folded_name
    if centre is not None and near:
        # Somewhere in the commune itself: as near as can be said.
        key = func.coalesce(_square(centre), 0)
    if wish.after is not None:
        last = session.execute(select(key).where(Outlet.id == wish.after)).first()
        if last is not None and last[0] is not None:
            beyond = and_(key == last[0], Outlet.id > wish.after)
            query = query.where(or_(key > last[0], beyond))
    return query.order_by(key, Outlet.id)


def _square(centre: Point) -> ColumnElement[int | None]:
    """Build the squared distance from a point, in millionths of a degree of latitude: no root."""
    shrink = round(1_000 * math.cos(math.radians(centre.latitude_e6 / 1_000_000)))
    north = Outlet.latitude_e6 - centre.latitude_e6
    east = (Outlet.longitude_e6 - centre.longitude_e6) * shrink // 1_000
    return north * north + east * east


def _centre(session: Session, wish: Wish) -> Point | None:
    if wish.commune is None or not wish.reach_km:
        return None
    middle = (
        func.avg(Outlet.latitude_e6).label("latitude"),
        func.avg(Outlet.longitude_e6).label("longitude"),
    )
    row = session.execute(
        select(Commune.latitude_e6, Commune.longitude_e6, *middle)
        .outerjoin(Outlet, Outlet.commune_code == Commune.code)
        .where(Commune.code == wish.commune)
        .group_by(Commune.code)
    ).one_or_none()
    if row is None:
        return None
    if row.latitude_e6 is not None:
        return Point(row.latitude_e6, row.longitude_e6)
    return None if row.latitude is None else Point(round(row.latitude), round(row.longitude))


def _activities(session: Session, partners: set[UUID]) -> dict[UUID, tuple[str, ...]]:
    found = {partner: list[str]() for partner in partners}
    rows = session.execute(
        select(PartnerActivity.partner_id, PartnerActivity.activity)
        .where(PartnerActivity.partner_id.in_(partners))
        .order_by(PartnerActivity.activity)
    )
    for partner_id, activity in rows:
        found[partner_id].append(activity)
    return {partner: tuple(activities) for partner, activities in found.items()}


def _taken(session: Session, partners: set[UUID], spent: _Spent) -> dict[UUID, tuple[Choice, ...]]:
    """Return what each partner takes today, by its name or by what it does."""
    by_name = select(BenefitPartner.partner_id, BenefitPartner.benefit_id).where(
        BenefitPartner.partner_id.in_(partners), BenefitPartner.benefit_id.in_(spent.ids)
    )
    by_activity = (
        select(PartnerActivity.partner_id, BenefitActivity.benefit_id)
        .join(BenefitActivity, BenefitActivity.activity == PartnerActivity.activity)
        .where(PartnerActivity.partner_id.in_(partners), BenefitActivity.benefit_id.in_(spent.ids))
    )
    taken = {partner: set[UUID]() for partner in partners}
    for partner_id, benefit_id in session.execute(by_name.union(by_activity)):
        taken[partner_id].add(benefit_id)
    return {
        partner: _by_code(label for one, label in spent.labels.items() if one in ids)
        for partner, ids in taken.items()
    }


def _place(  # noqa: PLR0917 - what three tables say of one place
    outlet: Outlet,
    partner: Partner,
    commune: str | None,
    centre: Point | None,
    activities: tuple[str, ...],
    benefits: tuple[Choice, ...],
) -> FoundPlace:
    point = None
    if outlet.latitude_e6 is not None and outlet.longitude_e6 is not None:
        point = Point(outlet.latitude_e6, outlet.longitude_e6)
    lines = (outlet.address_1, outlet.address_2)
    return FoundPlace(
        outlet_id=outlet.id,
        partner=partner.name,
        outlet=outlet.name,
        address=tuple(line for line in lines if line),
        postcode=outlet.postcode,
        commune=commune,
        point=point,
        activities=activities,
        benefits=benefits,
        metres=metres_between(centre, point) if centre and point else None,
    )
