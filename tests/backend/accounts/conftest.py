"""A real mail server on the loopback, with a certificate of its own authority."""

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PASSWORD = "correct horse"


@dataclass
class Mailbox:
    """What the server took, and what it says to each mail: 250 unless a test says otherwise."""

    taken: list[EmailMessage] = field(default_factory=list)
    upgraded: list[bool] = field(default_factory=list)
    #: The envelope's sender of each: where it comes back to.
    returns: list[str] = field(default_factory=list)
    recipient_answer: Callable[[str], str] = lambda _address: "250 OK"
    data_answer: str = "250 OK"
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        answer = self.recipient_answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, session: Any, envelope: Any
    ) -> str:
        if self.data_answer.startswith("250"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.upgraded.append(session.ssl is not None)
            self.returns.append(envelope.mail_from)
        return self.data_answer


class _AnyPort(Controller):
    """A server on whichever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Make a certificate for 127.0.0.1 that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "mail.pem", folder / "mail.key"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    return _certificate(tmp_path_factory.mktemp("tls"))


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, asked: Any) -> AuthResult:
    good = isinstance(asked, LoginPassword) and asked.password == PASSWORD.encode()
    # Not handled: the server says so itself; else the client waits for an answer in vain.
    return AuthResult(success=good, handled=False)


@pytest.fixture
def serve_mail(certificate: tuple[Path, ssl.SSLContext]) -> Iterator[Callable[..., Mailbox]]:
    """Start a mail server: plain, with STARTTLS demanded, or in TLS from the first byte."""
    running: list[Controller] = []

    def start(security: str, *, auth: bool = False) -> Mailbox:
        mailbox = Mailbox()
        options: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0}
        if security == "starttls":
            options |= {"tls_context": certificate[1], "require_starttls": True}
        elif security == "tls":
            options |= {"ssl_context": certificate[1]}
        if auth:
            options |= {"authenticator": _login, "auth_required": True}
        controller = _AnyPort(mailbox, **options)
        controller.start()
        running.append(controller)
        mailbox.port = controller.port
        return mailbox

    yield start
    for controller in running:
        controller.stop()
