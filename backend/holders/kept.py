"""What is said of a table that keeps something of people: what for, how long, whose row it is."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement

from backend.database import Base
from backend.holders.terms import Term


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows are looked for, and the numbers by which the other tables know them."""

    #: None: only what belongs to the account is looked for.
    beneficiary_id: UUID | None
    #: Somebody who signs in; None: only what belongs to the person.
    account_id: UUID | None
    card_ids: tuple[UUID, ...] = ()
    enrolment_ids: tuple[UUID, ...] = ()
    #: Lines of the ledger: wallets, and what was paid ahead for meals.
    ledger_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One table, in French words for the person it is about.

    `shown` and `hidden` together name every column: a new one must be put in one of them. What is
    hidden proves who somebody is, or is of our own working and tells nothing of them.
    """

    table: type[Base]
    title: str
    why: str
    kept_for: Term
    where: Callable[[Whose], ColumnElement[bool]]
    shown: tuple[str, ...]
    hidden: tuple[str, ...] = ()
