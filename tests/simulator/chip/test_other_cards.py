"""Cards that must be refused: what each says to the questions of a reader."""

import functools
import operator
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from passcard.layout import ACCESS_AID, BENEFITS_AID
from simulator.chip.chip import DESFIRE_ATR, Chip
from simulator.chip.keys import KeyKind, aes_key
from simulator.chip.memory import PICC_AID
from simulator.chip.other_cards import BankCard, Phone, clone_of, foreign_desfire, memory_with

if TYPE_CHECKING:
    from tests.simulator.chip.conftest import Reader

NewReader = Callable[[Chip], "Reader"]
UID = bytes.fromhex("04112233445566")
KEYS = [bytes([n]) * 16 for n in (1, 2)]


@pytest.mark.parametrize("atr", [BankCard.atr, Phone.atr, DESFIRE_ATR])
def test_answers_to_reset_are_well_formed(atr: bytes) -> None:
    # ISO 7816-3 §8.2: T0 counts the historical bytes, TCK closes the exclusive or.
    assert len(atr) == 5 + (atr[1] & 0x0F)
    assert functools.reduce(operator.xor, atr[1:]) == 0


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("00A404000E325041592E5359532E444446303100", "9000"),
        ("00A4040003F5925000", "6A82"),
        ("00A4040000", "6A82"),
        ("00A40400", "6A82"),
        ("9060000000", "6E00"),
        ("905A000003F5925000", "6E00"),
        ("0084000008", "6D00"),
        ("60", "6700"),
    ],
)
def test_a_bank_card(command: str, answer: str) -> None:
    card = BankCard(bytes.fromhex("1A2B3C4D"))
    assert card.power_on() == card.reset() == card.atr
    said = card.transmit(bytes.fromhex(command))
    assert said[-2:].hex().upper() == answer
    assert (len(said) > 2) == (answer == "9000")
    card.power_off()
    assert card.uid == bytes.fromhex("1A2B3C4D")


def test_the_payment_directory_is_well_formed() -> None:
    fci = BankCard(b"").transmit(bytes.fromhex("00A404000E325041592E5359532E444446303100"))[:-2]
    assert fci[0] == 0x6F
    assert fci[1] == len(fci) - 2
    assert b"2PAY.SYS.DDF01" in fci


def test_a_phone_is_another_each_time() -> None:
    phone = Phone(os.urandom)
    uids = set()
    for _ in range(5):
        phone.power_on()
        uids.add(phone.uid)
        phone.power_off()
    phone.reset()
    assert len(uids) == 5
    assert all(len(uid) == 4 and uid[0] == 0x08 for uid in uids)
    assert phone.transmit(bytes.fromhex("9060000000")) == b"\x6a\x82"
    assert phone.transmit(b"") == b""


def test_a_foreign_card_has_no_application_of_ours(new_reader: NewReader) -> None:
    reader = new_reader(foreign_desfire(UID, os.urandom))
    assert reader.select(BENEFITS_AID) == 0xA0
    assert reader.select(ACCESS_AID) == 0xA0
    status, aids = reader.ask(0x6A)
    assert (status, len(aids) > 0) == (0, True)
    assert reader.iso() == 0xAE
    assert reader.ev2(0) == 0xAE


def test_a_clone_looks_right_and_cannot_prove_it(new_reader: NewReader) -> None:
    applications = {BENEFITS_AID: KEYS, ACCESS_AID: KEYS}
    genuine = Chip(UID, os.urandom, memory=memory_with(aes_key(KEYS[0]), applications))
    clone = clone_of(genuine, os.urandom)
    assert clone.uid == genuine.uid
    for chip, status in ((genuine, 0), (clone, 0xAE)):
        reader = new_reader(chip)
        for aid in applications:
            assert reader.select(aid) == 0
            assert reader.ev2(1, KEYS[1]) == status
    assert clone.memory.applications[PICC_AID].kind is KeyKind.TWO_KEY_DES


def test_a_memory_is_made_as_asked() -> None:
    memory = memory_with(None, {BENEFITS_AID: KEYS}, settings=0x09)
    application = memory.applications[BENEFITS_AID]
    assert application.settings.value == 0x09
    assert application.keys == tuple(aes_key(key) for key in KEYS)
    assert memory.applications[PICC_AID].kind is KeyKind.TWO_KEY_DES
