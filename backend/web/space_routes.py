"""Somebody's space: what is theirs to see, and their account: password, language, sessions."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from backend.accounts.bounces import confirm_address, unreachable_address
from backend.accounts.families.rights import my_beneficiaries
from backend.accounts.signin.errors import PasswordRefused, SignInRefused
from backend.accounts.signin.own_account import change_password, choose_language
from backend.accounts.signin.second_factors import has_second_factor
from backend.accounts.signin.sessions import (
    end_all,
    end_session,
    list_sessions,
    visit_before,
)
from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.signin.terms import acceptances_of
from backend.accounts.signin.tokens import form_token
from backend.http import ServicesDependency
from backend.web import sign_in_words, sign_up_words
from backend.web.federation_ways import way_out
from backend.web.holder_frame import PASS
from backend.web.languages import voice_in
from backend.web.own_page import AccountFrame, OwnPage
from backend.web.pages import Problem, let_script, page
from backend.web.signed_in import (
    ACCOUNT,
    SPACE,
    OwnForm,
    PageRoute,
    Token,
    Who,
    admit,
    go,
    take_cookie,
)
from backend.web.space_english import ENGLISH
from backend.web.space_tiles import tiles

PASSWORD_FIELD_CHARACTERS_MAX: Final = 512
router = APIRouter(include_in_schema=False, route_class=PageRoute)
TypedPassword = Annotated[str, Form(max_length=PASSWORD_FIELD_CHARACTERS_MAX)]


@router.get(SPACE)
def space(services: ServicesDependency, token: Token, who: Who) -> HTMLResponse:
    """Show what somebody may see, in the language of their account."""
    voice = voice_in(who.language, ENGLISH)
    with services.database.reading() as session:
        offered = tiles(session, who.account_id)
        before = visit_before(session, who.account_id)
        address = unreachable_address(session, who.account_id)
    return page(
        "space.html",
        200,
        who=who,
        tiles=offered,
        before=None if before is None else voice.at(before, services),
        unreachable=address,
        **voice.around(),
        form_token=form_token(token),
    )


@router.post(f"{SPACE}/adresse", dependencies=[OwnForm])
def right_address(services: ServicesDependency, who: Who) -> Response:
    """Take note that somebody's address is right, though mails came back from it."""
    with services.database.unit_of_work() as session:
        confirm_address(session, who.account_id, services.now())
    return go(SPACE)


@router.get(PASS)
def passes(services: ServicesDependency, who: Who) -> Response:
    """Lead to the Pass of whoever has one to look at; to all of them where there are several."""
    with services.database.reading() as session:
        found = my_beneficiaries(session, who.account_id)
    return go(f"{PASS}/{found[0].beneficiary_id}" if len(found) == 1 else SPACE)


@router.get(ACCOUNT)
def account(frame: AccountFrame) -> HTMLResponse:
    """Show somebody's own account."""
    return _account(frame, None)


@router.post(f"{ACCOUNT}/mot-de-passe", dependencies=[OwnForm])
def new_password(
    request: Request,
    frame: AccountFrame,
    *,
    current: TypedPassword = "",
    password: TypedPassword = "",
    password_again: TypedPassword = "",
) -> Response:
    """Change the password: the present one is asked, the other sessions end."""
    if password != password_again:
        problem = Problem("password_again", sign_in_words.PASSWORDS_DIFFER)
        return _account(frame, problem)
    try:
        started = change_password(frame.services, frame.token, current, password)
    except SignInRefused:
        return _account(frame, Problem("current", sign_up_words.CURRENT_WRONG))
    except PasswordRefused as refusal:
        why = sign_in_words.WEAK[str(refusal.details["why"])]
        return _account(frame, Problem("password", why))
    shown = frame.notice("good", sign_in_words.PASSWORD_CHANGED, way=ACCOUNT)
    return admit(request, frame.services, started, shown)


@router.post(f"{ACCOUNT}/langue", dependencies=[OwnForm])
def language(
    services: ServicesDependency,
    who: Who,
    language: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Write to somebody in another language."""
    if language in tuple(Language):
        with services.database.unit_of_work() as session:
            choose_language(session, who.account_id, Language(language))
    return go(ACCOUNT)


@router.post(f"{SPACE}/connexions/{{session_id}}/fin", dependencies=[OwnForm])
def end_one(session_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """End one of one's own sessions."""
    with services.database.unit_of_work() as session:
        end_session(session, who.account_id, session_id)
    return go(ACCOUNT)


@router.post(f"{SPACE}/connexions/fin", dependencies=[OwnForm])
def end_every(request: Request, services: ServicesDependency, who: Who) -> Response:
    """End every session of one's own, this one too."""
    with services.database.unit_of_work() as session:
        end_all(session, who.account_id)
    return take_cookie(go(way_out(request)))


def _account(frame: OwnPage, problem: Problem | None) -> HTMLResponse:
    services, who = frame.services, frame.who
    with services.database.reading() as session:
        row = session.get_one(SignInAccount, who.account_id)
        accepted = acceptances_of(session, who.account_id)
        sessions = [
            {
                "id": one.session_id,
                "browser": one.browser,
                "since": frame.at(one.created_at),
                "here": one.session_id == who.session_id,
                "kept": one.kept,
            }
            for one in list_sessions(session, who.account_id, services.now())
        ]
    shown = frame.form(
        "account.html",
        problem,
        account=row,
        has_factor=has_second_factor(row),
        accepted=[(version, frame.at(at)) for version, at in accepted],
        sessions=sessions,
    )
    return let_script(shown)
