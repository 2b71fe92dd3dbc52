"""ISO SELECT, READ BINARY, UPDATE BINARY, READ and APPEND RECORD."""

import os

import pytest

from simulator.chip.chip import Chip
from simulator.chip.files import AccessRights, DataFile, File, Head, RecordFile, ValueFile
from simulator.chip.keys import KeyKind, KeySettings, zero_key
from simulator.chip.memory import Application, Damage, Memory
from tests.simulator.chip.cards import UID
from tests.simulator.chip.host import AID, Host

CONTENT = bytes(range(256)) * 2


def _card() -> Host:
    """Return a host on a card with an application E110 called PASS and files EF01 to EF05."""
    application = Application(
        KeySettings(0x0F),
        KeyKind.AES,
        (zero_key(KeyKind.AES),),
        iso_file_ids=True,
        name=b"PASS",
        iso_file_id=b"\x10\xe1",
    )
    for at, file in _files().items():
        application = application.with_file(at, file)
    return Host(Chip(UID, os.urandom, memory=Memory().with_application(AID, application)))


def _files() -> dict[int, File]:
    heads = [Head(0, AccessRights(rights), bytes((at, 0xEF))) for at, rights in enumerate(
        (0xEEEE, 0xEEEE, 0x0000, 0xEEEE, 0xEEEE, 0xEEEE))]  # fmt: skip
    return {
        1: DataFile(heads[1], CONTENT, backup=False),
        2: DataFile(heads[2], CONTENT, backup=False),
        3: DataFile(heads[3], CONTENT, backup=True),
        4: RecordFile(heads[4], 2, 5, cyclic=False, records=(b"aa", b"bb", b"cc")),
        5: ValueFile(heads[5], 0, 5, 3, 0, 0),
    }


BY_NAME = "00A404000450415353"
BY_ID, NOWHERE = "00A4000002E110", "00A4000002E111"


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["00B0810003"], "6A82"),  # no application
        ([BY_NAME, "00B0810003"], "0001029000"),
        ([BY_ID, "00B0810203"], "0203049000"),
        ([NOWHERE], "6A82"),
        ([BY_NAME, "00B0000003"], "6986"),  # no current file
        ([BY_NAME, "00A4020002EF01", "00B0000003"], "0001029000"),
        ([BY_NAME, "00A4000002EF01", "00B0010203"], "0203049000"),
        ([BY_NAME, "00A4020002EF01", BY_NAME, "00B0000003"], "6986"),
        ([BY_NAME, "00A4020002EF09"], "6A82"),
        ([BY_NAME, "00A40200"], "6A82"),
        ([BY_NAME, "00B0810000"], CONTENT[:256].hex() + "9000"),
        ([BY_NAME, "00A4020002EF01", "00B001FE00"], "FEFF9000"),
        ([BY_NAME, "00A4020002EF01", "00B001FE02"], "FEFF9000"),
        ([BY_NAME, "00A4020002EF01", "00B001FE03"], "6700"),
        ([BY_NAME, "00A4020002EF01", "00B0020001"], "6B00"),
        ([BY_NAME, "00B08100"], "6700"),
        ([BY_NAME, "00B081000100"], "6700"),
        ([BY_NAME, "00B08100010000"], "6700"),
        ([BY_NAME, "00B0820003"], "6982"),  # under a key
        ([BY_NAME, "00B0830003"], "0001029000"),
        ([BY_NAME, "00B0840003"], "6981"),
        ([BY_NAME, "00B0850003"], "6981"),
        ([BY_NAME, "00B0890003"], "6A82"),
        ([BY_NAME, "00D6810202AABB", "00B0810104"], "01AABB049000"),
        ([BY_NAME, "00D6810202AABB00"], "9000"),
        ([BY_NAME, "00D681FF02AABB"], "9000"),
        ([BY_NAME, "00A4020002EF01", "00D601FF02AABB"], "6700"),
        ([BY_NAME, "00A4020002EF01", "00D6020001AA"], "6B00"),
        ([BY_NAME, "00D6820002AABB"], "6982"),
        ([BY_NAME, "00D6830002AABB"], "6981"),  # a backup file would need a commit
        ([BY_NAME, "00D6810000"], "6700"),
        ([BY_NAME, "00D6810003AABB"], "6700"),
        ([BY_NAME, "00B2012400"], "63639000"),
        ([BY_NAME, "00B2032402"], "61619000"),
        ([BY_NAME, "00B2012500"], "6161626263639000"),
        ([BY_NAME, "00B2022500"], "616162629000"),
        ([BY_NAME, "00B2042400"], "6A83"),
        ([BY_NAME, "00B2002400"], "6A83"),
        ([BY_NAME, "00B2012403"], "6700"),
        ([BY_NAME, "00B2012300"], "6A86"),
        ([BY_NAME, "00B2010C00"], "6981"),
        ([BY_NAME, "00A4020002EF04", "00B2010400"], "63639000"),
        ([BY_NAME, "00E2002002AABB"], "9000"),
        ([BY_NAME, "00A4020002EF04", "00E2000002AABB"], "9000"),
        ([BY_NAME, "00E2000002AABB"], "6986"),
        ([BY_NAME, "00E2002003AABBCC"], "6700"),
        ([BY_NAME, "00E2012002AABB"], "6A86"),
        ([BY_NAME, "00E2002102AABB"], "6A86"),
        ([BY_NAME, "00E2000802AABB"], "6981"),
        ([BY_NAME, "00E2004802AABB"], "6A82"),
    ],
)
def test_conversations(commands: list[str], answer: str) -> None:
    host = _card()
    *before, last = [host.chip.transmit(bytes.fromhex(command)) for command in commands]
    assert all(said[-2:] == b"\x90\x00" for said in before)
    assert last.hex() == answer.lower()


COMMIT, LAST_RECORD = "90C7000000", "00B2012400"


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["00E2002002AABB", COMMIT], "AABB"),
        (["00E2002001AA", COMMIT], "AA00"),  # zeros fill the record
        (["00E2002002AABB"], "6363"),  # nobody committed, and READ RECORD gives it up
        (["00E2002002AABB", "00E2002002CCDD", COMMIT], "CCDD"),
        (["00E2002002AABB", COMMIT, "00E2002002CCDD", COMMIT], "CCDD"),
    ],
)
def test_a_record_appended_waits_for_the_commit(commands: list[str], answer: str) -> None:
    host = _card()
    for command in (BY_NAME, *commands):
        said = host.chip.transmit(bytes.fromhex(command))
        assert said in {b"\x90\x00", b"\x91\x00"}
    assert host.chip.transmit(bytes.fromhex(LAST_RECORD)) == bytes.fromhex(answer) + b"\x90\x00"


def test_iso_reads_end_the_session_they_do_not_serve() -> None:
    host = _card()
    assert host.select() == 0
    assert host.ev2() == 0
    assert host.chip.transmit(bytes.fromhex("00B0820003")) == b"\x69\x82"
    assert host.chip._state.session is None


def test_a_damaged_application_is_not_found() -> None:
    host = _card()
    host.chip._state.memory = host.chip.memory.with_damage(Damage(AID))
    assert host.chip.transmit(bytes.fromhex(BY_NAME)) == b"\x6a\x82"
    host = _card()
    host.chip._state.memory = host.chip.memory.with_damage(Damage(AID, 1))
    assert host.chip.transmit(bytes.fromhex(BY_NAME)) == b"\x90\x00"
    assert host.chip.transmit(bytes.fromhex("00B0810003")) == b"\x6f\x00"


@pytest.mark.parametrize("applied", [False, True])
def test_a_torn_update_is_whole_or_not(*, applied: bool) -> None:
    host = _card()
    assert host.chip.transmit(bytes.fromhex(BY_NAME)) == b"\x90\x00"
    host.chip.tear_next_write(applied=applied)
    assert host.chip.transmit(bytes.fromhex("00D6810002AABB")) == b""
    file = host.chip.memory.applications[AID].files[1]
    assert isinstance(file, DataFile)
    assert file.content[:2] == (b"\xaa\xbb" if applied else b"\x00\x01")


def test_an_update_that_cannot_be_kept_says_so() -> None:
    def broken(_memory: Memory) -> None:
        raise OSError

    memory = _card().chip.memory
    host = Host(Chip(UID, os.urandom, memory=memory, committed=broken))
    assert host.chip.transmit(bytes.fromhex(BY_NAME)) == b"\x90\x00"
    assert host.chip.transmit(bytes.fromhex("00D6810002AABB")) == b"\x65\x81"
    assert host.chip.memory is memory
