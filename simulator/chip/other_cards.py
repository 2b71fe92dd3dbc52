"""Cards that are not ours, for a reader to refuse; and memories made without the desk.

A bank card, a phone, a DESFire of another issuer, and a clone: the UID of a Pass card, its
applications, but keys the cloner had to invent.
"""

from collections.abc import Mapping, Sequence

from passcard.layout import ACCESS_AID, BENEFITS_AID
from simulator.chip.chip import Chip
from simulator.chip.keys import KEY_LENGTH, Key, KeyKind, KeySettings, aes_key
from simulator.chip.memory import PICC_AID, Application, Memory, factory_picc
from simulator.chip.state import Random

FOREIGN_AIDS = (bytes.fromhex("F48120"), bytes.fromhex("F48121"))
PHONE_UID_PREFIX = 0x08  # ISO/IEC 14443-3: a random, dynamically generated UID
SELECT_HEADER_LENGTH = 4

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
FILE_NOT_FOUND = b"\x6a\x82"
INS_NOT_SUPPORTED = b"\x6d\x00"
CLASS_NOT_SUPPORTED = b"\x6e\x00"
PAYMENT_DIRECTORY = b"2PAY.SYS.DDF01"
# EMV book 1 §12.2.3: FCI naming the directory and one application (CB).
PAYMENT_FCI = bytes.fromhex(
    "6F 23 84 0E 325041592E5359532E4444463031A5 11 BF0C 0E 61 0C 4F 07 A0000000421010 87 01 01"
)


class BankCard:
    """An ISO 7816 payment card: it names its application and knows no DESFire command."""

    atr = bytes.fromhex("3B8E800180318066B0840C016E01830090001D")

    def __init__(self, uid: bytes) -> None:
        self.uid = uid

    def power_on(self) -> bytes:
        """Enter the field; return the ATR."""
        return self.atr

    def power_off(self) -> None:
        """Leave the field."""

    def reset(self) -> bytes:
        """Start again; return the ATR."""
        return self.atr

    def transmit(self, command: bytes) -> bytes:
        """Answer SELECT of the payment directory; refuse the rest as such cards do."""
        if len(command) < SELECT_HEADER_LENGTH:
            return WRONG_LENGTH
        if command[0] != 0x00:
            return CLASS_NOT_SUPPORTED
        if command[1] != 0xA4:
            return INS_NOT_SUPPORTED
        name = command[5 : 5 + command[4]] if len(command) > 5 else b""
        return PAYMENT_FCI + OK if name == PAYMENT_DIRECTORY else FILE_NOT_FOUND


class Phone:
    """A phone emulating a card: another random UID at each tap, and no application of ours."""

    atr = bytes.fromhex("3B80800101")

    def __init__(self, random: Random) -> None:
        self._random = random
        self.uid = self._new_uid()

    def power_on(self) -> bytes:
        """Enter the field with a new UID; return the ATR."""
        self.uid = self._new_uid()
        return self.atr

    def power_off(self) -> None:
        """Leave the field."""

    def reset(self) -> bytes:
        """Start again; return the ATR."""
        return self.power_on()

    def transmit(self, command: bytes) -> bytes:
        """Find nothing, whatever is asked."""
        return FILE_NOT_FOUND if command else b""

    def _new_uid(self) -> bytes:
        return bytes((PHONE_UID_PREFIX,)) + self._random(3)


def memory_with(
    picc_key: Key | None, applications: Mapping[bytes, Sequence[bytes]], settings: int = 0x0B
) -> Memory:
    """Make a memory: a PICC key (None: factory) and, by AID, AES keys of each application."""
    picc = factory_picc()
    if picc_key is not None:
        picc = picc.with_key(0, picc_key)
    made = Memory().with_application(PICC_AID, picc)
    for aid, keys in applications.items():
        stored = tuple(aes_key(material) for material in keys)
        made = made.with_application(aid, Application(KeySettings(settings), KeyKind.AES, stored))
    return made


def foreign_desfire(uid: bytes, random: Random) -> Chip:
    """Make a card of another issuer: no application of ours, keys nobody here has."""
    applications = {aid: [random(KEY_LENGTH)] for aid in FOREIGN_AIDS}
    return Chip(uid, random, memory=memory_with(aes_key(random(KEY_LENGTH)), applications))


def clone_of(card: Chip, random: Random) -> Chip:
    """Make a clone: the same UID, our applications on a factory card, invented keys."""
    applications = {
        aid: [random(KEY_LENGTH), random(KEY_LENGTH)] for aid in (BENEFITS_AID, ACCESS_AID)
    }
    return Chip(card.true_uid, random, memory=memory_with(None, applications))
