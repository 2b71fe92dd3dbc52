"""« Voir comme … »: beginning to look at the pages as somebody else sees them, and ending it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from backend.http import ServicesDependency
from backend.operators.looking_as import MINUTES_MAX, begin_looking, end_looking
from backend.web.operator_who import Entered, OperatorRoute, Proving
from backend.web.seen_as import END, SEEN_COOKIE
from backend.web.signed_in import OPERATION, SPACE, OwnForm, drop_seen, go

router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Reason = Annotated[str, Form(max_length=400)]


@router.post(f"{OPERATION}/comptes/{{account_id}}/voir-comme", dependencies=[OwnForm])
def begin(
    account_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Look as somebody else for a quarter of an hour, and nothing more."""
    with services.database.unit_of_work() as session:
        token = begin_looking(session, acting, account_id, reason, services.now())
    answer = go(SPACE)
    answer.set_cookie(
        SEEN_COOKIE,
        token,
        max_age=60 * MINUTES_MAX,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return answer


@router.post(END, dependencies=[OwnForm])
def end(request: Request, services: ServicesDependency, acting: Entered) -> Response:
    """Be oneself again."""
    token = request.cookies.get(SEEN_COOKIE, "")
    with services.database.unit_of_work() as session:
        whom = end_looking(session, acting.session_id, token, services.now())
    way = OPERATION if whom is None else f"{OPERATION}/comptes/{whom}"
    return drop_seen(go(way))
