"""The pages of an organisation: what it says of itself, who looks after it, what it asks for.

Promise: whatever is asked is first found among the organisations of whoever asks; the rest does
not exist for them.
"""

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import HTMLResponse

from backend.accounts.errors import EmailInvalid, NotYours
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX, form_token
from backend.http import ServicesDependency
from backend.partners.organisations import asking, people
from backend.partners.organisations.documents import DOCUMENTS_MAX, documents_of
from backend.partners.organisations.errors import OrganisationInvalid
from backend.partners.organisations.kinds import KINDS, Kind
from backend.partners.organisations.profile import (
    Typed,
    change_organisation,
    communes,
    find_own,
    make_organisation,
    organisations_of,
    typed_of,
)
from backend.services import Services
from backend.web import organisation_words as words
from backend.web.long_lists import written
from backend.web.moments import moment
from backend.web.pages import notice, page
from backend.web.sign_up_routes import Problems
from backend.web.signed_in import SPACE, MaybeWho, OwnForm, PageRoute, Token, Who, go

ORGANISATION: Final = f"{SPACE}/organisme"
INVITATION: Final = "/invitation/organisme"
router = APIRouter(include_in_schema=False, route_class=PageRoute)
TypedLine = Annotated[str, Form(max_length=400)]


def _typed(
    *,
    name: TypedLine = "",
    number: TypedLine = "",
    owner_name: TypedLine = "",
    address_1: TypedLine = "",
    address_2: TypedLine = "",
    postcode: TypedLine = "",
    commune: TypedLine = "",
    phone: TypedLine = "",
) -> Typed:
    return Typed(name, number, owner_name, address_1, address_2, postcode, commune, phone)


TypedForm = Annotated[Typed, Depends(_typed)]


@router.get(ORGANISATION)
def organisations(services: ServicesDependency, token: Token, who: Who) -> HTMLResponse:
    """Show somebody's organisations, the invitations that wait, and the kinds there are."""
    with services.database.reading() as session:
        found = organisations_of(session, who.account_id)
        invitations = people.invitations_to(session, who.account_id, services.now())
        return page(
            "organisations.html",
            found=found,
            invitations=invitations,
            kinds=KINDS,
            states=words.STATES,
            form_token=form_token(token),
        )


@router.get(f"{ORGANISATION}/nouveau/{{kind}}")
def new(kind: str, services: ServicesDependency, token: Token, who: Who) -> HTMLResponse:
    """Show an empty form of a kind."""
    del who
    return _form(services, token, _kind(kind), Typed(), f"{ORGANISATION}/nouveau/{kind}", wrong={})


@router.post(f"{ORGANISATION}/nouveau/{{kind}}", dependencies=[OwnForm])
def make(
    kind: str, services: ServicesDependency, token: Token, who: Who, typed: TypedForm
) -> Response:
    """Make an organisation, or show what is to be put right."""
    of_kind = _kind(kind)
    try:
        with services.database.unit_of_work() as session:
            made = make_organisation(session, who.account_id, kind, typed, services.now())
    except OrganisationInvalid as refusal:
        way = f"{ORGANISATION}/nouveau/{kind}"
        return _form(services, token, of_kind, typed, way, wrong=refusal.problems)
    return go(f"{ORGANISATION}/{made}")


@router.get(f"{ORGANISATION}/{{organisation_id}}")
def show(
    organisation_id: UUID, services: ServicesDependency, token: Token, who: Who
) -> HTMLResponse:
    """Show an organisation, who looks after it, and where its request is."""
    return show_organisation(services, token, who.account_id, organisation_id, {})


@router.get(f"{ORGANISATION}/{{organisation_id}}/fiche")
def details(
    organisation_id: UUID, services: ServicesDependency, token: Token, who: Who
) -> HTMLResponse:
    """Show what the organisation says of itself, to put it right."""
    with services.database.reading() as session:
        row = find_own(session, who.account_id, organisation_id)
        kind, typed = KINDS[row.kind], typed_of(row)
    return _form(services, token, kind, typed, f"{ORGANISATION}/{organisation_id}/fiche", wrong={})


@router.post(f"{ORGANISATION}/{{organisation_id}}/fiche", dependencies=[OwnForm])
def change(
    organisation_id: UUID, services: ServicesDependency, token: Token, who: Who, typed: TypedForm
) -> Response:
    """Put right what the organisation says, or show what is wrong."""
    with services.database.reading() as session:
        kind = KINDS[find_own(session, who.account_id, organisation_id).kind]
    try:
        with services.database.unit_of_work() as session:
            change_organisation(session, who.account_id, organisation_id, typed, services.now())
    except OrganisationInvalid as refusal:
        way = f"{ORGANISATION}/{organisation_id}/fiche"
        return _form(services, token, kind, typed, way, wrong=refusal.problems)
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/demande", dependencies=[OwnForm])
def ask(organisation_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Ask that the organisation be a partner."""
    with services.database.unit_of_work() as session:
        asking.ask(session, who.account_id, organisation_id, services.now())
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/demande/fin", dependencies=[OwnForm])
def withdraw(organisation_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Take the request back."""
    with services.database.unit_of_work() as session:
        asking.withdraw(session, who.account_id, organisation_id, services.now())
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/invitations", dependencies=[OwnForm])
def invite(
    organisation_id: UUID,
    services: ServicesDependency,
    token: Token,
    who: Who,
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Invite somebody by mail to look after it too."""
    try:
        with services.database.unit_of_work() as session:
            people.invite(session, who.account_id, organisation_id, email, services.now())
    except EmailInvalid:
        problems = {"email": words.PROBLEMS["email"]}
        return show_organisation(services, token, who.account_id, organisation_id, problems)
    return notice("good", words.INVITED, way=f"{ORGANISATION}/{organisation_id}")


@router.post(
    f"{ORGANISATION}/{{organisation_id}}/invitations/{{invitation_id}}/fin", dependencies=[OwnForm]
)
def take_invitation_back(
    organisation_id: UUID, invitation_id: UUID, services: ServicesDependency, who: Who
) -> Response:
    """Take an invitation back."""
    with services.database.unit_of_work() as session:
        now = services.now()
        people.withdraw_invitation(session, who.account_id, organisation_id, invitation_id, now)
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/invitations/{{invitation_id}}/acceptation", dependencies=[OwnForm])
def accept(invitation_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Accept an invitation to one's own address."""
    with services.database.unit_of_work() as session:
        people.accept_invitation(session, who.account_id, invitation_id, services.now())
    return go(ORGANISATION)


@router.post(f"{ORGANISATION}/{{organisation_id}}/depart", dependencies=[OwnForm])
def leave(organisation_id: UUID, services: ServicesDependency, who: Who) -> Response:
    """Look after it no more."""
    with services.database.unit_of_work() as session:
        people.leave(session, who.account_id, organisation_id, services.now())
    return go(ORGANISATION)


@router.post(
    f"{ORGANISATION}/{{organisation_id}}/membres/{{member_id}}/fin", dependencies=[OwnForm]
)
def put_out(
    organisation_id: UUID, member_id: UUID, services: ServicesDependency, who: Who
) -> Response:
    """Put somebody out whom one invited."""
    with services.database.unit_of_work() as session:
        people.put_out(session, who.account_id, organisation_id, member_id, services.now())
    return go(f"{ORGANISATION}/{organisation_id}")


@router.get(f"{INVITATION}/{{link}}")
def invitation(link: str, services: ServicesDependency, who: MaybeWho) -> HTMLResponse:
    """Show what a mailed link invites to. Opening it changes nothing."""
    with services.database.reading() as session:
        found = people.find_invitation(session, link[:TOKEN_CHARACTERS_MAX], services.now())
    return page(
        "organisation_invitation.html",
        invitation=found,
        fits=who is not None and who.email == found.email,
        signed_in=who is not None,
        form_token="" if who is None else form_token(who.token),
    )


def _kind(code: str) -> Kind:
    """Return a kind; what is none is nobody's."""
    if code not in KINDS:
        raise NotYours
    return KINDS[code]


def _form(
    services: Services,
    token: str,
    kind: Kind,
    typed: Typed,
    way: str,
    *,
    wrong: dict[str, str],
) -> HTMLResponse:
    with services.database.reading() as session:
        known = communes(session)
        return page(
            "organisation_form.html",
            422 if wrong else 200,
            kind=kind,
            number=words.number_words(kind),
            typed=asdict(typed),
            communes=written(known),
            problems={field: words.PROBLEMS[word] for field, word in wrong.items()},
            way=way,
            form_token=form_token(token),
        )


def show_organisation(
    services: Services, token: str, account_id: UUID, organisation_id: UUID, problems: Problems
) -> HTMLResponse:
    """Render an organisation's page; problems make it a 422."""
    with services.database.reading() as session:
        row = find_own(session, account_id, organisation_id)
        kind = KINDS[row.kind]
        return page(
            "organisation.html",
            422 if problems else 200,
            one=row,
            kind=kind,
            number=words.number_words(kind),
            members=people.read_members(session, account_id, organisation_id),
            invitations=people.invitations_of(session, organisation_id, services.now()),
            documents=documents_of(session, [organisation_id]).get(organisation_id, []),
            documents_max=DOCUMENTS_MAX,
            document_kinds=words.DOCUMENTS,
            length=words.length_in_words,
            at=lambda when: moment(when, services),
            me=account_id,
            states=words.STATES,
            problems=problems,
            form_token=form_token(token),
        )
