"""Which longer codes are refused, why, and how many there are left."""

from dataclasses import replace
from datetime import date

import pytest

from backend.pins.checking import Verdict
from backend.pins.errors import CodeRefused
from backend.pins.long_codes import find_weakness_of
from backend.pins.setting import set_code
from backend.pins.weak_codes import REFUSED_MAX, Known, Weakness
from backend.settings import Settings
from backend.vault.values import CODE_DIGITS_MAX, CODE_DIGITS_MIN, SecretCode
from tests.backend.pins.conftest import World

CARD = "9250413726085934"
LEA = Known(date(2009, 5, 17), "06 39 98 47 15", "69007", (CARD,))
NOBODY = Known(date(1888, 12, 31))


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ("00000 777777 5555555 99999999", Weakness.SAME_DIGITS),
        ("12345 654321 1234567 87654321 123459 013579", Weakness.SEQUENCE),
        ("474747 936936 47474 4747474 36193619", Weakness.REPEATED_PAIR),
        ("447788 11335577", Weakness.DOUBLE_PAIR),
        ("47974 274472 3719173", Weakness.MIRROR),
        ("711148 4822237 93471000", Weakness.THREE_ALIKE),
        ("198557 482034 71940 4861987", Weakness.YEAR),
        ("140789 890714 071489 19120714 21121912", Weakness.DATE),
        ("258061 712580 14706 93971397", Weakness.KEYPAD_LINE),
        ("271828 314159 789456 31415926", Weakness.COMMON),
    ],
)
def test_every_rule_refuses_what_it_is_for(codes: str, why: Weakness) -> None:
    found = {code: find_weakness_of(code, NOBODY) for code in codes.split()}
    assert set(found.values()) == {why}, found


@pytest.mark.parametrize(
    ("codes", "why"),
    [
        ("170509 20090517 417058 200963 170563", Weakness.BIRTH_DATE),
        ("639984 98471 39984715", Weakness.PHONE),
        ("690074 469007 69007", Weakness.POSTCODE),
        ("925041 72608 26085934", Weakness.CARD_NUMBER),
    ],
)
def test_what_is_the_holders_own_is_refused_to_them_alone(codes: str, why: Weakness) -> None:
    for code in codes.split():
        assert find_weakness_of(code, LEA) is why, code
        assert find_weakness_of(code, NOBODY) is not why, code


@pytest.mark.parametrize("code", ["82649", "739182", "4927163", "60384917", "7391", "8264"])
def test_an_ordinary_code_is_accepted(code: str) -> None:
    assert find_weakness_of(code, LEA) is None


def refused(digits: int, step: int) -> float:
    """Return the share that is refused of every `step`-th code to the unluckiest holder."""
    codes = range(0, 10**digits, step)
    found = sum(find_weakness_of(f"{one:0{digits}}", LEA) is not None for one in codes)
    return found / len(codes)


def test_a_longer_code_leaves_no_smaller_a_share() -> None:
    """Of five digits every seventeenth is looked at, which meets every ending alike."""
    assert refused(5, 17) <= REFUSED_MAX / 10_000


@pytest.mark.slow  # test_a_longer_code_leaves_no_smaller_a_share is its everyday sibling
@pytest.mark.parametrize(("digits", "step"), [(5, 3), (6, 37), (7, 397), (8, 3997)])
def test_of_every_length_enough_are_left(digits: int, step: int) -> None:
    assert refused(digits, step) <= REFUSED_MAX / 10_000


def test_a_scheme_says_how_long_its_codes_are(world: World) -> None:
    settings = world.services.settings.model_copy(update={"code_digits": 6})
    services = replace(world.services, settings=settings)
    for digits, why in (("739152", None), ("7391", "length"), ("73915264", "length")):
        if why is None:
            set_code(services, world.person, SecretCode(digits))
            continue
        with pytest.raises(CodeRefused) as refusal:
            set_code(services, world.person, SecretCode(digits))
        assert refusal.value.details["why"] == why


def test_a_longer_code_is_checked_and_a_shorter_one_serves_until_it_is_changed(
    world: World,
) -> None:
    pad = world.pad()
    world.set("7391")
    settings = world.services.settings.model_copy(update={"code_digits": 6})
    longer = replace(world.services, settings=settings)
    assert world.check(pad, pad.type("7391"), services=longer).verdict is Verdict.RIGHT
    set_code(longer, world.person, SecretCode("739152"))
    assert world.check(pad, pad.type("739152"), services=longer).verdict is Verdict.RIGHT
    assert world.check(pad, pad.type("7391"), services=longer).verdict is Verdict.WRONG
    # Where no code is so long, or so short any more, a try is not lost on one.
    assert world.check(pad, pad.type("739152")).verdict is Verdict.BLOCK_INVALID
    alone = replace(longer, settings=settings.model_copy(update={"code_digits_before": 6}))
    assert world.check(pad, pad.type("7391"), services=alone).verdict is Verdict.BLOCK_INVALID
    row = world.row()
    assert row is not None
    assert row.tries_left == 2


def test_pads_take_what_was_chosen_before_too() -> None:
    assert Settings().code_lengths == (CODE_DIGITS_MIN, CODE_DIGITS_MIN)
    assert Settings(code_digits=6).code_lengths == (4, 6)
    assert Settings(code_digits=6, code_digits_before=6).code_lengths == (6, 6)
    assert Settings(code_digits=4, code_digits_before=CODE_DIGITS_MAX).code_lengths == (4, 8)


@pytest.mark.parametrize("digits", [CODE_DIGITS_MIN - 1, CODE_DIGITS_MAX + 1])
def test_no_scheme_has_shorter_or_longer_ones(digits: int) -> None:
    with pytest.raises(ValueError, match="code_digits"):
        Settings(code_digits=digits)
    with pytest.raises(ValueError, match="four to eight"):
        SecretCode("7" * digits)
