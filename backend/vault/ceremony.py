"""The key ceremony: keys that come of two components, each held by one person.

    root = component 1 XOR component 2        nobody holds it, and it is written nowhere
    each key = HKDF-SHA-256(root, its place)   so the two components make the same keys again

Promise: one component says nothing of the keys; both together rebuild them all. Not here: the
console at which people sit.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.vault.check_values import aes_check_value
from backend.vault.errors import KeyFileRefused
from backend.vault.published_keys import is_published
from passcard.secret import Secret

COMPONENT_BYTES = 32
COMPONENTS = 2
_GROUP = 8
_PURPOSE = b"pass-vault-ceremony/1:"


class DerivedKeys:
    """A source of bytes for `make_keys`: the same root gives the same keys, in the same order."""

    def __init__(self, root: Secret, purpose: str) -> None:
        self._root = root
        self._purpose = _PURPOSE + purpose.encode("ascii") + b":"
        self._place = 0

    def __call__(self, length: int) -> bytes:
        """Return the next key's bytes."""
        self._place += 1
        context = self._purpose + str(self._place).encode("ascii")
        return HKDF(SHA256(), length, None, context).derive(self._root.reveal())


def make_component(random: Callable[[int], bytes]) -> Secret:
    """Make a component: 32 random bytes."""
    return Secret(random(COMPONENT_BYTES))


def write_component(component: Secret) -> str:
    """Write a component for paper: hexadecimal in groups of eight."""
    text = component.reveal().hex().upper()
    return " ".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def read_component(text: str) -> Secret:
    """Read a component that somebody typed; raise KeyFileRefused, quoting nothing."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise KeyFileRefused("a component is hexadecimal") from None
    if len(raw) != COMPONENT_BYTES:
        raise KeyFileRefused(f"a component has {2 * COMPONENT_BYTES} hexadecimal digits")
    return Secret(raw)


def component_check_value(component: Secret) -> str:
    """Return the check value of a component, as an AES-256 key."""
    return aes_check_value(component)


def combine(first: Secret, second: Secret) -> Secret:
    """Return the root of two components; raise KeyFileRefused if they make none worth having."""
    pairs = zip(first.reveal(), second.reveal(), strict=True)
    root = Secret(bytes(a ^ b for a, b in pairs))
    if first == second or any(is_published(one) for one in (first, second, root)):
        raise KeyFileRefused("these components are equal or known to everybody: make others")
    return root
