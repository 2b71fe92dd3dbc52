"""What may be shown of a conversation is shown; nothing else ever is."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.apdu import wrap
from passcard.layout import BENEFITS_AID
from passcard.personalise import personalise
from passcard.redact import Mask, Piece, Redactor, TapRedactor, expand
from passcard.retire import retire
from passcard.session import run
from tests.passcard.field import UID, Field, blank, keys_of, seeded

KEY = hashlib.sha256(b"a trace").digest()
OPEN_INSTRUCTIONS = {0x5A, 0x60, 0x64, 0x6A, 0x45, 0x6E, 0x6F, 0xF5, 0x61, 0x6D}
Said = tuple[bytes, bytes]


def told(exchanges: list[Said], uid: bytes | None = None) -> list[tuple[str, str]]:
    """Redact a tap, as a person would write it: hex, and (n) for n masked bytes."""
    tap = TapRedactor(Redactor(KEY), uid)
    return [(_text(tap.command(asked)), _text(tap.answer(given))) for asked, given in exchanges]


def _text(pieces: tuple[Piece, ...]) -> str:
    shown = (
        f"({each.length})" if isinstance(each, Mask) else each.hex().upper() for each in pieces
    )
    return " ".join(shown)


def life() -> list[Said]:
    """Make a card, renew it, retire it: every byte that goes by, of a card that is one tap."""
    chip, wire = blank(), list[Said]()
    for talk in (
        personalise(UID, keys_of(1), seeded("host")),
        personalise(UID, keys_of(2), seeded("host"), older=(keys_of(1),)),
        retire(UID, (keys_of(2), keys_of(1)), seeded("host")),
    ):
        field = Field(chip)

        def carry(command: bytes) -> bytes:
            answer = field.transmit(command)  # noqa: B023 - used at once, within the loop
            wire.append((command, answer))
            return answer

        run(talk, carry)
    return wire


def test_of_a_life_only_what_anybody_may_ask_is_shown() -> None:
    exchanges = life()
    assert len(exchanges) > 80
    text = "".join(asked + given for asked, given in told(exchanges, UID)).replace(" ", "")
    assert UID.hex().upper() not in text
    root = 0
    for asked, answer in exchanges:
        root = root if asked[1] == 0xAF else asked[1]
        secret = (
            []
            if root in OPEN_INSTRUCTIONS
            else [answer[:-2], asked[5:-1][-8:] if len(asked) > 13 else b""]
        )
        for body in secret:
            for at in range(len(body) - 3):
                assert body[at : at + 4].hex().upper() not in text, asked.hex()


def test_a_life_reads_as_it_was() -> None:
    lines = told(life(), UID)
    assert lines[0] == ("905A00000300000000", "9100")
    assert lines[1][0] == "9060000000"
    rekeyed = Redactor(KEY).rekeyed(UID).hex().upper()
    assert lines[3] == ("90AF000000", f"{rekeyed} (7) 9100")
    assert lines[4] == ("90640000010000", "009100")
    assert lines[5] == ("901A0000010000", "(8) 91AF")
    assert lines[6] == ("90AF000010 (16) 00", "(8) 9100")
    assert lines[7] == ("90C400001980 (24) 00", "9100")


@pytest.mark.parametrize(
    ("asked", "given", "shown"),
    [
        ("9071000005010300112200", "AA" * 16 + "91AF", ("9071000005010300112200", "(16) 91AF")),
        ("90710000040105112200", "91AE", ("907100000401 (3) 00", "91AE")),
        ("905A000003F5925000", "9100", ("905A000003F5925000", "9100")),
        ("905A000004F592501100", "9100", ("905A000004F59250 (1) 00", "9100")),
        ("906A000000", "F59250F592519100", ("906A000000", "F59250F592519100")),
        ("906A00000811223344556677880000", "F592509100", ("906A (13)", "(3) 9100")),
        ("90BD00000702000000200000 00", "DE" * 32 + "9100",
         ("90BD0000070200000020000000", "(32) 9100")),
        ("903D00000A02000000030000 ABCDEF 00", "9100", ("903D00000A02000000030000 (3) 00", "9100")),
        ("9099000003ABCDEF00", "0102039100", ("9099000003 (3) 00", "(3) 9100")),
        ("00A404000E325041592E5359532E444446303100", "6F239000",
         ("00A404000E325041592E5359532E444446303100", "(2) 9000")),
        ("002000800824123456FFFFFFFF", "9000", ("0020008008 (8)", "9000")),
        ("00B2010C00", "70055A0312349000", ("00B2010C00", "(6) 9000")),
        ("FF82000006FFFFFFFFFFFF", "9000", ("FF82000006 (6)", "9000")),
        ("FFCA000000", "04A1B2C3D4E5F69000", ("FFCA000000", "{} 9000")),
        ("FFCA010000", "75778102809000", ("FFCA010000", "(5) 9000")),
        ("60", "AF04010133001A05", ("60", "(8)")),
        ("5AF59250", "00", ("5A (3)", "00")),
        ("8084000008", "AABB9000", ("80 (4)", "(4)")),
        ("", "", ("", "")),
    ],
)  # fmt: skip
def test_each_kind_of_command(asked: str, given: str, shown: tuple[str, str]) -> None:
    uid = Redactor(KEY).rekeyed(UID).hex().upper()
    [found] = told([(bytes.fromhex(asked), bytes.fromhex(given))])
    assert found == (shown[0], shown[1].replace("{} 9000", f"{uid}9000"))


def test_in_a_session_nothing_is_shown_but_status_and_header() -> None:
    session = [
        (wrap(0x71, b"\x01\x00"), bytes(16) + b"\x91\xaf"),
        (wrap(0xAF, bytes(32)), bytes(32) + b"\x91\x00"),
        (wrap(0x6A), bytes(range(11)) + b"\x91\x00"),
        (wrap(0x45, bytes(8)), b"\x0b\x01" + bytes(8) + b"\x91\x00"),
        (wrap(0x5A, BENEFITS_AID), b"\x91\x00"),
        (wrap(0x6A), b"\x01\x02\x03\x91\x00"),
    ]
    assert [given for _, given in told(session)] == [
        "(16) 91AF", "(32) 9100", "(11) 9100", "(10) 9100", "9100", "0102039100",
    ]  # fmt: skip


def test_a_refused_proof_opens_no_session() -> None:
    tap = [
        (wrap(0x71, b"\x01\x00"), bytes(16) + b"\x91\xaf"),
        (wrap(0xAF, bytes(32)), b"\x91\xae"),
        (wrap(0x6A), b"\x01\x02\x03\x91\x00"),
    ]
    assert told(tap)[-1] == ("906A000000", "0102039100")


def test_equal_stays_equal_in_a_trace_and_in_no_other() -> None:
    one, other = Redactor(KEY), Redactor(KEY[::-1])
    assert one.mask(b"secret") == one.mask(b"secret") != one.mask(b"public")
    assert one.mask(b"secret") != other.mask(b"secret")
    assert one.rekeyed(UID) == one.rekeyed(UID)
    assert len({one.rekeyed(UID), other.rekeyed(UID), UID}) == 3
    assert [len(one.rekeyed(bytes([8]) * length)) for length in (4, 7, 10)] == [4, 7, 10]
    assert one.rekeyed(UID)[0] == UID[0]
    assert one.rekeyed(bytes(7)) == bytes(7)


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40)), max_size=6))
def test_any_bytes_are_redacted_at_their_length(exchanges: list[Said]) -> None:
    tap = TapRedactor(Redactor(KEY), UID)
    for asked, answer in exchanges:
        assert len(expand(tap.command(asked))) == len(asked)
        assert len(expand(tap.answer(answer))) == len(answer)


@given(ins=st.integers(0, 255), body=st.binary(min_size=12, max_size=12), root=st.integers(0, 255))
def test_nothing_after_a_header_is_shown_whatever_is_sent(ins: int, body: bytes, root: int) -> None:
    """Two answers, and two commands that differ after their eighth byte, look the same."""
    lines = [
        told([(wrap(root, b"\x01"), b"\x91\xaf"), (wrap(ins, bytes(8) + tail), tail + b"\x91\x00")])
        for tail in (body, bytes(12))
    ]
    assert lines[0] == lines[1]


def test_what_was_hidden_stays_hidden() -> None:
    tap = TapRedactor(Redactor(KEY))
    assert _text(tap.command(wrap(0x6A), frozenset({4}))) == "906A0000 (1)"
    assert _text(tap.answer(b"\x01\x02\x03\x91\x00", frozenset({0, 1}))) == "(2) 039100"
