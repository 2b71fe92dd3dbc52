"""Finding anybody and anything by what an operator has: a name, a number, an address, an id.

Promise: people are found by an index, a page at a time, however many they are (person_key); what
there are few of is read through. Names are compared without accents, capitals and hyphens. Not
here: what is shown of what was found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Integer,
    Select,
    and_,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import ColumnElement

from backend.access.tables import Establishment
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary
from backend.benefits.tables import Campaign
from backend.cards.tables import Card
from backend.folding import fold
from backend.operators.errors import SearchTooShort
from backend.operators.tables import PersonKey
from backend.partners.tables import Outlet, Partner, Terminal
from backend.payments.tables import Payment
from passcard.errors import InvalidCardNumber
from passcard.layout import parse_card_number

PEOPLE_PER_PAGE: Final = 20
OTHERS_MAX: Final = 20
LETTERS_MIN: Final = 2
WORDS_MAX: Final = 4
CARD_DIGITS_MIN: Final = 8
_CARD_DIGITS: Final = re.compile(r"[\d \u00a0]+")
_RECEIPT: Final = re.compile(r"[0-9A-Za-z]{6}")
_DATE: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})", re.ASCII)
# As people read and type it: the alphabet has no I, L, O (Crockford's base 32).
_TYPED: Final = str.maketrans("ILO", "110")


class Thing(StrEnum):
    """What was found; also the folder of its page."""

    PERSON = "personnes"
    ACCOUNT = "comptes"
    PAYMENT = "paiements"
    TERMINAL = "terminaux"
    PARTNER = "partenaires"
    ESTABLISHMENT = "etablissements"
    CAMPAIGN = "campagnes"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that fits: where its page is, and what tells it from its like."""

    thing: Thing
    id: UUID
    name: str
    besides: str


@dataclass(frozen=True, slots=True)
class PersonFound:
    """A person who fits."""

    beneficiary_id: UUID
    given_name: str
    family_name: str
    birth_date: date


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of people ends: in which way of reading the words, and at whom."""

    way: int
    beneficiary_id: UUID

    def write(self) -> str:
        """Write it for an address: no name is in it."""
        return f"{self.way}.{self.beneficiary_id}"


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, and where to go on among the people; None at the end."""

    people: list[PersonFound]
    others: list[Found]
    next_cursor: Cursor | None


def search(session: Session, text: str, after: Cursor | None = None) -> Results:
    """Look for what somebody typed; raise SearchTooShort."""
    typed = " ".join(text.split())
    as_id = _as_id(typed)
    if as_id is not None:
        return Results([], list(_by_id(session, as_id)), None)
    if _is_card(typed):
        return Results(_by_card(session, typed), [], None)
    if "@" in typed:
        return Results(_by_email(session, typed), _accounts(session, typed), None)
    others = [] if after is not None else [*_by_receipt(session, typed), *_by_name(session, typed)]
    people, cursor = _people(session, typed, after)
    return Results(people, others, cursor)


def _as_id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None


def _by_id(session: Session, wanted: UUID) -> Iterator[Found]:
    person = session.get(Beneficiary, wanted)
    card = None if person is not None else session.get(Card, wanted)
    if card is not None:
        person = session.get(Beneficiary, card.beneficiary_id)
    if person is not None:
        yield Found(Thing.PERSON, person.id, f"{person.given_name} {person.family_name}", "")
    payment = session.get(Payment, wanted)
    if payment is not None:
        yield _payment(payment)
    account = session.get(SignInAccount, wanted)
    if account is not None:
        yield _account(account)
    outlet = session.get(Outlet, wanted)
    partner = session.get(Partner, wanted if outlet is None else outlet.partner_id)
    if partner is not None:
        yield Found(Thing.PARTNER, partner.id, partner.name, "")
    named: tuple[tuple[Thing, Any], ...] = (
        (Thing.TERMINAL, Terminal),
        (Thing.ESTABLISHMENT, Establishment),
        (Thing.CAMPAIGN, Campaign),
    )
    for thing, table in named:
        row = session.get(table, wanted)
        if row is not None:
            yield Found(thing, row.id, row.name, "")


def _is_card(typed: str) -> bool:
    digits = re.sub(r"\D", "", typed)
    return _CARD_DIGITS.fullmatch(typed) is not None and len(digits) >= CARD_DIGITS_MIN


def _by_card(session: Session, typed: str) -> list[PersonFound]:
    """Find whose card has this number, or one that begins so."""
    digits = re.sub(r"\D", "", typed)
    try:
        fits: ColumnElement[bool] = Card.number == parse_card_number(digits)
    except InvalidCardNumber:
        fits = and_(Card.number >= digits, Card.number <= digits.ljust(16, "9"))
    query = select(Beneficiary).join(Card, Card.beneficiary_id == Beneficiary.id).where(fits)
    rows = session.scalars(query.order_by(Card.number).limit(PEOPLE_PER_PAGE))
    return list({row.id: _person(row) for row in rows}.values())


def _by_email(session: Session, typed: str) -> list[PersonFound]:
    query = (
        select(Beneficiary)
        .join(PersonKey, PersonKey.beneficiary_id == Beneficiary.id)
        .where(_begins(PersonKey.email, fold(typed)))
        .order_by(PersonKey.email, PersonKey.beneficiary_id)
        .limit(PEOPLE_PER_PAGE)
    )
    return [_person(row) for row in session.scalars(query)]


def _accounts(session: Session, typed: str) -> list[Found]:
    query = select(SignInAccount).where(SignInAccount.email == typed.lower())
    return [_account(row) for row in session.scalars(query)]


def _by_receipt(session: Session, typed: str) -> list[Found]:
    """Find payments whose receipt has this number; words of six letters are seldom one."""
    if not _RECEIPT.fullmatch(typed):
        return []
    number = typed.upper().translate(_TYPED)
    query = (
        select(Payment)
        .where(Payment.authorisation_number == number, Payment.transfer_id.is_not(None))
        .order_by(Payment.decided_at.desc())
        .limit(OTHERS_MAX)
    )
    return [_payment(row) for row in session.scalars(query)]


def _by_name(session: Session, typed: str) -> list[Found]:
    """Find partners, establishments and terminals, one of whose words begins so."""
    wanted = fold(typed)
    if len(wanted) < LETTERS_MIN:
        return []
    named: tuple[tuple[Thing, Any], ...] = (
        (Thing.PARTNER, Partner),
        (Thing.ESTABLISHMENT, Establishment),
        (Thing.TERMINAL, Terminal),
    )
    parts = []
    for place, (_, table) in enumerate(named):
        fits = _holds(session, table.searched, f" {wanted}")
        query = select(literal(place).label("place"), table.id, table.name).where(fits)
        parts.append(query.order_by(table.name).limit(OTHERS_MAX).subquery())
    every = union_all(*(select(part) for part in parts)).subquery()
    rows = session.execute(select(every).order_by(every.c.place, every.c.name))
    return [Found(named[row.place][0], row.id, row.name, "") for row in rows]


def _people(
    session: Session, typed: str, after: Cursor | None
) -> tuple[list[PersonFound], Cursor | None]:
    """Read the words in each way, one after the other, until a page is full.

    The first way alone, which is most often enough; then all others with one question.
    """
    born = _born(typed)
    words = fold(_DATE.sub(" ", typed)).split()[:WORDS_MAX]
    if sum(map(len, words)) < LETTERS_MIN:
        raise SearchTooShort
    ways, found = list(_ways(words)), list[tuple[int, PersonFound]]()
    first = 0 if after is None else after.way
    at = None if after is None else session.get(PersonKey, after.beneficiary_id)
    for numbers in (range(first, first + 1), range(first + 1, len(ways))):
        wanted = PEOPLE_PER_PAGE + 1 - len(found)
        if wanted > 0 and numbers:
            begun = at if first in numbers else None
            found += _read_ways(session, ways, numbers, born, begun=begun, limit=wanted)
    people = [person for _, person in found[:PEOPLE_PER_PAGE]]
    if len(found) <= PEOPLE_PER_PAGE:
        return people, None
    way, last = found[PEOPLE_PER_PAGE - 1]
    return people, Cursor(way, last.beneficiary_id)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to read the words: the key that leads, and what each begins with."""

    leads: InstrumentedAttribute[bytes]
    follows: InstrumentedAttribute[bytes]
    first: str
    second: str

    def fits(self) -> ColumnElement[bool]:
        begins = _begins(self.leads, self.first)
        return and_(begins, _begins(self.follows, self.second)) if self.second else begins


def _ways(words: list[str]) -> Iterator[_Way]:
    """Give every way to part the words into a family name and a given name, families first."""
    keys = (PersonKey.family, PersonKey.given), (PersonKey.given, PersonKey.family)
    for leads, follows in keys:
        for part in range(len(words), 0, -1):
            yield _Way(leads, follows, " ".join(words[:part]), " ".join(words[part:]))


def _read_ways(
    session: Session,
    ways: list[_Way],
    numbers: range,
    born: date | None,
    *,
    begun: PersonKey | None,
    limit: int,
) -> list[tuple[int, PersonFound]]:
    parts = [_select_way(ways, number, born, begun).limit(limit) for number in numbers]
    query: Any = parts[0]
    if len(parts) > 1:
        query = union_all(*(select(part.subquery()) for part in parts))
    # Each way comes in its own order, by an index; which comes first is not the database's to say.
    rows = sorted(session.execute(query), key=lambda row: (row.way, row.leads, row.follows, row.id))
    return [
        (row.way, PersonFound(row.id, row.given_name, row.family_name, row.birth_date))
        for row in rows[:limit]
    ]


def _select_way(
    ways: list[_Way], number: int, born: date | None, begun: PersonKey | None
) -> Select[Any]:
    """Select who fits this way to read the words and none before it, after whom a page ended."""
    way = ways[number]
    columns: tuple[Any, ...] = (
        literal(number).label("way"),
        way.leads.label("leads"),
        way.follows.label("follows"),
        Beneficiary.id,
        Beneficiary.given_name,
        Beneficiary.family_name,
        Beneficiary.birth_date,
    )
    query = (
        select(*columns)
        .join(PersonKey, PersonKey.beneficiary_id == Beneficiary.id)
        .where(way.fits())
        .order_by(way.leads, way.follows, PersonKey.beneficiary_id)
    )
    if number:
        query = query.where(not_(or_(*(earlier.fits() for earlier in ways[:number]))))
    if born is not None:
        query = query.where(Beneficiary.birth_date == born)
    if begun is not None:
        keys = getattr(begun, way.leads.key), getattr(begun, way.follows.key)
        place = tuple_(way.leads, way.follows, PersonKey.beneficiary_id)
        query = query.where(place > (*keys, begun.beneficiary_id))
    return query


def _born(typed: str) -> date | None:
    """Return a birth date among the words, as people here write it."""
    found = _DATE.search(typed)
    if found is None:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _holds(session: Session, column: Any, part: str) -> ColumnElement[bool]:
    """Say that a text holds another, as each engine calls it."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    position = func.instr if sqlite else func.strpos
    return position(column, part, type_=Integer) > 0


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    start = text.encode()
    fits: ColumnElement[bool] = and_(column >= start, column < start + b"\xff")
    return fits


def _person(row: Beneficiary) -> PersonFound:
    return PersonFound(row.id, row.given_name, row.family_name, row.birth_date)


def _account(row: SignInAccount) -> Found:
    return Found(Thing.ACCOUNT, row.id, f"{row.given_name} {row.family_name}", row.email)


def _payment(row: Payment) -> Found:
    return Found(Thing.PAYMENT, row.payment_id, row.authorisation_number or str(row.payment_id), "")
