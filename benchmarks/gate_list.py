"""A gate with 400,000 cards in its list beside one with 400: a decision, memory, start, changes.

Everything a gate does with a list is done: signature, parsing, the sealed file on the disk. A
decision is the search by UID and the pure rules; a tap is that, the chip's proof and the passage on
the disk, with the chip in this process instead of behind a reader. Both lists take turns, on cards
drawn from all over them, and beside them the search alone in a plain `dict` of as many: what memory
itself takes to answer when nothing asked for is near. Changes to 1,000 cards are signed and
followed as the backend makes them. Another process makes the list: the peak is the start's own.

`python -m benchmarks gate_list --cards 20000` measures another size.
"""

import argparse
import gc
import hashlib
import json
import multiprocessing
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.utils import base64url_encode

from benchmarks.gate import ACCESS_MASTER, _fixed, personalised_chip
from benchmarks.processes import memory_bytes
from passcard.diversify import card_key_input, diversify
from passcard.layout import Application
from passcard.secret import Secret
from simulator.chip.chip import Chip
from terminal.gate.access_list import AccessList
from terminal.gate.decision import Admission, Answer, Tap, decide
from terminal.gate.decision import Chip as ChipState
from terminal.gate.folding import LOG_BYTES
from terminal.gate.list_changes import follow
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.tap import Gate

CARDS = 400_000
SMALL = 400
CHANGED = 1_000
GATE = "00000000-0000-4000-8000-00000000000a"
#: Chips that really prove themselves, listed in both lists.
CHIPS = 40
DECISIONS_AT_ONCE = 200
TURNS = 60
#: What a card takes in the table, for the plain dict beside it.
ROW_BYTES = 56
#: A Tuesday at 12:00 in Paris.
NOON = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
GIVEN_NAMES = ("Léa", "Noé", "Inès", "Jean-Luc", "Zoé", "Maël", "Chloé", "Adam")
Json = dict[str, Any]
Find = Callable[[bytes], object]


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gate_list", description=__doc__)
    parser.add_argument("--cards", type=int, default=CARDS)
    asked = parser.parse_args(arguments)
    key = Ed25519PrivateKey.generate()
    chips = [personalised_chip(b"\x04" + n.to_bytes(6, "big")) for n in range(CHIPS)]
    lists = []
    for cards in (SMALL, asked.cards):
        held, line = _load(folder, key, chips, cards)
        lists.append(held)
        yield line
    small, large = lists
    yield _compare("decision (search and rules)", *_decisions(small, large))
    yield _compare("  the search alone", *_searches(small.find, large.find, small, large))
    plain = [{_fresh(uid): bytes(ROW_BYTES) for uid in held.cards} for held in lists]
    yield _compare("  in a plain dict", *_searches(plain[0].get, plain[1].get, small, large))
    yield _compare("tap (proof, decision, row on the disk)", *_taps(folder, chips, small, large))
    for held in lists:
        yield _changes(folder, key, held)


def _card(place: int, uid: bytes, key: bytes) -> Json:
    return {
        "uid": uid.hex().upper(),
        "card_id": str(UUID(int=place + 1, version=4)),
        "key": key.hex().upper(),
        "display_name": GIVEN_NAMES[place % len(GIVEN_NAMES)],
        "state": "blocked" if place % 500 == 499 else "active",
        "rights": [{"service": "lunch", "meals_left": 12}, {"service": "door"}],
    }


def _payload(chips: Sequence[Chip], cards: int) -> Json:
    draw = random.Random(4)  # noqa: S311 - the same list at every run
    listed = []
    for place in range(cards):
        if place < len(chips):
            uid = b"\x04" + place.to_bytes(6, "big")
            card_key = diversify(ACCESS_MASTER, card_key_input(uid, Application.ACCESS.aid))
        else:
            uid, card_key = b"\x05" + place.to_bytes(6, "big"), draw.randbytes(16)
        listed.append(_card(place, uid, card_key))
    hours = {"days": [1, 2, 3, 4, 5], "opens": "00:00", "closes": "23:59"}
    return {
        "format": 2,
        "gate": GATE,
        "establishment": "Lycée du Parc",
        "version": 1,
        "digest": "0" * 16,
        "issued_at": _text(NOON),
        "valid_until": _text(NOON + timedelta(days=2)),
        "timezone": "Europe/Paris",
        "services": [
            {"service": "lunch", "label": "Déjeuner", "passages_max": 1, **hours},
            {"service": "door", "label": "Entrée", "passages_max": 20, **hours},
        ],
        "closed_days": [],
        "counted": {},
        "cards": listed,
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _sign(key: Ed25519PrivateKey, payload: Json) -> str:
    """Sign as the backend does: the cards lie beside, named by their SHA-256."""
    cards = _written(payload["cards"])
    named = {name: value for name, value in payload.items() if name != "cards"}
    named["cards_sha256"] = hashlib.sha256(cards).hexdigest()
    jws = jwt.PyJWS().encode(_written(named), key, algorithm="EdDSA")
    return f"{jws}~{base64url_encode(cards).decode()}"


def _written(said: object) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _store(folder: Path, key: Ed25519PrivateKey, cards: int) -> ListStore:
    place = folder / f"gate-{cards}"
    place.mkdir(exist_ok=True)
    seal = ListSeal(Secret(bytes(32)), GATE)
    return ListStore(place, key.public_key(), GATE, seal)


def _load(
    folder: Path, key: Ed25519PrivateKey, chips: Sequence[Chip], cards: int
) -> tuple[AccessList, str]:
    """Keep a list on the disk, then start from it as a gate does."""
    apart = multiprocessing.get_context("fork").Process(
        target=_keep, args=(folder, key, chips, cards)
    )
    apart.start()
    apart.join()
    store = _store(folder, key, cards)
    size = store.path.stat().st_size
    _forget_peak()
    before, began, worked = memory_bytes(os.getpid()), time.perf_counter(), time.process_time()
    held = store.load()
    took, work = time.perf_counter() - began, time.process_time() - worked
    assert held is not None, "it was kept a moment ago"
    gc.collect()
    grown = memory_bytes(os.getpid()) - before
    line = (
        f"List of {cards} cards: file {size / 1e6:.1f} MB, start {took:.2f} s (CPU {work:.2f} s), "
        f"memory {grown / 1e6:.0f} MB held, {_peak_bytes() / 1e6:.0f} MB in all at the peak"
    )
    return held, line


def _keep(folder: Path, key: Ed25519PrivateKey, chips: Sequence[Chip], cards: int) -> None:
    _store(folder, key, cards).keep(_sign(key, _payload(chips, cards)), NOON)


def _forget_peak() -> None:
    """Let the peak of this process's memory begin anew (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak_bytes() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def _fresh(uid: bytes) -> bytes:
    """Return these bytes in another place, as a reader hands them in."""
    return bytes(bytearray(uid))


def _searches(
    in_small: Find, in_large: Find, small: AccessList, large: AccessList
) -> tuple[list[float], list[float]]:
    """Search cards drawn from all over both, in turns."""
    draw = random.Random(6)  # noqa: S311 - the same cards at every run
    sides = [(find, list(held.cards)) for find, held in ((in_small, small), (in_large, large))]
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * TURNS):
        find, every = sides[turn % 2]
        uids = [_fresh(draw.choice(every)) for _ in range(DECISIONS_AT_ONCE)]
        began = time.perf_counter()
        for uid in uids:
            find(uid)
        took[turn % 2].append((time.perf_counter() - began) / DECISIONS_AT_ONCE)
    return took


def _decisions(small: AccessList, large: AccessList) -> tuple[list[float], list[float]]:
    draw = random.Random(5)  # noqa: S311 - the same cards at every run
    took: dict[int, list[float]] = {0: [], 1: []}
    lists = (small, large)
    every = [list(held.cards) for held in lists]
    for turn in range(2 * TURNS):
        side = turn % 2
        uids = [_fresh(draw.choice(every[side])) for _ in range(DECISIONS_AT_ONCE)]
        took[side].append(_decide_all(lists[side], uids) / DECISIONS_AT_ONCE)
    return took[0], took[1]


def _decide_all(held: AccessList, uids: Sequence[bytes]) -> float:
    admissions = (Admission("door", NOON - timedelta(hours=2)),)
    began = time.perf_counter()
    for uid in uids:
        listed = held.find(uid)
        assert listed is not None
        decide(Tap(NOON, ChipState.GENUINE, listed.holder, admissions, held.issued_at), held.hours)
    return time.perf_counter() - began


def _taps(
    folder: Path, chips: Sequence[Chip], small: AccessList, large: AccessList
) -> tuple[list[float], list[float]]:
    took: dict[int, list[float]] = {0: [], 1: []}
    gates, now = [], [NOON]
    for side, held in enumerate((small, large)):
        board = StateBoard()
        board.change(access_list=replace(held, issued_at=NOON))
        journal = open_passage_journal(folder / f"passages-{side}.sqlite3")
        while not journal.file.take_log_room(LOG_BYTES):  # as a running gate's has
            pass
        gates.append((Gate(journal, board, now=lambda: now[0], random=_fixed), journal))
    for turn, chip in enumerate(chips):
        now[0] = NOON + timedelta(minutes=turn)
        for side in (turn % 2, 1 - turn % 2):
            chip.power_on()
            began = time.perf_counter()
            passage = gates[side][0].serve(_InHand(chip, turn), time.monotonic())
            took[side].append(time.perf_counter() - began)
            chip.power_off()
            assert passage is not None
            assert passage.answer is Answer.OK
    for _, journal in gates:
        journal.close()
    return took[0], took[1]


class _InHand:
    """A chip without a reader: the pseudo-APDU of its UID is answered here."""

    def __init__(self, chip: Chip, place: int) -> None:
        self._chip = chip
        self._uid = b"\x04" + place.to_bytes(6, "big")

    def uid(self) -> bytes:
        """Return the UID."""
        return self._uid

    def transmit(self, command: bytes) -> bytes:
        """Carry a command."""
        return self._chip.transmit(command)


def _compare(what: str, small: Sequence[float], large: Sequence[float]) -> str:
    floor, ours = statistics.median(small) * 1e6, statistics.median(large) * 1e6
    return f"  {what}: {ours:.2f} µs beside {floor:.2f} µs, ratio {ours / floor:.2f}"


def _changes(folder: Path, key: Ed25519PrivateKey, held: AccessList) -> str:
    """Change some cards: a meal less, one blocked, one gone."""
    count = min(CHANGED, len(held.cards) // 2)
    chosen = list(held.cards.values())[:: len(held.cards) // count][:count]
    cards = [
        {
            "uid": one.uid.hex().upper(),
            "card_id": one.holder.card_id,
            "key": one.key.reveal().hex().upper(),
            "display_name": one.holder.display_name,
            "state": "blocked",
            "rights": [{"service": "lunch", "meals_left": 11}, {"service": "door"}],
        }
        for one in chosen[1:]
    ]
    payload = {
        **{name: value for name, value in _payload((), 0).items() if name != "format"},
        "changes_format": 1,
        "base": held.version,
        "base_digest": held.digest,
        "version": held.version + 1,
        "digest": "1" * 16,
        "cards": cards,
        "gone": [chosen[0].holder.card_id],
    }
    jws = _sign(key, payload)
    store = _store(folder, key, len(held.cards))
    whole = store.path.stat().st_size
    began = time.perf_counter()
    followed = follow(jws, key.public_key(), GATE, held)
    read = time.perf_counter() - began
    store.keep(jws, NOON, followed.access_list.version)
    took = time.perf_counter() - began
    assert len(followed.access_list.cards) == len(held.cards) - 1
    return (
        f"  {count} changes to {len(held.cards)} cards: {len(jws) / 1e3:.0f} kB in place of "
        f"{whole / 1e6:.1f} MB, in use after {read * 1e3:.0f} ms,"
        f" on the disk after {took * 1e3:.0f} ms"
    )
