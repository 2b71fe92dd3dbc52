"""The pages of a family: who is in it, who may come in, and whose card is one's own.

Promise: whatever is asked is first found among the families of whoever asks; the rest does not
exist for them. Asking for a child tells nothing of whether such a child is known.
"""

from datetime import date
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from backend.accounts.errors import EmailInvalid, NameInvalid
from backend.accounts.families.composition import (
    check_member,
    leave_family,
    make_family,
    read_families,
    remove_child,
    remove_member,
)
from backend.accounts.families.errors import GrownUp, ProofRefused
from backend.accounts.families.invitations import (
    accept_invitation,
    find_invitation,
    invite_own_child,
    invite_parent,
    my_invitations,
    withdraw_invitation,
)
from backend.accounts.families.requests import Named, ask_tie, prove_tie, withdraw_tie
from backend.accounts.signin.errors import BirthDateUnlikely, TermsChanged
from backend.accounts.signin.sign_up import age_on
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.terms import accept_terms, terms_in_force
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX
from backend.http import ServicesDependency
from backend.services import Services
from backend.web import family_words as words
from backend.web.family_frame import FamilyFrame, Frame, Framed, VisitorFrame
from backend.web.sign_up_routes import Problems
from backend.web.signed_in import (
    SPACE,
    MaybeWho,
    OwnForm,
    PageRoute,
    Who,
    go,
)
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedCode, TypedEmail, TypedLine, TypedWord

FAMILY: Final = f"{SPACE}/famille"
INVITATION: Final = "/invitation"
OWN_ACCOUNT_YEARS: Final = 15
router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get(FAMILY)
def families(services: ServicesDependency, frame: Frame, who: Who) -> HTMLResponse:
    """Show somebody's families, and the invitations that wait for their address."""
    return _show(services, frame, who.account_id, {})


@router.post(FAMILY, dependencies=[Framed, OwnForm])
def make(
    services: ServicesDependency,
    frame: Frame,
    who: Who,
    name: TypedLine = "",
    terms: TypedWord = "",
) -> Response:
    """Make a family; whoever never accepted the terms of use does so with it."""
    try:
        with services.database.unit_of_work() as session:
            _accept(session, services, who.account_id, terms)
            make_family(session, who.account_id, name, services.now())
    except NameInvalid:
        return _show(services, frame, who.account_id, {"name": words.NAME})
    except TermsChanged:
        return _show(services, frame, who.account_id, {"terms": words.TERMS})
    return go(FAMILY)


@router.post(f"{FAMILY}/{{family_id}}/enfants", dependencies=[Framed, OwnForm])
def ask_for_child(
    family_id: UUID,
    services: ServicesDependency,
    frame: Frame,
    who: Who,
    *,
    given_name: TypedLine = "",
    family_name: TypedLine = "",
    birth_date: TypedWord = "",
) -> Response:
    """Ask for a child; what is answered does not depend on whether they are known."""
    with services.database.reading() as session:
        check_member(session, who.account_id, family_id)
    born = read_date(birth_date)
    if born is None:
        problem = {f"birth_date-{family_id}": words.BIRTH_DATE}
        return _show(services, frame, who.account_id, problem)
    named, now = Named(given_name, family_name, born), services.now()
    try:
        with services.database.unit_of_work() as session:
            ask_tie(session, who.account_id, named, family_id, now)
    except NameInvalid:
        problem = {f"given_name-{family_id}": words.NAME}
    except BirthDateUnlikely:
        problem = {f"birth_date-{family_id}": words.BIRTH_DATE}
    except GrownUp:
        problem = {f"birth_date-{family_id}": words.CHILD_GROWN_UP}
    else:
        return frame.notice("good", words.ASKED, way=FAMILY)
    return _show(services, frame, who.account_id, problem)


@router.post(f"{FAMILY}/demandes/{{request_id}}/preuve", dependencies=[Framed, OwnForm])
def prove(
    request_id: UUID, services: ServicesDependency, frame: Frame, who: Who, code: TypedCode = ""
) -> Response:
    """Show the code handed over with the child's card."""
    try:
        prove_tie(services, who.account_id, request_id, code)
    except ProofRefused:
        return _show(services, frame, who.account_id, {f"code-{request_id}": words.PROOF})
    return go(FAMILY)


@router.post(f"{FAMILY}/demandes/{{request_id}}/fin", dependencies=[Framed, OwnForm])
def withdraw(request_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Take one's own request back."""
    with services.database.unit_of_work() as session:
        withdraw_tie(session, who.account_id, request_id, services.now())
    return go(FAMILY)


@router.post(
    f"{FAMILY}/{{family_id}}/enfants/{{beneficiary_id}}/fin", dependencies=[Framed, OwnForm]
)
def take_child_off(
    family_id: UUID, beneficiary_id: UUID, services: ServicesDependency, who: Who
) -> Response:
    """Take a child off the family."""
    with services.database.unit_of_work() as session:
        remove_child(session, who.account_id, family_id, beneficiary_id, services.now())
    return go(FAMILY)


@router.post(f"{FAMILY}/enfants/{{beneficiary_id}}/compte", dependencies=[Framed, OwnForm])
def invite_child(
    beneficiary_id: UUID,
    services: ServicesDependency,
    frame: Frame,
    who: Who,
    email: TypedEmail = "",
) -> Response:
    """Invite one's child of 15 or more to an account of their own."""
    try:
        with services.database.unit_of_work() as session:
            invite_own_child(session, who.account_id, beneficiary_id, email, services.now())
    except EmailInvalid:
        problem = {f"own-{beneficiary_id}": words.EMAIL}
        return _show(services, frame, who.account_id, problem)
    return frame.notice("good", words.INVITED, way=FAMILY)


@router.post(f"{FAMILY}/{{family_id}}/invitations", dependencies=[Framed, OwnForm])
def invite(
    family_id: UUID, services: ServicesDependency, frame: Frame, who: Who, email: TypedEmail = ""
) -> Response:
    """Invite another parent by mail."""
    try:
        with services.database.unit_of_work() as session:
            check_member(session, who.account_id, family_id)
            invite_parent(session, who.account_id, family_id, email, services.now())
    except EmailInvalid:
        return _show(services, frame, who.account_id, {f"email-{family_id}": words.EMAIL})
    return frame.notice("good", words.INVITED, way=FAMILY)


@router.post(
    f"{FAMILY}/{{family_id}}/invitations/{{invitation_id}}/fin", dependencies=[Framed, OwnForm]
)
def take_invitation_back(
    family_id: UUID, invitation_id: UUID, services: ServicesDependency, who: Who
) -> Response:
    """Take an invitation back."""
    with services.database.unit_of_work() as session:
        withdraw_invitation(session, who.account_id, family_id, invitation_id, services.now())
    return go(FAMILY)


@router.post(f"{FAMILY}/invitations/{{invitation_id}}/acceptation", dependencies=[Framed, OwnForm])
def accept(invitation_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Accept an invitation to one's own address."""
    with services.database.unit_of_work() as session:
        accept_invitation(session, who.account_id, invitation_id, services.now())
    return go(FAMILY)


@router.post(f"{FAMILY}/{{family_id}}/depart", dependencies=[Framed, OwnForm])
def leave(family_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Leave a family."""
    with services.database.unit_of_work() as session:
        leave_family(session, who.account_id, family_id, services.now())
    return go(FAMILY)


@router.post(f"{FAMILY}/{{family_id}}/membres/{{member_id}}/fin", dependencies=[Framed, OwnForm])
def put_out(family_id: UUID, member_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Put somebody out whom one invited."""
    with services.database.unit_of_work() as session:
        remove_member(session, who.account_id, family_id, member_id, services.now())
    return go(FAMILY)


@router.get(f"{INVITATION}/{{link}}")
def invitation(
    link: str, services: ServicesDependency, frame: VisitorFrame, who: MaybeWho
) -> HTMLResponse:
    """Show what a mailed link invites to. Opening it changes nothing."""
    with services.database.reading() as session:
        found = find_invitation(session, link[:TOKEN_CHARACTERS_MAX], services.now())
    fits = who is not None and who.email == found.email
    return frame.show("invitation.html", invitation=found, fits=fits)


def _accept(session: Session, services: Services, account_id: UUID, terms: str) -> None:
    account, now = session.get_one(SignInAccount, account_id), services.now()
    if account.terms_version is None:
        if not (terms.isascii() and terms.isdecimal()):
            raise TermsChanged
        accept_terms(session, account, int(terms), now, now)


def _show(
    services: Services, frame: FamilyFrame, account_id: UUID, problems: Problems
) -> HTMLResponse:
    now = services.now()
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, account_id)
        found = read_families(session, account_id, now)
        invitations = my_invitations(session, account_id, now)
    version = None if account.terms_version is not None else terms_in_force(now).version
    return frame.show(
        "family.html",
        problems,
        families=found,
        me=account_id,
        invitations=invitations,
        ask_terms=version,
        day=_day,
        old_enough=lambda born: age_on(born, now.date()) >= OWN_ACCOUNT_YEARS,
    )


def _day(born: date) -> str:
    return f"{born:%d/%m/%Y}"
