"""The secrets that must not be found on the stage afterwards, each one's home, and the search."""

import base64
import json
import re
from collections.abc import Iterator

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from passcard.card_keys import MasterKeys
from passcard.secret import Secret
from scripts.demo.story import CODES, WRONG_CODE
from scripts.demo.world import request
from simulator import dukpt
from tests.journeys.leak_stage import STRAY_CODES, LeakStage
from tests.journeys.secret_search import (
    Found,
    Needle,
    clear_block_needle,
    code_needle,
    key_needle,
    name_needle,
    search,
    search_files,
    search_sqlite,
    text_needle,
)

# Of those who come to the counter and the gate; the scheme writes them so.
NAMES = ("Léa", "Noé", "Zoé", "Inès", "Exemple")
ENTRIES_MAX = 40


def secrets_of(stage: LeakStage) -> list[Needle]:
    """Return everything that may be nowhere, but where `ALLOWED` says."""
    return [
        *_codes(stage),
        *_pad_keys(stage),
        *_vault_and_card_keys(stage),
        *_terminal_keys(stage),
        *_tokens(stage),
        *(name_needle(name) for name in NAMES),
        *(
            key_needle("encrypted PIN block", ksn, bytes.fromhex(block))
            for ksn, block in stage.seen.blocks.items()
        ),
    ]


def _codes(stage: LeakStage) -> Iterator[Needle]:
    codes = {**CODES, "wrong": WRONG_CODE, **STRAY_CODES}
    for name, code in codes.items():
        yield code_needle(name, code)
        for holder, person in stage.story.world.people.items():
            yield clear_block_needle(f"{name}, card of {holder}", code, person.card_number)


def _pad_keys(stage: LeakStage) -> Iterator[Needle]:
    held = json.loads((stage.folder / "pads" / "caisse.json").read_text())
    key, key_id = (bytes.fromhex(held[name]) for name in ("initial_key", "initial_key_id"))
    yield key_needle("pad initial key", "caisse", key)
    counter = 0
    for _ in range(ENTRIES_MAX):
        counter = dukpt.next_aes_counter(counter)
        pin_key = dukpt.aes_pin_key(key, key_id, counter)
        yield key_needle("PIN key", f"counter {counter}", pin_key)


def _vault_and_card_keys(stage: LeakStage) -> Iterator[Needle]:
    body = json.loads((stage.folder / "vault-keys.json").read_text())
    for path, raw in _hex_leaves(body):
        yield key_needle("vault key", path, raw)
    masters = body.get("keys", body)["cards"][0]
    known = MasterKeys(**{name: Secret(bytes.fromhex(value)) for name, value in masters.items()})
    for card in request("GET", f"{stage.story.world.simulator}/cards")["items"]:
        keys = known.for_card(bytes.fromhex(card["uid"]))
        for name in masters:
            raw = getattr(keys, name).reveal()
            yield key_needle("card key", f"{card['name']} {name}", raw)


def _hex_leaves(value: object, path: str = "") -> Iterator[tuple[str, bytes]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _hex_leaves(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _hex_leaves(inner, f"{path}[{place}]")
    elif isinstance(value, str) and re.fullmatch(r"(?:[0-9A-Fa-f]{2}){16,}", value):
        yield path, bytes.fromhex(value)


def _terminal_keys(stage: LeakStage) -> Iterator[Needle]:
    for file in sorted(stage.folder.glob("*/terminal-key.pem")):
        pem = file.read_bytes()
        key = load_pem_private_key(pem, None)
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        yield key_needle("terminal key", file.parent.name, seed)
        body = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        yield key_needle("terminal key", f"{file.parent.name} PEM", body)


def _tokens(stage: LeakStage) -> Iterator[Needle]:
    for number, token in enumerate(sorted(stage.seen.tokens - {"none"})):
        yield text_needle("bearer token", str(number), token)
    for name, person in stage.story.world.people.items():
        yield text_needle("activation link", name, person.activation_token)
    yield text_needle("till token", "caisse", stage.story.world.till_token())


# Where a secret is at home: kind, and the files that may have it.
ALLOWED = {
    "vault key": re.compile(r"^vault-keys\.json$"),
    "pad initial key": re.compile(r"^pads/caisse\.json$"),
    "terminal key": re.compile(r"^[a-z]+/terminal-key\.pem$"),
    "till token": re.compile(r"^caisse/till-token$"),
    # On a terminal's disk nobody has a name: not in its folder, its journals, or what it logs.
    "name": re.compile(
        r"^(?!(caisse|portillon|guichet)/|logs/(caisse|portillon|desk)|[a-z]+\.db:)"
    ),
}


def look_everywhere(stage: LeakStage, needles: list[Needle]) -> set[Found]:
    """Return every secret found where it is not at home."""
    found = search_files(needles, stage.folder)
    for file in stage.folder.rglob("*"):
        if file.suffix in {".sqlite3", ".db"}:
            found |= search_sqlite(needles, file)
    with stage.seen.lock:
        seen = [*((place, body) for body, place in stage.seen.bodies.items())]
        seen += stage.seen.processes
    # All of a place at once; a line between two keeps them apart.
    by_place: dict[str, list[bytes]] = {}
    for place, content in seen:
        by_place.setdefault(place, []).append(content.replace(b"\0", b"\n"))
    for place, contents in by_place.items():
        found |= search(needles, place, b"\n\n".join(contents))
    return {
        one for one in found if one.kind not in ALLOWED or not ALLOWED[one.kind].search(one.place)
    }
