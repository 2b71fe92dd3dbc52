"""The terminal's side of the protocol meets the chip: two writings of one set of facts.

A blank becomes a Pass card; torn at any write, and before or after it, it is finished next time.
"""

import os
from collections.abc import Iterator

import pytest

from passcard.errors import PassCardError
from passcard.layout import Application
from passcard.personalise import MasterKeys, personalise
from passcard.secret import Secret
from passcard.session import authenticate, run
from simulator.chip.chip import Chip
from simulator.chip.other_cards import clone_of, foreign_desfire

UID = bytes.fromhex("04112233445566")
KEYS = MasterKeys(*(Secret(bytes((number,)) * 16) for number in range(5))).for_card(UID)
WRITES_MAX = 40


class CardLeftError(Exception):
    """The card does not answer."""


def _personalise(chip: Chip) -> None:
    def transmit(command: bytes) -> bytes:
        answer = chip.transmit(command)
        if not answer:
            raise CardLeftError
        return answer

    chip.power_on()
    run(personalise(UID, KEYS, os.urandom), transmit)


def _prove(chip: Chip) -> None:
    chip.reset()
    for application in Application:
        authenticate(chip.transmit, application, KEYS.authenticate(application), os.urandom(16))


def _torn_cards(*, applied: bool) -> Iterator[Chip]:
    """Yield a blank torn at its first write, at its second, … until one is finished untorn."""
    for untorn in range(WRITES_MAX):
        chip = Chip(UID, os.urandom)
        try:
            _personalise_tearing(chip, untorn, applied=applied)
        except CardLeftError:
            yield chip
        else:
            return
    pytest.fail("personalising never ended")


def _personalise_tearing(chip: Chip, untorn: int, *, applied: bool) -> None:
    """Personalise; leave at the write after so many."""
    writes, memory = 0, chip.memory
    chip.power_on()
    if untorn == 0:
        chip.tear_next_write(applied=applied)

    def transmit(command: bytes) -> bytes:
        nonlocal writes, memory
        answer = chip.transmit(command)
        if not answer:
            raise CardLeftError
        if chip.memory is not memory:
            writes, memory = writes + 1, chip.memory
            if writes == untorn:
                chip.tear_next_write(applied=applied)
        return answer

    run(personalise(UID, KEYS, os.urandom), transmit)


def test_a_blank_becomes_a_pass_card_and_is_recognised_again() -> None:
    chip = Chip(UID, os.urandom)
    _personalise(chip)
    _prove(chip)
    memory = chip.memory
    _personalise(chip)
    assert chip.memory is memory  # not one write


@pytest.mark.parametrize("applied", [False, True])
def test_a_card_torn_at_any_write_is_finished_next_time(*, applied: bool) -> None:
    torn = 0
    for chip in _torn_cards(applied=applied):
        torn += 1
        _personalise(chip)
        _prove(chip)
    assert torn >= 7  # the PICC key, two applications, two keys in each


def test_clones_and_strangers_prove_nothing() -> None:
    genuine = Chip(UID, os.urandom)
    _personalise(genuine)
    for chip in (clone_of(genuine, os.urandom), foreign_desfire(UID, os.urandom)):
        with pytest.raises(PassCardError):
            _prove(chip)
