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
from backend.accounts.signin.address_letters import AddressLetter, compose_address_letter
from backend.accounts.signin.letters import LETTERS as SIGN_IN_LETTERS
from backend.accounts.signin.letters import compose_sign_in_letter
from backend.accounts.signin.sign_up import Asked, ask_to_sign_up
from backend.accounts.signin.tables import Language
from backend.accounts.tables import NoticeKind, SignInNoticeKind
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


@pytest.mark.parametrize("language", list(Language))
def test_who_signs_up_gets_a_mail_as_text_and_as_a_page(
    serve_mail: Any, settings_for: Any, services: Services, language: Language
) -> None:
    """Through the outbox and a real server: a link in both, in their language."""
    mailbox = serve_mail("starttls")
    settings = settings_for(mailbox.port, "starttls", public_url="https://pass.exemple.fr/")
    services = Services(settings, services.database, services.vault, services.now)
    asked = Asked("Lea@Exemple.fr", "Léa", "Durand", date(2001, 3, 14), language, 1)
    ask_to_sign_up(services, asked, "192.0.2.7")
    assert send_once(services).sent == 1
    (mail,) = mailbox.taken
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["To"] == "lea@exemple.fr"
    html = mail.get_body(preferencelist=("html",)).get_content()
    links = re.findall(r"https://pass\.exemple\.fr/inscription/[\w-]{43}", plain(mail))
    assert len(set(links)) == 1
    assert f'href="{links[0]}"' in html
    assert f'<html lang="{language.value}">' in html
    assert not re.search(r"<(img|script|link|iframe)", html)
    hello = {Language.FRENCH: "Bonjour,", Language.ENGLISH: "Hello,"}[language]
    assert plain(mail).startswith(hello)
    assert "Léa" not in plain(mail)  # nobody sends words of theirs to another's mailbox
    max_line = max(len(line) for line in mail.as_bytes().splitlines())
    assert max_line <= 998


@pytest.mark.parametrize("language", list(Language))
def test_every_mail_to_who_signs_in_is_whole_in_both_languages(language: Language) -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC)
    link = "https://pass.exemple.fr/x/y"
    occasion = Occasion("https://pass.exemple.fr", at, _zone(), "Léa", link, language.value, "x")
    assert set(SIGN_IN_LETTERS) == set(SignInNoticeKind)
    written = [compose_sign_in_letter(kind, occasion) for kind in SignInNoticeKind]
    written += [compose_address_letter(letter, occasion) for letter in AddressLetter]
    for one in written:
        assert "{" not in one.text + one.subject
        assert "!" not in one.text + one.subject
        assert {part.language for part in one.parts} == {language.value}
        assert len(one.subject) < 70
        french = "vous" in one.text.lower() or "votre" in one.text.lower()
        assert french is (language is Language.FRENCH), one.text


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
