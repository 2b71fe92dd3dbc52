"""`pass-backend keys`: make the vault's keys, and give them new versions."""

import secrets
from collections.abc import Callable
from pathlib import Path

from backend.vault.key_file import read_keys, replace_keys, write_keys
from backend.vault.keys import make_keys, with_new_card_masters

Random = Callable[[int], bytes]


def create(path: Path, random: Random = secrets.token_bytes) -> str:
    """Make the key file, once; raise KeyFileRefused when there is one."""
    write_keys(path, make_keys(random))
    return f"keys made in {path}"


def roll_cards(path: Path, random: Random = secrets.token_bytes) -> str:
    """Add a version of the card masters: new cards get it, earlier cards keep theirs.

    Raises KeyFileRefused, FileNotFoundError.
    """
    keys = with_new_card_masters(read_keys(path), random)
    replace_keys(path, keys)
    return f"card masters are at version {keys.card_version}; restart the vault to use it"
