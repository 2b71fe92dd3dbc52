"""A card's memory on its way to a store and back; and when the store is told."""

import copy
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.chip.chip import Chip
from simulator.chip.files import (
    AccessRights,
    DataFile,
    Head,
    RecordFile,
    TransactionMacFile,
    ValueFile,
)
from simulator.chip.json_values import FormatError
from simulator.chip.keys import KeyKind, KeySettings, aes_key, des_key
from simulator.chip.memory import (
    Application,
    Configuration,
    Damage,
    KeySet,
    KeySetRules,
    Memory,
    from_json,
    to_json,
)
from tests.simulator.chip.cards import card, purse, records, standard, transaction_mac

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F59250")
HEAD = Head(0x03, AccessRights(0x1234), b"\x10\xe1")
KEYS = (aes_key(bytes(range(16)), 7), aes_key(bytes(16)))
FULL = (
    Memory(free_bytes=1000, damage=(Damage(AID, 3), Damage(bytes(3))))
    .with_configuration(Configuration(flags=3, default_key=bytes(range(24)), disabled=True))
    .with_application(
        AID,
        Application(
            KeySettings(0x0B),
            KeyKind.AES,
            KEYS,
            iso_file_ids=True,
            name=b"PASS",
            iso_file_id=b"\x10\xe2",
            key_set_version=3,
            key_set_rules=KeySetRules(2, 16, 1),
        )
        .with_key_set(1, KeySet(KeyKind.THREE_KEY_DES, (des_key(bytes(24)),) * 2, 1))
        .with_file(0, DataFile(HEAD, b"abc", backup=False))
        .with_file(1, DataFile(HEAD, b"abc", backup=True))
        .with_file(2, ValueFile(HEAD, -5, 5, 3, 2, 1))
        .with_file(3, RecordFile(HEAD, 2, 3, cyclic=False, records=(b"ab", b"cd")))
        .with_file(31, TransactionMacFile(HEAD, KEYS[0], 5, b"12345678")),
    )
)


def _through_text(memory: Memory) -> Memory:
    return from_json(json.loads(json.dumps(to_json(memory))))


@pytest.mark.parametrize("memory", [Memory(), FULL], ids=["factory", "full"])
def test_a_memory_comes_back_as_it_was(memory: Memory) -> None:
    assert _through_text(memory) == memory


def test_the_text_is_versioned_and_names_what_it_is() -> None:
    assert to_json(Memory()) | {"memory": 0} == {
        "format": "desfire-memory",
        "version": 2,
        "memory": 0,
    }


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below: list[tuple[Any, ...]] = [path]
    if isinstance(value, dict):
        below += [place for key in value for place in _places(value[key], (*path, key))]
    if isinstance(value, list):
        below += [place for at, item in enumerate(value) for place in _places(item, (*path, at))]
    return below


def _changed(path: tuple[Any, ...], change: Any) -> Any:
    tree = copy.deepcopy(to_json(FULL))
    at: Any = tree
    for step in path[:-1]:
        at = at[step]
    if change is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = change
    return tree


PLACES = [path for path in _places(to_json(FULL)) if path]
# An object with other keys, a shorter list and an absent null are the only things that may differ.
MAY_GO = {"applications", "files", "key_sets", "keys", "records", "damage"}


@pytest.mark.parametrize("change", ["zz", 1.5, -1, [None], {"x": 1}, True])
def test_a_value_of_another_kind_is_refused_anywhere(change: Any) -> None:
    for path in PLACES:
        tree = _changed(path, change)
        try:
            read = from_json(tree)
        except FormatError:
            continue
        # True and -1 are right in some places.
        assert to_json(read) == tree, path


def test_an_absent_or_an_unknown_field_is_refused() -> None:
    for path in PLACES:
        if len(path) > 1 and (path[-2] in MAY_GO or path[-1] == bytes(3)):
            continue
        with pytest.raises(FormatError):
            from_json(_changed(path, ...))
        if isinstance(path[-1], str) and path[:-1]:
            with pytest.raises(FormatError):
                from_json(_changed((*path[:-1], "another"), None))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        "x",
        {"format": "desfire-memory", "version": 0, "memory": {}},
        {"format": "desfire-memory", "version": 3, "memory": {}},
        {"format": "desfire-memory", "version": True, "memory": {}},
        {"format": "desfire-memory", "version": [], "memory": {}},
        {"format": "desfire-memory", "version": "1", "memory": {}},
    ],
)
def test_what_is_no_memory_is_refused(value: Any) -> None:
    with pytest.raises(FormatError):
        from_json(value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("version", [1, 2])
@given(value=json_values)
def test_any_json_is_a_memory_or_a_format_error(version: int, value: Any) -> None:
    with pytest.raises(FormatError):
        from_json({"format": "desfire-memory", "version": version, "memory": value})


def test_keys_do_not_show_in_a_repr() -> None:
    assert bytes(range(16)).hex() not in repr(FULL)
    assert repr(bytes(range(16))) not in repr(FULL)
    assert repr(bytes(range(24))) not in repr(FULL)


def test_the_store_is_told_of_each_change_before_the_answer(reader: "Reader") -> None:
    kept: list[Memory] = []
    chip = Chip(UID, os.urandom, memory=reader.chip.memory, committed=kept.append)
    chip.power_on()
    chip.transmit(b"\x60")
    chip.transmit(b"\x5a" + AID)
    assert not kept
    chip.transmit(b"\x5a\x00\x00\x00")
    assert chip.transmit(bytes.fromhex("CA0102030F81")) == b"\x00"
    assert kept == [chip.memory]
    assert chip.transmit(bytes.fromhex("CA0102030F81")) == b"\xde"
    assert len(kept) == 1


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_change_is_kept_or_not_but_whole(*, applied: bool) -> None:
    kept: list[Memory] = []
    chip = Chip(UID, os.urandom, committed=kept.append)
    chip.power_on()
    chip.tear_next_write(applied=applied)
    assert chip.transmit(bytes.fromhex("CA0102030F81")) == b""
    assert kept == ([chip.memory] if applied else [])


def test_what_cannot_be_kept_has_not_happened() -> None:
    def broken(_memory: Memory) -> None:
        raise OSError("no space left")

    chip = Chip(UID, os.urandom, committed=broken)
    chip.power_on()
    before = chip.memory
    assert chip.transmit(bytes.fromhex("CA0102030F81")) == b"\xee"
    assert chip.memory is before


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: replace(FULL, free_bytes=-1),
        lambda: Memory(applications={}),
        lambda: Configuration(ats=b""),
        lambda: ValueFile(HEAD, 5, 4, 5, 0, 0),
        lambda: RecordFile(HEAD, 2, 1, cyclic=True),
        lambda: RecordFile(HEAD, 2, 2, cyclic=True, records=(b"ab", b"cd")),
        lambda: TransactionMacFile(HEAD, des_key(bytes(16))),
        lambda: Application(KeySettings(0x0F), KeyKind.AES, (des_key(bytes(16)),)),
    ],
)
def test_values_no_card_can_hold_cannot_be_made(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        wrong()


def _as_version_1(value: Any) -> Any:
    """Take out what version 2 added."""
    if isinstance(value, list):
        return [_as_version_1(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _as_version_1(item) for name, item in value.items()}
    if value.get("is") == "Head":
        assert kept.pop("additional") == []
    if value.get("is") == "Configuration":
        assert kept.pop("proximity_key") is None
    return kept


def test_a_card_of_version_1_is_read() -> None:
    files = {1: standard("full", 0x1234), 2: purse(), 3: records(), 4: transaction_mac()}
    memory = card(files).chip.memory
    old = {**_as_version_1(to_json(memory)), "version": 1}
    assert from_json(old) == memory
    with pytest.raises(FormatError):
        from_json({**old, "version": 2})
