"""The list on the disk: private, sealed, believed no more than the network, never turned back."""

import os
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from passcard.secret import Secret
from terminal.gate.access_list import (
    AccessList,
    ListFault,
    ListRefused,
    check_supersedes,
)
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListNotKept, ListStore
from tests.terminal.gate.signed_lists import GATE, NOON, Payload, Signer

LEA = bytes.fromhex("04AABBCCDDEE01")


@pytest.fixture
def store(tmp_path: Path, signer: Signer) -> ListStore:
    return ListStore(tmp_path, signer.key, GATE, ListSeal(Secret(bytes(32)), GATE))


def load(store: ListStore) -> AccessList:
    held = store.load()
    assert held is not None
    return held


def test_nothing_stored_is_no_list(store: ListStore) -> None:
    assert store.load() is None


def test_a_kept_list_is_private_and_comes_back(
    store: ListStore, signer: Signer, payload: Payload
) -> None:
    store.keep(signer.sign(payload()), NOON)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert load(store).version == 7
    assert [entry.name for entry in store.path.parent.iterdir()] == [store.path.name]


def test_a_copy_of_the_disk_tells_no_name_and_no_key(
    store: ListStore, signer: Signer, payload: Payload, tmp_path: Path
) -> None:
    jws = signer.sign(payload())
    store.keep(jws, NOON)
    raw = store.path.read_bytes()
    for part in jws.split("."):
        assert part.encode() not in raw
    store.keep(jws, NOON)
    assert store.path.read_bytes() != raw, "each file has a nonce of its own"
    for other in (ListSeal(Secret(bytes(31) + b"\x01"), GATE), ListSeal(Secret(bytes(32)), "b")):
        with pytest.raises(ListRefused) as caught:
            ListStore(tmp_path, signer.key, GATE, other).load()
        assert caught.value.fault is ListFault.TAMPERED


@pytest.mark.parametrize("place", [0, 11, 12, 23, 24, 60, -17, -1])
def test_a_changed_byte_of_the_file_is_seen(
    store: ListStore, signer: Signer, payload: Payload, place: int
) -> None:
    store.keep(signer.sign(payload()), NOON)
    raw = bytearray(store.path.read_bytes())
    raw[place] ^= 1
    store.path.write_bytes(raw)
    with pytest.raises(ListRefused) as caught:
        store.load()
    assert caught.value.fault is ListFault.TAMPERED


def test_a_newer_version_and_a_newer_issue_supersede(
    store: ListStore, signer: Signer, payload: Payload
) -> None:
    held = store.accept(signer.sign(payload()), None).access_list
    newer = store.accept(signer.sign(payload(version=8)), held).access_list
    assert newer.version == 8
    again = store.accept(signer.sign(payload(version=8, issued=NOON)), newer).access_list
    assert again.issued_at == NOON


@pytest.mark.parametrize(
    "older", [{"version": 6, "issued": NOON}, {"issued": NOON - timedelta(hours=2)}]
)
def test_no_way_back_to_an_older_list(
    store: ListStore, signer: Signer, payload: Payload, older: dict[str, Any]
) -> None:
    held = store.accept(signer.sign(payload()), None).access_list
    with pytest.raises(ListRefused) as caught:
        store.accept(signer.sign(payload(**older)), held)
    assert caught.value.fault is ListFault.OLDER
    check_supersedes(held, held)


@pytest.mark.parametrize("raw", [b"", b"not a list", b"\xff\xfe", b"a.b.c"])
def test_a_damaged_file_is_refused_not_believed(store: ListStore, raw: bytes) -> None:
    store.path.write_bytes(raw)
    with pytest.raises(ListRefused):
        store.load()


def test_a_disk_that_refuses_leaves_the_old_list(
    store: ListStore, signer: Signer, payload: Payload, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep(signer.sign(payload()), NOON)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ListNotKept):
        store.keep(signer.sign(payload(version=8)), NOON)
    assert load(store).version == 7


def test_a_file_left_aside_by_a_crash_is_in_nobodys_way(
    store: ListStore, signer: Signer, payload: Payload
) -> None:
    store.path.with_suffix(".new").write_bytes(b"half a li")
    store.keep(signer.sign(payload()), NOON)
    assert load(store).version == 7


def test_the_age_counts_from_the_last_confirmation(
    store: ListStore, signer: Signer, payload: Payload
) -> None:
    store.keep(signer.sign(payload()), NOON)
    held = load(store)
    later = NOON + timedelta(hours=3)
    assert store.confirmed_at(held, later) == NOON
    store.confirm(later)
    assert store.confirmed_at(held, later) == later
    # A clock set back, or a file touched by hand, makes no list younger than now.
    assert store.confirmed_at(held, NOON) == NOON
    store.path.unlink()
    store.confirm(later)
    assert store.confirmed_at(held, later) == held.issued_at
