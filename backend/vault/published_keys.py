"""Keys that everybody has: from standards, manuals and test vectors. Never outside development.

Promise: a key of a published vector, of one repeated byte, or that only counts, is recognised.
Not here: a key somebody copied from a machine of ours; nobody can recognise that.
"""

from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise

from backend.vault.errors import KeyFileRefused
from backend.vault.keys import VaultKeys
from passcard.card_keys import MasterKeys
from passcard.secret import Secret

#: Base derivation, storage and verification keys printed in standards, manuals and vectors.
PUBLISHED = frozenset(
    bytes.fromhex(text)
    for text in (
        "0123456789ABCDEFFEDCBA9876543210",  # ANSI X9.24-1 annex A
        "6AC292FAA1315B4D858AB3A3D7D5933A",  # its initial key
        "FEDCBA9876543210F1F1F1F1F1F1F1F1",  # ANSI X9.24-3 annex
        "FEDCBA9876543210F1F1F1F1F1F1F1F1FEDCBA9876543210F1F1F1F1F1F1F1F1",
        "1273671EA26AC29AFA4D1084127652A1",  # its initial keys
        "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F",
        "00112233445566778899AABBCCDDEEFF",  # AN10922 and FIPS 197
        "FFEEDDCCBBAA99887766554433221100",
        "2B7E151628AED2A6ABF7158809CF4F3C",  # RFC 4493, NIST SP 800-38A
        "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
        "404142434445464748494A4B4C4D4E4F",  # GlobalPlatform
        "19191919191919195B5B5B5B5B5B5B5B",  # TR-31 examples of a pad's manual
        "AA55AA55AA55AA553434343434343434",
        "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6",  # TR-31 examples
        "B8ED59E0A279A295E9F5ED7944FD06B9",  # TR-31 examples
        "89E88CF7931444F334BD7547FC3F380C",  # TR-31 annex
        "9D61B19DEFFD5A60BA844AF492EC2CC44449C5697B326919703BAC031CAE7F60",  # RFC 8032 7.1
    )
)


def is_published(key: Secret) -> bool:
    """Say whether anybody could have guessed this key."""
    raw = key.reveal()
    steps = {(after - before) % 256 for before, after in pairwise(raw)}
    halves = {raw[:16], raw[16:]} if len(raw) == 32 else {raw}
    return len(steps) == 1 or raw in PUBLISHED or bool(halves & PUBLISHED)


def refuse_published(keys: VaultKeys) -> None:
    """Raise KeyFileRefused, naming the key's purpose, if any of them is published."""
    for name, key in _named(keys):
        if is_published(key):
            raise KeyFileRefused(f"the key {name} is a published test key")


def _named(keys: VaultKeys) -> Iterator[tuple[str, Secret]]:
    for masters in keys.cards:
        for member in fields(MasterKeys):
            value = getattr(masters, member.name)
            if isinstance(value, Secret):
                yield f"card.{member.name}", value
    yield from (("pin_reference", key) for key in keys.pin_references)
    yield from (("pin_bdk", bdk.key) for bdk in (*keys.bdks_aes, *keys.bdks_tdes))
    yield "list_signing", keys.list_signing
    yield "sealing", keys.sealing
