"""An operator's pages about the service itself: alarms, mails, keys, the trail, who runs it."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from backend.accounts.signin.acts import ActKind
from backend.folding import fold
from backend.operators import roles, running
from backend.operators.acting import note
from backend.operators.tables import OperatorRole
from backend.operators.trail import Place, Wanted, export_trail, read_trail
from backend.operators.watching import list_pads, read_outbox, see_keys
from backend.web.act_words import ACTS
from backend.web.languages import is_english
from backend.web.operator_pages import Frame, date_of, id_of
from backend.web.operator_who import Looking, Operating, OperatorRoute, Proving
from backend.web.operator_words import COLUMNS
from backend.web.pages import HEADERS
from backend.web.signed_in import OPERATION, OwnForm

MAILS: Final = f"{OPERATION}/courriels"
KEYS: Final = f"{OPERATION}/cles"
TRAIL: Final = f"{OPERATION}/journal"
OPERATORS: Final = f"{OPERATION}/exploitants"
KIND_CHARACTERS_MAX: Final = 40
#: The mark makes spreadsheets read UTF-8.
MARK: Final = "\ufeff"
NOBODY: Final = UUID(int=0)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Typed = Annotated[str, Form(max_length=320)]


def _asked(
    qui: str = "", personne: str = "", objet: str = "", acte: str = "", jour: str = ""
) -> dict[str, str]:
    """Return which acts an address asks for: ids, a kind, a day."""
    return {"qui": qui, "personne": personne, "objet": objet, "acte": acte, "jour": jour}


Asked = Annotated[dict[str, str], Depends(_asked)]


@router.post(f"{OPERATION}/alertes/{{alarm_id}}/traitee", dependencies=[OwnForm])
def release_alarm(alarm_id: UUID, frame: Operating) -> Response:
    """Say that an alarm was dealt with."""
    return frame.do(running.release, OPERATION, "alerte", alarm_id, frame.now)


@router.get(MAILS)
def mails(frame: Looking) -> HTMLResponse:
    """Show what is owed and what was given up."""
    with frame.services.database.reading() as session:
        outbox = read_outbox(session, frame.now)
    return frame.show("mails", outbox=outbox)


@router.post(f"{MAILS}/{{notice_id}}/relance", dependencies=[OwnForm])
def try_again(notice_id: UUID, frame: Operating) -> Response:
    """Let a mail that was given up be tried anew."""
    return frame.do(running.try_mail_again, MAILS, "courriel", notice_id, frame.now)


@router.get(KEYS)
def keys(frame: Looking) -> HTMLResponse:
    """Show which keys there are, never a key, and how much of the pads' is used."""
    held = frame.services.vault.held_keys()
    with frame.services.database.unit_of_work() as session:
        shown = see_keys(session, held, frame.now)
        pads = list_pads(session)
    return frame.show("keys", keys=shown, pads=pads)


@router.get(TRAIL)
def trail(frame: Looking, asked: Asked, suite: str = "") -> HTMLResponse:
    """Show what was done, the newest first."""
    with frame.services.database.reading() as session:
        page = read_trail(session, _wanted(asked), after=_place(suite))
    kinds = sorted(
        ((kind.value, frame.voice.told(ACTS, kind)) for kind in ActKind),
        key=lambda pair: fold(pair[1]),
    )
    return frame.show("trail", page=page, asked=asked, kinds=kinds, first=not suite)


@router.get(f"{TRAIL}.csv")
def trail_table(frame: Looking, asked: Asked) -> Response:
    """Give the same as a table, safe in a spreadsheet; that it was taken away is an act."""
    acting = frame.acting
    with frame.services.database.unit_of_work() as session:
        note(session, acting, ActKind.TRAIL_EXPORTED, acting.account_id, frame.now)
    name = "trail" if is_english(frame.voice.language) else "journal"
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    rows = _table(frame, _wanted(asked))
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(OPERATORS)
def operators(frame: Looking) -> HTMLResponse:
    """List those who run the service."""
    with frame.services.database.reading() as session:
        lines = roles.list_operators(session)
    return frame.show("operators", lines=lines)


@router.post(OPERATORS, dependencies=[OwnForm])
def invite(
    frame: Proving,
    *,
    email: Typed = "",
    given_name: Typed = "",
    family_name: Typed = "",
    role: Typed = "",
) -> Response:
    """Let somebody in; they are mailed."""
    names = (" ".join(part.split())[:100] or "—" for part in (given_name, family_name))
    new = roles.Newcomer(email, *names)
    with frame.services.database.unit_of_work() as session:
        roles.let_in(frame.services, session, new, _role(role), frame.acting)
    return frame.back(OPERATORS, "invitation")


@router.post(f"{OPERATORS}/{{account_id}}/role", dependencies=[OwnForm])
def change_role(account_id: UUID, frame: Proving, role: Typed = "") -> Response:
    """Let somebody do more, or only look."""
    with frame.services.database.unit_of_work() as session:
        roles.change_role(session, account_id, _role(role), frame.acting, frame.now)
    return frame.back(OPERATORS, "role")


@router.post(f"{OPERATORS}/{{account_id}}/retrait", dependencies=[OwnForm])
def take_away(account_id: UUID, frame: Proving) -> Response:
    """Take somebody's role away."""
    with frame.services.database.unit_of_work() as session:
        roles.take_away(session, account_id, frame.acting, frame.now)
    return frame.back(OPERATORS, "retrait")


def _role(text: str) -> OperatorRole:
    known = {role.value for role in OperatorRole}
    return OperatorRole(text) if text in known else OperatorRole.AUDITOR


def _wanted(asked: dict[str, str]) -> Wanted:
    return Wanted(
        _named(asked["qui"]),
        _named(asked["personne"]),
        _named(asked["objet"]),
        asked["acte"][:KIND_CHARACTERS_MAX] or None,
        date_of(asked["jour"]),
    )


def _named(text: str) -> UUID | None:
    """Return whom an address names; an id that is none is nobody's, and not everybody's."""
    return (id_of(text.strip()) or NOBODY) if text.strip() else None


def _place(text: str) -> Place | None:
    moment, _, act = text.partition(".")
    act_id = id_of(act)
    if act_id is None or not moment.isdecimal() or len(moment) > 18:
        return None
    return Place(EPOCH + timedelta(microseconds=int(moment)), act_id)


def _table(frame: Frame, wanted: Wanted) -> Iterator[str]:
    yield MARK + _row([frame.voice.said(column) for column in COLUMNS])
    for line in export_trail(frame.services.database, wanted):
        yield _row(line.cells(frame.voice.told(ACTS, line.kind), frame.why(line)))


def _row(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue()
