"""The pad's secret half: keys hide, counters never go back."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from simulator.dukpt import CounterExhausted
from simulator.pad.keys import (
    AesCodeSealer,
    FileCounter,
    MemoryCounter,
    PadKey,
    SealedCode,
    TdesCodeSealer,
    load_sealer,
    read_key_file,
)

KEY, KEY_ID = "1273671EA26AC29AFA4D1084127652A1", "1234567890123456"
ACCOUNT = "4111111111111111"


def write_key(path: Path, key: object = KEY, key_id: object = KEY_ID) -> Path:
    path.write_text(json.dumps({"initial_key": key, "initial_key_id": key_id}))
    return path


def test_the_published_blocks_come_out_in_order(pin_vectors: dict[str, Any]) -> None:
    published = pin_vectors["aes128_dukpt_x9_24_3_2017"]
    random = bytes.fromhex(published["format4_plain_pin_field"][16:])
    key, key_id = PadKey(bytes.fromhex(KEY)), bytes.fromhex(KEY_ID)
    sealer = AesCodeSealer(key, key_id, MemoryCounter(), lambda _size: random)
    for row in published["sequence"][:8]:
        sealed = sealer.seal(bytearray(b"1234"), ACCOUNT)
        assert sealed == SealedCode(row["ksn"], row["encrypted_pin_block_iso4"])


def test_the_published_legacy_blocks_come_out_in_order(pin_vectors: dict[str, Any]) -> None:
    published = pin_vectors["tdes_dukpt_x9_24_1_2009"]
    key, ksn = (bytes.fromhex(published[name]) for name in ("initial_key", "initial_ksn"))
    sealer = TdesCodeSealer(PadKey(key), ksn, MemoryCounter())
    for row in published["sequence"][:21]:
        sealed = sealer.seal(bytearray(b"1234"), published["pan"])
        assert sealed == SealedCode(row["ksn"].lstrip("F"), row["encrypted_pin_block_iso0"])


def test_a_restart_never_uses_a_number_again(tmp_path: Path) -> None:
    key_file, counter_file = write_key(tmp_path / "key.json"), tmp_path / "counter"
    numbers = [
        load_sealer(key_file, counter_file).seal(bytearray(b"1234"), ACCOUNT).key_serial_number
        for _ in range(3)
    ]
    assert numbers == [f"{KEY_ID}{counter:08X}" for counter in (1, 2, 3)]


def test_another_key_begins_again(tmp_path: Path) -> None:
    counter_file = tmp_path / "counter"
    FileCounter(counter_file, KEY_ID).keep(41)
    assert FileCounter(counter_file, KEY_ID).last() == 41
    assert FileCounter(counter_file, "FFFF").last() == 0


def test_the_counter_is_kept_even_if_sealing_fails(tmp_path: Path) -> None:
    sealer = load_sealer(write_key(tmp_path / "key.json"), tmp_path / "counter")
    with pytest.raises(ValueError, match="4 to 12"):
        sealer.seal(bytearray(b"12"), ACCOUNT)
    assert FileCounter(tmp_path / "counter", KEY_ID).last() == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"counter": "1"}', "null"])
def test_a_counter_file_that_is_not_one_is_never_taken_for_zero(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "counter").write_text(content)
    with pytest.raises(ValueError, match=r"counter|Expecting"):
        FileCounter(tmp_path / "counter", KEY_ID).last()
    with pytest.raises(ValueError, match=r"counter|Expecting"):
        load_sealer(write_key(tmp_path / "key.json"), tmp_path / "counter")


def test_the_last_key(tmp_path: Path) -> None:
    sealer = load_sealer(write_key(tmp_path / "key.json"), tmp_path / "counter")
    used_up_before = sealer.exhausted
    FileCounter(tmp_path / "counter", KEY_ID).keep(0xFFFF0000)
    assert (used_up_before, sealer.exhausted) == (False, True)
    with pytest.raises(CounterExhausted):
        sealer.seal(bytearray(b"1234"), ACCOUNT)


def test_the_length_of_the_id_chooses_the_scheme(tmp_path: Path) -> None:
    legacy = write_key(tmp_path / "key.json", key_id="FFFF9876543210E00000")
    assert isinstance(load_sealer(legacy, None), TdesCodeSealer)
    assert not load_sealer(legacy, None).exhausted
    assert isinstance(load_sealer(write_key(legacy), None), AesCodeSealer)


@pytest.mark.parametrize(
    ("key", "key_id"),
    [("xyz", KEY_ID), (KEY[2:], KEY_ID), (KEY, KEY_ID[2:]), (7, KEY_ID), (KEY, None)],
)
def test_a_wrong_key_file_is_refused_without_being_quoted(
    tmp_path: Path, key: object, key_id: object
) -> None:
    with pytest.raises(ValueError, match=r"key\.json") as caught:
        read_key_file(write_key(tmp_path / "key.json", key, key_id))
    assert KEY[4:] not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_hides() -> None:
    key = PadKey(bytes.fromhex(KEY))
    assert repr(key) == f"{key}" == "PadKey(hidden)"
    assert key.reveal().hex().upper() == KEY
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
    assert repr(SealedCode("00", "ABCD")) == "SealedCode(00, hidden)"
