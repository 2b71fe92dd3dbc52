"""The one file that speaks SMTP: a letter leaves for the operator's own mail server.

Promise: every wait is bounded; the connection is encrypted as the settings say, or there is none;
an address or a text is never in an error. Not here: what is owed to whom, and the words.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from backend.settings import MailSecurity, Settings
from passcard.secret import Secret

WAIT_SECONDS_MAX: Final = 15
PASSWORD_BYTES_MAX: Final = 1024
#: What a server says of a recipient it refuses for good (RFC 2034), and where it says no more.
_STATUS: Final = re.compile(rb"5\.\d{1,3}\.\d{1,3}(?!\d)")
NO_STATUS: Final = "5.0.0"


class MailUnavailable(Exception):
    """The mail server cannot be reached, or takes nothing now: try again later."""


class MailRefused(Exception):
    """The mail server refuses this letter for good: it is wrong, or nobody has that address.

    `status` is what was said of its recipient (RFC 3463); empty where the letter was refused.
    """

    def __init__(self, words: str = "", status: str = "") -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, in plain text, and perhaps as a page besides."""

    recipient: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    #: The same whenever the letter is sent again, so that a mailbox may drop the second.
    name: str
    written_at: datetime
    html: str = field(default="", repr=False)
    #: Where it comes back to, if it does; empty: to the sender.
    returns_to: str = field(default="", repr=False)


class Post:
    """An open connection to the mail server."""

    def __init__(self, server: smtplib.SMTP, sender: str) -> None:
        self._server = server
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hand one letter over; raise MailRefused, MailUnavailable."""
        message = _message(letter, self._sender)
        try:
            envelope = letter.returns_to or self._sender
            self._server.send_message(message, envelope, [letter.recipient])
        except smtplib.SMTPRecipientsRefused as refusal:
            raise _refused(refusal) from None
        except smtplib.SMTPDataError as refusal:
            raise _trouble(refusal.smtp_code) from None
        except (smtplib.SMTPException, OSError, UnicodeError):
            # `from None`: a cause may quote the address.
            raise MailUnavailable from None


@contextmanager
def open_post(settings: Settings) -> Iterator[Post]:
    """Connect to the mail server of the settings; raise MailUnavailable, ValueError without one."""
    if settings.smtp_host is None or settings.mail_sender is None:
        msg = "smtp_host and mail_sender are not set: no mail can leave"
        raise ValueError(msg)
    try:
        server = _connect(settings, settings.smtp_host)
    except (smtplib.SMTPException, OSError) as cause:
        raise MailUnavailable(type(cause).__name__) from None
    try:
        yield Post(server, settings.mail_sender)
    finally:
        _part(server)


def _connect(settings: Settings, host: str) -> smtplib.SMTP:
    place = host, settings.smtp_port
    if settings.smtp_security is MailSecurity.TLS:
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            *place, timeout=WAIT_SECONDS_MAX, context=_trust(settings.smtp_ca_file)
        )
    else:
        server = smtplib.SMTP(*place, timeout=WAIT_SECONDS_MAX)
    try:
        if settings.smtp_security is MailSecurity.STARTTLS:
            # Refused when the server does not offer it: never in the clear instead.
            server.starttls(context=_trust(settings.smtp_ca_file))
        if settings.smtp_username is not None:
            password = _read_password(settings.smtp_password_file)
            server.login(settings.smtp_username, password.reveal().decode())
    except BaseException:
        server.close()
        raise
    return server


def _trust(ca_file: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _read_password(path: Path | None) -> Secret:
    if path is None:
        return Secret(b"")
    with path.open("rb") as file:
        return Secret(file.read(PASSWORD_BYTES_MAX).strip())


def _part(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (smtplib.SMTPException, OSError):
        server.close()


def _trouble(code: int) -> Exception:
    return MailRefused(str(code)) if code >= 500 else MailUnavailable(str(code))


def _refused(refusal: smtplib.SMTPRecipientsRefused) -> Exception:
    code, said = max(refusal.recipients.values(), default=(0, b""))
    if code < 500:
        return MailUnavailable(str(code))
    found = _STATUS.match(said)
    return MailRefused(str(code), found[0].decode() if found else NO_STATUS)


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Pass", addr_spec=sender)
    message["To"] = Address(addr_spec=letter.recipient)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.name}@{sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message
