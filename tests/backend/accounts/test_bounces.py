"""Mails that come back: read whatever they are, believed only with the token of their sending."""

import io
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from backend import schema
from backend.accounts.beneficiaries import Contact, create_beneficiary, set_contact
from backend.accounts.bounce_reports import (
    MESSAGE_BYTES_MAX,
    TOKEN_CHARACTERS,
    concerns_address,
    read_report,
)
from backend.accounts.outbox import owe_notice
from backend.accounts.return_tokens import new_token
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary, Notice, NoticeKind
from backend.commands import bounces
from backend.commands.notices import send_once
from backend.commands.refusal import CommandRefused
from backend.mail import open_post
from backend.services import Services
from backend.settings import MailSecurity, Settings

EMAIL = "lea@exemple.fr"
TOKEN = "a" * TOKEN_CHARACTERS


def report(token: str, status: str = "5.1.1", action: str = "failed", header: str = "To") -> bytes:
    """Write a message as a mail server writes one that came back (RFC 3464)."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.exemple.fr
{header}: <retours+{token}@pass.exemple.fr>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you: 5.9.9 is not what decides.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.exemple.fr
Arrival-Date: Tue, 1 Sep 2026 12:00:00 +0200

Final-Recipient: rfc822; lea@exemple.fr
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 nobody here

--b
Content-Type: message/rfc822

From: pass@exemple.fr
Subject: Votre code Pass

Bonjour
--b--
""".replace("\n", "\r\n").encode()


GENUINE = report(TOKEN)


@given(st.binary(max_size=2_000))
@example(GENUINE[:300])
@example(b"Content-Type: multipart/report; boundary=" + b"x" * 500 + b"\n\n--x")
@example(b"Content-Type: message/delivery-status\n\n\n\n")
@example("To: é+".encode() + TOKEN.encode() + b"@x\nContent-Type: =?x?q?=FF?=\n\n")
def test_whatever_the_bytes_they_are_no_error_and_no_report(raw: bytes) -> None:
    assert read_report(raw) is None


@given(st.integers(0, len(GENUINE) - 1), st.binary(min_size=0, max_size=40))
def test_a_report_that_was_spoilt_has_its_token_or_is_none(place: int, noise: bytes) -> None:
    """Whatever is written over or cut, no other token than the one that was there comes out."""
    spoilt = GENUINE[:place] + noise + GENUINE[place + len(noise) :]
    for raw in (spoilt, GENUINE[:place], GENUINE[:place] + noise + GENUINE[place:]):
        found = read_report(raw)
        told = {one.decode().lower() for one in re.findall(rb"\+([A-Za-z2-7]{26})@", raw)}
        assert found is None or found.token in told


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_a_genuine_report_is_read(header: str) -> None:
    found = read_report(report(TOKEN.upper(), "4.4.1", header=header))
    assert found is not None
    assert (found.token, found.status, found.for_good) == (TOKEN, "4.4.1", False)
    assert TOKEN not in repr(found)
    stripped = report(TOKEN, header="X-Other")
    assert read_report(stripped) is None
    told_apart = read_report(stripped, f"retours+{TOKEN}@pass.exemple.fr")
    assert told_apart is not None
    assert told_apart.status == "5.1.1"


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", ""])
def test_what_is_no_failure_is_none(action: str) -> None:
    assert read_report(report(TOKEN, action=action)) is None


def test_a_message_as_long_as_may_be_is_read_in_bounded_work() -> None:
    parts = b"--b\r\nContent-Type: message/delivery-status\r\n\r\n\r\n" * 30_000
    head = GENUINE.partition(b"--b\r\n")[0]
    assert read_report((head + parts)[: 2 * MESSAGE_BYTES_MAX]) is None


@pytest.mark.parametrize(
    ("status", "of_address"),
    [("5.1.1", True), ("5.2.1", True), ("5.0.0", True), ("5.4.4", True), ("5.7.1", False),
     ("5.6.0", False), ("5.3.4", False), ("4.2.2", False), ("x", False)],
)  # fmt: skip
def test_a_letter_that_is_not_wanted_says_nothing_of_its_address(
    status: str, of_address: bool
) -> None:
    assert concerns_address(status) is of_address


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the engines do differently is tested with the outbox."""
    return sqlite_url


@pytest.fixture
def lea(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        invite_to_sign_in(services, session, EMAIL, "Léa", "Martin")
        return create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2009, 5, 17),
            contact=Contact(EMAIL),
            now=services.now(),
        ).id


@pytest.fixture
def send(
    services: Services, lea: UUID, serve_mail: Any
) -> Callable[..., tuple[Any, Callable[[], Notice]]]:
    """Let a mail to Léa leave through a real server; return the mailbox, and the mail's row."""

    def leave(answer: str = "250 OK") -> tuple[Any, Callable[[], Notice]]:
        mailbox = serve_mail("none")
        mailbox.recipient_answer = lambda _address: answer
        settings = Settings(
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_security=MailSecurity.NONE,
            mail_sender="pass@exemple.fr",
            mail_returns="retours@pass.exemple.fr",
        )
        with services.database.unit_of_work() as session:
            session.query(Notice).delete()
            owe_notice(session, NoticeKind.CODE_SET, lea, services.now())
        sending = Services(settings, services.database, services.vault, services.now)
        send_once(sending, lambda: open_post(settings))

        def row() -> Notice:
            with services.database.reading() as session:
                return session.scalars(select(Notice)).one()

        return mailbox, row

    return leave


def marks(services: Services) -> set[str | None]:
    """Return how the holder's address is marked, and the account's."""
    with services.database.reading() as session:
        people = session.scalars(select(Beneficiary.unreachable_code)).all()
        return {*people, *session.scalars(select(SignInAccount.unreachable_code))}


def token_in(mailbox: Any) -> str:
    (envelope,) = mailbox.returns
    return str(envelope).partition("+")[2].partition("@")[0]


def test_a_mail_leaves_with_a_token_and_comes_back_with_it_once(
    services: Services, send: Any, lea: UUID
) -> None:
    mailbox, row = send()
    token = token_in(mailbox)
    assert mailbox.returns == [f"retours+{token}@pass.exemple.fr"]
    assert mailbox.taken[0]["From"] == "Pass <pass@exemple.fr>"
    assert token not in mailbox.taken[0].as_string()
    assert token.encode() not in (row().return_hash or b"")

    def back(raw: bytes) -> str:
        return bounces.take_one(services.database, services.now(), io.BytesIO(raw))

    assert "none of our mails" in back(report(new_token()))
    assert "for now" in back(report(token, "4.2.2"))
    assert (row().state, marks(services)) == ("sent", {None})
    assert "marked" in back(report(token))
    assert (row().state, row().bounce_code) == ("bounced", "5.1.1")
    assert marks(services) == {"5.1.1"}
    assert "nothing changes" in back(report(token, "5.2.1"))
    assert marks(services) == {"5.1.1"}
    with services.database.unit_of_work() as session:
        set_contact(session.get_one(Beneficiary, lea), Contact("lea@ailleurs.fr"))
    assert marks(services) == {None, "5.1.1"}


def test_an_address_that_was_changed_is_not_marked_for_the_old_one(
    services: Services, send: Any, lea: UUID
) -> None:
    mailbox, row = send()
    with services.database.unit_of_work() as session:
        set_contact(session.get_one(Beneficiary, lea), Contact("lea@ailleurs.fr"))
    bounces.take_one(services.database, services.now(), io.BytesIO(report(token_in(mailbox))))
    assert (row().state, marks(services)) == ("bounced", {None})


def test_what_was_refused_for_what_it_is_marks_no_address(services: Services, send: Any) -> None:
    mailbox, row = send()
    bounces.take_one(
        services.database, services.now(), io.BytesIO(report(token_in(mailbox), "5.7.1"))
    )
    assert (row().state, row().bounce_code, marks(services)) == ("bounced", "5.7.1", {None})


@pytest.mark.parametrize(
    ("answer", "state", "mark"),
    [
        ("550 5.1.1 Nobody here", "bounced", "5.1.1"),
        ("550 Nobody here", "bounced", "5.0.0"),
        ("554 5.7.1 Go away", "bounced", None),
        ("451 4.3.0 Later", "waiting", None),
    ],
)
def test_a_server_that_refuses_an_address_at_once_is_heard(
    services: Services, send: Any, answer: str, state: str, mark: str | None
) -> None:
    _, row = send(answer)
    assert (row().state, marks(services)) == (state, {mark})


def test_a_maildir_is_read_some_at_a_time_and_keeps_what_is_not_ours(
    services: Services, send: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, row = send()
    with pytest.raises(CommandRefused, match="no Maildir"):
        bounces.take_folder(services.database, services.now(), tmp_path)
    for folder in ("new", "cur"):
        (tmp_path / folder).mkdir()
    (tmp_path / "new" / "1.ours").write_bytes(report(token_in(mailbox)))
    (tmp_path / "new" / "2.letter").write_bytes(b"Subject: Hello\n\nWhen do you open?")
    (tmp_path / "new" / "3.link").symlink_to("/etc/passwd")
    (tmp_path / "new" / "4.forged").write_bytes(report(new_token()))
    monkeypatch.setattr(bounces, "MESSAGES_PER_ROUND_MAX", 2)
    done = bounces.take_folder(services.database, services.now(), tmp_path)
    assert done.in_words() == "1 read, 1 addresses marked, 1 left in cur"
    assert row().state == "bounced"
    bounces.take_folder(services.database, services.now(), tmp_path)
    assert list((tmp_path / "new").iterdir()) == []
    kept = sorted(one.name for one in (tmp_path / "cur").iterdir())
    assert kept == ["2.letter:2,", "3.link:2,", "4.forged:2,"]


def test_the_pipe_reads_standard_input(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from backend.__main__ import main  # noqa: PLC0415 - a command's own start

    class Stdin:
        buffer = io.BytesIO(b"Subject: Hello\n\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    url = services.database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("PASS_BACKEND_DATABASE_URL", url)
    # The mail server's own user has no key of ours.
    monkeypatch.setenv("PASS_BACKEND_VAULT_KEY_FILE", "/nowhere")
    with services.database.engine.begin() as connection:
        scripts = ScriptDirectory(str(schema.MIGRATIONS))
        MigrationContext.configure(connection).stamp(scripts, "head")
    assert main(["mail", "bounced"]) == 0
    assert "no report" in capsys.readouterr().out


def test_a_return_address_has_room_for_its_token() -> None:
    with pytest.raises(ValueError, match="mail_returns"):
        Settings(mail_returns=f"{'x' * 38}@exemple.fr")
    with pytest.raises(ValueError, match="mail_returns"):
        Settings(mail_returns="retours+x@exemple.fr")
