"""Asking for a tie: this child is mine, this young person is me; proved, approved or refused.

    asked ──code handed over with the card, or approved──▶ approved
      ├──▶ refused      └──▶ withdrawn

Promise: whoever asks learns nothing of whether such a person is known, and gets nobody by typing a
name and a birth date; nobody becomes known by being asked for. A wrong proof is counted. Not here:
who may decide for which establishment; whoever calls has looked.
"""

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import CTE, ColumnElement, Select, String, and_, cast, func, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.errors import NotYours
from backend.accounts.families.card_code import holder_of_code
from backend.accounts.families.composition import add_child, check_member, tell_members
from backend.accounts.families.errors import (
    GrownUp,
    IdentityDiffers,
    NotOldEnough,
    ProofRefused,
    RequestUnknown,
    TooManyOfFamily,
)
from backend.accounts.families.own_tie import OWN_ACCOUNT_YEARS, make_tie
from backend.accounts.families.tables import Relation, RequestState, TieRequest
from backend.accounts.names import normal_name, plain_name
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.errors import BirthDateUnlikely
from backend.accounts.signin.quota import Quota, door_of, take_use
from backend.accounts.signin.sign_up import YEARS_MAX, age_on
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tries import door_of_tie, give_back, take_try
from backend.accounts.tables import Beneficiary, SignInNoticeKind
from backend.by_index import find_by_index
from backend.services import Services

#: Who is of age is looked after by nobody.
OF_AGE_YEARS: Final = 18
CHILD_YEARS_MAX: Final = 30
OPEN_MAX: Final = 15
ASKED_PER_DAY: Final = Quota(20, timedelta(hours=24))
LISTED_MAX: Final = 30
#: Of an establishment's, those that are alike; the whole names are compared afterwards.
SCANNED_MAX: Final = 1_000
_PLAIN_LETTERS: Final = tuple(string.ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Named:
    """Who somebody says a young person is; never printed."""

    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody known whom a request may mean."""

    beneficiary_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request that waits, for those who decide."""

    request_id: UUID
    relation: Relation
    given_name: str
    family_name: str
    birth_date: date
    asked_at: datetime
    asked_by: str
    email: str
    candidates: tuple[Candidate, ...]


def ask_tie(
    session: Session, account_id: UUID, named: Named, family_id: UUID | None, now: datetime
) -> UUID:
    """Ask for a child of a family, or without one for oneself; the same twice is once.

    Raises NotYours, NameInvalid, BirthDateUnlikely, GrownUp, NotOldEnough, TooManyOfFamily,
    TooManyRequests.
    """
    if family_id is not None:
        check_member(session, account_id, family_id)
    given, family = normal_name(named.given_name), normal_name(named.family_name)
    years = age_on(named.birth_date, now.date())
    # One's own card may be a referent's, who is of any age.
    if not 0 <= years <= (YEARS_MAX if family_id is None else CHILD_YEARS_MAX):
        raise BirthDateUnlikely
    if family_id is not None and years >= OF_AGE_YEARS:
        raise GrownUp
    if family_id is None and years < OWN_ACCOUNT_YEARS:
        raise NotOldEnough
    for one in _waiting(session, account_id):
        if one.family_id == family_id and _same(one, given, family, named.birth_date):
            return one.id
    take_use(session, door_of("tie", str(account_id)), ASKED_PER_DAY, now)
    if len(_waiting(session, account_id)) >= OPEN_MAX:
        raise TooManyOfFamily
    relation = Relation.SELF if family_id is None else Relation.CHILD
    row = TieRequest(
        id=uuid4(),
        account_id=account_id,
        relation=relation.value,
        family_id=family_id,
        given_name=given,
        family_name=family,
        birth_date=named.birth_date,
        asked_at=now,
        state=RequestState.ASKED.value,
        decided_at=None,
        decided_by=None,
        beneficiary_id=None,
    )
    session.add(row)
    session.flush()
    record_act(session, ActKind.TIE_ASKED, account_id, row.id, now)
    return row.id


def prove_tie(services: Services, account_id: UUID, request_id: UUID, code: str) -> None:
    """Show the code handed over with the card of whom a request names; it still serves after.

    A wrong one is counted. Raises RequestUnknown, ProofRefused, TooManyTries, TooManyOfFamily.
    """
    now = services.now()
    with services.database.unit_of_work() as session:
        row = _asked(session, request_id)
        if row.account_id != account_id:
            raise RequestUnknown
        take_try(session, door_of_tie(account_id), now)
    with services.database.unit_of_work() as session:
        row = _asked(session, request_id)
        person = holder_of_code(session, code, now)
        if not _is(row, person):
            raise ProofRefused
        give_back(session, door_of_tie(account_id))
        _settle(session, row, person, account_id, now)


def approve_tie(
    session: Session, request_id: UUID, beneficiary_id: UUID, by: UUID, now: datetime
) -> None:
    """Approve a request, for whom it means: `by` is staff who may decide for this young person.

    Raises RequestUnknown, NotYours, IdentityDiffers (another birth date), TieTaken, NotOldEnough,
    GrownUp, TooManyOfFamily.
    """
    row = _asked(session, request_id)
    person = session.get(Beneficiary, beneficiary_id)
    if person is None:
        raise NotYours
    if person.birth_date != row.birth_date:
        raise IdentityDiffers
    _settle(session, row, person, by, now)


def approve_as_new(session: Session, request_id: UUID, by: UUID, now: datetime) -> UUID:
    """Approve a request for somebody nobody knew yet, who is recorded; an operator's act.

    Returns the beneficiary. Raises RequestUnknown, and as `approve_tie`.
    """
    row = _asked(session, request_id)
    person = create_beneficiary(
        session,
        given_name=row.given_name,
        family_name=row.family_name,
        birth_date=row.birth_date,
        now=now,
    )
    _settle(session, row, person, by, now)
    return person.id


def refuse_tie(session: Session, request_id: UUID, by: UUID, now: datetime) -> None:
    """Refuse a request; raise RequestUnknown."""
    row = _asked(session, request_id)
    _decide(row, RequestState.REFUSED, by, now)
    record_act(session, ActKind.TIE_REFUSED, by, row.id, now)
    _tell(session, row, "refused", now)


def withdraw_tie(session: Session, account_id: UUID, request_id: UUID, now: datetime) -> None:
    """Take one's own request back; raise RequestUnknown."""
    row = _asked(session, request_id)
    if row.account_id != account_id:
        raise RequestUnknown
    _decide(row, RequestState.WITHDRAWN, account_id, now)
    record_act(session, ActKind.TIE_WITHDRAWN, account_id, row.id, now)


def requests_for_oneself(session: Session, account_id: UUID) -> list[TieRequest]:
    """Return somebody's own requests that wait, to be a young person's own account."""
    return [one for one in _waiting(session, account_id) if one.family_id is None]


def open_requests(
    session: Session,
    among: Select[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[OpenRequest]:
    """Return requests that wait, the oldest first, at most LISTED_MAX: two questions.

    `among` chooses the young people that whoever looks may decide for: only what may mean one of
    them is shown, and only they. `after` is the `asked_at` and id of the last that was seen.
    """
    find_by_index(session)
    chosen: Select[Any] = (
        select(TieRequest)
        .where(TieRequest.state == RequestState.ASKED.value)
        .order_by(TieRequest.asked_at, TieRequest.id)
    )
    if after is not None:
        chosen = chosen.where(tuple_(TieRequest.asked_at, TieRequest.id) > after)
    if among is None:
        asked = chosen.add_columns(SignInAccount).join(
            SignInAccount, SignInAccount.id == TieRequest.account_id
        )
        rows = [(row[0], row[1]) for row in session.execute(asked.limit(LISTED_MAX))]
        people = _alike(session, [row.id for row, _ in rows])
        return [_listed(row, account, people[row.id]) for row, account in rows]
    # One statement: only of those who may mean somebody is it looked up who asks, and the names.
    marks = _marks_among(among)
    meant = (
        chosen.with_only_columns(TieRequest.id.label("request_id"), marks.c.id)
        .join(marks, _may_be(marks.c.born, marks.c.family_letter, marks.c.given_letter))
        .limit(SCANNED_MAX)
        .subquery()
    )
    pairs = (
        select(TieRequest, SignInAccount, Beneficiary)
        .join(meant, meant.c.request_id == TieRequest.id)
        .join(SignInAccount, SignInAccount.id == TieRequest.account_id)
        .join(Beneficiary, Beneficiary.id == meant.c.id)
        .order_by(TieRequest.asked_at, TieRequest.id, Beneficiary.id)
    )
    found: dict[UUID, tuple[TieRequest, SignInAccount, list[Beneficiary]]] = {}
    for row, account, person in session.execute(pairs):
        if _is(row, person):
            found.setdefault(row.id, (row, account, []))[2].append(person)
    return [_listed(*one) for one in list(found.values())[:LISTED_MAX]]


def _marks_among(among: Select[UUID]) -> CTE:
    """Select of the chosen people what a request may mean them by, each looked up by id, and once.

    Joined, three thousand are just so many that a planner may rather read everybody.
    """
    chosen = among.subquery()
    (one,) = chosen.c
    names = Beneficiary.family_name, Beneficiary.given_name
    family, given = (func.substr(name, 1, 1, type_=String) for name in names)
    mark = (
        select(family + given + cast(Beneficiary.birth_date, String))
        .where(Beneficiary.id == one)
        .correlate(chosen)
        .scalar_subquery()
    )
    marked = select(one.label("id"), mark.label("mark")).cte("marked")
    marked = marked.prefix_with("MATERIALIZED")
    return select(
        marked.c.id,
        func.substr(marked.c.mark, 1, 1).label("family_letter"),
        func.substr(marked.c.mark, 2, 1).label("given_letter"),
        func.substr(marked.c.mark, 3).label("born"),
    ).cte("marks")


def _alike(session: Session, request_ids: list[UUID]) -> dict[UUID, list[Beneficiary]]:
    """Return whom each of some requests may mean: one question."""
    pairs = (
        select(TieRequest, Beneficiary)
        .join(Beneficiary, _may_be_one())
        .where(TieRequest.id.in_(request_ids))
        .order_by(Beneficiary.id)
    )
    found: dict[UUID, list[Beneficiary]] = {one: [] for one in request_ids}
    for row, person in session.execute(pairs):
        if _is(row, person):
            found[row.id].append(person)
    return found


def _may_be_one() -> ColumnElement[bool]:
    names = Beneficiary.family_name, Beneficiary.given_name
    same_day = Beneficiary.birth_date == TieRequest.birth_date
    return and_(same_day, *_begin_alike(*(func.substr(name, 1, 1) for name in names)))


def _may_be(born: Any, family_letter: Any, given_letter: Any) -> ColumnElement[bool]:
    same_day = born == cast(TieRequest.birth_date, String)
    return and_(same_day, *_begin_alike(family_letter, given_letter))


def _begin_alike(family_letter: Any, given_letter: Any) -> Iterator[ColumnElement[bool]]:
    """Choose those whose names may begin as the asked ones do.

    A letter beyond ASCII may stand for another, so it fits any: names are compared afterwards.
    """
    asked_names = TieRequest.family_name, TieRequest.given_name
    for name, letter in zip(asked_names, (family_letter, given_letter), strict=True):
        asked, known = func.lower(func.substr(name, 1, 1)), func.lower(letter)
        yield or_(asked == known, asked.not_in(_PLAIN_LETTERS), known.not_in(_PLAIN_LETTERS))


def _listed(row: TieRequest, account: SignInAccount, people: Sequence[Beneficiary]) -> OpenRequest:
    meant = tuple(Candidate(one.id, f"{one.given_name} {one.family_name}") for one in people)
    return OpenRequest(
        row.id,
        Relation(row.relation),
        row.given_name,
        row.family_name,
        row.birth_date,
        row.asked_at,
        f"{account.given_name} {account.family_name}",
        account.email,
        meant,
    )


def _settle(
    session: Session, row: TieRequest, person: Beneficiary, by: UUID, now: datetime
) -> None:
    """Make the tie that was asked for, and close every question like it."""
    row.beneficiary_id = person.id
    _decide(row, RequestState.APPROVED, by, now)
    record_act(session, ActKind.TIE_APPROVED, by, row.id, now, beneficiary_id=person.id)
    if row.family_id is None:
        make_tie(session, row.account_id, person.id, by, now)
    else:
        if age_on(person.birth_date, now.date()) >= OF_AGE_YEARS:
            raise GrownUp
        add_child(session, row.family_id, person.id, row.account_id, now)
        record_act(session, ActKind.CHILD_ADDED, by, row.family_id, now, beneficiary_id=person.id)
        tell_members(session, row.family_id, "child_joined", now, but=row.account_id)
    if by != row.account_id:
        _tell(session, row, "approved", now)


def _decide(row: TieRequest, state: RequestState, by: UUID, now: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state.value, now, by


def _tell(session: Session, row: TieRequest, what: str, now: datetime) -> None:
    owe_sign_in_notice(session, SignInNoticeKind.TIE_DECIDED, row.account_id, now, about=what)


def _asked(session: Session, request_id: UUID) -> TieRequest:
    row = session.get(TieRequest, request_id, with_for_update=True)
    if row is None or row.state != RequestState.ASKED.value:
        raise RequestUnknown
    return row


def _waiting(session: Session, account_id: UUID) -> list[TieRequest]:
    chosen = (
        select(TieRequest)
        .where(TieRequest.account_id == account_id, TieRequest.state == RequestState.ASKED.value)
        .order_by(TieRequest.asked_at, TieRequest.id)
        .limit(OPEN_MAX)
    )
    return list(session.scalars(chosen))


def _same(row: TieRequest, given: str, family: str, birth_date: date) -> bool:
    names = plain_name(row.given_name), plain_name(row.family_name)
    return (*names, row.birth_date) == (plain_name(given), plain_name(family), birth_date)


def _is(row: Any, person: Beneficiary) -> bool:
    return _same(row, person.given_name, person.family_name, person.birth_date)
