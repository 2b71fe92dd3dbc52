"""An operator's pages about a person and about an account, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.errors import NotYours
from backend.accounts.signin.email_change import (
    approve_email_change,
    ask_email_change,
    refuse_email_change,
)
from backend.cards.tables import Card
from backend.http import ServicesDependency
from backend.operators.accounts import read_account
from backend.operators.acting import (
    CardReason,
    Gift,
    block_for,
    close_account,
    end_sessions,
    force_code,
    give,
    send_code_link,
    take_factor_away,
)
from backend.operators.errors import AmountUnacceptable, ReasonMissing
from backend.operators.people import read_person
from backend.settings import LostCardCode
from backend.web.operator_pages import cents_of, id_of, render
from backend.web.operator_who import Looking, Operating, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm, Token, go

PEOPLE: Final = f"{OPERATION}/personnes"
ACCOUNTS: Final = f"{OPERATION}/comptes"
#: Why a card is blocked: what is written down, and what people read.
CARD_REASONS: Final = {
    CardReason.LOST: "perdue",
    CardReason.STOLEN: "volée",
    CardReason.DAMAGED: "abîmée",
    CardReason.DECISION: "décision de l’exploitation",
}
CHANGES: Final = f"{OPERATION}/adresses"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Reason = Annotated[str, Form(max_length=400)]
Short = Annotated[str, Form(max_length=40)]


@router.get(f"{PEOPLE}/{{person_id}}")
def person(
    person_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show a person; reading it is an act."""
    with services.database.unit_of_work() as session:
        view = read_person(session, acting, person_id, services.now())
    return render(
        services,
        token,
        acting,
        "person",
        view=view,
        gift_id=uuid4(),
        reasons=CARD_REASONS,
        change_code=services.settings.lost_card_code is LostCardCode.CHANGE,
    )


@router.post(f"{PEOPLE}/{{person_id}}/cartes/{{card_id}}/blocage", dependencies=[OwnForm])
def block_card(
    person_id: UUID,
    card_id: UUID,
    services: ServicesDependency,
    acting: Operating,
    *,
    reason: Short = "",
    change_code: Short = "",
) -> Response:
    """Block a card at once: it is somebody's money, and no second factor is waited for."""
    if reason not in {one.value for one in CardReason}:
        raise ReasonMissing
    code = LostCardCode.CHANGE if change_code else LostCardCode.KEEP
    with services.database.unit_of_work() as session:
        card = session.get(Card, card_id)
        if card is None or card.beneficiary_id != person_id:
            raise NotYours
        block_for(session, acting, card_id, CardReason(reason), services.now(), code=code)
    return go(f"{PEOPLE}/{person_id}")


@router.post(f"{PEOPLE}/{{person_id}}/code/lien", dependencies=[OwnForm])
def send_link(person_id: UUID, services: ServicesDependency, acting: Operating) -> Response:
    """Send a link for a code to the person's own address."""
    with services.database.unit_of_work() as session:
        send_code_link(session, acting, person_id, services.now())
    return go(f"{PEOPLE}/{person_id}")


@router.post(f"{PEOPLE}/{{person_id}}/code/changement", dependencies=[OwnForm])
def force(
    person_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Let a code pay no more until another is chosen."""
    with services.database.unit_of_work() as session:
        force_code(session, acting, person_id, reason, services.now())
    return go(f"{PEOPLE}/{person_id}")


@router.post(f"{PEOPLE}/{{person_id}}/dotations", dependencies=[OwnForm])
def give_more(
    person_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    *,
    benefit: Short = "",
    amount: Short = "",
    reason: Reason = "",
    gift: Short = "",
) -> Response:
    """Give an amount of a benefit on top; the same form sent twice gives once."""
    benefit_id, gift_id = id_of(benefit), id_of(gift)
    if benefit_id is None or gift_id is None:
        raise AmountUnacceptable
    given = Gift(person_id, benefit_id, cents_of(amount), reason, gift_id)
    with services.database.unit_of_work() as session:
        give(session, acting, given, services.now())
    return go(f"{PEOPLE}/{person_id}")


@router.get(f"{ACCOUNTS}/{{account_id}}")
def account(
    account_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show an account; reading it is an act."""
    with services.database.unit_of_work() as session:
        view = read_account(session, acting, account_id, services.now())
    return render(services, token, acting, "account", view=view)


@router.post(f"{ACCOUNTS}/{{account_id}}/verification/retrait", dependencies=[OwnForm])
def take_factor(
    account_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Take a second factor away whose device is lost."""
    with services.database.unit_of_work() as session:
        take_factor_away(session, acting, account_id, reason, services.now())
    return go(f"{ACCOUNTS}/{account_id}")


@router.post(f"{ACCOUNTS}/{{account_id}}/connexions/fin", dependencies=[OwnForm])
def end_theirs(
    account_id: UUID, services: ServicesDependency, acting: Operating, reason: Reason = ""
) -> Response:
    """End every session of somebody."""
    with services.database.unit_of_work() as session:
        end_sessions(session, acting, account_id, reason, services.now())
    return go(f"{ACCOUNTS}/{account_id}")


@router.post(f"{ACCOUNTS}/{{account_id}}/fermeture", dependencies=[OwnForm])
def close(
    account_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Close an account."""
    with services.database.unit_of_work() as session:
        close_account(session, acting, account_id, reason, services.now())
    return go(f"{ACCOUNTS}/{account_id}")


@router.post(f"{ACCOUNTS}/{{account_id}}/adresse", dependencies=[OwnForm])
def ask_address(
    account_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Ask for another address; a second operator, or the old address, has to agree."""
    with services.database.unit_of_work() as session:
        ask_email_change(session, account_id, email, acting.account_id, services.now())
    return go(f"{ACCOUNTS}/{account_id}")


@router.post(f"{CHANGES}/{{change_id}}/accord", dependencies=[OwnForm])
def agree(change_id: UUID, services: ServicesDependency, acting: Proving) -> Response:
    """Agree to another address, as another operator than asked."""
    with services.database.unit_of_work() as session:
        approve_email_change(session, change_id, acting.account_id, services.now())
    return go(OPERATION)


@router.post(f"{CHANGES}/{{change_id}}/refus", dependencies=[OwnForm])
def refuse(change_id: UUID, services: ServicesDependency, acting: Operating) -> Response:
    """Refuse another address, or take the question back."""
    with services.database.unit_of_work() as session:
        refuse_email_change(session, change_id, acting.account_id, services.now())
    return go(OPERATION)
