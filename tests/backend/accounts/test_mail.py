"""Mails leave through a real SMTP server, encrypted as the settings say or not at all."""

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.letters import LETTERS, Occasion, write_letter
from backend.accounts.outbox import owe_alarm, owe_notice
from backend.accounts.tables import NoticeKind
from backend.commands.notices import send_once
from backend.commands.refusal import CommandRefused
from backend.mail import Letter, MailRefused, MailUnavailable, open_post
from backend.services import Services
from backend.settings import MailSecurity, Settings

from .conftest import PASSWORD

LETTER = Letter(
    "lea@exemple.fr", "Bloqué", "Bonjour Léa,\n", "n1", datetime(2026, 9, 1, tzinfo=UTC)
)


@pytest.fixture
def settings_for(certificate: Any) -> Callable[..., Settings]:
    def make(port: int, security: str, **more: Any) -> Settings:
        return Settings(
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security=MailSecurity(security),
            smtp_ca_file=certificate[0],
            mail_sender="pass@exemple.fr",
            **more,
        )

    return make


@pytest.mark.parametrize("security", list(MailSecurity))
def test_a_letter_arrives(serve_mail: Any, settings_for: Any, security: MailSecurity) -> None:
    mailbox = serve_mail(security.value)
    with open_post(settings_for(mailbox.port, security.value)) as post:
        post.send(LETTER)
    (mail,) = mailbox.taken
    # In TLS from the first byte, the server speaks nothing else.
    assert mailbox.upgraded == [security is MailSecurity.STARTTLS]
    assert (mail["To"], mail["From"]) == ("lea@exemple.fr", "Pass <pass@exemple.fr>")
    assert (mail["Subject"], mail["Message-ID"]) == ("Bloqué", "<n1@exemple.fr>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip() == "Bonjour Léa,"


def test_a_server_that_wants_to_know_us_is_told_the_password(
    serve_mail: Any, settings_for: Any, tmp_path: Path
) -> None:
    mailbox = serve_mail("starttls", auth=True)
    secret = tmp_path / "password"
    named = {"smtp_username": "pass", "smtp_password_file": secret}
    secret.write_text(f"{PASSWORD}\n")
    with open_post(settings_for(mailbox.port, "starttls", **named)) as post:
        post.send(LETTER)
    assert len(mailbox.taken) == 1
    secret.write_text("wrong")
    with pytest.raises(MailUnavailable) as caught:
        open_post(settings_for(mailbox.port, "starttls", **named)).__enter__()
    assert "wrong" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_nothing_is_sent_in_the_clear_instead(serve_mail: Any, settings_for: Any) -> None:
    plain = serve_mail("none")
    with pytest.raises(MailUnavailable):
        open_post(settings_for(plain.port, "starttls")).__enter__()
    with pytest.raises(MailUnavailable):
        open_post(settings_for(plain.port, "tls")).__enter__()
    assert plain.taken == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_server_nobody_vouches_for_gets_nothing(
    serve_mail: Any, settings_for: Any, security: str
) -> None:
    mailbox = serve_mail(security)
    stranger = settings_for(mailbox.port, security).model_copy(update={"smtp_ca_file": None})
    with pytest.raises(MailUnavailable):
        open_post(stranger).__enter__()
    assert mailbox.taken == []


@pytest.mark.parametrize(
    ("answer", "error"), [("550 no such user", MailRefused), ("451 greylisted", MailUnavailable)]
)
def test_a_refusal_is_for_good_or_for_now(
    serve_mail: Any, settings_for: Any, answer: str, error: type[Exception]
) -> None:
    mailbox = serve_mail("none")
    with open_post(settings_for(mailbox.port, "none")) as post:
        mailbox.recipient_answer = lambda _address: answer
        with pytest.raises(error) as caught:
            post.send(LETTER)
        assert "lea" not in str(caught.value)
    mailbox.recipient_answer = lambda _address: "250 OK"
    mailbox.data_answer = answer
    with open_post(settings_for(mailbox.port, "none")) as post, pytest.raises(error):
        post.send(LETTER)


def test_no_server_is_unavailable(serve_mail: Any, settings_for: Any) -> None:
    with pytest.raises(MailUnavailable):
        open_post(settings_for(1, "none")).__enter__()


# --- what leaves, from the outbox to the mailbox


def test_from_what_happened_to_the_holders_mailbox(
    services: Services, serve_mail: Any, settings_for: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mailbox = serve_mail("starttls")
    settings = settings_for(
        mailbox.port,
        "starttls",
        operator_email="garde@exemple.fr",
        public_url="https://pass.exemple.fr/",
    )
    services = Services(settings, services.database, services.vault, services.now)
    with services.database.unit_of_work() as session:
        lea = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Exemple",
            birth_date=date(2010, 3, 14),
            contact=Contact(email="lea@exemple.fr"),
            now=services.now(),
        ).id
        for kind in LETTERS:
            owe_notice(session, kind, lea, services.now())
        owe_alarm(session, {"kind": "spraying", "figure": 10}, services.now())
    delivered = send_once(services)
    assert (delivered.sent, delivered.put_off, delivered.given_up) == (len(LETTERS) + 1, 0, 0)
    assert send_once(services).sent == 0
    by_subject = {mail["Subject"]: mail for mail in mailbox.taken}
    assert {mail["To"] for mail in mailbox.taken} == {"lea@exemple.fr", "garde@exemple.fr"}
    assert "spraying" in by_subject["Pass : alerte"].get_content()
    said = [plain(mail) for mail in mailbox.taken]
    address = re.compile(r"https://pass\.exemple\.fr/activation/(\S{43})\s")
    links = [found.group(1) for text in said if (found := address.search(text))]
    assert len(links) == 1
    # The test's own mail server writes everything down.
    written = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
    assert links[0] not in "".join(written)
    blocked = plain(by_subject["Votre code Pass est bloqué"])
    assert "le 1 septembre 2026 à 12:00" in blocked
    assert "https://pass.exemple.fr/code-oublie" in blocked
    assert "lea@exemple.fr" not in "".join(written)


def plain(mail: Any) -> str:
    body = mail.get_body(preferencelist=("plain",))
    text: str = body.get_content()
    return text


def test_without_a_mail_server_the_job_says_what_is_missing(services: Services) -> None:
    with pytest.raises(CommandRefused, match="smtp_host"):
        send_once(services)


def test_every_mail_is_french_then_english_and_warns_never_to_tell(services: Services) -> None:
    told = {kind for kind in NoticeKind if kind is not NoticeKind.ALARM}
    assert set(LETTERS) == told
    occasion = Occasion(
        "https://pass.exemple.fr", services.now(), _zone(), "Léa", "https://pass.exemple.fr/x"
    )
    for kind in told:
        subject, text = write_letter(kind, occasion)
        assert "!" not in subject + text
        assert "PIN" not in subject + text
        assert text.startswith("Bonjour Léa,")
        assert "Ne communiquez jamais votre code" in text
        assert text.index("Ne communiquez") < text.index("Never tell anybody")
        assert "{" not in text


def _zone() -> Any:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    return ZoneInfo("Europe/Paris")


PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "database_url": "postgresql+psycopg://pass@/pass",
    "vault_socket": "/run/pass-vault/socket",
    "smtp_host": "mail.exemple.fr",
    "mail_sender": "pass@exemple.fr",
    "public_url": "https://pass.exemple.fr",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"smtp_security": "none"}, "unencrypted"),
        ({"public_url": "http://pass.exemple.fr"}, "HTTPS"),
        ({"mail_sender": None}, "mail_sender"),
        ({"mail_sender": "pass"}, "mail_sender"),
        ({"operator_email": "garde@exemple.fr\nBcc: x@y"}, "operator_email"),
        ({"smtp_port": 0}, "smtp_port"),
        ({"public_url": "pass.exemple.fr"}, "public_url"),
    ],
)
def test_unsafe_mail_settings_are_refused(change: dict[str, Any], said: str) -> None:
    Settings(**PRODUCTION)
    with pytest.raises(ValidationError, match=said):
        Settings(**PRODUCTION | change)
