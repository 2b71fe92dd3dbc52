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
from backend.http import ServicesDependency
from backend.operators import roles, running
from backend.operators.acting import note
from backend.operators.tables import OperatorRole
from backend.operators.trail import (
    COLUMNS,
    Place,
    TrailLine,
    Wanted,
    export_trail,
    read_trail,
)
from backend.operators.watching import list_pads, read_outbox, see_keys
from backend.web.operator_pages import date_of, id_of, render
from backend.web.operator_who import Looking, Operating, OperatorRoute, Proving
from backend.web.pages import HEADERS
from backend.web.signed_in import OPERATION, OwnForm, Token, go

MAILS: Final = f"{OPERATION}/courriels"
KEYS: Final = f"{OPERATION}/cles"
TRAIL: Final = f"{OPERATION}/journal"
OPERATORS: Final = f"{OPERATION}/exploitants"
KIND_CHARACTERS_MAX: Final = 40
#: The mark makes spreadsheets read UTF-8.
MARK: Final = "\ufeff"
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
def release_alarm(alarm_id: UUID, services: ServicesDependency, acting: Operating) -> Response:
    """Say that an alarm was dealt with."""
    with services.database.unit_of_work() as session:
        running.release(session, acting, alarm_id, services.now())
    return go(OPERATION)


@router.get(MAILS)
def mails(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """Show what is owed and what was given up."""
    with services.database.reading() as session:
        outbox = read_outbox(session, services.now())
    return render(services, token, acting, "mails", outbox=outbox)


@router.post(f"{MAILS}/{{notice_id}}/relance", dependencies=[OwnForm])
def try_again(notice_id: UUID, services: ServicesDependency, acting: Operating) -> Response:
    """Let a mail that was given up be tried anew."""
    with services.database.unit_of_work() as session:
        running.try_mail_again(session, acting, notice_id, services.now())
    return go(MAILS)


@router.get(KEYS)
def keys(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """Show which keys there are, never a key, and how much of the pads' is used."""
    held = services.vault.held_keys()
    with services.database.unit_of_work() as session:
        shown = see_keys(session, held, services.now())
        pads = list_pads(session)
    return render(services, token, acting, "keys", keys=shown, pads=pads)


@router.get(TRAIL)
def trail(
    services: ServicesDependency,
    token: Token,
    acting: Looking,
    asked: Asked,
    suite: str = "",
) -> HTMLResponse:
    """Show what was done, the newest first."""
    with services.database.reading() as session:
        page = read_trail(session, _wanted(asked), after=_place(suite))
    kinds = [kind.value for kind in ActKind]
    return render(services, token, acting, "trail", page=page, asked=asked, kinds=kinds)


@router.get(f"{TRAIL}.csv")
def trail_table(services: ServicesDependency, acting: Looking, asked: Asked) -> Response:
    """Give the same as a table, safe in a spreadsheet; that it was taken away is an act."""
    with services.database.unit_of_work() as session:
        note(session, acting, ActKind.TRAIL_EXPORTED, acting.account_id, services.now())
    headers = HEADERS | {"Content-Disposition": 'attachment; filename="journal.csv"'}
    rows = _table(export_trail(services.database, _wanted(asked)))
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(OPERATORS)
def operators(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """List those who run the service."""
    with services.database.reading() as session:
        lines = roles.list_operators(session)
    return render(services, token, acting, "operators", lines=lines)


@router.post(OPERATORS, dependencies=[OwnForm])
def invite(
    services: ServicesDependency,
    acting: Proving,
    *,
    email: Typed = "",
    given_name: Typed = "",
    family_name: Typed = "",
    role: Typed = "",
) -> Response:
    """Let somebody in; they are mailed."""
    names = (" ".join(part.split())[:100] or "—" for part in (given_name, family_name))
    new = roles.Newcomer(email, *names)
    with services.database.unit_of_work() as session:
        roles.let_in(services, session, new, _role(role), acting)
    return go(OPERATORS)


@router.post(f"{OPERATORS}/{{account_id}}/role", dependencies=[OwnForm])
def change_role(
    account_id: UUID, services: ServicesDependency, acting: Proving, role: Typed = ""
) -> Response:
    """Let somebody do more, or only look."""
    with services.database.unit_of_work() as session:
        roles.change_role(session, account_id, _role(role), acting, services.now())
    return go(OPERATORS)


@router.post(f"{OPERATORS}/{{account_id}}/retrait", dependencies=[OwnForm])
def take_away(account_id: UUID, services: ServicesDependency, acting: Proving) -> Response:
    """Take somebody's role away."""
    with services.database.unit_of_work() as session:
        roles.take_away(session, account_id, acting, services.now())
    return go(OPERATORS)


def _role(text: str) -> OperatorRole:
    known = {role.value for role in OperatorRole}
    return OperatorRole(text) if text in known else OperatorRole.AUDITOR


def _wanted(asked: dict[str, str]) -> Wanted:
    return Wanted(
        id_of(asked["qui"]),
        id_of(asked["personne"]),
        id_of(asked["objet"]),
        asked["acte"][:KIND_CHARACTERS_MAX] or None,
        date_of(asked["jour"]),
    )


def _place(text: str) -> Place | None:
    moment, _, act = text.partition(".")
    act_id = id_of(act)
    if act_id is None or not moment.isdecimal() or len(moment) > 18:
        return None
    return Place(EPOCH + timedelta(microseconds=int(moment)), act_id)


def _table(lines: Iterator[TrailLine]) -> Iterator[str]:
    yield MARK + _row(list(COLUMNS))
    for line in lines:
        yield _row(line.cells())


def _row(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue()
