"""Sending what is owed: one run of the job, or one after another.

Promise: no database row is locked while the mail server is waited for; a link exists, in the clear,
in the mail alone; how often and how long is tried is bounded. Not here: the clock of the loop.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from backend.accounts.bounces import note_refusal
from backend.accounts.composing import compose
from backend.accounts.outbox import Claimed, claim, mark_failed, mark_sent, sweep_notices
from backend.accounts.return_tokens import address_hash, return_address
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
    letter = compose(services, notice)
    if letter is None:
        _fail(services, notice, delivered, for_good=True)
        return
    returns = services.settings.mail_returns
    if returns is not None:
        letter = replace(letter, returns_to=return_address(returns, notice.return_token))
    try:
        post.send(letter)
    except MailRefused as refusal:
        LOG.warning("notice %s refused for good: %s", notice.id, refusal)
        _refuse(services, notice, letter, refusal, delivered)
    except MailUnavailable as trouble:
        LOG.warning("notice %s put off: %s", notice.id, trouble)
        _fail(services, notice, delivered, for_good=False)
    else:
        with services.database.unit_of_work() as session:
            mark_sent(session, notice.id, services.now(), address_hash(letter.recipient))
        delivered.sent += 1


def _refuse(
    services: Services,
    notice: Claimed,
    letter: Letter,
    refusal: MailRefused,
    delivered: Delivered,
) -> None:
    """Give a refused letter up; refused for where it should go, it has come back."""
    if not refusal.status:
        _fail(services, notice, delivered, for_good=True)
        return
    sent_to = address_hash(letter.recipient)
    with services.database.unit_of_work() as session:
        note_refusal(session, notice.id, sent_to, refusal.status, services.now())
    delivered.given_up += 1


def _fail(services: Services, notice: Claimed, delivered: Delivered, *, for_good: bool) -> None:
    with services.database.unit_of_work() as session:
        given_up = mark_failed(session, notice.id, services.now(), for_good=for_good)
    delivered.given_up += given_up
    delivered.put_off += not given_up
