"""New card masters for a vault under test."""

import secrets

from backend.vault.keys import with_new_card_masters
from backend.vault.local import LocalVault
from backend.vault.software_store import SoftwareStore
from backend.vault.vault import Vault


def roll_card_masters(vault: Vault) -> int:
    """Do what opening the vault on a rolled key file does; return the new version."""
    assert isinstance(vault, LocalVault)
    store = vault._store
    assert isinstance(store, SoftwareStore)
    vault._store = SoftwareStore(with_new_card_masters(store._keys, secrets.token_bytes))
    return vault.current_card_key_version()
