"""Two applications selected at once, one transaction in both; and additional access rights."""

from typing import Any

import pytest
from Crypto.Cipher import AES
from Crypto.Hash import CMAC

from simulator.chip.files import AccessRights, File, Head, ValueFile
from simulator.chip.generation import EV1
from simulator.chip.keys import KeySettings, aes_key
from simulator.chip.memory import Application, Damage, Memory
from tests.simulator.chip.cards import UID, backup, card, key, purse, standard, transaction_mac
from tests.simulator.chip.host import AID, PICC, Host, number

OTHER = bytes.fromhex("F59251")
SECOND = 0x80
SECOND_KEYS = tuple(aes_key(bytes((at + 100,)) * 16) for at in range(3))


def both(
    first: dict[int, File] | None = None,
    second: dict[int, File] | None = None,
    *,
    settings: int = 0x0F,
    **chip: Any,
) -> Host:
    """Return a host with both applications selected."""
    made = card(first, **chip).chip.memory
    application = Application(KeySettings(settings), SECOND_KEYS[0].kind, SECOND_KEYS)
    for at, file in (second or {}).items():
        application = application.with_file(at, file)
    return _selected(made.with_application(OTHER, application), **chip)


def _selected(memory: Memory, **chip: Any) -> Host:
    host = Host(type(card().chip)(UID, lambda length: bytes(range(length)), memory=memory, **chip))
    assert host.send(0x5A, AID + OTHER) == (0, b"")
    return host


def in_memory(host: Host, aid: bytes, at: int) -> Any:
    return host.chip.memory.applications[aid].files[at]


def test_bit_7_of_a_file_number_names_the_second_application() -> None:
    host = both({1: standard(content=b"first")}, {1: standard(content=b"second"), 2: standard()})
    assert host.send(0xBD, b"\x01" + bytes(6)) == (0, b"first")
    assert host.send(0xBD, b"\x81" + bytes(6)) == (0, b"second")
    assert host.send(0x3D, b"\x81" + number(0) + number(3) + b"SEC") == (0, b"")
    assert in_memory(host, OTHER, 1).content == b"SECond"
    assert in_memory(host, AID, 1).content == b"first"
    assert host.send(0xF5, b"\x82")[0] == 0
    assert host.send(0xF5, b"\x02")[0] == 0xF0
    assert host.send(0xBD, b"\x85" + bytes(6))[0] == 0xF0


@pytest.mark.parametrize("how", ["ev2", "aes"])
def test_bit_7_of_a_key_number_names_the_second_application(how: str) -> None:
    rights = 0x1FFF
    host = both({1: standard("mac", rights)}, {1: standard("mac", rights)})
    whole = bytes(6)
    assert getattr(host, how)(SECOND | 1, SECOND_KEYS[1].material) == 0
    assert host.ask(0xBD, b"\x81" + whole, mode="mac") == (0, bytes(200))
    assert host.ask(0xBD, b"\x01" + whole, mode="mac")[0] == 0xAE  # the same number, another key
    assert host.send(0x5A, AID + OTHER)[0] == 0
    host.leave()
    assert getattr(host, how)(1, key(1)) == 0
    assert host.ask(0xBD, b"\x01" + whole, mode="mac") == (0, bytes(200))
    assert host.ask(0xBD, b"\x81" + whole, mode="mac")[0] == 0xAE


def test_another_authentication_goes_on_in_the_other_application() -> None:
    host = both({1: purse("full", 0x1111)}, {1: purse("full", 0x1111)})
    assert host.ev2(1, key(1)) == 0
    assert host.ask(0xDC, b"\x01", number(7, 4), "full") == (0, b"")
    assert host.non_first(SECOND | 1, SECOND_KEYS[1].material) == 0
    assert host.ask(0x0C, b"\x81", number(5, 4), "full") == (0, b"")
    assert host.ask(0xC7) == (0, b"")
    assert (in_memory(host, AID, 1).value, in_memory(host, OTHER, 1).value) == (93, 105)


@pytest.mark.parametrize("applied", [False, True])
def test_a_transaction_in_both_is_all_or_nothing(*, applied: bool) -> None:
    host = both({1: purse()}, {1: purse(), 2: backup(content=b"old")})
    assert host.send(0xDC, b"\x01" + number(7, 4)) == (0, b"")
    assert host.send(0x0C, b"\x81" + number(5, 4)) == (0, b"")
    assert host.send(0x3D, b"\x82" + number(0) + number(3) + b"new") == (0, b"")
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(b"\xc7") == b""
    values = in_memory(host, AID, 1).value, in_memory(host, OTHER, 1).value
    assert values == ((93, 105) if applied else (100, 100))
    assert in_memory(host, OTHER, 2).content == (b"new" if applied else b"old")


@pytest.mark.parametrize("reader", [0x6F, None])
def test_an_error_or_an_abort_forgets_both(reader: int | None) -> None:
    host = both({1: purse()}, {1: purse()})
    assert host.send(0xDC, b"\x01" + number(7, 4)) == (0, b"")
    assert host.send(0x0C, b"\x81" + number(5, 4)) == (0, b"")
    if reader is None:
        assert host.send(0xA7) == (0, b"")
    else:
        assert host.send(reader, b"\x00")[0] == 0x7E
    assert host.send(0xC7) == (0x0C, b"")
    assert in_memory(host, AID, 1).value == in_memory(host, OTHER, 1).value == 100


def _tmv(material: bytes, counter: int, entries: list[bytes]) -> bytes:
    vector = bytes.fromhex("5A00010080") + counter.to_bytes(4, "little") + UID
    session = CMAC.new(material, vector, AES).digest()
    told = b"".join(entry.ljust(16, b"\x00") for entry in entries)
    return CMAC.new(session, told, AES).digest()[1::2]


def test_each_application_has_its_own_transaction_mac() -> None:
    first, second = {1: purse(), 2: transaction_mac(material=key(8))}, {1: purse()}
    host = both(first, second | {2: transaction_mac(material=key(9), counter=41)})
    for at in (1, 0x81):
        assert host.send(0xDC, bytes((at,)) + number(1, 4)) == (0, b"")
    ours = _tmv(key(8), 1, [b"\xdc\x01" + number(1, 4)])
    theirs = _tmv(key(9), 42, [b"\xdc\x81" + number(1, 4)])
    assert host.send(0xC7, b"\x01") == (0, number(1, 4) + ours)
    assert host.send(0xBD, b"\x82" + bytes(6)) == (0, number(42, 4) + theirs)
    # A transaction that touches one of them counts in that one.
    assert host.send(0xDC, b"\x81" + number(1, 4)) == (0, b"")
    assert host.send(0xC7) == (0, b"")
    assert (in_memory(host, AID, 2).counter, in_memory(host, OTHER, 2).counter) == (1, 43)


def test_the_mac_of_the_second_is_told_when_the_first_has_none() -> None:
    host = both({1: purse()}, {1: purse(), 2: transaction_mac(material=key(9))})
    assert host.send(0xDC, b"\x01" + number(1, 4)) == (0, b"")
    assert host.send(0xDC, b"\x81" + number(2, 4)) == (0, b"")
    theirs = _tmv(key(9), 1, [b"\xdc\x81" + number(2, 4)])
    assert host.send(0xC7, b"\x01") == (0, number(1, 4) + theirs)


def test_the_reader_of_the_second_application() -> None:
    reader = transaction_mac(0xEF2E, key(9))
    host = both({1: purse()}, {1: purse(), 2: reader})
    assert host.ev2(2, key(2)) == 0
    assert host.ask(0xC8, bytes(16), mode="mac")[0] == 0xAE  # key 2, but of the first
    assert host.send(0x5A, AID + OTHER)[0] == 0
    host.leave()
    assert host.ev2(SECOND | 2, SECOND_KEYS[2].material) == 0
    assert host.ask(0xDC, b"\x81" + number(1, 4), mode="plain") == (0, b"")
    assert host.ask(0xC8, key(7), mode="mac")[0] == 0
    assert host.ask(0xC7)[0] == 0
    assert in_memory(host, OTHER, 2).reader_id == key(7)


@pytest.mark.parametrize(
    ("aids", "status"),
    [
        (AID + OTHER, 0),
        (OTHER + AID, 0),
        (AID + AID, 0x9E),
        (AID + PICC, 0x9E),
        (PICC + AID, 0x9E),
        (AID + b"\x09\x09\x09", 0xA0),
        (b"\x09\x09\x09" + AID, 0xA0),
        (AID + OTHER[:2], 0x7E),
        (AID + OTHER + b"\x00", 0x7E),
    ],
)
def test_which_two_can_be_selected(aids: bytes, status: int) -> None:
    host = both()
    assert host.send(0x5A, aids) == (status, b"")
    assert host.send(0x6F)[0] == 0  # a refusal leaves what was selected


def test_an_old_chip_selects_one() -> None:
    host = card(generation=EV1)
    assert host.send(0x5A, AID + AID) == (0x7E, b"")


def test_a_damaged_second_application_is_not_selected() -> None:
    memory = both().chip.memory.with_damage(Damage(OTHER))
    host = Host(type(card().chip)(UID, bytes, memory=memory))
    assert host.send(0x5A, AID + OTHER) == (0xA1, b"")


def test_what_belongs_to_the_first_alone() -> None:
    host = both({1: standard()}, {1: standard(), 2: standard()})
    assert host.send(0x6F) == (0, b"\x01")
    assert host.send(0xCD, b"\x83\x00\xee\xee\x01\x00\x00")[0] == 0x9E
    assert host.send(0xDF, b"\x81")[0] == 0x9D
    assert host.send(0x64, b"\x81") == (0, b"\x00")
    assert host.send(0x64, b"\x83")[0] == 0x40
    assert host.send(0x64, b"\xc1\x00")[0] == 0x40
    assert host.select() == 0
    assert host.send(0x64, b"\x81")[0] == 0x40
    assert host.send(0xBD, b"\x81" + bytes(6))[0] == 0xF0


def test_the_second_applications_settings_keep_its_files() -> None:
    host = both({1: standard()}, {1: standard(rights=0xEEE0)}, settings=0x09)
    assert host.send(0xF5, b"\x01")[0] == 0
    assert host.send(0xF5, b"\x81")[0] == 0xAE
    assert host.ev2(SECOND, SECOND_KEYS[0].material) == 0
    assert host.ask(0xF5, b"\x81")[0] == 0
    assert host.ask(0x5F, b"\x81", b"\x00\x00\xee", "full")[0] == 0
    assert in_memory(host, OTHER, 1).head.rights == AccessRights(0xEE00)
    assert host.ask(0xCD, b"\x03\x00\xee\xee\x01\x00\x00")[0] == 0  # free creation, in the first
    assert 3 in host.chip.memory.applications[AID].files


# Additional access rights.


def _more(rights: int, *additional: int) -> ValueFile:
    sets = tuple(AccessRights(one) for one in additional)
    return ValueFile(Head(0x81, AccessRights(rights), additional=sets), 0, 1000, 100, 0, 1)


@pytest.mark.parametrize(("number_", "credits_"), [(1, False), (2, False), (3, True), (4, None)])
def test_each_of_the_rights_opens_a_file(number_: int, credits_: bool | None) -> None:
    host = card({1: _more(0x1FF0, 0x2FFF, 0xFF3F)})
    assert host.ev2(number_, key(number_)) == 0
    status, told = host.ask(0x6C, b"\x01", mode="mac")
    assert (status, told) == ((0xAE, b"") if credits_ is None else (0, number(100, 4)))
    if credits_ is not None:
        answer = host.ask(0x0C, b"\x01", number(1, 4), "mac")[0]
        assert answer == (0 if credits_ else 0xAE)


def test_a_free_additional_right_is_plain() -> None:
    host = card({1: _more(0x1FF0, 0xEFFF)})
    assert host.send(0x6C, b"\x01") == (0, number(100, 4))
    assert host.ev2(2, key(2)) == 0
    assert host.ask(0x6C, b"\x01", mode="plain") == (0, number(100, 4))


def test_additional_rights_change_no_settings() -> None:
    host = card({1: _more(0x1FF0, 0x2FF2)})
    assert host.ev2(2, key(2)) == 0
    assert host.ask(0x5F, b"\x01", b"\x00\xee\xee", "full")[0] == 0xAE


def test_additional_rights_are_announced_set_and_told() -> None:
    host = card()
    assert host.ev2() == 0
    assert host.ask(0xCD, b"\x01\x80\xee\xee" + number(5)) == (0, b"")
    told = b"\x00\x80\xee\xee" + number(5)
    assert host.ask(0xF5, b"\x01") == (0, told + b"\x00")
    change = bytes.fromhex("81 0000 02 1F11 2F22")  # Proxmark3's own example
    assert host.ask(0x5F, b"\x01", change, "plain") == (0, b"")
    told = bytes.fromhex("00 81 0000 050000 02 1F11 2F22")
    assert host.ask(0xF5, b"\x01") == (0, told)
    assert host.ask(0x5F, b"\x01", bytes.fromhex("00 EEEE"), "full") == (0, b"")
    assert host.ask(0xF5, b"\x01") == (0, bytes.fromhex("00 00 EEEE 050000"))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("80 EEEE", 0x7E),  # how many
        ("80 EEEE 01", 0x7E),
        ("80 EEEE 01 EE", 0x7E),
        ("80 EEEE 01 EEEE EE", 0x7E),
        ("80 EEEE 08" + "EEEE" * 8, 0x7E),
        ("80 EEEE 08" + "EEEE" * 7, 0x9E),
        ("80 EEEE 07" + "EEEE" * 7, 0),
        ("80 EEEE 00", 0),
        ("80 EEEE 01 EE6E", 0x9E),  # a key there is not
        ("C0 EEEE 00", 0x9E),
        ("00 EEEE 00", 0x7E),
    ],
)
def test_how_additional_rights_may_be_set(change: str, status: int) -> None:
    host = card({1: standard()})
    assert host.send(0x5F, b"\x01" + bytes.fromhex(change)) == (status, b"")


def test_a_transaction_mac_file_has_no_additional_rights() -> None:
    host = card({1: transaction_mac()})
    assert host.send(0x5F, bytes.fromhex("01 80 EEEF 00"))[0] in {0x7E, 0x9E}
    host = card()
    assert host.ev2() == 0
    header = bytes.fromhex("05 81 133F 02")
    assert host.ask(0xCE, header, key(7) + b"\x2a", "full")[0] == 0x9E


def test_an_old_chip_knows_no_additional_rights() -> None:
    host = card({1: standard()}, generation=EV1)
    assert host.send(0xCD, b"\x02\x80\xee\xee" + number(5))[0] == 0x9E
    assert host.send(0x5F, bytes.fromhex("01 80 EEEE 00"))[0] == 0x7E
