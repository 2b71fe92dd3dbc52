"""Three tries, however many guesses come at once; a key serial number once; the gate untouched."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from backend.pins.checking import CodeCheck, Verdict
from backend.pins.errors import PadIdentifierInvalid
from backend.pins.guard import COOL_DOWN, UNREADABLE_BLOCKS_MAX
from backend.pins.pads import register_pin_pad
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from backend.vault.errors import VaultUnavailable
from backend.vault.values import PinProfile, PinVerdict

AES, TDES = PinProfile.AES_DUKPT_FORMAT_4, PinProfile.TDES_DUKPT_FORMAT_0
CODE, OTHER = "7391", "7392"


def tries(world: Any) -> tuple[int, str]:
    row = world.row()
    return row.tries_left, row.state


@pytest.mark.parametrize("profile", PinProfile)
def test_right_wrong_wrong_right_and_three_again(world: Any, profile: PinProfile) -> None:
    world.set(CODE)
    pad = world.pad(profile)
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.RIGHT, 3)
    assert world.check(pad, pad.type(OTHER)) == CodeCheck(Verdict.WRONG, 2)
    assert world.check(pad, pad.type(OTHER)) == CodeCheck(Verdict.WRONG, 1)
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.RIGHT, 3)
    assert world.row().right_at == world.services.now()


def test_the_third_wrong_code_blocks_for_good(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    verdicts = [world.check(pad, pad.type(OTHER)) for _ in range(3)]
    assert verdicts[-1] == CodeCheck(Verdict.BLOCKED, 0)
    assert tries(world) == (0, "locked")
    assert world.row().locked_at == world.services.now()
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.BLOCKED, 0)
    assert len(world.vault.verified) == 3


def test_a_code_never_set_is_said_so_and_nothing_compared(world: Any) -> None:
    pad = world.pad()
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.NOT_SET)
    assert world.vault.verified == []
    assert world.pad_row(pad).last_counter == 1


def test_a_serial_number_never_serves_twice(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    first, second = pad.type(CODE), pad.type(CODE)
    assert world.check(pad, second).verdict is Verdict.RIGHT
    for typed in (second, first):
        assert world.check(pad, typed) == CodeCheck(Verdict.REPLAYED)
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT
    assert len(world.vault.verified) == 2


def test_a_wrong_or_unset_code_uses_its_serial_number_too(world: Any) -> None:
    pad = world.pad()
    unset = pad.type(CODE)
    assert world.check(pad, unset).verdict is Verdict.NOT_SET
    assert world.check(pad, unset).verdict is Verdict.REPLAYED
    world.set(CODE)
    wrong = pad.type(OTHER)
    assert world.check(pad, wrong).verdict is Verdict.WRONG
    assert world.check(pad, wrong).verdict is Verdict.REPLAYED
    assert tries(world) == (2, "active")


def test_a_pad_speaks_for_its_own_terminal_only(world: Any) -> None:
    world.set(CODE)
    pad, other = world.pad(), world.pad()
    typed = pad.type(CODE)
    assert world.check(pad, typed, terminal_id=other.terminal_id).verdict is Verdict.BLOCK_INVALID
    # The stranger's attempt used nothing up.
    assert world.pad_row(pad).last_counter == 0
    assert world.check(pad, typed).verdict is Verdict.RIGHT


def test_an_unknown_pad_or_profile_is_refused_without_a_try(world: Any) -> None:
    world.set(CODE)
    pad, legacy = world.pad(), world.pad(TDES)
    typed = pad.type(CODE)
    stranger = replace(typed, key_serial_number=bytes(8) + typed.key_serial_number[8:])
    unreachable = replace(typed, key_serial_number=typed.key_serial_number[:8] + b"\xff" * 4)
    misnamed = replace(legacy.type(CODE), profile=AES)
    for bad in (stranger, unreachable, misnamed, replace(typed, key_serial_number=b"")):
        assert world.check(pad, bad) == CodeCheck(Verdict.BLOCK_INVALID)
    assert world.vault.verified == []
    assert tries(world) == (3, "active")


def test_an_unreadable_block_costs_no_try(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    assert world.check(pad, pad.type(OTHER)) == CodeCheck(Verdict.WRONG, 2)
    for _ in range(5):
        another_card = pad.type(CODE, card_number="9250000000000029")
        assert world.check(pad, another_card) == CodeCheck(Verdict.BLOCK_INVALID)
    assert tries(world) == (2, "active")
    assert world.guard(pad).unreadable_blocks == 5
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT


def test_many_unreadable_blocks_sound_an_alarm_once(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.set(CODE)
    pad = world.pad()
    count = UNREADABLE_BLOCKS_MAX + 2
    blocks = [pad.type(CODE, card_number="9250000000000029") for _ in range(count)]
    with caplog.at_level(logging.INFO):
        verdicts = [world.check(pad, typed).verdict for typed in blocks]
    assert verdicts == [Verdict.BLOCK_INVALID] * UNREADABLE_BLOCKS_MAX + [Verdict.SUSPENDED] * 2
    alarms = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(alarms) == 1
    assert str(UNREADABLE_BLOCKS_MAX) in alarms[0].getMessage()
    world.services.now.moment += COOL_DOWN
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.RIGHT, 3)
    assert not any(typed.block.hex() in caplog.text.lower() for typed in blocks)
    assert CODE not in caplog.text


@pytest.mark.parametrize("pads", [20, 1])
def test_twenty_wrong_guesses_at_once_burn_three_tries(world: Any, pads: int) -> None:
    world.set(CODE)
    stand = [world.pad() for _ in range(pads)]
    guesses = [(pad, pad.type(OTHER)) for pad in stand for _ in range(20 // pads)]
    start = Barrier(len(guesses))

    def guess(one: Any) -> Verdict:
        start.wait(20)
        verdict: Verdict = world.check(*one).verdict
        return verdict

    with ThreadPoolExecutor(len(guesses)) as pool:
        verdicts = list(pool.map(guess, guesses))
    assert verdicts.count(Verdict.RIGHT) == 0
    assert len(world.vault.verified) <= 3
    if pads == 20:
        # Twenty terminals: every serial number is fresh, so every guess reached the counter.
        assert len(world.vault.verified) == 3
        assert verdicts.count(Verdict.BLOCKED) >= 18
        assert tries(world) == (0, "locked")
    else:
        # One pad: guesses overtaken by a later one are replays.
        assert set(verdicts) <= {Verdict.WRONG, Verdict.BLOCKED, Verdict.REPLAYED}
        assert 3 - tries(world)[0] == len(world.vault.verified)


def test_the_right_code_among_many_wrong_ones_never_gives_a_fourth_guess(world: Any) -> None:
    world.set(CODE)
    stand = [world.pad() for _ in range(12)]
    guesses = [(pad, pad.type(CODE if n == 0 else OTHER)) for n, pad in enumerate(stand)]
    start = Barrier(len(guesses))

    def guess(one: Any) -> Verdict:
        start.wait(20)
        verdict: Verdict = world.check(*one).verdict
        return verdict

    with ThreadPoolExecutor(len(guesses)) as pool:
        verdicts = list(pool.map(guess, guesses))
    wrong = world.vault.verified.count(PinVerdict.WRONG)
    # A right code gives three tries back, once: at most two wrong before it, three after.
    assert wrong <= 5
    assert verdicts.count(Verdict.RIGHT) <= 1


def test_a_crash_before_the_answer_costs_the_try(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()

    def crash() -> None:
        raise RuntimeError

    for left in (2, 1, 0):
        world.vault.before = crash
        with pytest.raises(RuntimeError):
            world.check(pad, pad.type(CODE))
        assert world.row().tries_left == left
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.BLOCKED, 0)
    assert world.vault.verified == []
    with world.services.database.reading() as session:
        assert code_state(session, world.person) is CodeState.LOCKED


def test_a_code_locked_while_a_guess_was_under_way_stays_locked(world: Any) -> None:
    world.set(CODE)
    pad, other = world.pad(), world.pad()

    def two_wrong_meanwhile() -> None:
        for _ in range(2):
            world.check(other, other.type(OTHER))

    world.vault.before = two_wrong_meanwhile
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.BLOCKED, 0)
    assert tries(world) == (0, "locked")


def test_a_code_changed_while_a_guess_was_under_way_keeps_its_tries(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    world.vault.before = lambda: world.set("8264")
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.WRONG, 3)
    assert world.check(pad, pad.type("8264")).verdict is Verdict.RIGHT


def test_an_unreadable_block_unlocks_nothing(world: Any) -> None:
    world.set(CODE)
    pad, other = world.pad(), world.pad()

    def two_wrong_meanwhile() -> None:
        for _ in range(2):
            world.check(other, other.type(OTHER))

    world.vault.before = two_wrong_meanwhile
    typed = pad.type(CODE, card_number="9250000000000029")
    assert world.check(pad, typed).verdict is Verdict.BLOCK_INVALID
    assert tries(world) == (0, "locked")


def test_a_pad_that_moves_keeps_its_counter(world: Any) -> None:
    world.set(CODE)
    pad, other = world.pad(), world.pad()
    old = pad.type(CODE)
    world.check(pad, pad.type(CODE))
    with world.services.database.unit_of_work() as session:
        register_pin_pad(session, other.terminal_id, pad.initial_key_id, AES)
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.BLOCK_INVALID
    assert world.check(other, old).verdict is Verdict.REPLAYED
    moved = pad.type(CODE)
    assert world.check(other, moved).verdict is Verdict.RIGHT


def test_an_identifier_no_pad_can_have_is_refused(world: Any) -> None:
    terminal_id = world.pad().terminal_id
    with world.services.database.unit_of_work() as session:
        for profile, key_id in (
            (AES, bytes(7)),
            (AES, bytes(12)),
            (TDES, bytes(8)),
            (TDES, bytes(9) + b"\x01"),
            (TDES, bytes.fromhex("FFFF9876543210F00000")),
        ):
            with pytest.raises(PadIdentifierInvalid):
                register_pin_pad(session, terminal_id, key_id, profile)


def test_a_vault_that_cannot_be_asked_costs_no_try(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()

    def away() -> None:
        raise VaultUnavailable

    for _ in range(4):
        world.vault.before = away
        with pytest.raises(VaultUnavailable):
            world.check(pad, pad.type(OTHER))
        assert tries(world) == (3, "active")
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.RIGHT, 3)


def test_an_outage_gives_nothing_back_to_a_code_that_others_have_locked(world: Any) -> None:
    world.set(CODE)
    pad, other = world.pad(), world.pad()

    def lock_then_go() -> None:
        for _ in range(2):
            world.check(other, other.type(OTHER))
        raise VaultUnavailable

    world.vault.before = lock_then_go
    with pytest.raises(VaultUnavailable):
        world.check(pad, pad.type(OTHER))
    assert tries(world) == (0, "locked")


def test_a_right_code_moves_to_the_current_key_and_a_wrong_one_does_not(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    before = world.row()
    world.roll_reference_key()
    assert world.check(pad, pad.type(OTHER)).verdict is Verdict.WRONG
    assert world.row().key_version == before.key_version
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT
    after = world.row()
    assert after.key_version == before.key_version + 1
    assert (after.generation, after.tag != before.tag) == (before.generation, True)
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT
    assert world.row().tag == after.tag


def test_a_code_set_anew_meanwhile_is_not_overwritten_by_the_renewal(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    world.roll_reference_key()
    renew = world.vault.vault.renew_pin_reference

    def renew_after_a_change(*asked: Any) -> Any:
        world.set("5827")
        return renew(*asked)

    world.vault.renew_pin_reference = renew_after_a_change
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT
    del world.vault.renew_pin_reference
    assert world.check(pad, pad.type("5827")).verdict is Verdict.RIGHT
