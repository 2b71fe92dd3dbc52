"""An operator's pages about a person and about an account, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.email_change import approve_email_change, refuse_email_change
from backend.cards.tables import Card
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
from backend.operators.acting import ask_address as request_address
from backend.operators.entering import Acting
from backend.operators.errors import AmountUnacceptable, ReasonMissing
from backend.operators.people import read_person
from backend.settings import LostCardCode
from backend.web.operator_pages import Frame, cents_of, id_of
from backend.web.operator_who import Looking, Operating, OperatorRoute, Proving, Reason
from backend.web.signed_in import OPERATION, OwnForm

PEOPLE: Final = f"{OPERATION}/personnes"
ACCOUNTS: Final = f"{OPERATION}/comptes"
CHANGES: Final = f"{OPERATION}/adresses"
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Short = Annotated[str, Form(max_length=40)]


@router.get(f"{PEOPLE}/{{person_id}}")
def person(person_id: UUID, frame: Looking) -> HTMLResponse:
    """Show a person; reading it is an act."""
    with frame.services.database.unit_of_work() as session:
        view = read_person(session, frame.acting, person_id, frame.now)
    change_code = frame.services.settings.lost_card_code is LostCardCode.CHANGE
    return frame.show("person", view=view, gift_id=uuid4(), change_code=change_code)


@router.post(f"{PEOPLE}/{{person_id}}/cartes/{{card_id}}/blocage", dependencies=[OwnForm])
def block_card(
    person_id: UUID,
    card_id: UUID,
    frame: Operating,
    *,
    reason: Short = "",
    change_code: Short = "",
) -> Response:
    """Block a card at once: it is somebody's money, and no second factor is waited for."""
    if reason not in {one.value for one in CardReason}:
        raise ReasonMissing
    code = LostCardCode.CHANGE if change_code else LostCardCode.KEEP

    def block(session: Session, acting: Acting) -> None:
        card = session.get(Card, card_id)
        if card is None or card.beneficiary_id != person_id:
            raise NotYours
        block_for(session, acting, card_id, CardReason(reason), frame.now, code=code)

    return frame.do(block, f"{PEOPLE}/{person_id}", "carte")


@router.post(f"{PEOPLE}/{{person_id}}/code/lien", dependencies=[OwnForm])
def send_link(person_id: UUID, frame: Operating) -> Response:
    """Send a link for a code to the person's own address."""
    return frame.do(send_code_link, f"{PEOPLE}/{person_id}", "lien", person_id, frame.now)


@router.post(f"{PEOPLE}/{{person_id}}/code/changement", dependencies=[OwnForm])
def force(person_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Let a code pay no more until another is chosen."""
    way = f"{PEOPLE}/{person_id}"
    return frame.do(force_code, way, "changement", person_id, reason, frame.now)


@router.post(f"{PEOPLE}/{{person_id}}/dotations", dependencies=[OwnForm])
def give_more(
    person_id: UUID,
    frame: Proving,
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
    return frame.do(give, f"{PEOPLE}/{person_id}", "dotation", given, frame.now)


@router.get(f"{ACCOUNTS}/{{account_id}}")
def account(account_id: UUID, frame: Looking) -> HTMLResponse:
    """Show an account; reading it is an act."""
    with frame.services.database.unit_of_work() as session:
        view = read_account(session, frame.acting, account_id, frame.now)
    return frame.show("account", view=view)


@router.post(f"{ACCOUNTS}/{{account_id}}/verification/retrait", dependencies=[OwnForm])
def take_factor(account_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Take a second factor away whose device is lost."""
    way = f"{ACCOUNTS}/{account_id}"
    return frame.do(take_factor_away, way, "factor", account_id, reason, frame.now)


@router.post(f"{ACCOUNTS}/{{account_id}}/connexions/fin", dependencies=[OwnForm])
def end_theirs(account_id: UUID, frame: Operating, reason: Reason = "") -> Response:
    """End every session of somebody."""
    way = f"{ACCOUNTS}/{account_id}"
    return frame.do(end_sessions, way, "connexions", account_id, reason, frame.now)


@router.post(f"{ACCOUNTS}/{{account_id}}/fermeture", dependencies=[OwnForm])
def close(account_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Close an account."""
    way = f"{ACCOUNTS}/{account_id}"
    return frame.do(close_account, way, "compte", account_id, reason, frame.now)


@router.post(f"{ACCOUNTS}/{{account_id}}/adresse", dependencies=[OwnForm])
def ask_address(
    account_id: UUID,
    frame: Proving,
    email: Annotated[str, Form(max_length=320)] = "",
) -> Response:
    """Ask for another address; a second operator, or the old address, has to agree."""
    way = f"{ACCOUNTS}/{account_id}"
    return frame.do(request_address, way, "adresse", account_id, email, frame.now)


@router.post(f"{CHANGES}/{{change_id}}/accord", dependencies=[OwnForm])
def agree(change_id: UUID, frame: Proving) -> Response:
    """Agree to another address, as another operator than asked."""
    return _decide(frame, change_id, "adresse-confirmee", agreed=True)


@router.post(f"{CHANGES}/{{change_id}}/refus", dependencies=[OwnForm])
def refuse(change_id: UUID, frame: Operating) -> Response:
    """Refuse another address, or take the question back."""
    return _decide(frame, change_id, "adresse-refusee", agreed=False)


def _decide(frame: Frame, change_id: UUID, done: str, *, agreed: bool) -> Response:
    decide = approve_email_change if agreed else refuse_email_change

    def act(session: Session, acting: Acting) -> None:
        decide(session, change_id, acting.account_id, frame.now)

    return frame.do(act, OPERATION, done)
