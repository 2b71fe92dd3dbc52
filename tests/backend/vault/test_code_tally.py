"""Codes that many chose are noticed by the vault alone, however its keys are kept."""

import secrets
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.vault.code_tally import (
    CODES,
    COUNT_MAX,
    FADING_AT,
    SEALED_BYTES_MAX,
    SHARED_FROM,
    SHARED_MAX,
    CodeTally,
    open_tally,
)
from backend.vault.keys import VaultKeys, with_new_pin_reference
from backend.vault.values import SecretCode
from backend.vault.vault import Vault

SCHOOL, OTHER_SCHOOL = UUID(int=1), UUID(int=2)


def count(vault: Vault, digits: str, times: int, sealed: bytes | None = None) -> bytes:
    for _ in range(times):
        sealed = vault.count_code(SCHOOL, sealed, SecretCode(digits))
    assert sealed is not None
    return sealed


def shared(vault: Vault, sealed: bytes, digits: str, group: UUID = SCHOOL) -> bool:
    return vault.is_shared_code(group, sealed, SecretCode(digits))


def test_a_code_is_shared_from_the_fifth_choice_on(vault: Vault) -> None:
    sealed = count(vault, "7391", SHARED_FROM - 1)
    assert not shared(vault, sealed, "7391")
    assert vault.count_shared_codes(SCHOOL, sealed) == 0
    sealed = count(vault, "7391", 1, sealed)
    assert shared(vault, sealed, "7391")
    assert not shared(vault, sealed, "7392")
    assert vault.count_shared_codes(SCHOOL, sealed) == 1


def test_a_tally_is_of_one_size_says_nothing_and_opens_for_its_group_alone(vault: Vault) -> None:
    first = count(vault, "7391", 1)
    second = count(vault, "0000", SHARED_FROM, first)
    assert len(first) == len(second) <= SEALED_BYTES_MAX
    # The same choice twice looks like nothing twice.
    again = count(vault, "7391", 1)
    assert sum(a == b for a, b in zip(first, again, strict=True)) < len(first) // 50
    assert shared(vault, second, "0000")
    assert not shared(vault, second, "0000", OTHER_SCHOOL)


@pytest.mark.parametrize("place", [0, 2, 3, 14, 15, -1])
def test_a_damaged_tally_begins_anew(vault: Vault, place: int) -> None:
    sealed = bytearray(count(vault, "7391", SHARED_FROM))
    sealed[place] ^= 1
    assert not shared(vault, bytes(sealed), "7391")
    assert vault.count_shared_codes(SCHOOL, bytes(sealed)) == 0
    assert len(count(vault, "7391", 1, bytes(sealed))) == len(sealed)
    for short in (b"", b"\x01", b"\x01\x00\x01" + bytes(11), b"\x01\x00\x01" + bytes(12)):
        assert vault.count_shared_codes(SCHOOL, short) == 0


def test_a_tally_outlives_its_key_s_roll_over(open_vault: Any, keys: VaultKeys) -> None:
    with open_vault(keys) as before:
        sealed = count(before, "7391", SHARED_FROM - 1)
    with open_vault(with_new_pin_reference(keys, secrets.token_bytes)) as after:
        sealed = count(after, "7391", 1, sealed)
        assert shared(after, sealed, "7391")
        assert sealed[1:3] == b"\x00\x02"
    with open_vault(keys) as older:
        assert not shared(older, sealed, "7391")


def digits(code: int) -> bytearray:
    return bytearray(f"{code:04d}".encode())


def test_no_more_codes_are_shared_than_may_be_refused() -> None:
    counts = bytes([SHARED_FROM] * 200) + bytes([SHARED_FROM + 1] * 3) + bytes(CODES - 203)
    tally = CodeTally(sum(counts), counts)
    assert tally.shared() == SHARED_MAX
    refused = {code for code in range(CODES) if tally.is_shared(digits(code))}
    assert len(refused) == SHARED_MAX
    # The most chosen first.
    assert {200, 201, 202} <= refused


def test_old_choices_fade() -> None:
    tally = CodeTally()
    for _ in range(COUNT_MAX + 10):
        tally.add(digits(1234))
    for number in range(FADING_AT - COUNT_MAX - 10 - 1):
        tally.add(digits(2000 + number % 5000))
    assert tally.is_shared(digits(1234))
    tally.add(digits(1234))
    plain = tally.plain()
    assert plain[4 + 1234] == COUNT_MAX // 2
    assert int.from_bytes(plain[:4], "big") == sum(plain[4:])


@given(st.lists(st.integers(0, 9999), max_size=60))
def test_the_figure_is_the_number_of_codes_that_are_refused(chosen: list[int]) -> None:
    tally = CodeTally()
    for code in chosen:
        tally.add(digits(code))
    often = {code for code in chosen if chosen.count(code) >= SHARED_FROM}
    assert tally.shared() == len(often)
    assert {code for code in chosen if tally.is_shared(digits(code))} == often


@given(st.binary(max_size=64))
def test_anything_at_all_opens_as_nothing(noise: bytes) -> None:
    assert open_tally(noise, SCHOOL, lambda _version, _message: bytes(32)).shared() == 0
