"""What is done to an account, a card or a Pass is told by mail: through a real server, whole.

Each kind of mail once in each language, as text and as a page; and what an office or an operator
does owes one. What people do themselves: tests/backend/web, beside the page.
"""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_notice, owe_sign_in_notice
from backend.accounts.signin.sign_up_tables import EmailChange
from backend.accounts.signin.tables import Language, SignInAccount
from backend.accounts.tables import Notice, NoticeKind, SignInNoticeKind
from backend.cards.history import THE_SYSTEM
from backend.cards.reporting import WithdrawalReason, stop_card, withdraw_card
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.commands.notices import send_once
from backend.holders.tables import ErasureRequest
from backend.operators.acting import close_account, end_sessions
from backend.operators.entering import Acting
from backend.operators.errors import AlreadyDone
from backend.operators.tables import OperatorRole
from backend.privacy import requests
from backend.services import Services
from backend.settings import MailSecurity, Settings
from tests.backend.web.operator_desk import Desk, build_desk, make_account, make_operator

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OF_CARDS = [kind for kind in NoticeKind if kind is not NoticeKind.ALARM]


@pytest.fixture
def mailbox(serve_mail: Any) -> Any:
    return serve_mail("none")


@pytest.fixture
def posted(services: Services, mailbox: Any) -> Services:
    """The same, with a mail server."""
    settings = Settings(
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_security=MailSecurity.NONE,
        mail_sender="pass@exemple.fr",
        public_url="https://pass.exemple.fr",
    )
    return Services(settings, services.database, services.vault, services.now)


@pytest.fixture
def desk(services: Services) -> Desk:
    made = build_desk(services)
    with services.database.unit_of_work() as session:
        session.query(Notice).delete()
    return made


def owe_every_kind(services: Services, account_id: UUID, language: Language) -> None:
    now = services.now()
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id)
        account.language = language.value
        change = EmailChange(
            id=uuid4(),
            account_id=account_id,
            old_email=account.email,
            new_email=f"new.{language.value}@exemple.fr",
            asked_by=account_id,
            asked_at=now,
            expires_at=now + timedelta(hours=1),
        )
        session.add(change)
        session.flush()
        for kind in SignInNoticeKind:
            about_id = change.id if kind is SignInNoticeKind.EMAIL_CHANGE_ASKED else None
            owe_sign_in_notice(session, kind, account_id, now, about="x", about_id=about_id)


def test_every_mail_leaves_as_text_and_as_a_page(
    posted: Services, mailbox: Any, desk: Desk
) -> None:
    people = {one: make_account(posted, f"{one.value}@exemple.fr") for one in Language}
    with posted.database.unit_of_work() as session:
        session.query(Notice).delete()
        for kind in OF_CARDS:
            owe_notice(session, kind, desk.shop.lea, posted.now())
    for language, account_id in people.items():
        owe_every_kind(posted, account_id, language)
    while send_once(posted).sent:
        pass
    by_person: dict[str, list[Any]] = {
        one: [] for one in ("fr@exemple.fr", "en@exemple.fr", "lea@lycee.example")
    }
    for mail in mailbox.taken:
        by_person[mail["To"]].append(mail)
    counts = {to: len(mails) for to, mails in by_person.items()}
    each = len(SignInNoticeKind)
    assert counts == {
        "fr@exemple.fr": each,
        "en@exemple.fr": each,
        "lea@lycee.example": len(OF_CARDS),
    }
    for to, mails in by_person.items():
        for mail in mails:
            parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
            assert set(parts) == {"text/plain", "text/html"}, mail["Subject"]
            said_in = "en" if to.startswith("en") else "fr"
            assert f'<html lang="{said_in}">' in parts["text/html"], mail["Subject"]
            assert ("Bonjour" in parts["text/plain"]) == (said_in == "fr"), mail["Subject"]
            never = "Never" if said_in == "en" else "jamais"
            assert never in parts["text/plain"], mail["Subject"]


def owed(services: Services) -> list[tuple[str, UUID | None, str]]:
    with services.database.reading() as session:
        rows = session.scalars(select(Notice).order_by(Notice.created_at)).all()
        return [
            (one.kind, one.beneficiary_id or one.account_id, json.loads(one.facts).get("about", ""))
            for one in rows
        ]


def test_a_card_in_somebodys_hand_is_not_stopped_in_silence(services: Services, desk: Desk) -> None:
    shop, now = desk.shop, services.now()

    def stop(session: Session) -> None:
        stop_card(session, shop.card, "decision", now, by=THE_SYSTEM)

    def withdraw(session: Session) -> None:
        withdraw_card(session, shop.card, WithdrawalReason.LEFT, now, by=THE_SYSTEM)

    for state in (CardState.ACTIVE, CardState.BLOCKED, CardState.PRODUCED):
        for act in (stop, withdraw):
            with services.database.unit_of_work() as session:
                session.query(Notice).delete()
                session.get_one(Card, shop.card).state = state.value
            for _ in range(2):
                with services.database.unit_of_work() as session:
                    act(session)
            told = [("card_stopped", shop.lea, "")] if state is CardState.ACTIVE else []
            assert owed(services) == told, (state, act)


def test_an_operator_ends_nothing_in_silence(services: Services, desk: Desk) -> None:
    operator = make_operator(services, "op@region.example")
    acting = Acting(
        operator,
        uuid4(),
        given_name="Nora",
        email="op@region.example",
        role=OperatorRole.OPERATOR,
        proved=True,
        fresh=True,
        searched=None,
    )
    with services.database.unit_of_work() as session:
        session.query(Notice).delete()
        end_sessions(session, acting, desk.holder, "Poste partagé", services.now())
        close_account(session, acting, desk.member, "Départ", services.now())
        with pytest.raises(AlreadyDone):
            close_account(session, acting, desk.member, "Départ", services.now())
    assert owed(services) == [
        ("signin_ended", desk.holder, ""),
        ("signin_closed", desk.member, ""),
    ]


def test_that_an_account_is_closed_is_the_last_it_hears(
    posted: Services, mailbox: Any, desk: Desk
) -> None:
    now = posted.now()
    with posted.database.unit_of_work() as session:
        session.get_one(SignInAccount, desk.member).closed_at = now
        for kind in (SignInNoticeKind.ACCOUNT_CLOSED, SignInNoticeKind.PASSWORD_SET):
            owe_sign_in_notice(session, kind, desk.member, now)
    send_once(posted)
    assert [mail["Subject"] for mail in mailbox.taken] == ["Votre compte Pass est fermé"]


@pytest.mark.parametrize("granted", [True, False])
def test_who_asked_for_erasure_is_told_the_answer(
    services: Services, desk: Desk, granted: bool
) -> None:
    parent = make_account(services, "parent@exemple.fr")
    now, request_id = services.now(), uuid4()
    with services.database.unit_of_work() as session:
        session.query(Notice).delete()
        session.add(
            ErasureRequest(
                id=request_id, beneficiary_id=desk.shop.lea, account_id=parent, asked_at=now
            )
        )
        session.flush()
        if granted:
            requests.grant(session, request_id, desk.holder, "op@region.example", now)
        else:
            requests.refuse(session, request_id, desk.holder, "Un litige est ouvert.", now)
    assert owed(services) == [("signin_erasure", parent, "erased" if granted else "not_erased")]
