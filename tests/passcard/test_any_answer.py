"""Whatever a card answers, a talk with it ends: in a result, or in a typed error; and soon."""

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.errors import PassCardError
from passcard.layout import BENEFITS_AID, Application
from passcard.personalise import personalise
from passcard.retire import retire
from passcard.secure_messaging import CommunicationMode
from passcard.session import (
    AuthenticatedSession,
    Transmit,
    authenticate,
    get_version,
    run,
    select_pass_application,
)
from tests.passcard.field import UID, blank, keys_of, seeded
from tests.passcard.test_data import chip_with_files

KEY = bytes(16)
# No talk needs more exchanges than this with a card that goes on saying that more follows.
EXCHANGES_MAX = 200
SECONDS_MAX = 2.0


def _all_verbs(transmit: Transmit) -> None:
    session = AuthenticatedSession(
        transmit, BENEFITS_AID, key_number=0, key=KEY, rnd_a=os.urandom(16)
    )
    for mode in CommunicationMode:
        number = list(CommunicationMode).index(mode)
        session.write_data(number, b"letter", mode=mode)
        session.read_data(number, length=300, mode=mode)
    session.get_card_uid()
    session.get_key_settings()
    session.get_key_version(0)
    session.write_data(3, b"letter", mode=CommunicationMode.FULL)
    session.commit_transaction()
    session.change_key_settings(0x0F)
    session.change_key(0, KEY, version=1)


TALKS: dict[str, Callable[[Transmit], Any]] = {
    "version": get_version,
    "select": lambda transmit: select_pass_application(transmit, Application.ACCESS),
    "gate": lambda transmit: authenticate(transmit, Application.ACCESS, KEY, bytes(16)),
    "session": _all_verbs,
    "personalise": lambda transmit: run(personalise(UID, keys_of(), seeded("r")), transmit),
    "retire": lambda transmit: run(retire(UID, [keys_of()], seeded("r")), transmit),
}
statuses = st.sampled_from([0x00, 0x00, 0xAF, 0xAF, 0x7E, 0xAE, 0xA0, 0x1E, 0x0C, 0x77])
answers = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda body, status: body + bytes((0x91, status)), st.binary(max_size=64), statuses),
    st.builds(
        lambda length, status: bytes(length) + bytes((0x91, status)), st.integers(0, 64), statuses
    ),
)


def _ends(talk: Callable[[Transmit], Any], transmit: Transmit) -> None:
    """Let a talk come to its result or its typed error; anything else fails the test."""
    with contextlib.suppress(PassCardError):
        talk(transmit)


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
@given(given_answers=st.lists(answers, max_size=30))
def test_any_answers_at_all(talk: Callable[[Transmit], Any], given_answers: list[bytes]) -> None:
    left = iter(given_answers)
    _ends(talk, lambda _command: next(left, b""))


@pytest.mark.parametrize("talk", TALKS.values(), ids=TALKS)
@pytest.mark.parametrize(
    "answer", ["91AF", "00" * 16 + "91AF", "00" * 253 + "91AF", "9100", "9000"]
)
def test_a_card_that_never_comes_to_an_end(talk: Callable[[Transmit], Any], answer: str) -> None:
    asked = list[bytes]()

    def transmit(command: bytes) -> bytes:
        asked.append(command)
        return bytes.fromhex(answer)

    began = time.monotonic()
    _ends(talk, transmit)
    assert len(asked) <= EXCHANGES_MAX
    assert time.monotonic() - began < SECONDS_MAX


@pytest.mark.parametrize("name", ["session", "personalise"])
@given(data=st.data())
def test_one_answer_of_a_good_card_replaced(name: str, data: st.DataObject) -> None:
    chip = chip_with_files() if name == "session" else blank()
    chip.power_on()
    at = data.draw(st.integers(0, 40))
    count = 0

    def transmit(command: bytes) -> bytes:
        nonlocal count
        count += 1
        true = chip.transmit(command)
        if count - 1 != at:
            return true
        return data.draw(answers.filter(lambda other: other != true))

    _ends(TALKS[name], transmit)
