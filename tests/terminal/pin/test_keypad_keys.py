"""The keypad's keys: the standard's values, nothing kept of what was used, nothing used twice."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import dukpt as pad_dukpt
from simulator.pin_block import format4_block
from terminal.errors import PadRefused, SettingsError
from terminal.pin import format4
from terminal.pin.dukpt import KeyRegisters, KeysUsedUp, encrypt_block, wiped
from terminal.pin.key_block import InitialKey
from terminal.pin.key_file import FILE_BYTES, KEY_FILE, KeypadKeys
from tests.terminal.pin.keypad_values import ACCOUNT, KEY_ID, NO_RANDOM

Vectors = dict[str, Any]


def initial(key: bytes, key_id: bytes = KEY_ID) -> InitialKey:
    return InitialKey(key_id, bytearray(key))


@pytest.fixture
def published(pin_vectors: Vectors) -> Vectors:
    vectors: Vectors = pin_vectors["aes128_dukpt_x9_24_3_2017"]
    return vectors


def registers_of(published: Vectors) -> KeyRegisters:
    key = bytearray.fromhex(published["initial_key"])
    return KeyRegisters.load(key, bytes.fromhex(published["initial_key_id"]))


# --- the standard --------------------------------------------------------------------------------


def test_the_published_keys_and_blocks_byte_for_byte(published: Vectors) -> None:
    registers = registers_of(published)
    random = bytes.fromhex(published["format4_plain_pin_field"][16:])
    rows = {row["ksn"]: row for row in published["sequence"]}
    seen = 0
    while seen < 8:
        key = registers.use_next()
        row = rows.get(registers.key_serial_number)
        if row is None:
            continue
        seen += 1
        assert key.hex().upper() == row["pin_key_aes128"]
        digits = bytearray(published["pin"].encode())
        block = format4.seal(key, digits, published["pan"], lambda _: random)
        assert block.hex().upper() == row["encrypted_pin_block_iso4"]


def test_every_published_row_wherever_the_counter_stands(published: Vectors) -> None:
    """Rows far up the counter: the registers as the uses before would have left them."""
    for row in (row for row in published["sequence"] if "pin_key_aes128" in row):
        counter = int(row["ksn"][-8:], 16)
        registers = standing_before(published, counter)
        assert registers.use_next().hex().upper() == row["pin_key_aes128"]
        assert registers.counter == counter


def standing_before(published: Vectors, counter: int) -> KeyRegisters:
    """Return registers whose next counter is this one, with its key by the simulator's way."""
    key = bytes.fromhex(published["initial_key"])
    key_id = bytes.fromhex(published["initial_key_id"])
    place = (counter & -counter).bit_length() - 1
    transaction = bytearray(pad_dukpt.aes_transaction_key(key, key_id, counter))
    return KeyRegisters(key_id, counter - 1, {place: transaction})


@given(seed=st.binary(min_size=16, max_size=16), uses=st.integers(1, 40))
def test_registers_and_direct_derivation_agree(seed: bytes, uses: int) -> None:
    registers = KeyRegisters.load(bytearray(seed), KEY_ID)
    counter = 0
    for _ in range(uses):
        counter = pad_dukpt.next_aes_counter(counter)
        assert bytes(registers.use_next()) == pad_dukpt.aes_pin_key(seed, KEY_ID, counter)
        assert registers.counter == counter


@pytest.mark.parametrize(
    ("last", "following"),
    [(0x0001FFFE, 0x00020000), (0x0000FFFF, 0x00010000), (0xFFFEFFFF & 0xFFFE8000, 0xFFFF0000)],
)
def test_counters_with_too_many_one_bits_are_skipped(last: int, following: int) -> None:
    key = bytes(range(16))
    place = (following & -following).bit_length() - 1
    transaction = bytearray(pad_dukpt.aes_transaction_key(key, KEY_ID, following))
    registers = KeyRegisters(KEY_ID, last, {place: transaction})
    expected = pad_dukpt.aes_pin_key(key, KEY_ID, following)
    assert bytes(registers.use_next()) == expected
    assert registers.counter == following


def test_the_last_counter_is_the_last(published: Vectors) -> None:
    registers = KeyRegisters(KEY_ID, 0xFFFF0000, {})
    assert registers.used_up
    with pytest.raises(KeysUsedUp):
        registers.use_next()
    assert not registers_of(published).used_up


def test_what_was_used_cannot_be_found_again(published: Vectors) -> None:
    """Whoever steals the registers after a use has neither its key nor one that leads to it."""
    registers = registers_of(published)
    key_id = bytes.fromhex(published["initial_key_id"])
    raw = bytes.fromhex(published["initial_key"])
    for counter in range(1, 70):
        registers.use_next()
        kept = {bytes(key) for _, key in registers.registers()}
        assert raw not in kept
        for earlier in range(1, counter + 1):
            assert pad_dukpt.aes_transaction_key(raw, key_id, earlier) not in kept


def test_a_used_register_is_overwritten_before_it_is_let_go(published: Vectors) -> None:
    registers = registers_of(published)
    first = dict(registers.registers())[0]
    assert any(first)
    registers.use_next()
    assert not any(first)
    left = dict(registers.registers())
    registers.wipe()
    assert not any(any(key) for key in left.values())
    assert dict(registers.registers()) == {}


def test_a_buffer_is_wiped_whatever_happens() -> None:
    buffer = bytearray(b"secret")
    with pytest.raises(ZeroDivisionError), wiped(buffer):
        raise ZeroDivisionError
    assert buffer == bytes(6)


@pytest.mark.parametrize("row", range(4))
def test_the_published_format_4_fields(pin_vectors: Vectors, row: int) -> None:
    rows = [one for one in pin_vectors["iso9564_1_blocks"] if one["name"].startswith("iso4")]
    one = rows[row]
    if one["name"] == "iso4_pan_field":
        assert format4._account_field(one["pan"]).hex().upper() == one["expected"]
    elif one["name"] == "iso4_block":
        key, digits = bytearray.fromhex(one["key"]), bytearray(one["pin"].encode())
        block = format4.seal(key, digits, one["pan"], lambda _: bytes.fromhex(one["random"]))
        assert block.hex().upper() == one["expected"]


@given(
    digits=st.text("0123456789", min_size=4, max_size=12),
    account=st.text("0123456789", min_size=8, max_size=19),
    key=st.binary(min_size=16, max_size=16),
)
def test_format_4_as_the_simulated_pad_makes_it(digits: str, account: str, key: bytes) -> None:
    typed = bytearray(digits.encode())
    ours = format4.seal(bytearray(key), typed, account, NO_RANDOM)
    assert ours == format4_block(key, bytearray(digits.encode()), account, NO_RANDOM)
    assert typed == digits.encode(), "the caller wipes"


@pytest.mark.parametrize("digits", [b"739", b"7391739173917", b"73 1", b"73A1", b""])
def test_no_error_quotes_what_was_typed(digits: bytes) -> None:
    with pytest.raises(ValueError, match="a code") as caught:
        format4.seal(bytearray(16), bytearray(digits), ACCOUNT, NO_RANDOM)
    assert "73" not in str(caught.value)
    with pytest.raises(ValueError, match="account"):
        format4.seal(bytearray(16), bytearray(b"1234"), "92 5", NO_RANDOM)


def test_wrong_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        KeyRegisters.load(bytearray(15), KEY_ID)
    with pytest.raises(ValueError, match="8 bytes"):
        KeyRegisters.load(bytearray(16), bytes(7))


def test_one_block_of_aes() -> None:
    into = bytearray(16)
    encrypt_block(bytearray(range(16)), bytes.fromhex("00112233445566778899AABBCCDDEEFF"), into)
    assert into.hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"  # FIPS 197, appendix C.1


# --- the file ------------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> KeypadKeys:
    made = KeypadKeys(tmp_path, NO_RANDOM)
    made.install(initial(bytes(range(16))))
    return made


def sealed(keys: KeypadKeys) -> str:
    return keys.seal(bytearray(b"7391"), ACCOUNT).key_serial_number


def test_a_code_is_sealed_as_a_pad_would(keys: KeypadKeys) -> None:
    for counter in (1, 2, 3):
        block = keys.seal(bytearray(b"7391"), ACCOUNT)
        key = pad_dukpt.aes_pin_key(bytes(range(16)), KEY_ID, counter)
        expected = format4_block(key, bytearray(b"7391"), ACCOUNT, NO_RANDOM)
        assert block.reveal() == expected.hex().upper()
        assert block.key_serial_number == f"{KEY_ID.hex().upper()}{counter:08X}"


def test_the_file_is_ours_alone_and_holds_no_initial_key(keys: KeypadKeys, tmp_path: Path) -> None:
    path = tmp_path / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_size == FILE_BYTES
    content = path.read_bytes()
    assert bytes(range(16)) not in content
    sealed(keys)
    assert bytes(range(16)) not in path.read_bytes()


def test_what_a_use_took_off_is_overwritten_on_the_disk(keys: KeypadKeys, tmp_path: Path) -> None:
    path = tmp_path / KEY_FILE
    with path.open("rb") as before:
        sealed(keys)
        assert before.read() == bytes(FILE_BYTES)


def test_the_initial_key_given_is_wiped(tmp_path: Path) -> None:
    one = initial(bytes(range(16)))
    KeypadKeys(tmp_path).install(one)
    assert one.key == bytes(16)
    assert "00010203" not in repr(one)


@pytest.mark.parametrize("point", range(1, 12))
def test_killed_anywhere_no_serial_number_serves_twice(
    keys: KeypadKeys, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    """The power goes at the n-th thing done to the disk, twice in a row; then somebody pays."""
    served = [sealed(keys)]
    for _ in range(2):
        with monkeypatch.context() as patched:
            count = kill_at(point, patched)
            try:
                served.append(sealed(keys))
            except Killed:
                assert count[0] >= point
    served += [sealed(keys), sealed(keys)]
    assert len(set(served)) == len(served)
    assert served == sorted(served)


class Killed(BaseException):
    """The power went."""


def kill_at(point: int, patched: pytest.MonkeyPatch) -> list[int]:
    count = [0]

    def mortal(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            count[0] += 1
            if count[0] == point:
                raise Killed
            return real(*given, **named)

        return call

    for name in ("open", "write", "fsync", "pwrite", "close"):
        patched.setattr(os, name, mortal(getattr(os, name)))
    patched.setattr(Path, "replace", mortal(Path.replace))
    patched.setattr(format4, "seal", mortal(format4.seal))
    return count


def test_nothing_is_sealed_that_could_not_be_written_down(
    keys: KeypadKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", no_space)
        patched.setattr(format4, "seal", lambda *_: pytest.fail("sealed"))
        with pytest.raises(PadRefused) as caught:
            sealed(keys)
    assert caught.value.code == "NOT_KEPT"
    assert sealed(keys).endswith("00000001")


def test_a_key_that_was_here_does_not_come_back(keys: KeypadKeys) -> None:
    sealed(keys)
    with pytest.raises(SettingsError, match="installed here before"):
        keys.install(initial(bytes(range(16))))
    keys.install(initial(bytes(16), b"\x92\x50\x00\x01\x00\x00\x00\x08"))
    assert sealed(keys) == "925000010000000800000001"
    with pytest.raises(SettingsError, match="installed here before"):
        keys.install(initial(bytes(range(16))))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.chmod(0o640), "closed to others"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "damaged"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "damaged"),
        (lambda path: path.write_bytes(b"\x00" * FILE_BYTES), "damaged"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:40] + b"x" + path.read_bytes()[41:]),
            "damaged",
        ),
        (lambda path: path.unlink(), "missing"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/hostname")), "keypad.key"),
    ],
)
def test_a_file_not_to_be_trusted_is_refused(
    keys: KeypadKeys, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    spoil(tmp_path / KEY_FILE)
    with pytest.raises(SettingsError, match=said):
        keys.check()


def test_no_key_and_no_key_left(tmp_path: Path, keys: KeypadKeys) -> None:
    with pytest.raises(PadRefused) as caught:
        sealed(KeypadKeys(tmp_path / "elsewhere"))
    assert caught.value.code == "NO_KEY"
    keys._keep(KeyRegisters(KEY_ID, 0xFFFF0000, {}))
    keys.check()
    with pytest.raises(PadRefused) as caught:
        sealed(keys)
    assert caught.value.code == "KEYS_USED_UP"
