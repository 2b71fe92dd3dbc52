"""Another address for an account: two people and the new mailbox, and nobody alone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend.accounts.errors import EmailInvalid, NotYours
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.email_change import (
    CHANGE_DAYS_MAX,
    agree_from_old_address,
    answer_at_new_address,
    approve_email_change,
    ask_email_change,
    list_email_changes,
    object_from_old_address,
    refuse_email_change,
)
from backend.accounts.signin.errors import (
    AccountExists,
    EmailChangeOver,
    LinkGone,
    NotSignedIn,
    SameOperator,
)
from backend.accounts.signin.links import find_account, give_link
from backend.accounts.signin.sessions import find_session, open_session
from backend.accounts.signin.tables import SignInAccount, SignInLinkKind, Stage
from backend.services import Services
from tests.backend.web.mailbox import Mailbox
from tests.backend.web.people import make_person

OLD, NEW = "camille@exemple.fr", "camille@nouveau.example"
Run = Callable[..., Any]


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def people(services: Services) -> tuple[UUID, UUID, UUID]:
    """Whoever lost a mailbox, and two operators."""
    return (
        make_person(services, OLD).account_id,
        make_person(services, "olga@exemple.fr", "Olga").account_id,
        make_person(services, "omar@exemple.fr", "Omar").account_id,
    )


@pytest.fixture
def run(services: Services) -> Run:
    def act(function: Run, *told: Any) -> Any:
        with services.database.unit_of_work() as session:
            return function(session, *told, services.now())

    return act


def address(services: Services, account_id: UUID) -> str:
    with services.database.reading() as session:
        return session.get_one(SignInAccount, account_id).email


def token(mailbox: Mailbox, recipient: str) -> str:
    mailbox.empty()
    (letter,) = [one for one in mailbox.letters if one.recipient == recipient]
    return letter.text.partition("/adresse/")[2][:43]


def test_two_operators_and_the_new_mailbox(
    run: Run, people: tuple[UUID, UUID, UUID], services: Services, mailbox: Mailbox
) -> None:
    camille, olga, omar = people
    with services.database.unit_of_work() as session:
        opened = open_session(session, camille, Stage.FULL, "x", services.now())
        password_link = give_link(session, camille, SignInLinkKind.PASSWORD, services.now())
    change = run(ask_email_change, camille, NEW.upper(), olga)
    with pytest.raises(SameOperator):
        run(approve_email_change, change, olga)
    assert run(approve_email_change, change, omar) is False
    assert address(services, camille) == OLD
    (line,) = run(list_email_changes)
    assert (line.agreed, line.answered, line.new_email) == (True, False, NEW)
    old, new = token(mailbox, OLD), token(mailbox, NEW)
    assert NEW not in mailbox.letters[0].text + mailbox.letters[1].text.partition("http")[0]
    with pytest.raises(LinkGone):
        run(answer_at_new_address, old)
    with pytest.raises(LinkGone):
        run(agree_from_old_address, new)
    assert run(answer_at_new_address, new) is True
    assert address(services, camille) == NEW
    with services.database.reading() as session:
        with pytest.raises(NotSignedIn):
            find_session(session, opened, services.now())
        with pytest.raises(LinkGone):
            find_account(session, password_link, services.now())
        kinds = session.scalars(select(SignInAct.kind).order_by(SignInAct.at, SignInAct.id)).all()
        assert sorted(kinds) == ["email_change_agreed", "email_change_asked", "email_changed"]
    told = {(one.recipient, one.subject) for one in mailbox.empty()}
    assert told == {
        (OLD, "Cette adresse n’ouvre plus votre espace Pass"),
        (NEW, "Votre adresse de connexion a changé"),
    }
    for late in (old, new):
        with pytest.raises(LinkGone):
            run(agree_from_old_address, late)
    with pytest.raises(EmailChangeOver):
        run(refuse_email_change, change, omar)


def test_an_operator_and_the_person_from_the_old_address(
    run: Run, people: tuple[UUID, UUID, UUID], services: Services, mailbox: Mailbox
) -> None:
    camille, olga, _omar = people
    run(ask_email_change, camille, NEW, olga)
    new, old = token(mailbox, NEW), token(mailbox, OLD)
    assert run(answer_at_new_address, new) is False
    assert run(agree_from_old_address, old) is True
    assert address(services, camille) == NEW


def test_the_person_may_object_and_it_is_over(
    run: Run, people: tuple[UUID, UUID, UUID], services: Services, mailbox: Mailbox
) -> None:
    camille, olga, omar = people
    change = run(ask_email_change, camille, NEW, olga)
    new = token(mailbox, NEW)
    run(object_from_old_address, token(mailbox, OLD))
    with pytest.raises(LinkGone):
        run(answer_at_new_address, new)
    with pytest.raises(EmailChangeOver):
        run(approve_email_change, change, omar)
    assert (address(services, camille), run(list_email_changes)) == (OLD, [])


def test_the_command_line_alone_changes_nothing(
    run: Run, people: tuple[UUID, UUID, UUID], services: Services, mailbox: Mailbox
) -> None:
    camille, _olga, omar = people
    change = run(ask_email_change, camille, NEW, None)
    assert run(answer_at_new_address, token(mailbox, NEW)) is False
    assert address(services, camille) == OLD
    assert run(approve_email_change, change, omar) is True


def test_what_cannot_be_is_refused(
    run: Run, people: tuple[UUID, UUID, UUID], services: Services, mailbox: Mailbox, clock: Any
) -> None:
    camille, olga, omar = people
    with pytest.raises(EmailInvalid):
        run(ask_email_change, camille, "new\r\nBcc: x@y.fr", olga)
    with pytest.raises(AccountExists):
        run(ask_email_change, camille, "omar@exemple.fr", olga)
    with pytest.raises(NotYours):
        run(ask_email_change, UUID(int=7), NEW, olga)
    first = run(ask_email_change, camille, "typo@exemple.fr", olga)
    second = run(ask_email_change, camille, NEW, olga)
    with pytest.raises(EmailChangeOver):
        run(approve_email_change, first, omar)
    new = token(mailbox, NEW)
    make_person(services, NEW, "Late")
    run(approve_email_change, second, omar)
    with pytest.raises(AccountExists):
        run(answer_at_new_address, new)
    assert address(services, camille) == OLD
    clock.advance(days=CHANGE_DAYS_MAX)
    with pytest.raises(EmailChangeOver):
        run(approve_email_change, second, omar)
    assert run(list_email_changes) == []
