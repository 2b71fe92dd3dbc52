"""Mails that come back: an address that takes none is marked, until somebody looks at it.

Promise: only who saw the token of a sending (the servers on its way) can say that it came back, and
each token is of one sending to one address; what failed for now marks nothing; an address that was
changed meanwhile is not marked for the old one. Not here: how a report is read.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.bounce_reports import Returned, concerns_address
from backend.accounts.return_tokens import address_hash, token_hash
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, Notice, NoticeState


class Outcome(StrEnum):
    """What became of a report."""

    #: The mail's row says that it came back.
    BOUNCED = "bounced"
    #: Besides, the address is marked.
    MARKED = "marked"
    #: Not for good, or said already.
    NOTHING = "nothing"
    #: Nobody's token: forged, or of a mail that is forgotten.
    UNKNOWN = "unknown"


def take_report(session: Session, returned: Returned, now: datetime) -> Outcome:
    """Write down that a mail came back, if it is one of ours and for good."""
    kept = token_hash(returned.token)
    row = session.scalar(select(Notice).where(Notice.return_hash == kept).with_for_update())
    if row is None:
        return Outcome.UNKNOWN
    if not returned.for_good or row.state != NoticeState.SENT.value:
        return Outcome.NOTHING
    return note_bounce(session, row.id, returned.status, now)


def note_bounce(session: Session, notice_id: UUID, status: str, now: datetime) -> Outcome:
    """Let a mail have come back, and mark its address where that is what the status says."""
    row = session.get_one(Notice, notice_id, with_for_update=True)
    row.state, row.bounce_code = NoticeState.BOUNCED.value, status
    session.flush()
    if not concerns_address(status) or row.address_hash is None:
        return Outcome.BOUNCED
    marked = [_mark(one, row.address_hash, status, now) for one in _addressed(session, row)]
    return Outcome.MARKED if any(marked) else Outcome.BOUNCED


def note_refusal(
    session: Session, notice_id: UUID, sent_to: bytes, status: str, now: datetime
) -> Outcome:
    """Let a mail have come back before it left: the server would not take it for its address."""
    session.get_one(Notice, notice_id, with_for_update=True).address_hash = sent_to
    return note_bounce(session, notice_id, status, now)


def unreachable_address(session: Session, account_id: UUID) -> str | None:
    """Return the address of an account whose mails come back; None where they do not."""
    marked = SignInAccount.unreachable_since.is_not(None)
    asked = select(SignInAccount.email).where(SignInAccount.id == account_id, marked)
    return session.scalar(asked)


def confirm_address(session: Session, account_id: UUID, now: datetime) -> None:
    """Take the mark off: its holder says that the address is right, and takes mail again."""
    account = session.get_one(SignInAccount, account_id, with_for_update=True)
    if account.unreachable_since is None:
        return
    account.unreachable_since = account.unreachable_code = None
    record_act(session, ActKind.ADDRESS_CONFIRMED, account_id, account_id, now)


def _addressed(session: Session, row: Notice) -> list[SignInAccount | Beneficiary]:
    """Return whoever the mail was for: the card's holder, and who signs in with that address."""
    found: list[SignInAccount | Beneficiary | None] = []
    if row.account_id is not None:
        found.append(session.get(SignInAccount, row.account_id, with_for_update=True))
    if row.beneficiary_id is not None:
        person = session.get(Beneficiary, row.beneficiary_id, with_for_update=True)
        found.append(person)
        if person is not None and person.email is not None:
            same = select(SignInAccount).where(SignInAccount.email == person.email)
            found.append(session.scalar(same.with_for_update()))
    return [one for one in found if one is not None]


def _mark(one: SignInAccount | Beneficiary, sent_to: bytes, status: str, now: datetime) -> bool:
    if one.email is None or address_hash(one.email) != sent_to:
        return False
    one.unreachable_since = one.unreachable_since or now
    one.unreachable_code = status
    return True
