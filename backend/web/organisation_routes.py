"""The pages of an organisation: what it says of itself, who looks after it, what it asks for.

Promise: whatever is asked is first found among the organisations of whoever asks; the rest does
not exist for them.
"""

from dataclasses import asdict
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Response
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
from backend.web import organisation_words as words
from backend.web.languages import voice_in
from backend.web.link_english import ENGLISH as LINK_ENGLISH
from backend.web.long_lists import written
from backend.web.organisation_english import ENGLISH
from backend.web.own_page import OwnPage, own_page
from backend.web.pages import page
from backend.web.reader import reads_by_link
from backend.web.sign_up_routes import Problems
from backend.web.signed_in import SPACE, MaybeWho, OwnForm, PageRoute, go
from backend.web.typed_fields import TypedEmail, TypedLine

ORGANISATION: Final = f"{SPACE}/organisme"
INVITATION: Final = "/invitation/organisme"
router = APIRouter(include_in_schema=False, route_class=PageRoute)


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
#: Whoever is signed in; an organisation of others does not exist for them.
Framed = Annotated[OwnPage, Depends(own_page(ENGLISH))]


@router.get(ORGANISATION)
def organisations(frame: Framed) -> HTMLResponse:
    """Show somebody's organisations, the invitations that wait, and the kinds there are."""
    account_id, now = frame.who.account_id, frame.services.now()
    with frame.services.database.reading() as session:
        return frame.show(
            "organisations.html",
            found=organisations_of(session, account_id),
            invitations=people.invitations_to(session, account_id, now),
            kinds=KINDS,
            kind_words=words.kind_words,
            states=words.STATES,
        )


@router.get(f"{ORGANISATION}/nouveau/{{kind}}")
def new(kind: str, frame: Framed) -> HTMLResponse:
    """Show an empty form of a kind."""
    return _form(frame, _kind(kind), Typed(), f"{ORGANISATION}/nouveau/{kind}", {})


@router.post(f"{ORGANISATION}/nouveau/{{kind}}", dependencies=[OwnForm])
def make(kind: str, frame: Framed, typed: TypedForm) -> Response:
    """Make an organisation, or show what is to be put right."""
    of_kind, services = _kind(kind), frame.services
    try:
        with services.database.unit_of_work() as session:
            made = make_organisation(session, frame.who.account_id, kind, typed, services.now())
    except OrganisationInvalid as refusal:
        way = f"{ORGANISATION}/nouveau/{kind}"
        return _form(frame, of_kind, typed, way, refusal.problems)
    return go(f"{ORGANISATION}/{made}")


@router.get(f"{ORGANISATION}/{{organisation_id}}")
def show(organisation_id: UUID, frame: Framed) -> HTMLResponse:
    """Show an organisation, who looks after it, and where its request is."""
    return show_organisation(frame, organisation_id, {})


@router.get(f"{ORGANISATION}/{{organisation_id}}/fiche")
def details(organisation_id: UUID, frame: Framed) -> HTMLResponse:
    """Show what the organisation says of itself, to put it right."""
    with frame.services.database.reading() as session:
        row = find_own(session, frame.who.account_id, organisation_id)
        kind, typed = KINDS[row.kind], typed_of(row)
    return _form(frame, kind, typed, f"{ORGANISATION}/{organisation_id}/fiche", {})


@router.post(f"{ORGANISATION}/{{organisation_id}}/fiche", dependencies=[OwnForm])
def change(organisation_id: UUID, frame: Framed, typed: TypedForm) -> Response:
    """Put right what the organisation says, or show what is wrong."""
    account_id, services = frame.who.account_id, frame.services
    with services.database.reading() as session:
        kind = KINDS[find_own(session, account_id, organisation_id).kind]
    try:
        with services.database.unit_of_work() as session:
            change_organisation(session, account_id, organisation_id, typed, services.now())
    except OrganisationInvalid as refusal:
        way = f"{ORGANISATION}/{organisation_id}/fiche"
        return _form(frame, kind, typed, way, refusal.problems)
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/demande", dependencies=[OwnForm])
def ask(organisation_id: UUID, frame: Framed) -> Response:
    """Ask that the organisation be a partner."""
    with frame.services.database.unit_of_work() as session:
        asking.ask(session, frame.who.account_id, organisation_id, frame.services.now())
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/demande/fin", dependencies=[OwnForm])
def withdraw(organisation_id: UUID, frame: Framed) -> Response:
    """Take the request back."""
    with frame.services.database.unit_of_work() as session:
        asking.withdraw(session, frame.who.account_id, organisation_id, frame.services.now())
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/{{organisation_id}}/invitations", dependencies=[OwnForm])
def invite(
    organisation_id: UUID,
    frame: Framed,
    email: TypedEmail = "",
) -> Response:
    """Invite somebody by mail to look after it too."""
    try:
        with frame.services.database.unit_of_work() as session:
            people.invite(
                session, frame.who.account_id, organisation_id, email, frame.services.now()
            )
    except EmailInvalid:
        problems = {"email": words.PROBLEMS["email"]}
        return show_organisation(frame, organisation_id, problems)
    return frame.notice("good", words.INVITED, way=f"{ORGANISATION}/{organisation_id}")


@router.post(
    f"{ORGANISATION}/{{organisation_id}}/invitations/{{invitation_id}}/fin", dependencies=[OwnForm]
)
def take_invitation_back(organisation_id: UUID, invitation_id: UUID, frame: Framed) -> Response:
    """Take an invitation back."""
    with frame.services.database.unit_of_work() as session:
        now = frame.services.now()
        people.withdraw_invitation(
            session, frame.who.account_id, organisation_id, invitation_id, now
        )
    return go(f"{ORGANISATION}/{organisation_id}")


@router.post(f"{ORGANISATION}/invitations/{{invitation_id}}/acceptation", dependencies=[OwnForm])
def accept(invitation_id: UUID, frame: Framed) -> Response:
    """Accept an invitation to one's own address."""
    with frame.services.database.unit_of_work() as session:
        people.accept_invitation(session, frame.who.account_id, invitation_id, frame.services.now())
    return go(ORGANISATION)


@router.post(f"{ORGANISATION}/{{organisation_id}}/depart", dependencies=[OwnForm])
def leave(organisation_id: UUID, frame: Framed) -> Response:
    """Look after it no more."""
    with frame.services.database.unit_of_work() as session:
        people.leave(session, frame.who.account_id, organisation_id, frame.services.now())
    return go(ORGANISATION)


@router.post(
    f"{ORGANISATION}/{{organisation_id}}/membres/{{member_id}}/fin", dependencies=[OwnForm]
)
def put_out(organisation_id: UUID, member_id: UUID, frame: Framed) -> Response:
    """Put somebody out whom one invited."""
    with frame.services.database.unit_of_work() as session:
        people.put_out(
            session, frame.who.account_id, organisation_id, member_id, frame.services.now()
        )
    return go(f"{ORGANISATION}/{organisation_id}")


@router.get(f"{INVITATION}/{{link}}")
def invitation(link: str, services: ServicesDependency, who: MaybeWho) -> HTMLResponse:
    """Show what a mailed link invites to. Opening it changes nothing."""
    with services.database.reading() as session:
        found = people.find_invitation(session, link[:TOKEN_CHARACTERS_MAX], services.now())
    if who is None:
        around = voice_in(reads_by_link(found.language), LINK_ENGLISH).around()
        return page("organisation_invited.html", 200, **around, invitation=found)
    return page(
        "organisation_invitation.html",
        200,
        **voice_in(who.language, ENGLISH).around(),
        invitation=found,
        fits=who.email == found.email,
        form_token=form_token(who.token),
    )


def _kind(code: str) -> Kind:
    """Return a kind; what is none is nobody's."""
    if code not in KINDS:
        raise NotYours
    return KINDS[code]


def _form(
    frame: OwnPage, kind: Kind, typed: Typed, way: str, wrong: dict[str, str]
) -> HTMLResponse:
    with frame.services.database.reading() as session:
        known = communes(session)
        return frame.show(
            "organisation_form.html",
            422 if wrong else 200,
            kind=kind,
            kind_words=words.kind_words,
            number=words.number_words(kind),
            number_hint=words.number_hint(kind),
            typed=asdict(typed),
            communes=written(known),
            problems={field: words.PROBLEMS[word] for field, word in wrong.items()},
            way=way,
        )


def show_organisation(frame: OwnPage, organisation_id: UUID, problems: Problems) -> HTMLResponse:
    """Render an organisation's page; problems make it a 422."""
    account_id, now = frame.who.account_id, frame.services.now()
    with frame.services.database.reading() as session:
        row = find_own(session, account_id, organisation_id)
        kind = KINDS[row.kind]
        return frame.show(
            "organisation.html",
            422 if problems else 200,
            one=row,
            kind=kind,
            kind_words=words.kind_words,
            number=words.number_words(kind),
            members=people.read_members(session, account_id, organisation_id),
            invitations=people.invitations_of(session, organisation_id, now),
            documents=documents_of(session, [organisation_id]).get(organisation_id, []),
            documents_max=DOCUMENTS_MAX,
            document_kinds=words.DOCUMENTS,
            length=words.length_in_words,
            me=account_id,
            states=words.STATES,
            problems=problems,
        )
