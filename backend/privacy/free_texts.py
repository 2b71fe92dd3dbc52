"""What people typed about a person in free words: emptied when the person is erased.

A reason may name anybody, whatever the form asks for. Promise: each such text about an erased
person goes; who did what to which id, and when, stays. The database lets these columns be emptied
and nothing else be changed (year_guards.py).
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import String, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from backend.access.office_tables import DayCode, MealPayment
from backend.access.tables import Enrolment, Passage, PassageCancellation
from backend.accounts.families.tables import Family, FamilyMember, Tie, TieRequest
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.benefits.tables import GrantDecision
from backend.cards.order_tables import CardHistory, CardRequest
from backend.cards.reporting import ReportReason, WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.tables import Card
from backend.folding import fold
from backend.operators.tables import Impersonation
from backend.partners.organisations.tables import Organisation, OrganisationMember
from backend.pins.tables import CodeRecord

CARD_REASON: Final = "erased"
#: Reasons of a card that a program chose from a list: they name nobody.
CARD_WORDS: Final = frozenset({CARD_REASON, *ReportReason, *WithdrawalReason, *ReplacementReason})
GONE: Final = "effacé"
#: A number of nobody's, in the place of one that leads to somebody.
NO_RNA: Final = "W000000000"


def empty_texts(session: Session, person: Beneficiary) -> None:
    """Empty what was typed about a person who is being erased, cards and places included."""
    cards = select(Card.id).where(Card.beneficiary_id == person.id)
    _set(
        session,
        Card,
        Card.beneficiary_id == person.id,
        _typed(Card.state_reason),
        state_reason=None,
    )
    of_cards = CardHistory.card_id.in_(cards)
    _set(session, CardHistory, of_cards, _typed(CardHistory.reason), reason=None)
    _set(session, CardRequest, CardRequest.card_id.in_(cards), address=None)
    _set(session, DayCode, DayCode.card_id.in_(cards), label="")
    _set(session, Passage, Passage.card_id.in_(cards), note=None)
    passed = select(Passage.passage_id).where(Passage.card_id.in_(cards))
    _set(session, PassageCancellation, PassageCancellation.passage_id.in_(passed), reason=GONE)
    _set(session, CodeRecord, CodeRecord.account_id == person.id, reason=None)
    _set(session, GrantDecision, GrantDecision.beneficiary_id == person.id, words=GONE)
    places = select(Enrolment.id).where(Enrolment.beneficiary_id == person.id)
    # One of its own for each: a receipt's reference serves once in an establishment.
    own = {"reference": cast(MealPayment.id, String)}
    _set(session, MealPayment, MealPayment.enrolment_id.in_(places), **own)
    own_accounts = select(Tie.account_id).where(Tie.beneficiary_id == person.id)
    ids = {str(one) for one in session.scalars(cards.union_all(places, own_accounts))}
    about = or_(
        SignInAct.beneficiary_id == person.id, SignInAct.subject.in_({str(person.id), *ids})
    )
    _set(session, SignInAct, about, SignInAct.words.is_not(None), words=None)
    _forget_asked(session, person)


def empty_texts_of_account(session: Session, account_id: UUID) -> None:
    """Empty what was typed about somebody who signs in, and by them of a group left by all."""
    about = or_(SignInAct.account_id == account_id, SignInAct.subject == str(account_id))
    _set(session, SignInAct, about, SignInAct.words.is_not(None), words=None)
    _set(session, Impersonation, Impersonation.account_id == account_id, reason=GONE)
    mine = select(FamilyMember.family_id).where(FamilyMember.account_id == account_id)
    lived_in = select(FamilyMember.family_id).where(FamilyMember.ended_at.is_(None))
    _set(session, Family, Family.id.in_(mine), Family.id.not_in(lived_in), name=GONE)
    _empty_organisations(session, account_id)


def _empty_organisations(session: Session, account_id: UUID) -> None:
    """Empty what was said of organisations that nobody is in any more and that are no partner."""
    of = OrganisationMember.organisation_id
    mine = select(of).where(OrganisationMember.account_id == account_id)
    lived_in = select(of).where(OrganisationMember.ended_at.is_(None))
    left = (
        Organisation.id.in_(mine),
        Organisation.id.not_in(lived_in),
        Organisation.partner_id.is_(None),
    )
    where = {"address_1": GONE, "address_2": None, "postcode": "00000", "phone": None}
    number = {"rna": NO_RNA, "siret": None}
    _set(session, Organisation, *left, name=GONE, owner_name=None, **where, **number)
    _set(session, Organisation, *left, Organisation.reason.is_not(None), reason=GONE)


def _set(session: Session, table: Any, *where: Any, **values: Any) -> None:
    asked = update(table).where(*where).values(**values)
    session.execute(asked, execution_options={"synchronize_session": False})


def _typed(column: Any) -> Any:
    return column.is_not(None) & column.not_in(CARD_WORDS)


def _forget_asked(session: Session, person: Beneficiary) -> None:
    """Remove who asked for a child of this name and birth date and was never tied to it."""
    asked = select(TieRequest.id, TieRequest.given_name, TieRequest.family_name)
    same_day = session.execute(asked.where(TieRequest.birth_date == person.birth_date)).all()
    name = fold(person.given_name), fold(person.family_name)
    ids = [one for one, given, family in same_day if (fold(given), fold(family)) == name]
    session.execute(delete(TieRequest).where(TieRequest.id.in_(ids)))
