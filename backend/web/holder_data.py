"""What is kept of a person: told, taken away, and asked to be erased."""

from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from backend.holders.data_rights import (
    Erasure,
    ask_erasure,
    read_erasure,
    take_away,
    withdraw_erasure,
)
from backend.holders.errors import ErasureAsked
from backend.holders.export import as_json, as_tables
from backend.holders.kept import Whose
from backend.holders.my_facts import asked
from backend.holders.telling import Acting
from backend.http import status_of
from backend.privacy.facts import OF_PRIVACY
from backend.privacy.register import REGISTER, Erasing
from backend.services import Services
from backend.web import holder_words as words
from backend.web.holder_frame import PREFIX, Frame, Framed
from backend.web.moments import moment
from backend.web.pages import HEADERS, notice
from backend.web.signed_in import OwnForm, PageRoute, go

ERASING: Final = {name: end for one in REGISTER for name, end in one.tables.items()}
router = APIRouter(prefix=f"{PREFIX}/donnees", include_in_schema=False, route_class=PageRoute)


@router.get("")
def data(frame: Framed) -> HTMLResponse:
    """Tell what is kept, for how long, and what became of a request."""
    services = frame.services
    with services.database.reading() as session:
        erasure = read_erasure(session, frame.beneficiary_id)
    of = Whose(frame.beneficiary_id, frame.account_id if frame.own else None)
    return frame.show(
        "holder_data.html",
        "/donnees",
        kept=[
            {
                "title": one.title,
                "why": one.why,
                "kept_for": one.kept_for.words,
                "erased": ERASING[one.table.__tablename__] is Erasing.REMOVED,
            }
            for one in asked(of, OF_PRIVACY)
        ],
        erasure=None if erasure is None else _told(erasure, services),
    )


@router.post("/json", dependencies=[OwnForm])
def take_json(frame: Framed) -> Response:
    """Give everything as one JSON file."""
    services = frame.services
    facts = take_away(services, _acting(frame), with_account=frame.own, also=OF_PRIVACY)
    content = as_json(facts, _name(frame), services.now())
    return _file(content, "application/json", "mes-donnees-pass.json")


@router.post("/tableaux", dependencies=[OwnForm])
def take_tables(frame: Framed) -> Response:
    """Give everything as tables, packed together."""
    services = frame.services
    facts = take_away(services, _acting(frame), with_account=frame.own, also=OF_PRIVACY)
    zone = ZoneInfo(services.settings.time_zone)
    content = as_tables(facts, _name(frame), services.now(), zone)
    return _file(content, "application/zip", "mes-donnees-pass.zip")


@router.post("/effacement", dependencies=[OwnForm])
def ask(frame: Framed) -> Response:
    """Write down that erasure is asked."""
    try:
        with frame.services.database.unit_of_work() as session:
            ask_erasure(session, _acting(frame), frame.services.now())
    except ErasureAsked as refusal:
        way = f"{frame.path}/donnees"
        return notice("stop", words.ERASURE_ASKED_ALREADY, status_of(refusal), way=way)
    return go(f"{frame.path}/donnees")


@router.post("/effacement/retrait", dependencies=[OwnForm])
def withdraw(frame: Framed) -> Response:
    """Take the request back."""
    with frame.services.database.unit_of_work() as session:
        withdraw_erasure(session, _acting(frame), frame.services.now())
    return go(f"{frame.path}/donnees")


def _told(erasure: Erasure, services: Services) -> dict[str, str]:
    answered = erasure.answered_at
    return {
        "asked": moment(erasure.asked_at, services),
        "answered": "" if answered is None else moment(answered, services),
        "answer": erasure.answer or "",
    }


def _acting(frame: Frame) -> Acting:
    return Acting(frame.account_id, frame.beneficiary_id)


def _name(frame: Frame) -> str:
    return f"{frame.mine.given_name} {frame.mine.family_name}"


def _file(content: bytes, kind: str, name: str) -> Response:
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
