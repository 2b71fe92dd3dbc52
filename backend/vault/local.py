"""A vault in this very process, its keys in a file: for development, tests and small sites.

It is not a secure cryptographic device: keys and codes pass through this process's memory.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

from backend.vault.key_file import KeyFileRules, OpenKeyFile, open_keys, write_keys
from backend.vault.keys import VaultKeys, make_keys
from backend.vault.software_store import SoftwareStore
from backend.vault.store_vault import StoreVault, utc_now


class LocalVault(StoreVault):
    """The vault's Protocol, kept in process."""

    def __init__(
        self,
        keys: VaultKeys,
        *,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
        make_id: Callable[[], UUID] = uuid4,
    ) -> None:
        super().__init__(SoftwareStore(keys), now=now, random=random, make_id=make_id)

    @classmethod
    def create(
        cls,
        path: Path,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> Self:
        """Make new keys, write them to a new plain file, and open the vault on it.

        Raises KeyFileRefused: an existing file is never overwritten.
        """
        write_keys(path, OpenKeyFile(make_keys(random)))
        return cls.load(path, now=now, random=random)

    @classmethod
    def load(
        cls,
        path: Path,
        rules: KeyFileRules | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> Self:
        """Open the vault on its key file; raise KeyFileRefused, FileNotFoundError."""
        return cls(open_keys(path, rules).keys, now=now, random=random)
