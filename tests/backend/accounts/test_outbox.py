"""A mail that is owed is sent, put off or given up; never lost, and by one sender at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.delivery import deliver_notices
from backend.accounts.errors import EmailInvalid
from backend.accounts.outbox import (
    CLAIM_MINUTES,
    KEPT_DAYS_MAX,
    RETRY_MINUTES,
    TRIES_MAX,
    claim,
    owe_alarm,
    owe_notice,
)
from backend.accounts.tables import Activation, Beneficiary, Notice, NoticeKind
from backend.mail import Letter, MailRefused, MailUnavailable
from backend.services import Services


class Posting:
    """A post that a test makes fail."""

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.trouble: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def send(self, letter: Letter) -> None:
        self.before()
        if self.trouble is not None:
            raise self.trouble
        self.taken.append(letter)

    @contextmanager
    def open(self) -> Iterator["Posting"]:
        yield self

    @contextmanager
    def closed(self) -> Iterator["Posting"]:
        if self.trouble is not None:
            raise self.trouble
        yield self


@pytest.fixture
def post() -> Posting:
    return Posting()


@pytest.fixture
def lea(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2009, 5, 17),
            contact=Contact("lea@exemple.fr"),
            now=services.now(),
        ).id


def owe(services: Services, who: UUID, kind: NoticeKind = NoticeKind.CODE_SET) -> None:
    with services.database.unit_of_work() as session:
        owe_notice(session, kind, who, services.now())


def states(services: Services) -> list[tuple[str, int]]:
    with services.database.reading() as session:
        rows = session.scalars(select(Notice).order_by(Notice.created_at, Notice.id)).all()
        return [(row.state, row.tries) for row in rows]


def test_what_is_sent_is_sent_once(services: Services, lea: UUID, post: Posting) -> None:
    owe(services, lea)
    assert deliver_notices(services, post.open).sent == 1
    assert deliver_notices(services, post.open).sent == 0
    assert states(services) == [("sent", 1)]
    assert [letter.recipient for letter in post.taken] == ["lea@exemple.fr"]


@pytest.mark.parametrize("away", ["server", "letter"])
def test_what_cannot_leave_is_tried_later_and_later_then_given_up(
    services: Services, lea: UUID, post: Posting, clock: Any, away: str
) -> None:
    owe(services, lea)
    post.trouble = MailUnavailable()
    opening = post.closed if away == "server" else post.open
    for number, minutes in enumerate(RETRY_MINUTES, 1):
        assert deliver_notices(services, opening).put_off == 1
        assert states(services) == [("waiting", number)]
        clock.advance(minutes=minutes, seconds=-1)
        assert deliver_notices(services, opening).put_off == 0
        clock.advance(seconds=1)
    assert deliver_notices(services, opening).given_up == 1
    assert states(services) == [("given_up", TRIES_MAX)]


def test_what_is_refused_for_good_is_not_tried_again(
    services: Services, lea: UUID, post: Posting
) -> None:
    owe(services, lea)
    owe(services, lea, NoticeKind.CODE_BLOCKED)
    post.trouble = MailRefused()
    assert deliver_notices(services, post.open).given_up == 2
    assert states(services) == [("given_up", 1)] * 2


def test_a_sender_that_dies_leaves_the_mail_to_the_next_after_a_while(
    services: Services, lea: UUID, post: Posting, clock: Any
) -> None:
    owe(services, lea)

    def die() -> None:
        raise SystemExit

    post.before = die
    with pytest.raises(SystemExit):
        deliver_notices(services, post.open)
    post.before = lambda: None
    assert deliver_notices(services, post.open).sent == 0
    clock.advance(minutes=CLAIM_MINUTES)
    assert deliver_notices(services, post.open).sent == 1


def test_two_senders_share_and_never_send_the_same(
    services: Services, lea: UUID, post: Posting
) -> None:
    for _ in range(3):
        owe(services, lea)
    with services.database.unit_of_work() as session:
        first = claim(session, services.now())
    with services.database.unit_of_work() as session:
        assert claim(session, services.now()) == []
    assert len({notice.id for notice in first}) == 3


def test_no_row_is_locked_while_the_mail_server_is_waited_for(
    services: Services, lea: UUID, post: Posting
) -> None:
    owe(services, lea, NoticeKind.NEW_CODE_LINK)

    def write_meanwhile() -> None:
        with services.database.unit_of_work() as session:
            session.get_one(Beneficiary, lea, with_for_update=True).phone = "0639984715"
            for row in session.scalars(select(Notice).with_for_update()):
                assert row.state == "waiting"

    post.before = write_meanwhile
    assert deliver_notices(services, post.open).sent == 1


def test_a_link_is_in_the_mail_alone_and_new_at_each_try(
    services: Services, lea: UUID, post: Posting, clock: Any
) -> None:
    owe(services, lea, NoticeKind.NEW_CODE_LINK)
    deliver_notices(services, post.open)
    (letter,) = post.taken
    token = letter.text.partition("/activation/")[2][:43]
    with services.database.reading() as session:
        (kept,) = session.scalars(select(Activation)).all()
        facts = session.scalars(select(Notice.facts)).one()
    assert len(token) == 43
    assert token.encode() not in kept.token_hash
    assert token not in facts
    assert token not in repr(letter)
    assert "lea@" not in repr(letter)


def test_a_link_that_may_not_be_given_any_more_is_not_sent(
    services: Services, lea: UUID, post: Posting
) -> None:
    for _ in range(4):
        owe(services, lea, NoticeKind.NEW_CODE_LINK)
    delivered = deliver_notices(services, post.open)
    assert (delivered.sent, delivered.given_up) == (3, 1)


def test_whose_address_is_gone_gets_nothing_more(
    services: Services, lea: UUID, post: Posting
) -> None:
    owe(services, lea)
    with services.database.unit_of_work() as session:
        session.get_one(Beneficiary, lea).email = None
    assert deliver_notices(services, post.open).given_up == 1
    assert post.taken == []


def test_an_alarm_for_nobody_is_given_up(services: Services, post: Posting) -> None:
    with services.database.unit_of_work() as session:
        owe_alarm(session, {"kind": "spraying"}, services.now())
    assert deliver_notices(services, post.open).given_up == 1


def test_what_left_long_ago_is_forgotten_and_what_waits_is_not(
    services: Services, lea: UUID, post: Posting, clock: Any
) -> None:
    owe(services, lea)
    deliver_notices(services, post.open)
    clock.advance(days=KEPT_DAYS_MAX, seconds=1)
    owe(services, lea)
    post.trouble = MailUnavailable()
    deliver_notices(services, post.open)
    assert states(services) == [("waiting", 1)]


@pytest.mark.parametrize(
    "text",
    ["", "lea", "lea@", "@exemple.fr", "lea@exemple", "lea@ex emple.fr", "a@b.fr,c@d.fr"],
)
def test_what_is_no_address_is_not_kept(services: Services, lea: UUID, text: str) -> None:
    with services.database.unit_of_work() as session, pytest.raises(EmailInvalid):
        create_beneficiary(
            session,
            given_name="L",
            family_name="E",
            birth_date=date(2010, 1, 1),
            contact=Contact(text),
            now=services.now(),
        )
