"""Return codes, reader states and reader names, without PC/SC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smartcard import scard

from terminal.errors import (
    CardRemoved,
    CardSilent,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)
from terminal.reader.verdicts import TIMEOUT, Sighting, card_error, reader_error


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("SCARD_W_REMOVED_CARD", CardRemoved),
        ("SCARD_W_RESET_CARD", CardRemoved),
        ("SCARD_E_NO_SMARTCARD", CardRemoved),
        ("SCARD_E_NOT_TRANSACTED", CardSilent),
        ("SCARD_E_COMM_DATA_LOST", CardSilent),
        ("SCARD_W_UNRESPONSIVE_CARD", CardSilent),
        ("SCARD_E_PROTO_MISMATCH", CardSilent),
        ("SCARD_E_UNKNOWN_READER", ReaderAbsent),
        ("SCARD_E_READER_UNAVAILABLE", ReaderAbsent),
        ("SCARD_E_NO_READERS_AVAILABLE", ReaderAbsent),
        ("SCARD_E_SHARING_VIOLATION", ReaderBusy),
        ("SCARD_E_NO_SERVICE", ReaderServiceDown),
        ("SCARD_E_SERVICE_STOPPED", ReaderServiceDown),
        ("SCARD_E_INVALID_HANDLE", ReaderServiceDown),
        ("SCARD_F_COMM_ERROR", ReaderServiceDown),
    ],
)
def test_a_code_has_its_error(name: str, kind: type[ReaderError]) -> None:
    code = getattr(scard, name)
    error = card_error(code, "Reader 00 00", "transmit")
    assert type(error) is kind
    assert (error.reader, error.code) == ("Reader 00 00", code & 0xFFFFFFFF)


def test_the_timeout_is_the_one_of_pyscard() -> None:
    assert scard.SCARD_E_TIMEOUT & 0xFFFFFFFF == TIMEOUT


@given(st.integers(-(2**31), 2**32 - 1))
def test_any_code_has_an_error(code: int) -> None:
    assert isinstance(card_error(code, "", "transmit"), ReaderError)
    assert isinstance(reader_error(code, "", "look"), ReaderAbsent | ReaderServiceDown)


@given(counter=st.integers(0, 0xFFFF), present=st.booleans(), flags=st.integers(0, 0x7FF))
def test_a_sighting_reads_the_counter_only_while_a_card_is_there(
    counter: int, present: bool, flags: int
) -> None:
    flags = flags | 0x20 if present else flags & ~0x20
    sighting = Sighting(counter << 16 | flags)
    assert sighting.tap == (counter if present else None)
    assert sighting.as_known & scard.SCARD_STATE_CHANGED == 0
    assert sighting.is_held is bool(flags & (scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_INUSE))
    assert sighting.is_mute is bool(flags & scard.SCARD_STATE_MUTE)
