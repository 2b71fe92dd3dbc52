"""A value that does not print itself.

Promise: repr, str and format say nothing; comparison takes constant time. It stops the accident (a
log line, a traceback), not a debugger.
"""

import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """Bytes nobody should see: a key or a session key."""

    _raw: bytes = field(repr=False)

    def reveal(self) -> bytes:
        """Return the bytes. The one door: search for its callers to audit it."""
        return self._raw

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._raw, other._raw)

    # A hash would be a door of its own, and nothing here needs one.
    __hash__ = None  # type: ignore[assignment]
