"""The values: what they refuse, and what they hide."""

import copy
import pickle
from dataclasses import asdict

import pytest

from terminal.pin.pad import (
    EncryptedPinBlock,
    PinEntry,
    PinEntryStatus,
    PinProfile,
    PinPrompt,
)

SEALED = EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, "123456789012345600000001", "AB" * 16)


def test_a_block_leaves_by_one_door() -> None:
    assert SEALED.reveal() == "AB" * 16
    entry = PinEntry(PinEntryStatus.SUCCESS, SEALED)
    for shown in (repr(SEALED), str(SEALED), f"{entry}"):
        assert "ABAB" not in shown
        assert "123456789012345600000001" in shown


def test_a_block_is_neither_stored_nor_copied_by_accident() -> None:
    for careless in (pickle.dumps, copy.deepcopy, copy.copy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            careless(SEALED)
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        asdict(PinEntry(PinEntryStatus.SUCCESS, SEALED))


def test_blocks_are_equal_by_value() -> None:
    same = EncryptedPinBlock(SEALED.profile, SEALED.key_serial_number, SEALED.reveal())
    other = EncryptedPinBlock(SEALED.profile, SEALED.key_serial_number, "CD" * 16)
    assert same == SEALED
    assert hash(same) == hash(SEALED)
    assert SEALED not in (other, "AB" * 16)


@pytest.mark.parametrize("status", list(PinEntryStatus))
def test_a_block_comes_with_success_and_only_with_it(status: PinEntryStatus) -> None:
    wrong = None if status is PinEntryStatus.SUCCESS else SEALED
    with pytest.raises(ValueError, match="with success"):
        PinEntry(status, wrong)


@pytest.mark.parametrize(
    "number", ["", "1234567", "1" * 20, "9250 0000 0000 0018", "٤" * 16, "A" * 16]
)
def test_a_card_number_is_eight_to_nineteen_digits(number: str) -> None:
    with pytest.raises(ValueError, match="8 to 19 digits") as caught:
        PinPrompt(number, "", "")
    assert not number or number not in str(caught.value)


def test_a_prompt_masks_the_card() -> None:
    prompt = PinPrompt("9250000000000018", "12,50 EUR", "VOTRE CODE:")
    assert "925000" not in repr(prompt)
    assert "…0018" in repr(prompt)
    assert copy.copy(prompt) == prompt
