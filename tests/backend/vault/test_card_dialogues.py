"""A card is personalised, proves itself, is renewed and retired, by a vault asked step by step."""

import secrets
from typing import Any

import pytest

from backend.vault.dialogues import DIALOGUE_SECONDS_MAX, DIALOGUES_MAX
from backend.vault.errors import (
    CardKeyVersionUnknown,
    DialogueUnknown,
    PersonalisationFailed,
    TooManyDialogues,
)
from backend.vault.keys import (
    VaultKeys,
    with_new_card_masters,
)
from backend.vault.store_vault import SEALED_SECONDS_MAX
from backend.vault.vault import Vault
from passcard.layout import Application
from simulator.chip.chip import Chip

UID = bytes.fromhex("04112233445566")


def answer_of(
    chip: Chip, vault: Vault, application: Application, version: int = 1
) -> tuple[bytes, bytes]:
    """Carry a challenge between a chip and the vault; return sealed state and card answer."""
    chip.power_on()
    chip.transmit(b"\x90\x5a\x00\x00\x03" + application.aid + b"\x00")
    rnd_b = chip.transmit(bytes.fromhex("9071000002010000"))[:16]
    answered = vault.answer_card_challenge(chip.uid, application, rnd_b, key_version=version)
    card_answer = chip.transmit(b"\x90\xaf\x00\x00\x20" + answered.answer + b"\x00")
    return answered.sealed_state, card_answer[:-2]


def chip_refuses(chip: Chip, vault: Vault, version: int) -> bytes:
    """Answer a chip under another version of the masters; return the chip's status word."""
    chip.power_on()
    chip.transmit(b"\x90\x5a\x00\x00\x03" + Application.ACCESS.aid + b"\x00")
    rnd_b = chip.transmit(bytes.fromhex("9071000002010000"))[:16]
    answered = vault.answer_card_challenge(chip.uid, Application.ACCESS, rnd_b, key_version=version)
    return chip.transmit(b"\x90\xaf\x00\x00\x20" + answered.answer + b"\x00")


def personalise(vault: Vault, chip: Chip, to_version: int | None = None) -> int:
    chip.power_on()
    step = vault.begin_personalisation(chip.uid, to_version=to_version)
    exchanges = 0
    while step.command is not None:
        step = vault.continue_personalisation(step.dialogue_id, chip.transmit(step.command))
        exchanges += 1
    return exchanges


def test_a_personalised_chip_proves_itself(vault: Vault) -> None:
    chip = Chip(UID, secrets.token_bytes)
    personalise(vault, chip)
    for application in Application:
        sealed, answer = answer_of(chip, vault, application)
        assert vault.verify_card_answer(UID, application, sealed, answer)


def test_a_finished_card_is_recognised_without_a_write(vault: Vault) -> None:
    chip = Chip(UID, secrets.token_bytes)
    first, again = personalise(vault, chip), personalise(vault, chip)
    assert again < first


def test_an_answer_proves_nothing_elsewhere(vault: Vault) -> None:
    chip = Chip(UID, secrets.token_bytes)
    personalise(vault, chip)
    benefits = Application.BENEFITS
    sealed, answer = answer_of(chip, vault, benefits)
    other_uid = bytes.fromhex("04112233445567")
    assert not vault.verify_card_answer(other_uid, benefits, sealed, answer)
    assert not vault.verify_card_answer(UID, Application.ACCESS, sealed, answer)
    assert not vault.verify_card_answer(UID, benefits, sealed, bytes(32))
    assert not vault.verify_card_answer(UID, benefits, sealed, b"")
    assert not vault.verify_card_answer(UID, benefits, sealed[:-1], answer)
    assert not vault.verify_card_answer(UID, benefits, b"", answer)
    assert not vault.verify_card_answer(UID, benefits, bytes(80), answer)
    another_challenge, _ = answer_of(chip, vault, benefits)
    assert not vault.verify_card_answer(UID, benefits, another_challenge, answer)


def test_a_sealed_challenge_expires_by_itself(vault: Vault, clock: Any) -> None:
    chip = Chip(UID, secrets.token_bytes)
    personalise(vault, chip)
    sealed, answer = answer_of(chip, vault, Application.BENEFITS)
    clock.advance(seconds=SEALED_SECONDS_MAX - 0.001)
    assert vault.verify_card_answer(UID, Application.BENEFITS, sealed, answer)
    clock.advance(seconds=0.001)
    assert not vault.verify_card_answer(UID, Application.BENEFITS, sealed, answer)


def test_the_access_key_is_the_cards_own(vault: Vault, keys: VaultKeys) -> None:
    masters = keys.master_keys(1)
    assert vault.derive_access_key(UID) == masters.for_card(UID).access_authenticate.reveal()
    assert vault.derive_access_key(UID) != vault.derive_access_key(bytes(7))


@pytest.mark.parametrize("count", [0, 1, 1001])
def test_many_access_keys_are_those_of_one_after_the_other(vault: Vault, count: int) -> None:
    uids = [number.to_bytes(7, "big") for number in range(count)]
    keys = vault.derive_access_keys(uids)
    assert len(keys) == count
    for place in {0, count - 1} if count else ():
        assert keys[place] == vault.derive_access_key(uids[place])


def test_a_card_of_an_earlier_version_still_proves_itself(open_vault: Any, keys: VaultKeys) -> None:
    chip = Chip(UID, secrets.token_bytes)
    with open_vault(keys) as first:
        personalise(first, chip)
    with open_vault(with_new_card_masters(keys, secrets.token_bytes)) as vault:
        assert vault.current_card_key_version() == 2
        sealed, answer = answer_of(chip, vault, Application.ACCESS)
        assert vault.verify_card_answer(UID, Application.ACCESS, sealed, answer)
        assert vault.derive_access_key(UID) != vault.derive_access_key(UID, 2)
        assert chip_refuses(chip, vault, 2) == bytes.fromhex("91AE")


def test_a_new_card_gets_the_wanted_version(open_vault: Any, keys: VaultKeys) -> None:
    with open_vault(with_new_card_masters(keys, secrets.token_bytes)) as vault:
        for wanted, version in ((None, 2), (2, 2), (1, 1)):
            chip = Chip(UID, secrets.token_bytes)
            personalise(vault, chip, to_version=wanted)
            sealed, answer = answer_of(chip, vault, Application.BENEFITS, version)
            assert vault.verify_card_answer(UID, Application.BENEFITS, sealed, answer)


@pytest.mark.parametrize("version", [0, 2, -1, 255])
def test_a_version_that_is_not_held_is_said_to_be_unknown(vault: Vault, version: int) -> None:
    with pytest.raises(CardKeyVersionUnknown):
        vault.derive_access_key(UID, version)
    with pytest.raises(CardKeyVersionUnknown):
        vault.derive_access_keys([UID], version)
    with pytest.raises(CardKeyVersionUnknown):
        vault.answer_card_challenge(UID, Application.ACCESS, bytes(16), key_version=version)
    with pytest.raises(CardKeyVersionUnknown):
        vault.begin_personalisation(UID, to_version=version)


@pytest.mark.parametrize("moved", [False, True])
def test_a_card_is_moved_to_a_newer_version_and_retired_from_either(
    open_vault: Any, keys: VaultKeys, moved: bool
) -> None:
    chip = Chip(UID, secrets.token_bytes)
    with open_vault(keys) as first:
        personalise(first, chip)
    with open_vault(with_new_card_masters(keys, secrets.token_bytes)) as vault:
        if moved:
            personalise(vault, chip)
            sealed, answer = answer_of(chip, vault, Application.ACCESS, 2)
            assert vault.verify_card_answer(UID, Application.ACCESS, sealed, answer)
        chip.power_on()
        step = vault.begin_retirement(UID)
        while step.command is not None:
            step = vault.continue_personalisation(step.dialogue_id, chip.transmit(step.command))
        assert len(chip.memory.applications) == 1


def test_dialogues_are_bounded_in_number_and_time(vault: Vault, clock: Any) -> None:
    steps = [vault.begin_personalisation(UID) for _ in range(DIALOGUES_MAX)]
    with pytest.raises(TooManyDialogues):
        vault.begin_personalisation(UID)
    clock.advance(seconds=DIALOGUE_SECONDS_MAX)
    with pytest.raises(DialogueUnknown):
        vault.continue_personalisation(steps[0].dialogue_id, b"\x91\x00")
    assert vault.begin_personalisation(UID).command


def test_a_card_that_refuses_ends_its_dialogue(vault: Vault) -> None:
    step = vault.begin_personalisation(UID)
    with pytest.raises(PersonalisationFailed) as refused:
        vault.continue_personalisation(step.dialogue_id, bytes.fromhex("6A82"))
    assert refused.value.details == {"reason": "UnsuitableCard"}
    with pytest.raises(DialogueUnknown):
        vault.continue_personalisation(step.dialogue_id, bytes.fromhex("9100"))


def answer_always(vault: Vault, response: bytes) -> None:
    step = vault.begin_personalisation(UID)
    while step.command is not None:
        step = vault.continue_personalisation(step.dialogue_id, response)


def test_garbage_from_a_card_is_a_refusal_and_no_crash(vault: Vault) -> None:
    for garbage in (b"", b"\x91", b"\x00" * 300, bytes.fromhex("91AF"), bytes.fromhex("FF91AF")):
        with pytest.raises(PersonalisationFailed):
            answer_always(vault, garbage)
