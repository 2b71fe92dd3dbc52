"""What is asked and what is answered, letter by letter."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.pin.dialects import (
    DIALECTS,
    RESET,
    Answer,
    Foreign,
    Malformed,
    Refusal,
    show_request,
)
from terminal.pin.pad import EncryptedPinBlock, PinProfile, PinPrompt

Z62, Z63 = DIALECTS["uic-vfi-z62"], DIALECTS["vfi-ipp-z63"]
PROMPT = PinPrompt("9250000000000018", "12,50 €", "Votre code :")
AES_KSN, AES_BLOCK = "123456789012345600000001", "A912150391AB65A67E52883D81CE2D15"
TDES_KSN, TDES_BLOCK = "9876543210E00001", "1B9C1845EB993A7A"
REST = AES_KSN + AES_BLOCK


def test_the_request_of_the_uic_family() -> None:
    expected = b"Z62.9250000000000018\x1c0404N12,50 EUR\x1cVOTRE CODE :\x1cPATIENTEZ\x1c2"
    assert Z62.request(PROMPT, 2).body == expected
    assert Z62.request_has_words
    assert Z62.request_has_timeout


def test_the_request_of_the_verifone_family() -> None:
    assert Z63.request(PROMPT, 2).body == b"Z63.9250000000000018\x1cDUKPT ENCRYPTION0404N*"
    assert not Z63.request_has_words
    assert not Z63.request_has_timeout


def test_the_pad_is_told_how_long_a_code_may_be() -> None:
    longer = replace(PROMPT, length_min=4, length_max=6)
    assert b"\x1c0406N12,50 EUR" in Z62.request(longer, 2).body
    assert Z63.request(longer, 2).body.endswith(b"DUKPT ENCRYPTION0406N*")


def test_an_empty_line_still_has_a_character() -> None:
    request = Z62.request(PinPrompt("9250000000000018", "", ""), 9).body
    assert b"N \x1c \x1cPATIENTEZ\x1c9" in request


def test_words_and_reset() -> None:
    assert show_request("Code faux", "Reste 2 essais").body == b"Z32\x1aCODE FAUX\x1cRESTE 2 ESSAIS"
    assert show_request("Bonjour", "").body == b"Z2\x1aBONJOUR"
    assert RESET.body == b"72"


def test_the_worked_example_of_a_legacy_pad() -> None:
    block = Z62.read_answer(b"710" + f"{TDES_KSN}{TDES_BLOCK}".encode())
    assert block == EncryptedPinBlock(PinProfile.TDES_DUKPT_ISO0, f"FFFF{TDES_KSN}", TDES_BLOCK)
    again = Z63.read_answer(b"73.00000" + f"{TDES_KSN}{TDES_BLOCK}".encode())
    assert again == block


def test_an_aes_answer() -> None:
    expected = EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, AES_KSN, AES_BLOCK)
    assert Z62.read_answer(f"710{REST}".encode()) == expected
    assert Z62.read_answer(f"710{REST.lower()}".encode()) == expected
    assert Z63.read_answer(f"73.00000{REST}".encode()) == expected


@pytest.mark.parametrize("code", list("02346 8ABCFG1579"))
def test_an_error_is_known_by_its_length(code: str) -> None:
    assert Z62.read_answer(f"71{code}".encode()) == Refusal(code)
    assert Z63.read_answer(f"71{code}".encode()) == Refusal(code)


@pytest.mark.parametrize(
    "body",
    [
        "71",
        "7100",
        f"711{REST}",
        f"710{REST}0",
        f"710{REST[:-1]}",
        f"710{REST[:-1]}G",
        "710" + "0" * 25,  # number one short
        "710" + "0" * 37,  # number one long
        "710" + " " * 56,
    ],
)
def test_what_does_not_fit_is_malformed(body: str) -> None:
    assert Z62.read_answer(body.encode()) == Malformed()


@pytest.mark.parametrize("body", ["73.00000", "73.00001" + REST, "73" + REST, "71", "7100"])
def test_what_does_not_fit_the_other_dialect(body: str) -> None:
    assert Z63.read_answer(body.encode()) == Malformed()


@pytest.mark.parametrize("body", ["Z2", "72", "7", "17", "700" + REST])
def test_another_identifier_is_not_for_us(body: str) -> None:
    assert Z62.read_answer(body.encode()) == Foreign()
    assert Z63.read_answer(body.encode()) == Foreign()


@pytest.mark.parametrize("length", range(10, 21))
def test_a_legacy_number_of_any_length_becomes_ten_bytes(length: int) -> None:
    number = "9876543210E000010000"[:length]
    answer = Z62.read_answer(f"710{number}{TDES_BLOCK}".encode())
    assert isinstance(answer, EncryptedPinBlock)
    assert answer.key_serial_number == "F" * (20 - length) + number
    assert answer.reveal() == TDES_BLOCK


@given(body=st.binary(max_size=80), dialect=st.sampled_from([Z62, Z63]))
def test_any_body_is_one_of_the_four(body: bytes, dialect: object) -> None:
    answer: Answer
    for known in (Z62, Z63):
        answer = known.read_answer(body)
        assert isinstance(answer, EncryptedPinBlock | Refusal | Malformed | Foreign)
