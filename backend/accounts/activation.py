"""The one-time links by which a person chooses a code: the first, or another.

The token is given out once and only its hash is kept. A link for a new code asks what its holder
knows as well, their birth date: who reads the mailbox alone gets nowhere. Everything that can be
tried on a link is counted. Not here: what the link lets one do, and the mail it travels in.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.accounts.beneficiaries import find_beneficiary
from backend.accounts.errors import (
    ActivationExhausted,
    ActivationExpired,
    ActivationUnknown,
    ActivationUsed,
    TooManyLinks,
)
from backend.accounts.signin.tokens import new_token, token_hash
from backend.accounts.tables import Activation, LinkKind
from backend.expiry import sweep_expired

ACTIVATION_DAYS_MAX: Final = 7
NEW_CODE_HOURS_MAX: Final = 1
NEW_CODE_LINKS_PER_HOUR_MAX: Final = 3
# A token stays known for a while after its time, so that its holder reads why it is refused.
ACTIVATION_KEPT_DAYS_MAX: Final = 30
#: Wrong birth dates on one link. A class mate knows many, but not a stranger with the mailbox.
ANSWERS_MAX: Final = 3
#: Refused codes on one link: no way to search what others chose, or what this holder had.
REFUSALS_MAX: Final = 20
LIFE: Final = {
    LinkKind.ACTIVATION: timedelta(days=ACTIVATION_DAYS_MAX),
    LinkKind.NEW_CODE: timedelta(hours=NEW_CODE_HOURS_MAX),
}


@dataclass(frozen=True, slots=True)
class Link:
    """Whose a link is, and whether it asks for the birth date."""

    beneficiary_id: UUID
    kind: LinkKind

    @property
    def asks_birth_date(self) -> bool:
        """True where a code may be there already: the mailbox alone must not be enough."""
        return self.kind is LinkKind.NEW_CODE


def invite(
    session: Session,
    beneficiary_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Return a new activation token (43 characters, URL-safe) that replaces any earlier one.

    Raises BeneficiaryUnknown.
    """
    earlier = (
        (Activation.beneficiary_id == beneficiary_id)
        & (Activation.kind == LinkKind.ACTIVATION.value)
        & Activation.used_at.is_(None)
    )
    session.execute(delete(Activation).where(earlier))
    return _give(session, Link(beneficiary_id, LinkKind.ACTIVATION), now, random)


def offer_new_code(
    session: Session,
    beneficiary_id: UUID,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """Return a token for choosing another code, good for an hour; earlier ones stay good.

    Whoever asks for links in somebody's name so takes none away. Raises BeneficiaryUnknown,
    TooManyLinks.
    """
    given = session.scalar(
        select(func.count())
        .select_from(Activation)
        .where(
            Activation.beneficiary_id == beneficiary_id,
            Activation.kind == LinkKind.NEW_CODE.value,
            Activation.created_at > now - timedelta(hours=1),
        )
    )
    if (given or 0) >= NEW_CODE_LINKS_PER_HOUR_MAX:
        raise TooManyLinks
    return _give(session, Link(beneficiary_id, LinkKind.NEW_CODE), now, random)


def find_link(session: Session, token: str, now: datetime) -> Link:
    """Return whose a token is and what it asks.

    Raises ActivationUnknown, ActivationUsed, ActivationExpired, ActivationExhausted.
    """
    return _link(_usable(session, token, now, lock=False))


def find_activation(session: Session, token: str, now: datetime) -> UUID:
    """Return the beneficiary a token was given to. Raises like find_link."""
    return find_link(session, token, now).beneficiary_id


def answer_birth_date(session: Session, token: str, answer: date | None, now: datetime) -> bool:
    """Say whether the birth date typed on a link is its holder's; a wrong one is counted.

    Commit whatever it says. Raises like find_link.
    """
    activation = _usable(session, token, now)
    if not _link(activation).asks_birth_date:
        return True
    right = answer == find_beneficiary(session, activation.beneficiary_id).birth_date
    if not right:
        activation.answers_left -= 1
        session.flush()
    return right


def note_refusal(session: Session, token: str, now: datetime) -> None:
    """Count a code that was refused on a link. Commit it. Raises like find_link."""
    _usable(session, token, now).refusals_left -= 1
    session.flush()


def use_activation(session: Session, token: str, now: datetime) -> UUID:
    """Let a token serve, once and for all, and its holder's other links with it.

    Returns the beneficiary. Raises like find_link.
    """
    activation = _usable(session, token, now)
    activation.used_at = now
    session.flush()
    others = (Activation.beneficiary_id == activation.beneficiary_id) & (
        Activation.used_at.is_(None)
    )
    session.execute(delete(Activation).where(others))
    return activation.beneficiary_id


def _give(session: Session, link: Link, now: datetime, random: Callable[[int], bytes]) -> str:
    find_beneficiary(session, link.beneficiary_id)
    kept = timedelta(days=ACTIVATION_KEPT_DAYS_MAX)
    sweep_expired(session, Activation, Activation.expires_at, now - kept)
    token = new_token(random)
    session.add(
        Activation(
            token_hash=token_hash(token),
            beneficiary_id=link.beneficiary_id,
            kind=link.kind.value,
            created_at=now,
            expires_at=now + LIFE[link.kind],
            used_at=None,
            answers_left=ANSWERS_MAX,
            refusals_left=REFUSALS_MAX,
        )
    )
    session.flush()
    return token


def _usable(session: Session, token: str, now: datetime, *, lock: bool = True) -> Activation:
    activation = session.get(
        Activation, token_hash(token), with_for_update=lock or None, populate_existing=True
    )
    if activation is None:
        raise ActivationUnknown
    if activation.used_at is not None:
        raise ActivationUsed
    if now >= activation.expires_at:
        raise ActivationExpired
    if activation.answers_left == 0 or activation.refusals_left == 0:
        raise ActivationExhausted
    return activation


def _link(activation: Activation) -> Link:
    return Link(activation.beneficiary_id, LinkKind(activation.kind))
