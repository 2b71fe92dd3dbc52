"""Many accounts from one terminal, blocks nobody can read: the terminal pays, no holder does."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from backend.accounts.tables import Notice
from backend.commands import alarms
from backend.commands.refusal import CommandRefused
from backend.pins.checking import CodeCheck, Verdict
from backend.pins.errors import AlarmReleased, AlarmUnknown
from backend.pins.guard import (
    COOL_DOWN,
    MISSED_ACCOUNTS_MAX,
    UNREADABLE_BLOCKS_MAX,
    WINDOW,
    may_check,
    note_try,
)
from backend.pins.tables import CodeAlarm, CodeMiss, PadEntry
from backend.vault.errors import VaultUnavailable
from backend.vault.values import PinProfile

CODE, OTHER = "7391", "7392"
ANOTHER_CARD = "9250000000000029"
NOBODY = "00000000-0000-4000-8000-000000000000"


def all_alarms(world: Any) -> list[CodeAlarm]:
    with world.services.database.reading() as session:
        return list(session.scalars(select(CodeAlarm).order_by(CodeAlarm.raised_at)))


def mails(world: Any) -> list[dict[str, Any]]:
    with world.services.database.reading() as session:
        facts = session.scalars(select(Notice.facts).where(Notice.kind == "alarm"))
        return [json.loads(each) for each in facts]


def miss(world: Any, pad: Any, people: list[Any], code: str = OTHER) -> list[Verdict]:
    return [world.check(pad, pad.type(code), person=person).verdict for person in people]


def test_the_tenth_account_missed_at_one_terminal_stops_it(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX + 1, CODE)
    pad, elsewhere = world.pad(), world.pad()
    assert miss(world, pad, people[:-1]) == [Verdict.WRONG] * MISSED_ACCOUNTS_MAX
    last = people[-1]
    for code in (OTHER, CODE):
        assert world.check(pad, pad.type(code), person=last) == CodeCheck(Verdict.SUSPENDED)
    assert world.row(last).tries_left == 3
    assert world.check(elsewhere, elsewhere.type(CODE), person=last).verdict is Verdict.RIGHT
    (alarm,) = all_alarms(world)
    assert (alarm.kind, alarm.figure) == ("spraying", MISSED_ACCOUNTS_MAX)
    assert [mail["kind"] for mail in mails(world)] == ["spraying"]
    world.services.now.moment += COOL_DOWN
    assert world.check(pad, pad.type(CODE), person=last).verdict is Verdict.RIGHT


def test_a_slow_counter_with_clumsy_customers_is_left_alone(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX + 2, CODE)
    pad = world.pad()
    for person in people:
        assert miss(world, pad, [person]) == [Verdict.WRONG]
        world.services.now.moment += WINDOW / (MISSED_ACCOUNTS_MAX - 1)
    assert all_alarms(world) == []


def test_who_mistypes_and_then_types_right_is_no_spraying(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX + 2, CODE)
    pad = world.pad()
    for person in people:
        assert miss(world, pad, [person]) == [Verdict.WRONG]
        assert miss(world, pad, [person], CODE) == [Verdict.RIGHT]
    assert all_alarms(world) == []


def test_one_account_missed_often_is_its_own_three_tries_affair(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    for _ in range(MISSED_ACCOUNTS_MAX + 5):
        world.check(pad, pad.type(OTHER))
    assert all_alarms(world) == []


def test_what_the_vault_never_compared_is_not_missed(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX + 1, CODE)
    pad = world.pad()
    for person in people:

        def away() -> None:
            raise VaultUnavailable

        world.vault.before = away
        with pytest.raises(VaultUnavailable):
            world.check(pad, pad.type(OTHER), person=person)
    with world.services.database.reading() as session:
        assert session.scalars(select(CodeMiss)).all() == []
    assert miss(world, pad, people[:1], CODE) == [Verdict.RIGHT]


def test_guesses_at_once_from_one_terminal_are_counted_before_they_are_compared(
    world: Any,
) -> None:
    guessers = 2 * MISSED_ACCOUNTS_MAX
    people = world.people(guessers, CODE)
    first = world.pad()
    # Pads of their own, so that no guess overtakes another's counter; one terminal.
    pads = [first] + [world.pad(terminal_id=first.terminal_id) for _ in range(guessers - 1)]
    guesses = [(pad, pad.type(OTHER), who) for pad, who in zip(pads, people, strict=True)]
    start = Barrier(guessers)

    def guess(one: Any) -> Verdict:
        start.wait(20)
        verdict: Verdict = world.check(one[0], one[1], person=one[2]).verdict
        return verdict

    with ThreadPoolExecutor(guessers) as pool:
        verdicts = list(pool.map(guess, guesses))
    assert len(world.vault.verified) == MISSED_ACCOUNTS_MAX
    assert verdicts.count(Verdict.WRONG) == MISSED_ACCOUNTS_MAX
    assert verdicts.count(Verdict.SUSPENDED) == MISSED_ACCOUNTS_MAX
    assert sum(3 - world.row(who).tries_left for who in people) == MISSED_ACCOUNTS_MAX
    assert len(all_alarms(world)) == 1


def test_as_many_as_allowed_being_compared_lets_no_other_account_in(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX + 1, CODE)
    pad = world.pad()
    with world.services.database.unit_of_work() as session:
        for person in people[:-1]:
            assert may_check(session, pad.terminal_id, world.services.now())
            assert note_try(session, pad.terminal_id, person, world.services.now())
    last = people[-1]
    assert world.check(pad, pad.type(CODE), person=last) == CodeCheck(Verdict.SUSPENDED)
    assert (world.row(last).tries_left, world.vault.verified) == (3, [])
    # One of those being compared may come back; nobody has been wrong, so there is no alarm.
    assert world.check(pad, pad.type(CODE), person=people[0]).verdict is Verdict.RIGHT
    assert world.check(pad, pad.type(CODE), person=last).verdict is Verdict.RIGHT
    assert all_alarms(world) == []


def test_a_released_alarm_names_who_and_ends_what_it_stopped(world: Any) -> None:
    people = world.people(MISSED_ACCOUNTS_MAX, CODE)
    pad = world.pad()
    miss(world, pad, people)
    (shown,) = json.loads(alarms.show(world.services, everything=False, as_json=True))
    assert (shown["kind"], shown["figure"]) == ("spraying", MISSED_ACCOUNTS_MAX)
    assert shown["terminal_id"] == str(pad.terminal_id)
    assert shown["alarm_id"] in alarms.show(world.services, everything=False, as_json=False)
    assert miss(world, pad, people[:1], CODE) == [Verdict.SUSPENDED]
    alarms.release(world.services, shown["alarm_id"], "Anne")
    assert miss(world, pad, people[:1], CODE) == [Verdict.RIGHT]
    assert alarms.show(world.services, everything=False, as_json=False) == "no alarm"
    assert "released by Anne" in alarms.show(world.services, everything=True, as_json=False)
    (alarm,) = all_alarms(world)
    assert (alarm.released_by, alarm.released_at) == ("Anne", world.services.now())
    for wrong, error in (
        (shown["alarm_id"], AlarmReleased),
        (NOBODY, AlarmUnknown),
        ("x", CommandRefused),
    ):
        with pytest.raises(error):
            alarms.release(world.services, wrong, "Bruno")


# What somebody with a terminal, or on its line, may send: each with its own answer, and no try.
Forge = Any


def _garbled(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    return replace(typed, block=secrets.token_bytes(len(typed.block)))


def _truncated(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    return replace(typed, block=typed.block[:-1])


def _padded(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    return replace(typed, block=typed.block + bytes(8))


def _empty(world: Any, pad: Any) -> Forge:
    return replace(pad.type(CODE), block=b"")


def _other_card(world: Any, pad: Any) -> Forge:
    return pad.type(CODE, card_number=ANOTHER_CARD)


def _other_terminals_key(world: Any, pad: Any) -> Forge:
    return world.pad(pad.profile).type(CODE)


def _own_ksn_other_key(world: Any, pad: Any) -> Forge:
    other = world.pad(pad.profile).type(CODE)
    return replace(pad.type(CODE), block=other.block)


def _replayed(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    assert world.check(pad, typed).verdict is Verdict.RIGHT
    return typed


def _older(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT
    return typed


def _short_ksn(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    return replace(typed, key_serial_number=typed.key_serial_number[:-1])


def _counter_zero(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    size = len(typed.key_serial_number)
    return replace(typed, key_serial_number=pad.initial_key_id.ljust(size, b"\0"))


def _next_blocks_ksn(world: Any, pad: Any) -> Forge:
    typed = pad.type(CODE)
    return replace(pad.type(CODE), block=typed.block)


def _longer_code(world: Any, pad: Any) -> Forge:
    return pad.type("73910")


def _plain_keypad(world: Any, pad: Any) -> Forge:
    # Registered while the scheme allowed it.
    return world.pad(
        pad.profile,
        terminal_id=pad.terminal_id,
        entry=PadEntry.TERMINAL,
        terminal_encryption_allowed=True,
    ).type(CODE)


INVALID, REPLAYED = Verdict.BLOCK_INVALID, Verdict.REPLAYED
UNREADABLE = "block unreadable"
FORGERIES = {
    _garbled: (INVALID, UNREADABLE),
    _truncated: (INVALID, UNREADABLE),
    _padded: (INVALID, UNREADABLE),
    _empty: (INVALID, UNREADABLE),
    _other_card: (INVALID, UNREADABLE),
    _own_ksn_other_key: (INVALID, UNREADABLE),
    _next_blocks_ksn: (INVALID, UNREADABLE),
    _longer_code: (INVALID, UNREADABLE),
    _other_terminals_key: (INVALID, "serial number foreign"),
    _plain_keypad: (INVALID, "serial number not_allowed"),
    _short_ksn: (INVALID, "serial number unreadable"),
    _counter_zero: (INVALID, "serial number unreadable"),
    _replayed: (REPLAYED, None),
    _older: (REPLAYED, None),
}


@pytest.mark.parametrize("profile", PinProfile)
def test_every_forgery_has_its_answer_and_costs_its_holder_nothing(
    world: Any, profile: PinProfile
) -> None:
    world.set(CODE)
    pad = world.pad(profile)
    # The holder has mistyped once: a forgery neither takes a try nor gives one back.
    world.check(pad, pad.type(OTHER))
    counted = 0
    for forge, (expected, fault) in FORGERIES.items():
        forged = forge(world, pad)
        left = world.row().tries_left
        check = world.check(pad, forged)
        assert (check, check.fault) == (CodeCheck(expected), fault), forge.__name__
        assert (world.row().tries_left, world.row().state) == (left, "active"), forge.__name__
        counted += expected is Verdict.BLOCK_INVALID
        assert world.guard(pad).unreadable_blocks == counted, forge.__name__
    assert world.check(pad, pad.type(CODE)) == CodeCheck(Verdict.RIGHT, 3)
    assert all_alarms(world) == []


def test_unreadable_blocks_in_a_short_time_stop_their_terminal(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    for _ in range(UNREADABLE_BLOCKS_MAX - 1):
        assert world.check(pad, _garbled(world, pad)).verdict is Verdict.BLOCK_INVALID
    world.services.now.moment += WINDOW
    for _ in range(UNREADABLE_BLOCKS_MAX):
        assert world.check(pad, _short_ksn(world, pad)).verdict is Verdict.BLOCK_INVALID
    typed = pad.type(CODE)
    assert world.check(pad, typed) == CodeCheck(Verdict.SUSPENDED)
    assert world.row().tries_left == 3
    (alarm,) = all_alarms(world)
    assert (alarm.kind, alarm.figure) == ("unreadable_blocks", UNREADABLE_BLOCKS_MAX)
    world.services.now.moment += COOL_DOWN
    # What was sent meanwhile has been used: it cannot be sent again later.
    assert world.check(pad, typed).verdict is Verdict.REPLAYED
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.RIGHT


def test_a_hundred_wrong_codes_at_once_use_exactly_three_tries(world: Any) -> None:
    world.set(CODE)
    stand = [world.pad() for _ in range(100)]
    guesses = [(pad, pad.type(OTHER)) for pad in stand]
    start = Barrier(len(guesses))

    def guess(one: Any) -> Verdict:
        start.wait(60)
        verdict: Verdict = world.check(*one).verdict
        return verdict

    with ThreadPoolExecutor(len(guesses)) as pool:
        verdicts = list(pool.map(guess, guesses))
    assert len(world.vault.verified) == 3
    assert verdicts.count(Verdict.WRONG) + verdicts.count(Verdict.BLOCKED) == 100
    assert verdicts.count(Verdict.WRONG) <= 2
    assert (world.row().tries_left, world.row().state) == (0, "locked")
    assert world.happenings() == ["set", "blocked"]
