"""What the vault can be asked, whichever way it keeps its keys.

The rest of the backend sees this Protocol only. Keys never cross it, with one exception that
the product needs and names: a card's own access key, for the gates of its establishment.
"""

from collections.abc import Generator
from typing import Protocol


class Vault(Protocol):
    """The keys' only door (replaced by the vault's helper)."""

    def personalise(self, uid: bytes) -> Generator[bytes, bytes, None]:
        """Dialogue that personalises the card with this UID (7 bytes)."""
        ...
