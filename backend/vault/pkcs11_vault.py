"""The vault on a PKCS#11 token: the same promises, the keys elsewhere."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from backend.vault.pkcs11_store import Pkcs11Store
from backend.vault.pkcs11_token import Token
from backend.vault.store_vault import StoreVault, utc_now
from passcard.secret import Secret


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Which token, in which library, and which set of keys in it."""

    module: Path
    label: str
    key_set: str

    def open(self, pin: Secret) -> Token:
        """Log in; raise TokenRefused."""
        return Token(self.module, self.label, pin, self.key_set)


class Pkcs11Vault(StoreVault):
    """The vault's Protocol, its keys in a token."""

    def __init__(
        self,
        token: Token,
        *,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
        make_id: Callable[[], UUID] = uuid4,
    ) -> None:
        super().__init__(Pkcs11Store(token, random), now=now, random=random, make_id=make_id)
