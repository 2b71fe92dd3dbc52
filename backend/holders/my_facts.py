"""Everything that is kept about a person, table by table, for whoever asks for it.

Promise: every table of the schema that can lead to somebody is collected, or named in ELSEWHERE
with the reason, and every column of a collected one is shown or hidden on purpose; a test holds
both, so that a new table or column fails until somebody has decided. Only reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.access.tables import Enrolment, Establishment, MealAccount, Service
from backend.accounts.families.tables import Family
from backend.benefits.tables import Benefit, Campaign, Wallet
from backend.cards.tables import Card
from backend.holders.kept import Kept, Whose
from backend.holders.kept_of_account import OF_ACCOUNT
from backend.holders.kept_of_card import OF_CARD
from backend.holders.kept_of_money import OF_MONEY
from backend.holders.kept_of_person import OF_PERSON
from backend.partners.organisations.tables import Organisation
from backend.partners.tables import Outlet, Partner, Terminal

#: More than anybody has; reading stops there and says so.
ROWS_PER_TABLE_MAX: Final = 100_000

ABOUT_PERSON: Final = OF_PERSON + OF_CARD + OF_MONEY
#: Tables that a name of a column, or a foreign key, leads to, and that hold nothing of one person.
ELSEWHERE: Final[dict[str, str]] = {
    "access_list_change": "of an establishment: when its lists changed",
    "balance_enquiry": "a terminal's answer, kept a day; it names nobody and no card",
    "canteen_account": "an establishment's own accounts",
    "card_challenge": "a question to a chip, alive for ten seconds and kept for minutes",
    "card_procedure": "how cards are asked for, as an office tells everybody",
    "code_link_request": "asked by anybody; looked at within a minute, and forgotten",
    "erased_person": "the bare id of somebody who was erased: there is nobody to tell",
    "federated_visit": "a browser's, until its session at the provider ends",
    "federation_attempt": "a browser on its way to the provider and back, kept for minutes",
    "federation_pending": "identified by the provider and nobody's account yet; kept for a day",
    "gate_list_card": "what a gate was told of a card: the same as the card and the enrolment say",
    "ledger_open_hold": "an index of the holds, which are collected",
    "ledger_seal": "hashes over transfers, which are collected",
    "ledger_settlement": "how a hold ended; the transfer it made is collected",
    "meal_charge": "joins a passage to a transfer; both are collected",
    "operator_session": "an operator's own session, gone with it",
    "partner_account": "a partner's own account",
    "person_key": "the names of a person, folded for the search: the same as the identity",
    "quarantined_passage": "a report as a gate sent it, attributed to nobody; kept ninety days",
    "sign_up": "typed by somebody who has no account yet; removed the day after the link's day",
}
_NAMES: Final[dict[str, tuple[InstrumentedAttribute[UUID], InstrumentedAttribute[str]]]] = {
    "benefit_id": (Benefit.id, Benefit.label),
    "campaign_id": (Campaign.id, Campaign.name),
    "establishment_id": (Establishment.id, Establishment.name),
    "family_id": (Family.id, Family.name),
    "organisation_id": (Organisation.id, Organisation.name),
    "outlet_id": (Outlet.id, Outlet.name),
    "partner_id": (Partner.id, Partner.name),
    "service_id": (Service.id, Service.label),
    "terminal_id": (Terminal.id, Terminal.name),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What one table keeps of somebody; `rows` has the values of `kept.shown`, in that order."""

    kept: Kept
    rows: tuple[tuple[Any, ...], ...]
    #: There were more rows than are ever read.
    cut: bool = False


def whose(session: Session, beneficiary_id: UUID | None, account_id: UUID | None) -> Whose:
    """Find the numbers by which the tables know somebody: a person, an account, or both."""
    if beneficiary_id is None:
        return Whose(None, account_id)
    cards = session.scalars(select(Card.id).where(Card.beneficiary_id == beneficiary_id)).all()
    places = select(Enrolment.id).where(Enrolment.beneficiary_id == beneficiary_id)
    enrolments = session.scalars(places).all()
    wallets = select(Wallet.account_id).where(Wallet.beneficiary_id == beneficiary_id)
    meals = select(MealAccount.account_id).where(MealAccount.enrolment_id.in_(enrolments))
    books = session.scalars(wallets.union_all(meals)).all()
    return Whose(beneficiary_id, account_id, tuple(cards), tuple(enrolments), tuple(books))


def collect(session: Session, of: Whose, also: Sequence[Kept] = ()) -> list[Facts]:
    """Return everything that is kept of somebody; a table without a row is there, and empty.

    `also` is of rooms that stand on this one.
    """
    return [_read(session, kept, of) for kept in asked(of, also)]


def asked(of: Whose, also: Sequence[Kept] = ()) -> Sequence[Kept]:
    """Return the tables that may have something of somebody."""
    person = (*ABOUT_PERSON, *also) if of.beneficiary_id is not None else ()
    return (*person, *(OF_ACCOUNT if of.account_id is not None else ()))


def _read(session: Session, kept: Kept, of: Whose) -> Facts:
    rows = session.execute(_query(kept, of).limit(ROWS_PER_TABLE_MAX + 1)).all()
    shown = tuple(tuple(row) for row in rows[:ROWS_PER_TABLE_MAX])
    return Facts(kept, shown, cut=len(rows) > ROWS_PER_TABLE_MAX)


def _query(kept: Kept, of: Whose) -> Select[Any]:
    columns = [_column(kept, name).label(name) for name in kept.shown]
    return select(*columns).where(kept.where(of)).order_by(*_keys(kept))


def _keys(kept: Kept) -> list[ColumnElement[Any]]:
    table = kept.table.__table__
    assert isinstance(table, Table)
    moments = [column for column in table.columns if column.name in _MOMENTS]
    return [*moments, *table.primary_key.columns]


#: A table's rows are told in the order of the first of these that it has.
_MOMENTS: Final = frozenset({"at", "created_at", "recorded_at", "occurred_at", "asked_at", "since"})


def _column(kept: Kept, name: str) -> ColumnElement[Any]:
    """Build a column, or the name of what its id stands for."""
    column: ColumnElement[Any] = kept.table.__table__.c[name]
    if name not in _NAMES:
        return column
    key, label = _NAMES[name]
    if key.class_ is kept.table:
        return column
    return select(label).where(key == column).scalar_subquery()
