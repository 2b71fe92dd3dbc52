"""The kitchen's page: three numbers a service, live, by diet, at an address of its own.

Promise: numbers only. Whoever has the address sees one establishment's day and nothing else; no
address is logged with its token. The page says how fresh its numbers are: which gate was not heard
for a while, and since when the page itself is cut off. It is in French, or
in English with `?langue=en`: nobody signs in here, so no account says which.
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
from backend.accounts.signin.tables import Language
from backend.by_index import find_by_index
from backend.http import ServicesDependency
from backend.web.languages import is_english, language_of, said
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
    "Unknown address",
)
OTHERS: Final = Text("sans régime particulier", "no particular diet")
NEVER_HEARD: Final = Text("{gate} ne s’est pas encore annoncé", "{gate} not heard yet")
SILENT: Final = Text("{gate} sans nouvelles depuis {hour}", "{gate} not heard since {hour}")
#: What the page says, by the name that its template and its script have for it.
SAID: Final[dict[str, Text]] = {
    "title": Text("Cuisine", "Kitchen"),
    "at": Text("à {hour}", "at {hour}"),
    "none": Text("Pas de service aujourd’hui.", "No service today."),
    "diet": Text("régime", "diet"),
    "expected": Text("prévus", "expected"),
    "passed": Text("passés", "passed"),
    "remaining": Text("à venir", "to come"),
    "gone": Text("cette adresse n’est plus valable", "this address is no longer valid"),
    "cut_off": Text("sans réseau", "no network"),
    "cut_off_since": Text("sans réseau, nombres de {hour}", "no network, numbers of {hour}"),
    "late": Text(
        "Ce qu’un portillon sans réseau a laissé passer s’ajoute quand il revient. Aucun nom ici.",
        "Whom a gate without network let pass is added when it comes back. No names here.",
    ),
    "script": Text("Cette page a besoin de JavaScript.", "This page needs JavaScript."),
    "other": Text("English", "Français"),
}

Json = dict[str, object]
router = APIRouter(include_in_schema=False)


@router.get("/cuisine/{token}")
def kitchen(token: str, services: ServicesDependency, langue: str = "") -> HTMLResponse:
    """Show the day's numbers, in French or in English; the page asks for them again by itself."""
    language = language_of(langue)
    try:
        with services.database.reading() as session:
            counts = _counts(session, token, services.now(), language)
    except KitchenLinkUnknown:
        return notice("stop", UNKNOWN, 404)
    answer = page(
        "kitchen.html",
        counts=counts,
        language=language,
        other=Language.FRENCH if is_english(language) else Language.ENGLISH,
        said={name: said(text, language) for name, text in SAID.items()},
    )
    # The one page here with a script: its own, which asks its own address again.
    answer.headers["Content-Security-Policy"] = LIVE_POLICY
    return answer


@router.get("/cuisine/{token}/comptes")
def numbers(token: str, services: ServicesDependency, langue: str = "") -> JSONResponse:
    """Give the numbers of this moment; raises KitchenLinkUnknown."""
    with services.database.reading() as session:
        counts = _counts(session, token, services.now(), language_of(langue))
    return JSONResponse(counts, headers={"Cache-Control": "no-store"})


def _counts(session: Session, token: str, now: datetime, language: Language) -> Json:
    find_by_index(session)
    place = find_establishment(session, find_kitchen(session, token[:TOKEN_CHARACTERS_MAX]))
    zone = ZoneInfo(place.time_zone)
    today = now.astimezone(zone).date()
    return {
        "establishment": place.name,
        "time": _hour(now, zone),
        "services": [_service(each, language) for each in count_services(session, place.id, today)],
        "silent": [_silent(each, zone, language) for each in _silent_gates(session, place.id, now)],
    }


def _silent_gates(session: Session, place_id: UUID, now: datetime) -> list[GateHeard]:
    gates = list_gates_heard(session, place_id)
    return [each for each in gates if each.heard_at is None or now - each.heard_at > SILENT_AFTER]


def _silent(gate: GateHeard, zone: ZoneInfo, language: Language) -> str:
    if gate.heard_at is None:
        return said(NEVER_HEARD, language).format(gate=gate.name)
    return said(SILENT, language).format(gate=gate.name, hour=_hour(gate.heard_at, zone))


def _service(count: ServiceCount, language: Language) -> Json:
    # One diet alone says nothing that the numbers above do not.
    diets = count.diets if len(count.diets) > 1 else ()
    return {
        "label": count.label,
        "hours": f"{count.opens}–{count.closes}",
        **_numbers(count),
        "diets": [
            {"diet": each.diet or said(OTHERS, language), **_numbers(each)} for each in diets
        ],
    }


def _numbers(count: ServiceCount | DietCount) -> Json:
    return {"expected": count.expected, "passed": count.passed, "remaining": count.remaining}


def _hour(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M")
