"""What a use case may stand on, made once at start and passed in: no globals, no magic."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.database import Database
from backend.settings import Settings
from backend.vault.vault import Vault


def utc_now() -> datetime:
    """Return the present moment, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Services:
    """The collaborators of every use case."""

    settings: Settings
    database: Database
    vault: Vault
    now: Callable[[], datetime] = utc_now
