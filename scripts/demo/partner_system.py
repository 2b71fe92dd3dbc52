"""The bookshop's own system: it is told of each payment, signed, and checks the signature itself.

What an operator lets run for it runs here too: `ledger seal` behind the payments, and `events
deliver`, which sends. The receiver is a partner's: it knows its secret and nothing of the backend,
and checks with the published library (Standard Webhooks).
"""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from scripts.demo.hands import see
from scripts.demo.story import Story, expect
from scripts.demo.world import BIN

HOST: Final = "127.0.0.1"
PARTNER: Final = "librairie"
SEAL_SECONDS: Final = 2
BODY_BYTES_MAX: Final = 64 * 1024


@dataclass
class PartnerSystem:
    """What came and was checked, by its id: type and amount; and how often it was forged."""

    webhook: Webhook | None = None
    came: dict[str, tuple[str, int]] = field(default_factory=dict)
    forged: int = 0

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Check what came and keep it once, however often it comes; say whether it was ours."""
        try:
            assert self.webhook is not None
            event: dict[str, Any] = self.webhook.verify(body, headers)
        except WebhookVerificationError:
            self.forged += 1
            return False
        self.came[event["id"]] = (event["type"], event["data"]["amount_cents"])
        return True


def give_partner_a_system(story: Story) -> list[str]:
    """Let the bookshop's own system listen, and the jobs run that seal and send."""
    folder = story.world.folder
    certificate = _make_certificate(folder)
    port = _serve(_SYSTEM.take, certificate)
    config = folder / "evenements.toml"
    config.write_text(
        (folder / "backend.toml").read_text()
        + f'events_private_addresses = true\nevents_ca_file = "{certificate}"\n'
    )
    backend = [str(BIN / "pass-backend"), "--config", str(config)]
    add = [
        "events",
        "endpoint",
        "add",
        "--partner",
        PARTNER,
        "--url",
        f"https://{HOST}:{port}/pass",
    ]
    said = story.world.programs.run("events endpoint add", [*backend, *add])
    _SYSTEM.webhook = Webhook(said.split()[-1])
    seal = [*backend, "ledger", "seal", "--every", str(SEAL_SECONDS)]
    story.world.programs.start("scellement", seal)
    story.world.programs.start("evenements", [*backend, "events", "deliver"])
    return [
        f"pass-backend events deliver → https://{HOST}:{port}/pass, signed with a secret of its own"
    ]


def look_what_the_partner_was_told(_story: Story) -> list[str]:
    """See that the bookshop's own system was told of each payment, and checked each signature."""
    wanted = {("payment.approved", 1250), ("payment.approved", 800)}
    came = see("the events", lambda: set(_SYSTEM.came.values()), lambda seen: wanted <= seen)
    expect(_SYSTEM.forged == 0, came)
    event = json.dumps({"type": "payment.approved", "data": {"amount_cents": 1}}).encode()
    stamp = str(int(datetime.now(UTC).timestamp()))
    forged = {"webhook-id": "x", "webhook-timestamp": stamp, "webhook-signature": "v1,AAAA"}
    expect(not _SYSTEM.take(forged, event), "a forged event was taken")
    told = [f"{kind}, {cents / 100:.2f} €" for kind, cents in _SYSTEM.came.values()]
    return [
        ", ".join(told[:2]) + f" … {len(told)} in all",
        "one made up by somebody else is refused",
    ]


_SYSTEM: Final = PartnerSystem()


def _serve(take: Callable[[dict[str, str], bytes], bool], certificate: Path) -> int:
    """Serve HTTPS on a free port until this program ends; return the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length", 0)), BODY_BYTES_MAX)
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(204 if take(headers, self.rfile.read(length)) else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: what came is told by the step."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])


def _make_certificate(folder: Path) -> Path:
    """Write a certificate for the loopback and its key in one file, for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PARTNER)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .sign(key, SHA256())
    )
    path = folder / "librairie.pem"
    path.touch(mode=0o600)
    closed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(closed + built.public_bytes(Encoding.PEM))
    return path
