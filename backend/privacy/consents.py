"""Agreeing to what needs it, and taking it back: a photo at the gate.

Before fifteen, a parent and the child agree together; from fifteen on, the person alone (law of 6
January 1978, art. 45). Promise: what was agreed counts from the same moment for gates, and ends for
them as soon as it is taken back; an agreement that age made insufficient counts no longer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.photos import drop_photo, keep_photo
from backend.access.tables import Enrolment
from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.families.rights import check_mine
from backend.accounts.families.tables import Relation
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.sign_up import age_on
from backend.cards.photos import find_card_photo
from backend.privacy.errors import ConsentNotYours
from backend.privacy.tables import Consent, Purpose

CONSENT_AGE: Final = 15
TEXT_VERSION: Final = 1
NOTED_BY: Final = "accord en ligne"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a purpose stands for a person, and what whoever asks may do about it."""

    purpose: Purpose
    agreed: bool
    may_agree: bool
    may_withdraw: bool
    since: datetime | None
    #: Whether a parent must also say that the child agrees.
    asks_child: bool
    #: Whether there is a photo to be shown at all.
    has_photo: bool


def counts(consent: Consent, age: int) -> bool:
    """Tell whether an agreement that was not taken back is enough at this age."""
    if consent.own:
        return age >= CONSENT_AGE
    return age < CONSENT_AGE and consent.child_agrees


def read_standing(
    session: Session, account_id: UUID, beneficiary_id: UUID, purpose: Purpose, now: datetime
) -> Standing:
    """Return where a purpose stands; raise NotYours."""
    relation = check_mine(session, account_id, beneficiary_id)
    age = age_on(find_beneficiary(session, beneficiary_id).birth_date, now.date())
    running = _running(session, beneficiary_id, purpose)
    valid = [one for one in running if counts(one, age)]
    return Standing(
        purpose,
        agreed=bool(valid),
        may_agree=_may_agree(relation, age),
        may_withdraw=bool(running),
        since=min((one.given_at for one in valid), default=None),
        asks_child=age < CONSENT_AGE,
        has_photo=find_card_photo(session, beneficiary_id) is not None,
    )


def agree(
    session: Session,
    account_id: UUID,
    beneficiary_id: UUID,
    purpose: Purpose,
    now: datetime,
    *,
    child_agrees: bool,
) -> None:
    """Write down an agreement and let it count at once; a second time changes nothing.

    Raises NotYours, ConsentNotYours.
    """
    relation = check_mine(session, account_id, beneficiary_id)
    # One at a time for a person: two agreements at once would both be kept.
    person = find_beneficiary(session, beneficiary_id)
    session.refresh(person, with_for_update=True)
    age = age_on(person.birth_date, now.date())
    own = relation is Relation.SELF
    if not _may_agree(relation, age) or (age < CONSENT_AGE and not child_agrees):
        raise ConsentNotYours
    running = _running(session, beneficiary_id, purpose)
    if not any(one.account_id == account_id and counts(one, age) for one in running):
        _end([one for one in running if one.account_id == account_id], now)
        session.flush()
        session.add(
            Consent(
                id=uuid4(),
                beneficiary_id=beneficiary_id,
                purpose=purpose.value,
                text_version=TEXT_VERSION,
                account_id=account_id,
                own=own,
                child_agrees=child_agrees and not own,
                given_at=now,
            )
        )
        act = ActKind.CONSENT_GIVEN
        record_act(session, act, account_id, beneficiary_id, now, beneficiary_id=beneficiary_id)
    show_photo(session, beneficiary_id, now)


def withdraw(
    session: Session, account_id: UUID, beneficiary_id: UUID, purpose: Purpose, now: datetime
) -> None:
    """Take every agreement to a purpose back, whoever gave it; raise NotYours."""
    check_mine(session, account_id, beneficiary_id)
    running = _running(session, beneficiary_id, purpose)
    if running:
        _end(running, now)
        act = ActKind.CONSENT_WITHDRAWN
        record_act(session, act, account_id, beneficiary_id, now, beneficiary_id=beneficiary_id)
    hide_photo(session, beneficiary_id)
    session.flush()


def hide_photo(session: Session, beneficiary_id: UUID) -> None:
    """Take a person's photo from every gate."""
    for enrolment_id in _enrolments(session, beneficiary_id):
        drop_photo(session, enrolment_id)


def show_photo(session: Session, beneficiary_id: UUID, now: datetime) -> bool:
    """Give the card's photo to the gates of a person's establishments, if they may have it.

    Called where a photo is given and where an agreement is; False when one of both is missing.
    """
    age = age_on(find_beneficiary(session, beneficiary_id).birth_date, now.date())
    running = _running(session, beneficiary_id, Purpose.GATE_PHOTO)
    photo = find_card_photo(session, beneficiary_id)
    if photo is None or not any(counts(one, age) for one in running):
        return False
    for enrolment_id in _enrolments(session, beneficiary_id):
        keep_photo(session, enrolment_id, photo.image, noted_by=NOTED_BY, now=now)
    return True


def _may_agree(relation: Relation, age: int) -> bool:
    return (relation is Relation.SELF) == (age >= CONSENT_AGE)


def _running(session: Session, beneficiary_id: UUID, purpose: Purpose) -> list[Consent]:
    query = select(Consent).where(
        Consent.beneficiary_id == beneficiary_id,
        Consent.purpose == purpose.value,
        Consent.withdrawn_at.is_(None),
    )
    return list(session.scalars(query.order_by(Consent.given_at, Consent.id)))


def _end(running: list[Consent], now: datetime) -> None:
    for one in running:
        one.withdrawn_at = now


def _enrolments(session: Session, beneficiary_id: UUID) -> list[UUID]:
    query = select(Enrolment.id).where(
        Enrolment.beneficiary_id == beneficiary_id, Enrolment.ended_at.is_(None)
    )
    return list(session.scalars(query.order_by(Enrolment.id)))
