"""The public directory: where benefits are spent. No sign-in, no script, no request elsewhere.

What is looked for is in the address, so that a search can be kept or sent to somebody.
"""

from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.holders.directory import (
    REACHES,
    Choices,
    Found,
    FoundPlace,
    Wish,
    read_choices,
    search,
)
from backend.http import ServicesDependency
from backend.partners.directory import Point
from backend.partners.directory_tables import Commune
from backend.web.directory_map import Plan, Spot, draw
from backend.web.long_lists import written_with
from backend.web.pages import page

PATH: Final = "/annuaire"
FIELD_CHARACTERS_MAX: Final = 100
router = APIRouter(include_in_schema=False)
Asked = Annotated[str, Query(max_length=FIELD_CHARACTERS_MAX)]


@router.get(PATH)
def directory(
    services: ServicesDependency,
    *,
    commune: Asked = "",
    autour: Asked = "",
    activite: Asked = "",
    avantage: Asked = "",
    nom: Asked = "",
    apres: Asked = "",
) -> HTMLResponse:
    """Show the form, a page of places, and their plan."""
    with services.database.reading() as session:
        choices = read_choices(session, services.now())
        wish = _wish(choices, (commune, autour, activite, avantage, nom, apres))
        found = search(session, wish, services.now())
        plan = _plan(session, found)
    kept = {
        "commune": wish.commune or "",
        "autour": str(wish.reach_km) if wish.reach_km else "",
        "activite": wish.activity or "",
        "avantage": wish.benefit or "",
        "nom": wish.words,
    }
    after = None if found.next_after is None else {**kept, "apres": str(found.next_after)}
    return page(
        "directory.html",
        choices=choices,
        communes=written_with(
            tuple((one.code, one.label) for one in choices.communes), wish.commune or ""
        ),
        activities=[(code, _in_words(code)) for code in choices.activities],
        reaches=REACHES,
        asked=kept,
        narrowed=any(kept.values()),
        begun=wish.after is not None,
        again=_address(kept),
        places=[_place(number, one) for number, one in enumerate(found.places, 1)],
        next=None if after is None else _address(after),
        plan=plan,
        nowhere=bool(wish.reach_km) and found.centre is None,
    )


def _wish(choices: Choices, typed: tuple[str, ...]) -> Wish:
    """Read what is asked; what the form does not offer is not asked."""
    commune, reach, activity, benefit, words, after = (one.strip() for one in typed)
    known = commune if commune in {one.code for one in choices.communes} else None
    near = int(reach) if reach in {str(one) for one in REACHES} and known else 0
    return Wish(
        commune=known,
        reach_km=near,
        activity=activity if activity in choices.activities else None,
        benefit=benefit if benefit in {one.code for one in choices.benefits} else None,
        # A database refuses what nobody can read.
        words="".join(letter if letter.isprintable() else " " for letter in words),
        after=_id(after),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(asked: dict[str, str]) -> str:
    said = urlencode({name: value for name, value in asked.items() if value})
    return f"{PATH}?{said}" if said else PATH


def _place(number: int, one: FoundPlace) -> dict[str, object]:
    town = " ".join(part for part in (one.postcode, one.commune) if part)
    return {
        "number": number,
        "name": one.partner if one.outlet == one.partner else f"{one.partner}, {one.outlet}",
        "address": [*one.address, *([town] if town else [])],
        "activities": ", ".join(_in_words(activity) for activity in one.activities),
        "benefits": [benefit.label for benefit in one.benefits],
        "far": "" if one.metres is None else _far(one.metres),
        "on_plan": one.point is not None,
    }


def _in_words(activity: str) -> str:
    """Write an activity's code as a word: `salle-de-sport` is « Salle de sport »."""
    said = activity.replace("-", " ").replace("_", " ")
    return said[:1].upper() + said[1:]


def _far(metres: int) -> str:
    """Say a distance as far as it matters: to 100 m, then to the kilometre."""
    if metres < 1_000:
        said = f"{max(round(metres, -2), 100)} m"
    elif metres < 10_000:
        said = f"{metres // 1_000},{metres % 1_000 // 100} km"
    else:
        said = f"{round(metres / 1_000)} km"
    return f"à {said}".replace(" ", "\N{NO-BREAK SPACE}")


def _plan(session: Session, found: Found) -> Plan | None:
    spots = [
        Spot(str(number), one.point)
        for number, one in enumerate(found.places, 1)
        if one.point is not None
    ]
    if not spots:
        return None
    return draw(spots, _communes_of(session, found), found.centre)


def _communes_of(session: Session, found: Found) -> list[Spot]:
    names = {one.commune for one in found.places if one.commune}
    rows = session.execute(
        select(Commune.name, Commune.latitude_e6, Commune.longitude_e6)
        .where(Commune.name.in_(names), Commune.latitude_e6.is_not(None))
        .order_by(Commune.code)
    )
    return [
        Spot(name, Point(latitude, longitude))
        for name, latitude, longitude in rows
        if latitude is not None and longitude is not None
    ]
