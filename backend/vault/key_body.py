"""The vault's keys as bytes, and back: what a key file holds once it is open.

Promise: what is incomplete, too long or of another length is refused, and nothing of it is ever
quoted. Not here: files, seals.
"""

import json
from collections.abc import Mapping
from typing import Any

from backend.vault.errors import KeyFileRefused
from backend.vault.keys import (
    BDK_BYTES,
    BDK_PREFIX_BYTES_MAX,
    CARD_KEY_BYTES,
    CARD_KEY_NAMES,
    LIST_SIGNING_BYTES,
    PIN_REFERENCE_BYTES,
    SEALING_BYTES,
    VERSIONS_MAX,
    Bdk,
    VaultKeys,
)
from passcard.card_keys import MasterKeys
from passcard.secret import Secret

FORMAT = 2
#: Files of before keys had versions: one of each.
FORMAT_WITHOUT_VERSIONS = 1


def write_body(keys: VaultKeys) -> bytes:
    """Write the keys as JSON (ASCII)."""
    body = {
        "format": FORMAT,
        "cards": [
            {name: _hex(getattr(masters, name)) for name in CARD_KEY_NAMES}
            for masters in keys.cards
        ],
        "pin_references": [_hex(key) for key in keys.pin_references],
        "bdks_aes": [_bdk_body(bdk) for bdk in keys.bdks_aes],
        "bdks_tdes": [_bdk_body(bdk) for bdk in keys.bdks_tdes],
        "list_signing": _hex(keys.list_signing),
        "sealing": _hex(keys.sealing),
    }
    return json.dumps(body, indent=1).encode("ascii")


def read_body(content: bytes) -> VaultKeys:
    """Read what `write_body` wrote, or a file of before versions; raise KeyFileRefused."""
    try:
        body = json.loads(content)
        written = body["format"]
        if written == FORMAT:
            return _read_keys(body)
        if written == FORMAT_WITHOUT_VERSIONS:
            return _read_keys(_with_versions(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        # `from None`: a parser's message may quote what it could not read.
        raise KeyFileRefused("the key file is damaged") from None
    raise KeyFileRefused("the key file is of another format")


def _with_versions(body: Mapping[str, Any]) -> dict[str, Any]:
    if int(body["pin_reference_version"]) != 1:
        raise KeyFileRefused("the key file names a version that it does not hold")
    keys = body["keys"]
    return {
        "cards": [{name: keys[name] for name in CARD_KEY_NAMES}],
        "pin_references": [keys["pin_reference"]],
        "bdks_aes": [{"prefix": "", "key": keys["pin_bdk_aes"]}],
        "bdks_tdes": [{"prefix": "", "key": keys["pin_bdk_tdes"]}],
        "list_signing": keys["list_signing"],
        "sealing": keys["sealing"],
    }


def _read_keys(body: Mapping[str, Any]) -> VaultKeys:
    versions = (body["cards"], body["pin_references"], body["bdks_aes"], body["bdks_tdes"])
    if not all(isinstance(one, list) and 1 <= len(one) <= VERSIONS_MAX for one in versions):
        raise KeyFileRefused("the key file holds too few or too many versions of a key")
    return VaultKeys(
        cards=tuple(_read_masters(one) for one in body["cards"]),
        pin_references=tuple(_key(one, PIN_REFERENCE_BYTES) for one in body["pin_references"]),
        bdks_aes=_read_bdks(body["bdks_aes"]),
        bdks_tdes=_read_bdks(body["bdks_tdes"]),
        list_signing=_key(body["list_signing"], LIST_SIGNING_BYTES),
        sealing=_key(body["sealing"], SEALING_BYTES),
    )


def _read_masters(body: Mapping[str, Any]) -> MasterKeys:
    return MasterKeys(**{name: _key(body[name], CARD_KEY_BYTES) for name in CARD_KEY_NAMES})


def _read_bdks(body: list[Mapping[str, Any]]) -> tuple[Bdk, ...]:
    bdks = tuple(Bdk(bytes.fromhex(one["prefix"]), _key(one["key"], BDK_BYTES)) for one in body)
    prefixes = [bdk.prefix for bdk in bdks]
    if prefixes[0] != b"" or len(set(prefixes)) != len(prefixes):
        raise KeyFileRefused("the key file's BDKs do not divide the pads between them")
    if max(map(len, prefixes)) > BDK_PREFIX_BYTES_MAX:
        raise KeyFileRefused("a BDK in the key file has too long a prefix")
    return bdks


def _key(text: str, length: int) -> Secret:
    raw = bytes.fromhex(text)
    if len(raw) != length:
        raise KeyFileRefused("a key in the key file has the wrong length")
    return Secret(raw)


def _bdk_body(bdk: Bdk) -> dict[str, str]:
    return {"prefix": bdk.prefix.hex().upper(), "key": _hex(bdk.key)}


def _hex(key: Secret) -> str:
    return key.reveal().hex().upper()
