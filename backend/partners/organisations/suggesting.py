"""Somebody suggests a structure where they would spend their Pass; those who run the service look.

    waiting ──the structure is asked itself──▶ invited ──its request is accepted──▶ listed
       └──────set aside, with the reason──────▶ set aside

Promise: a suggestion puts nobody into the directory: the structure itself agrees first, by making
an organisation and asking. Those who mean the same structure are counted and answered together; an
operator sees how many they are, not who.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import NotYours
from backend.accounts.outbox import owe_address_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import AddressNoticeKind
from backend.folding import fold
from backend.partners.directory import POSTCODE
from backend.partners.directory_tables import Commune
from backend.partners.organisations.errors import (
    AlreadyListed,
    OrganisationInvalid,
    SuggestionUnknown,
    TooManySuggestions,
)
from backend.partners.organisations.profile import commune_of, line_of
from backend.partners.organisations.tables import (
    FOLDED_CHARACTERS_MAX,
    NUMBER_CHARACTERS_MAX,
    REASON_CHARACTERS_MAX,
    Organisation,
    PartnerSuggestion,
    SuggestionState,
)
from backend.partners.tables import (
    ADDRESS_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    Outlet,
    Partner,
)

#: What is decided counts too, until it is forgotten after a year.
SUGGESTIONS_MAX: Final = 10
LISTED_MAX: Final = 100
OUTLETS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class TypedSuggestion:
    """A form as it was typed."""

    name: str = ""
    address: str = ""
    postcode: str = ""
    commune: str = ""
    #: RNA, SIRET, or a federation's affiliation; may be empty.
    number: str = ""


@dataclass(frozen=True, slots=True)
class OwnSuggestion:
    """What somebody suggested, and what became of it."""

    id: UUID
    name: str
    commune: str
    state: SuggestionState
    said_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A structure that people suggested, as those who answer see it."""

    #: Any of its suggestions: an answer to one is an answer to all.
    suggestion_id: UUID
    name: str
    address: str
    postcode: str
    commune: str
    number: str | None
    people: int
    first_said_at: datetime
    #: What was answered before, to those who suggested it earlier.
    before: SuggestionState | None
    before_at: datetime | None


def suggest(session: Session, account_id: UUID, typed: TypedSuggestion, now: datetime) -> UUID:
    """Suggest a structure; the same one twice is once. Return the suggestion's id.

    Raises OrganisationInvalid, AlreadyListed, TooManySuggestions.
    """
    said = _read(session, typed)
    session.get(SignInAccount, account_id, with_for_update=True)
    mine = PartnerSuggestion.account_id == account_id
    own = list(session.scalars(select(PartnerSuggestion).where(mine).limit(SUGGESTIONS_MAX)))
    place = (said["commune_code"], said["folded_name"])
    for one in own:
        if (one.commune_code, one.folded_name) == place:
            return one.id
    if _is_listed(session, *place):
        raise AlreadyListed
    if len(own) >= SUGGESTIONS_MAX:
        raise TooManySuggestions
    row = PartnerSuggestion(
        id=uuid4(),
        account_id=account_id,
        said_at=now,
        state=SuggestionState.WAITING.value,
        **said,
        number=line_of(typed.number, NUMBER_CHARACTERS_MAX),
    )
    session.add(row)
    session.flush()
    record_act(session, ActKind.SUGGESTION_MADE, account_id, row.id, now)
    return row.id


def suggestions_of(session: Session, account_id: UUID) -> list[OwnSuggestion]:
    """Return what somebody suggested, the newest first: one question."""
    rows = session.execute(
        select(PartnerSuggestion, Commune.name)
        .join(Commune, Commune.code == PartnerSuggestion.commune_code)
        .where(PartnerSuggestion.account_id == account_id)
        .order_by(PartnerSuggestion.said_at.desc(), PartnerSuggestion.id)
        .limit(SUGGESTIONS_MAX)
    )
    return [
        OwnSuggestion(
            one.id, one.name, commune, SuggestionState(one.state), one.said_at, one.reason
        )
        for one, commune in rows
    ]


def withdraw_suggestion(
    session: Session, account_id: UUID, suggestion_id: UUID, now: datetime
) -> None:
    """Take a suggestion of one's own back: it is forgotten. Raises NotYours."""
    row = session.get(PartnerSuggestion, suggestion_id, with_for_update=True)
    if row is None or row.account_id != account_id:
        raise NotYours
    session.delete(row)
    session.flush()
    record_act(session, ActKind.SUGGESTION_WITHDRAWN, account_id, suggestion_id, now)


def list_wanted(session: Session) -> list[Wanted]:
    """Return what waits, most wanted first, at most LISTED_MAX: three questions."""
    waiting = PartnerSuggestion.state == SuggestionState.WAITING.value
    people, first = func.count(), func.min(PartnerSuggestion.said_at)
    groups = session.execute(
        select(*_PLACE, people, first)
        .where(waiting)
        .group_by(*_PLACE)
        .order_by(people.desc(), first)
        .limit(LISTED_MAX)
    ).all()
    rows = session.execute(
        select(PartnerSuggestion, Commune.name)
        .join(Commune, Commune.code == PartnerSuggestion.commune_code)
        .where(
            waiting,
            tuple_(*_PLACE, PartnerSuggestion.said_at).in_(
                [(code, folded, at) for code, folded, _, at in groups]
            ),
        )
    )
    shown = {(one.commune_code, one.folded_name): (one, commune) for one, commune in rows}
    before = _answered(session, list(shown))
    return [
        _wanted(*shown[code, folded], count, before.get((code, folded)))
        for code, folded, count, _ in groups
        if (code, folded) in shown
    ]


def invite_structure(
    session: Session, suggestion_id: UUID, email: str, by: UUID, now: datetime
) -> None:
    """Ask the structure itself, by mail, whether it agrees.

    Raises SuggestionUnknown, EmailInvalid.
    """
    address = normal_email(email)
    row = _decide(session, suggestion_id, SuggestionState.INVITED, by, now, invited_email=address)
    owe_address_notice(session, AddressNoticeKind.STRUCTURE_SUGGESTED, row.id, now)
    record_act(session, ActKind.SUGGESTION_INVITED, by, row.id, now, words=row.name)


def set_suggestion_aside(
    session: Session, suggestion_id: UUID, reason: str, by: UUID, now: datetime
) -> None:
    """Set a structure aside, with the reason that whoever suggested it reads.

    Raises SuggestionUnknown.
    """
    said = " ".join(reason.split())[:REASON_CHARACTERS_MAX]
    row = _decide(session, suggestion_id, SuggestionState.SET_ASIDE, by, now, reason=said)
    record_act(session, ActKind.SUGGESTION_SET_ASIDE, by, row.id, now, words=said)


def note_listed(session: Session, place: Organisation, by: UUID, now: datetime) -> None:
    """Answer those who suggested an organisation that is a partner from now on."""
    same_name = PartnerSuggestion.folded_name == _folded(place.name)
    number = place.rna or place.siret
    written = func.upper(func.replace(PartnerSuggestion.number, " ", ""))
    session.execute(
        update(PartnerSuggestion)
        .where(
            PartnerSuggestion.commune_code == place.commune_code,
            or_(same_name, written == number),
            PartnerSuggestion.state.in_((SuggestionState.WAITING, SuggestionState.INVITED)),
        )
        .values(state=SuggestionState.LISTED.value, decided_at=now, decided_by=by)
    )


_PLACE: Final = (PartnerSuggestion.commune_code, PartnerSuggestion.folded_name)


def _read(session: Session, typed: TypedSuggestion) -> dict[str, str]:
    """Return the columns; raise OrganisationInvalid with every field that is wrong."""
    postcode = "".join(typed.postcode.split())
    name = line_of(typed.name, NAME_CHARACTERS_MAX)
    said = {
        "name": name,
        "address": line_of(typed.address, ADDRESS_CHARACTERS_MAX),
        "postcode": postcode if POSTCODE.fullmatch(postcode) and postcode.isascii() else None,
        "commune": commune_of(session, typed.commune),
    }
    wrong = {field: _WORDS.get(field, field) for field, value in said.items() if value is None}
    if typed.number.strip() and line_of(typed.number, NUMBER_CHARACTERS_MAX) is None:
        wrong["number"] = "affiliation"
    if wrong:
        raise OrganisationInvalid(wrong)
    read = {field: value for field, value in said.items() if value is not None}
    return {
        "name": read["name"],
        "folded_name": _folded(read["name"]),
        "address": read["address"],
        "postcode": read["postcode"],
        "commune_code": read["commune"],
    }


#: What the words of a field that is wrong are called, where a form of organisations names it.
_WORDS: Final = {"address": "address_1"}


def _folded(name: str) -> str:
    return fold(name)[:FOLDED_CHARACTERS_MAX]


def _is_listed(session: Session, commune_code: str, folded_name: str) -> bool:
    """Say whether the directory has a place of this name in this commune."""
    names = session.execute(
        select(Outlet.name, Partner.name)
        .join(Partner, Partner.id == Outlet.partner_id)
        .where(Outlet.commune_code == commune_code)
        .limit(OUTLETS_MAX)
    )
    return any(_folded(name) == folded_name for pair in names for name in pair)


def _answered(
    session: Session, places: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[SuggestionState, datetime]]:
    """Return what was last answered about these places."""
    rows = session.execute(
        select(*_PLACE, PartnerSuggestion.state, PartnerSuggestion.decided_at)
        .where(tuple_(*_PLACE).in_(places), PartnerSuggestion.decided_at.is_not(None))
        .order_by(PartnerSuggestion.decided_at)
    )
    return {
        (code, folded): (SuggestionState(state), at)
        for code, folded, state, at in rows
        if at is not None
    }


def _wanted(
    one: PartnerSuggestion,
    commune: str,
    people: int,
    before: tuple[SuggestionState, datetime] | None,
) -> Wanted:
    return Wanted(
        suggestion_id=one.id,
        name=one.name,
        address=one.address,
        postcode=one.postcode,
        commune=commune,
        number=one.number,
        people=people,
        first_said_at=one.said_at,
        before=None if before is None else before[0],
        before_at=None if before is None else before[1],
    )


def _decide(
    session: Session,
    suggestion_id: UUID,
    state: SuggestionState,
    by: UUID,
    now: datetime,
    **told: str,
) -> PartnerSuggestion:
    """Answer everybody who means the same structure and waits; return the one that was named."""
    row = session.get(PartnerSuggestion, suggestion_id, with_for_update=True)
    if row is None or row.state != SuggestionState.WAITING.value:
        raise SuggestionUnknown
    same: ColumnElement[bool] = (
        (PartnerSuggestion.commune_code == row.commune_code)
        & (PartnerSuggestion.folded_name == row.folded_name)
        & (PartnerSuggestion.state == SuggestionState.WAITING.value)
    )
    values = {"state": state.value, "decided_at": now, "decided_by": by, **told}
    session.execute(update(PartnerSuggestion).where(same).values(values))
    session.refresh(row)
    return row
