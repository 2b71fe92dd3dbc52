"""Every status word of the ISO 7816 commands, reached by a command; none is left out."""

import os

import pytest

from simulator.chip import iso7816, iso_words
from simulator.chip.chip import Chip
from simulator.chip.memory import PICC_AID, Damage, Memory
from tests.simulator.chip.cards import UID, backup, card, records, standard
from tests.simulator.chip.host import Host

FILES = {
    1: standard(),
    2: standard(rights=0x1111),
    3: backup(),
    4: records("plain", 0xEEEE, b"aaaa"),
    5: records("plain", 0xEEEE, *[b"aaaa"] * 4, cyclic=False),
}


def _keeps_nothing(_memory: Memory) -> None:
    raise OSError


def _at_files() -> Host:
    return card(FILES)


def _broken_card() -> Host:
    memory = card(FILES).chip.memory.with_damage(Damage(PICC_AID))
    return Host(Chip(UID, os.urandom, memory=memory))


def _full_disk() -> Host:
    host = Host(Chip(UID, os.urandom, memory=card(FILES).chip.memory, committed=_keeps_nothing))
    assert host.select() == 0
    return host


# The status word, the card, and the command that it answers with the word.
REACHED = {
    "9000": (_at_files, "00B0810000"),
    "6581": (_full_disk, "00D68100 01FF"),
    "6700": (_at_files, "00B08100"),
    "6981": (_at_files, "00B0840000"),
    "6982": (_at_files, "00B0820000"),
    "6985": (_at_files, "0082098020" + "00" * 32),
    "6986": (_at_files, "00B0000000"),
    "6A82": (_at_files, "00B0890000"),
    "6A83": (_at_files, "00B2022400"),
    "6A84": (_at_files, "00E2002801FF"),
    "6A86": (_at_files, "00B2012600"),
    "6A88": (_at_files, "0082098D20" + "00" * 32),
    "6B00": (_at_files, "00B081C800"),
    "6D00": (_at_files, "0020000000"),
    "6F00": (_broken_card, "00A4000000"),
}
KNOWN = {
    value
    for module in (iso7816, iso_words)
    for name, value in vars(module).items()
    if isinstance(value, bytes) and len(value) == 2 and not name.startswith("_")
}


def test_the_table_has_every_word_that_the_chip_knows() -> None:
    assert {bytes.fromhex(word) for word in REACHED} == KNOWN


@pytest.mark.parametrize("word", REACHED)
def test_each_is_reached(word: str) -> None:
    made, command = REACHED[word]
    assert made().chip.transmit(bytes.fromhex(command))[-2:] == bytes.fromhex(word)
