"""Changes to a list: the few cards that changed, in place of all.

Promise: changes apply to exactly the list they were made from, by version and digest, and to no
other: a gap, an older step, another gate's, a changed byte are refused and the list held stays. The
new list is put together beside the old one and replaces it at once. Pure.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from terminal.gate.access_list import (
    AccessList,
    ListFault,
    ListRefused,
    Signed,
    build_list,
    malformed_refused,
    read_body,
    read_payload,
    signed_payload,
)
from terminal.gate.card_table import CardTable
from terminal.gate.list_body import ChangesBody

_MARK: Final = b'"changes_format":'
"""In no list: in a text, JSON would put a backslash before each of these quotes."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The list that a signed answer leads to, and whether the answer was that list itself."""

    access_list: AccessList
    is_whole: bool


def follow(jws: str, key: Ed25519PublicKey, gate: str, held: AccessList | None) -> Followed:
    """Return the list that a signed answer leads to: a whole one, or `held` with its changes.

    Raises ListRefused. It does not say whether that list may replace `held`.
    """
    return follow_signed(signed_payload(jws, key), gate, held)


def follow_signed(signed: Signed, gate: str, held: AccessList | None) -> Followed:
    """Do the same with what was verified already."""
    if _MARK not in signed.payload:
        return Followed(read_payload(signed, gate), is_whole=True)
    changes, cards = read_body(signed, ChangesBody, gate)
    if held is None or (held.version, held.digest) != (changes.base, changes.base_digest):
        raise ListRefused(ListFault.GAP)
    if not isinstance(held.cards, CardTable):
        raise ListRefused(ListFault.GAP)  # no list that was read
    with malformed_refused():
        services = [service.service for service in changes.services]
        table = held.cards.after(changes.gone, cards, services)
    return Followed(build_list(changes, table), is_whole=False)
