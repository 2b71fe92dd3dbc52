"""A holder's code: its state, and choosing another with the password typed again.

What was typed is never in a page, an address or a log.
"""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse

from backend.accounts.errors import NotYours
from backend.holders.codes import choose_code
from backend.holders.errors import PasswordMissing, PasswordWrong
from backend.http import status_of
from backend.pins.errors import CodeBeingSet, CodeRefused
from backend.pins.setting import code_state
from backend.web import holder_words as words
from backend.web.holder_frame import PREFIX, Frame, Framed
from backend.web.pages import Problem, notice
from backend.web.signed_in import OwnForm, PageRoute
from backend.web.typed_fields import read_code
from backend.web.words import CHANGED_MEANWHILE, CODES_DIFFER, WEAK, so_many_digits

FORGOTTEN = "/code-oublie"
router = APIRouter(prefix=f"{PREFIX}/code", include_in_schema=False, route_class=PageRoute)
Typed = Annotated[str, Form(max_length=64)]
TypedPassword = Annotated[str, Form(max_length=512)]


@router.get("")
def code_form(frame: Framed) -> HTMLResponse:
    """Show the code's state, and the form that chooses another."""
    return _form(frame, None)


@router.post("", dependencies=[OwnForm])
def choose(
    frame: Framed, password: TypedPassword = "", code: Typed = "", code_again: Typed = ""
) -> HTMLResponse:
    """Set the code, or show the form again with the reason and empty fields."""
    if not frame.mine.may_choose_code:
        return notice("stop", words.NOT_ALLOWED, status_of(NotYours()), way=frame.path)
    try:
        _set(frame, password, code, code_again)
    except _Mistyped as mistyped:
        return _form(frame, mistyped.problem)
    except PasswordMissing as refusal:
        return notice("stop", words.PASSWORD_MISSING, status_of(refusal), way=FORGOTTEN)
    return notice("good", words.CODE_DONE, way=f"{frame.path}/code")


class _Mistyped(Exception):
    """What was typed cannot be taken; why, and at which field."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.field)
        self.problem = problem


def _set(frame: Frame, password: str, code: str, code_again: str) -> None:
    if code != code_again:
        raise _Mistyped(Problem("code_again", CODES_DIFFER))
    digits = frame.services.settings.code_digits
    try:
        chosen = read_code(code, digits)
    except ValueError:
        raise _Mistyped(Problem("code", so_many_digits(digits))) from None
    try:
        choose_code(frame.services, frame.account_id, frame.beneficiary_id, password, chosen)
    except PasswordWrong:
        raise _Mistyped(Problem("password", words.PASSWORD_WRONG)) from None
    except CodeRefused as refusal:
        raise _Mistyped(Problem("code", WEAK[str(refusal.details["why"])])) from None
    except CodeBeingSet:
        raise _Mistyped(Problem("code", CHANGED_MEANWHILE)) from None


def _form(frame: Frame, problem: Problem | None) -> HTMLResponse:
    with frame.services.database.reading() as session:
        state = code_state(session, frame.beneficiary_id)
    return frame.show(
        "holder_code.html",
        "/code",
        problem,
        code=words.CODES[state],
        button=words.CODE_BUTTONS[state],
        may_choose_code=frame.mine.may_choose_code,
        never_tell=words.NEVER_TELL,
        digits=frame.services.settings.code_digits,
    )
