"""The certificate of a gate's own pages, where the site has none: made here, kept here.

Promise: an EC P-256 key that never leaves `state_dir` (mode 0600), and a certificate for the
address and names that tablets use, made anew when they change or it is about to end. Nobody vouches
for it: whoever pairs a tablet compares its fingerprint.
"""

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

CERTIFICATE_FILE: Final = "supervisor-cert.pem"
KEY_FILE: Final = "supervisor-key.pem"
LIFETIME: Final = timedelta(days=820)
RENEW_BEFORE: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Where certificate and key lie, and what to compare: SHA-256, in pairs of hex digits."""

    certificate_file: Path
    key_file: Path
    fingerprint: str


def own_certificate(
    folder: Path, host: str, names: tuple[str, ...], now: datetime
) -> OwnCertificate:
    """Return the gate's own certificate for an address and names; make it if need be."""
    certificate_file, key_file = folder / CERTIFICATE_FILE, folder / KEY_FILE
    wanted = _names(host, names)
    try:
        kept = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        extension = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        fits = list(extension.value) == wanted and key_file.exists()
        if fits and kept.not_valid_before_utc <= now < kept.not_valid_after_utc - RENEW_BEFORE:
            return OwnCertificate(certificate_file, key_file, _fingerprint(kept))
    except (OSError, ValueError, x509.ExtensionNotFound):
        pass
    key = ec.generate_private_key(ec.SECP256R1())
    fresh = _certificate(key, host, wanted, now)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(key_file, secret)
    _write(certificate_file, fresh.public_bytes(Encoding.PEM))
    return OwnCertificate(certificate_file, key_file, _fingerprint(fresh))


def _names(host: str, names: tuple[str, ...]) -> list[x509.GeneralName]:
    addresses: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(host))]
    return addresses + [x509.DNSName(name) for name in names]


def _certificate(
    key: ec.EllipticCurvePrivateKey, host: str, names: list[x509.GeneralName], now: datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Portillon Pass {host}")])
    usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )


def _fingerprint(certificate: x509.Certificate) -> str:
    digest = certificate.fingerprint(hashes.SHA256()).hex().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def _write(path: Path, content: bytes) -> None:
    aside = path.with_suffix(".new")
    aside.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with open(os.open(aside, flags, 0o600), "wb") as file:  # noqa: PTH123 - its mode is chosen at birth
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
