"""A new pad's initial key, in a file of its own for a simulated pad. Development only.

Promise: the key is in a file that only we can read, and on no screen and in no log. In production a
key leaves the vault as a key block alone (`pass-backend keys pad-key-block`).
"""

import json
import os
from pathlib import Path

from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from passcard.secret import Secret

_PRIVATE = 0o600


def refuse_in_production(settings: Settings, folder: Path | None) -> None:
    """Raise CommandRefused where keys may not be written in clear."""
    if folder is not None and settings.environment == "production":
        msg = (
            "a key in clear is for development: in production use "
            "`keys pad-key-block --initial-key-id … --profile …` for each pad"
        )
        raise CommandRefused(msg)


def write_pad_key(folder: Path, terminal: str, key: Secret, initial_key_id: bytes) -> Path:
    """Write `<terminal>.json`, replacing an earlier one in one step; return its path."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{terminal}.json"
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    held = {"initial_key": key.reveal().hex(), "initial_key_id": initial_key_id.hex()}
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(number, "w", encoding="ascii") as file:
        json.dump({name: value.upper() for name, value in held.items()}, file)
    draft.replace(path)
    return path
