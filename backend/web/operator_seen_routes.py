"""« Voir comme … »: beginning to look at the pages as somebody else sees them, and ending it."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.operators.looking_as import MINUTES_MAX, begin_looking, end_looking
from backend.web.operator_who import Entered, OperatorRoute, Proving, Reason
from backend.web.seen_as import END, SEEN_COOKIE
from backend.web.signed_in import OPERATION, SPACE, OwnForm, drop_seen, go

router = APIRouter(include_in_schema=False, route_class=OperatorRoute)


@router.post(f"{OPERATION}/comptes/{{account_id}}/voir-comme", dependencies=[OwnForm])
def begin(account_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Look as somebody else for a quarter of an hour, and nothing more."""
    with frame.services.database.unit_of_work() as session:
        token = begin_looking(session, frame.acting, account_id, reason, frame.now)
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
def end(request: Request, frame: Entered) -> Response:
    """Be oneself again."""
    token = request.cookies.get(SEEN_COOKIE, "")
    with frame.services.database.unit_of_work() as session:
        whom = end_looking(session, frame.acting.session_id, token, frame.now)
    way = OPERATION if whom is None else f"{OPERATION}/comptes/{whom}"
    return drop_seen(go(way))
