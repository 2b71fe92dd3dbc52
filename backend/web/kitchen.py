"""The kitchen's page: three numbers a service, live, by diet, at an address of its own.

Promise: numbers only. Whoever has the address sees one establishment's day and nothing else; no
address is logged with its token. The page says how fresh its numbers are: which gate was not heard
for a while, and since when the page itself is cut off.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy.orm import Session

from backend.access.errors import KitchenLinkUnknown
from backend.access.establishments import find_establishment
from backend.access.kitchen import (
    DietCount,
    GateHeard,
    ServiceCount,
    count_services,
    find_kitchen,
    list_gates_heard,
)
from backend.by_index import find_by_index
from backend.http import ServicesDependency
from backend.web.pages import HEADERS, notice, page
from backend.web.words import Notice, Text

TOKEN_CHARACTERS_MAX: Final = 64
SILENT_AFTER: Final = timedelta(minutes=2)
LIVE_POLICY: Final = f"{HEADERS['Content-Security-Policy']}; script-src 'self'; connect-src 'self'"
UNKNOWN: Final = Notice(
    "Adresse inconnue",
    Text(
        "Cette adresse ne montre aucune cuisine. Demandez-en une autre à l’intendance.",
        "This address shows no kitchen. Ask the bursar’s office for another.",
    ),
)
OTHERS: Final = "sans régime particulier"

Json = dict[str, object]
router = APIRouter(include_in_schema=False)


@router.get("/cuisine/{token}")
def kitchen(token: str, services: ServicesDependency) -> HTMLResponse:
    """Show the day's numbers; the page asks for them again by itself."""
    try:
        with services.database.reading() as session:
            counts = _counts(session, token, services.now())
    except KitchenLinkUnknown:
        return notice("stop", UNKNOWN, 404)
    answer = page("kitchen.html", counts=counts)
    # The one page here with a script: its own, which asks its own address again.
    answer.headers["Content-Security-Policy"] = LIVE_POLICY
    return answer


@router.get("/cuisine/{token}/comptes")
def numbers(token: str, services: ServicesDependency) -> JSONResponse:
    """Give the numbers of this moment; raises KitchenLinkUnknown."""
    with services.database.reading() as session:
        counts = _counts(session, token, services.now())
    return JSONResponse(counts, headers={"Cache-Control": "no-store"})


def _counts(session: Session, token: str, now: datetime) -> Json:
    find_by_index(session)
    place = find_establishment(session, find_kitchen(session, token[:TOKEN_CHARACTERS_MAX]))
    zone = ZoneInfo(place.time_zone)
    today = now.astimezone(zone).date()
    return {
        "establishment": place.name,
        "time": _hour(now, zone),
        "services": [_service(each) for each in count_services(session, place.id, today)],
        "silent": [_silent(each, zone) for each in _silent_gates(session, place.id, now)],
    }


def _silent_gates(session: Session, place_id: UUID, now: datetime) -> list[GateHeard]:
    gates = list_gates_heard(session, place_id)
    return [each for each in gates if each.heard_at is None or now - each.heard_at > SILENT_AFTER]


def _silent(gate: GateHeard, zone: ZoneInfo) -> str:
    if gate.heard_at is None:
        return f"{gate.name} ne s’est pas encore annoncé"
    return f"{gate.name} sans nouvelles depuis {_hour(gate.heard_at, zone)}"


def _service(count: ServiceCount) -> Json:
    # One diet alone says nothing that the numbers above do not.
    diets = count.diets if len(count.diets) > 1 else ()
    return {
        "label": count.label,
        "hours": f"{count.opens}–{count.closes}",
        **_numbers(count),
        "diets": [{"diet": each.diet or OTHERS, **_numbers(each)} for each in diets],
    }


def _numbers(count: ServiceCount | DietCount) -> Json:
    return {"expected": count.expected, "passed": count.passed, "remaining": count.remaining}


def _hour(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")
