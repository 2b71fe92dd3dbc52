"""The seal of the supervisors' names in a gate's journal: AES-256-GCM, as of the list.

Promise: a copy of the journal's file alone tells nobody's name, and no name can be put in another
gate's journal or in another's place unseen. What was written before there was a seal is read as it
is; what cannot be opened any more (another key) is shown as such, and holds no line up. Whoever
also copies the terminal's key file opens it.
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from passcard.secret import Secret
from terminal.gate.interventions import Intervention, InterventionKind
from terminal.gate.list_seal import KEY_BYTES, NONCE_BYTES
from terminal.journal_file import Row

MARK: Final = "sealed:"
PURPOSE: Final = b"pass-terminal supervisors' names at rest"
UNREADABLE: Final = "nom scellé"


class Names(Protocol):
    """How names are written and read."""

    def close(self, text: str) -> str:
        """Return what is written in its place."""
        ...

    def open(self, written: str) -> str:
        """Return what was written."""
        ...


class NameSeal:
    """Seals and opens the names of one gate."""

    def __init__(
        self,
        terminal_key: Secret,
        gate: str,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Derive the key (HKDF-SHA-256, RFC 5869) from the terminal's 32 secret bytes."""
        derivation = HKDF(SHA256(), KEY_BYTES, salt=None, info=PURPOSE)
        self._cipher = AESGCM(derivation.derive(terminal_key.reveal()))
        self._bound_to = gate.encode()
        self._random = random

    def close(self, text: str) -> str:
        """Return a name sealed; a note too, which may name somebody."""
        nonce = self._random(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, text.encode(), self._bound_to)
        return MARK + base64.b64encode(sealed).decode()

    def open(self, written: str) -> str:
        """Return what was sealed, or UNREADABLE."""
        if not written.startswith(MARK):
            return written
        try:
            sealed = base64.b64decode(written.removeprefix(MARK), validate=True)
            nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            return self._cipher.decrypt(nonce, rest, self._bound_to).decode()
        except (binascii.Error, InvalidTag, ValueError):
            return UNREADABLE


class NoSeal:
    """For who has not the gate's key: writes as it is, and reads nothing that is sealed."""

    def close(self, text: str) -> str:
        """Return it as it is."""
        return text

    def open(self, written: str) -> str:
        """Return it, or UNREADABLE where it is sealed."""
        return UNREADABLE if written.startswith(MARK) else written


def columns_of(done: Intervention | None, names: Names) -> tuple[str | None, ...]:
    """Return what an intervention is in the journal's columns, `cancels` among them."""
    if done is None:
        return (None,) * 6
    ids = [None if each is None else str(each) for each in (done.cancels, done.day_code_id)]
    note = None if done.note is None else names.close(done.note)
    return (done.kind, names.close(done.supervisor), done.reason, note, *ids)


def intervention_of(row: Row, names: Names) -> Intervention | None:
    """Return the intervention in a row of the journal; raises ValueError."""
    if row["intervention"] is None:
        return None
    cancels = row["cancels"] if "cancels" in row.keys() else None  # noqa: SIM118 -- a row is no mapping
    return Intervention(
        kind=InterventionKind(row["intervention"]),
        supervisor=names.open(row["supervisor"]),
        reason=row["why"],
        note=None if row["note"] is None else names.open(row["note"]),
        cancels=None if cancels is None else UUID(cancels),
        day_code_id=None if row["day_code_id"] is None else UUID(row["day_code_id"]),
    )
