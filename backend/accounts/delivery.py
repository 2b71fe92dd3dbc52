"""Sending what is owed: one run of the job, or one after another.

Promise: no database row is locked while the mail server is waited for; a link exists, in the clear,
in the mail alone; how often and how long is tried is bounded. Not here: the clock of the loop.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from backend.accounts.activation import offer_new_code
from backend.accounts.errors import TooManyLinks
from backend.accounts.letters import Occasion, write_alarm, write_letter
from backend.accounts.outbox import Claimed, claim, mark_failed, mark_sent, sweep_notices
from backend.accounts.signin.letters import PASSWORD_PATH, write_sign_in_letter
from backend.accounts.signin.links import give_link
from backend.accounts.signin.tables import SignInAccount, SignInLinkKind
from backend.accounts.tables import Beneficiary, NoticeKind, SignInNoticeKind
from backend.mail import Letter, MailRefused, MailUnavailable
from backend.services import Services

LOG = logging.getLogger(__name__)


class Posting(Protocol):
    """What letters are handed to."""

    def send(self, letter: Letter) -> None:
        """Hand one letter over; raise MailRefused, MailUnavailable."""
        ...


OpenPost = Callable[[], AbstractContextManager[Posting]]


@dataclass(slots=True)
class Delivered:
    """What became of the mails of one run."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0

    @property
    def words(self) -> str:
        """Say it in one line."""
        return f"{self.sent} sent, {self.put_off} put off, {self.given_up} given up"


def deliver_notices(services: Services, open_post: OpenPost) -> Delivered:
    """Send the mails that are due now, at most CLAIMED_MAX; nobody is asked when there are none."""
    delivered = Delivered()
    with services.database.unit_of_work() as session:
        sweep_notices(session, services.now())
        claimed = claim(session, services.now())
    if not claimed:
        return delivered
    try:
        with open_post() as post:
            for notice in claimed:
                _deliver(services, post, notice, delivered)
    except MailUnavailable as trouble:
        LOG.warning("mail server unavailable: %s", trouble)
        for notice in claimed[delivered.sent + delivered.put_off + delivered.given_up :]:
            _fail(services, notice, delivered, for_good=False)
    return delivered


def _deliver(services: Services, post: Posting, notice: Claimed, delivered: Delivered) -> None:
    letter = _compose(services, notice)
    if letter is None:
        _fail(services, notice, delivered, for_good=True)
        return
    try:
        post.send(letter)
    except MailRefused as refusal:
        LOG.warning("notice %s refused for good: %s", notice.id, refusal)
        _fail(services, notice, delivered, for_good=True)
    except MailUnavailable as trouble:
        LOG.warning("notice %s put off: %s", notice.id, trouble)
        _fail(services, notice, delivered, for_good=False)
    else:
        with services.database.unit_of_work() as session:
            mark_sent(session, notice.id, services.now())
        delivered.sent += 1


def _fail(services: Services, notice: Claimed, delivered: Delivered, *, for_good: bool) -> None:
    with services.database.unit_of_work() as session:
        given_up = mark_failed(session, notice.id, services.now(), for_good=for_good)
    delivered.given_up += given_up
    delivered.put_off += not given_up


def _compose(services: Services, notice: Claimed) -> Letter | None:
    """Write a mail; None when there is nobody to send it to, or nothing to send any more."""
    settings = services.settings
    zone = ZoneInfo(settings.time_zone)
    occasion = Occasion(settings.public_url.rstrip("/"), notice.created_at, zone)
    if notice.account_id is not None:
        return _compose_for_sign_in(services, notice, occasion)
    if notice.beneficiary_id is None:
        if settings.operator_email is None:
            return None
        subject, text = write_alarm(notice.facts, occasion)
        return Letter(settings.operator_email, subject, text, str(notice.id), notice.created_at)
    with services.database.unit_of_work() as session:
        person = session.get(Beneficiary, notice.beneficiary_id)
        if person is None or person.email is None:
            return None
        recipient, given_name, link = person.email, person.given_name, ""
        if notice.kind is NoticeKind.NEW_CODE_LINK:
            try:
                token = offer_new_code(session, person.id, services.now())
            except TooManyLinks:
                return None
            link = f"{occasion.public_url}/activation/{token}"
    occasion = replace(occasion, given_name=given_name, link=link)
    subject, text = write_letter(NoticeKind(notice.kind), occasion)
    return Letter(recipient, subject, text, str(notice.id), notice.created_at)


_LINKS: Final = {
    SignInNoticeKind.INVITATION: SignInLinkKind.INVITATION,
    SignInNoticeKind.PASSWORD_LINK: SignInLinkKind.PASSWORD,
}


def _compose_for_sign_in(services: Services, notice: Claimed, occasion: Occasion) -> Letter | None:
    """Write a mail to somebody who signs in; a link is made now, for this mail alone."""
    kind = SignInNoticeKind(notice.kind)
    with services.database.unit_of_work() as session:
        account = session.get(SignInAccount, notice.account_id)
        if account is None or account.closed_at is not None:
            return None
        recipient, given_name, link = account.email, account.given_name, ""
        if kind in _LINKS:
            token = give_link(session, account.id, _LINKS[kind], services.now())
            link = f"{occasion.public_url}{PASSWORD_PATH}/{token}"
    subject, text = write_sign_in_letter(kind, replace(occasion, given_name=given_name, link=link))
    return Letter(recipient, subject, text, str(notice.id), notice.created_at)
