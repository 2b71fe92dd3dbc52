"""A trace tells what happened and nothing that must not be told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.apdu import wrap
from passcard.layout import ACCESS_AID, BENEFITS_AID, PICC_AID
from passcard.personalise import personalise
from passcard.retire import retire
from passcard.session import run
from passcard.trace import TracedExchange, traced
from simulator.chip.chip import Chip
from tests.passcard.field import UID, CardGone, Field, blank, keys_of, seeded

OLD, NEW = keys_of(1), keys_of(2)


def traced_life() -> tuple[list[TracedExchange], list[bytes]]:
    """Make a card, renew it, retire it; return the trace, and every byte string that went by."""
    chip: Chip = blank()
    trace, wire = list[TracedExchange](), list[bytes]()
    for talk in (
        personalise(UID, OLD, seeded("host")),
        personalise(UID, NEW, seeded("host"), older=(OLD,)),
        retire(UID, (NEW, OLD), seeded("host")),
    ):
        field = Field(chip)

        def carry(command: bytes) -> bytes:
            answer = field.transmit(command)  # noqa: B023 - used at once, within the loop
            wire.extend((command, answer))
            return answer

        run(talk, traced(carry, trace.append))
    return trace, wire


def test_a_life_is_told_in_words() -> None:
    trace, wire = traced_life()
    assert len(trace) == len(wire) // 2
    assert [str(one) for one in trace[:7]] == [
        "1 SelectApplication, application 000000 | 9 bytes sent | 2 received | OK (9100)",
        "2 GetVersion | 5 bytes sent | 9 received | ADDITIONAL_FRAME (91AF)",
        "3 next part of GetVersion | 5 bytes sent | 9 received | ADDITIONAL_FRAME (91AF)",
        "4 next part of GetVersion | 5 bytes sent | 16 received | OK (9100)",
        "5 GetKeyVersion, key 0 | 7 bytes sent | 3 received | OK (9100)",
        "6 AuthenticateISO, key 0 | 7 bytes sent | 10 received | ADDITIONAL_FRAME (91AF)",
        "7 next part of AuthenticateISO | 22 bytes sent | 10 received | OK (9100)",
    ]
    assert trace[7].command == "ChangeKey"
    assert trace[7].fields == ("key 0, type AES",)
    assert {"CreateApplication", "DeleteApplication"} <= {one.command for one in trace}


def test_no_byte_of_a_key_a_cipher_or_a_proof_is_in_it() -> None:
    trace, wire = traced_life()
    text = "\n".join(str(one) for one in trace).upper()
    tellable = {aid.hex().upper() for aid in (PICC_AID, BENEFITS_AID, ACCESS_AID)}
    shown = set(re.findall(r"\b[0-9A-F]{4,}\b", text)) - tellable
    assert all(re.fullmatch(r"91[0-9A-F]{2}|0982", word) for word in shown), shown
    for said in wire:
        body = said[5:-1] if said[0] == 0x90 else said[:-2]
        for at in range(len(body) - 3):
            assert body[at : at + 4].hex().upper() not in text


def test_the_bytes_pass_unchanged() -> None:
    told = list[TracedExchange]()
    transmit = traced(lambda command: command[::-1] + b"\x91\x00", told.append)
    command = wrap(0xC4, bytes(range(40)))
    assert transmit(command) == command[::-1] + b"\x91\x00"
    assert (told[0].sent, told[0].received) == (len(command), len(command) + 2)


def test_a_lost_card_is_told_and_raised() -> None:
    told = list[TracedExchange]()
    field = Field(blank(), cut_at=0)
    with pytest.raises(CardGone):
        traced(field.transmit, told.append)(wrap(0x60))
    assert str(told[0]) == "1 GetVersion | 5 bytes sent | no answer"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("90C60000020145 00", "ChangeKeyEV2, key set 1, key 5, type 3K3DES"),
        ("905C000003 00 ABCD 00", "SetConfiguration, option 0"),
        ("90BD000007 02 100000 200000 00", "ReadData, file 2, offset 16, length 32"),
        ("903D00000A 02 000000 030000 ABCDEF 00", "WriteData, file 2, offset 0, length 3"),
        ("900C000005 03 64000000 00", "Credit, file 3"),
        ("90CA000005 F59250 0982 00", "CreateApplication, application F59250, settings 0982"),
        ("905A000002 F592 00", "SelectApplication"),
        ("90C4000001 C1 00", "ChangeKey, key 1, type unknown"),
        ("9099000003 ABCDEF 00", "unknown command 99"),
        ("90AF000003 ABCDEF 00", "next part of nothing"),
        ("00A4040007 D2760000850100", "ISO SELECT"),
        ("0084000008", "ISO command 84"),
        ("FFCA000000", "reader command"),
        ("8060000000", "command of class 80"),
        ("9060", "malformed command"),
        ("", "malformed command"),
    ],
)
def test_each_kind_of_command_is_told(command: str, told: str) -> None:
    trace = list[TracedExchange]()
    traced(lambda _: b"\x91\x00", trace.append)(bytes.fromhex(command))
    assert ", ".join((trace[0].command, *trace[0].fields)) == told


def test_an_answer_that_is_none_has_no_status() -> None:
    trace = list[TracedExchange]()
    traced(lambda _: b"\x91", trace.append)(wrap(0x60))
    assert trace[0].status == "no status word"


@given(command=st.binary(max_size=60), answer=st.binary(max_size=60))
def test_any_bytes_can_be_traced(command: bytes, answer: bytes) -> None:
    trace = list[TracedExchange]()
    assert traced(lambda _: answer, trace.append)(command) == answer
    assert len(str(trace[0])) < 200


@given(ins=st.integers(0, 255), secret=st.binary(min_size=24, max_size=24))
def test_nothing_after_the_header_is_told(ins: int, secret: bytes) -> None:
    """Two commands that differ after their first ten bytes alone leave the same trace."""
    lines = []
    for tail in (secret, bytes(24)):
        trace = list[TracedExchange]()
        traced(lambda _: b"\x91\x00", trace.append)(wrap(ins, bytes(10) + tail))
        lines.append(str(trace[0]))
    assert lines[0] == lines[1]
