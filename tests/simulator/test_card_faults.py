"""Faults of cards: each in a table, all together against a model, and through the real pcscd."""

import contextlib
import hashlib
import itertools
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from passcard.card_keys import PersonalisationKeys
from passcard.errors import PassCardError
from passcard.personalise import personalise
from passcard.secret import Secret
from simulator.cards.faults import CardFaults, FaultyCard, LostPart, Tear, spoil
from simulator.chip.chip import Chip
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import CardMute, VirtualCardSlot

ROOT = Path(__file__).parents[2]
ANSWER_SECONDS_MAX = 40.0
SOON_SECONDS_MAX = 5.0
UID = bytes.fromhex("04A1B2C3D4E5F6")
READER_NAME = "Pass Counter"


class CountingCard:
    """Answers the number of commands it has obeyed, and 9100."""

    uid = UID
    atr = bytes.fromhex("3B8180018080")

    def __init__(self) -> None:
        self.obeyed = 0

    def power_on(self) -> bytes:
        return self.atr

    def power_off(self) -> None:
        pass

    def reset(self) -> bytes:
        return self.atr

    def transmit(self, _command: bytes) -> bytes:
        self.obeyed += 1
        return bytes((self.obeyed,)) + b"\x91\x00"


def numbers() -> Callable[[int], bytes]:
    count = itertools.count(1)
    return lambda length: next(count).to_bytes(length, "big")


def faulty(faults: CardFaults, *, patience_seconds: float = 0.0) -> FaultyCard:
    card = FaultyCard(CountingCard(), numbers(), faults=faults, patience_seconds=patience_seconds)
    card.enter_field()
    return card


def converse(card: FaultyCard, commands: int) -> list[str]:
    said = []
    for _ in range(commands):
        try:
            said.append(card.transmit(b"\x90\x60\x00\x00\x00").hex())
        except CardMute:
            said.append("mute")
    return said


TABLE: list[tuple[dict[str, object], list[str], int]] = [
    ({}, ["019100", "029100", "039100"], 3),
    ({"tear_after": 0}, ["", "", ""], 1),
    ({"tear_after": 0, "tear_loses": "command"}, ["", "", ""], 0),
    ({"tear_after": 2}, ["019100", "029100", ""], 3),
    ({"tear_after": 2, "tear_loses": "command"}, ["019100", "029100", ""], 2),
    ({"mute_after": 1}, ["019100", "mute", "mute"], 1),
    ({"corrupt_answer": 2}, ["019100", "026e00", "039100"], 3),
    ({"slow_milliseconds": 1}, ["019100", "029100", "039100"], 3),
    ({"tear_after": 1, "mute_after": 1, "tear_loses": "command"}, ["019100", "", ""], 1),
]


@pytest.mark.parametrize(("faults", "said", "obeyed"), TABLE)
def test_each_fault_at_each_tap(faults: dict[str, Any], said: list[str], obeyed: int) -> None:
    card = faulty(CardFaults(**faults))
    assert converse(card, 3) == said
    inner = card.inner
    assert isinstance(inner, CountingCard)
    assert inner.obeyed == obeyed
    inner.obeyed = 0
    card.leave_field()
    card.enter_field()
    assert converse(card, 3) == said, "the next tap goes wrong alike"


@given(
    faults=st.builds(
        CardFaults,
        tear_after=st.none() | st.integers(0, 6),
        tear_loses=st.sampled_from(LostPart),
        mute_after=st.none() | st.integers(0, 6),
        corrupt_answer=st.none() | st.integers(1, 6),
    ),
    commands=st.integers(0, 8),
)
def test_all_faults_together_follow_the_model(faults: CardFaults, commands: int) -> None:
    expected = []
    for number in range(1, commands + 1):
        if faults.tear_after is not None and number > faults.tear_after:
            is_mute_first = faults.mute_after is not None and number > faults.mute_after
            is_first = number == faults.tear_after + 1
            hears_nothing = faults.tear_loses is LostPart.ANSWER and is_mute_first and is_first
            expected.append("mute" if hears_nothing else "")
        elif faults.mute_after is not None and number > faults.mute_after:
            expected.append("mute")
        else:
            whole = bytes((number,)) + b"\x91\x00"
            expected.append((spoil(whole) if number == faults.corrupt_answer else whole).hex())
    assert converse(faulty(faults), commands) == expected


@given(answer=st.binary(min_size=1, max_size=300))
def test_a_spoilt_answer_is_as_long_and_never_the_same(answer: bytes) -> None:
    spoilt = spoil(answer)
    assert len(spoilt) == len(answer)
    assert sum(a != b for a, b in zip(answer, spoilt, strict=True)) == 1
    assert spoil(spoilt) == answer


def test_a_bare_status_is_spoilt_in_its_last_byte() -> None:
    assert spoil(bytes.fromhex("9100")) == bytes.fromhex("91FF")


def test_a_reset_does_not_begin_another_tap() -> None:
    card = faulty(CardFaults(mute_after=1))
    assert converse(card, 1) == ["019100"]
    card.reset()
    card.power_off()
    card.power_on()
    assert converse(card, 1) == ["mute"]


def test_a_random_uid_changes_with_each_power_on_and_can_be_switched_off() -> None:
    card = faulty(CardFaults(random_uid=True))
    seen = {card.uid}
    for begin in (card.power_on, card.reset, card.enter_field):
        begin()
        assert card.uid == card.uid
        seen.add(card.uid)
    assert len(seen) == 4
    assert all(len(uid) == 4 and uid[0] == 0x08 for uid in seen)
    card.faults = CardFaults()
    assert card.uid == UID


def test_a_tear_for_one_tap_wins_and_is_forgotten_with_it() -> None:
    card = faulty(CardFaults(tear_after=2))
    card.tear_once = Tear(after=1)
    assert converse(card, 2) == ["019100", ""]
    card.leave_field()
    card.enter_field()
    assert converse(card, 3) == ["039100", "049100", ""]


@pytest.mark.parametrize("faults", [{"slow_milliseconds": 10_000}, {"mute_after": 0}])
def test_taking_the_card_away_ends_the_wait(faults: dict[str, Any]) -> None:
    card = faulty(CardFaults(**faults), patience_seconds=60.0)
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.extend(converse(card, 1)))
    began = time.monotonic()
    thread.start()
    card.leave_field()
    thread.join(SOON_SECONDS_MAX)
    assert not thread.is_alive()
    assert time.monotonic() - began < SOON_SECONDS_MAX
    assert said in ([""], ["mute"])


@pytest.mark.parametrize(
    "faults",
    [
        {"tear_after": -1},
        {"tear_after": 1001},
        {"tear_loses": "card"},
        {"slow_milliseconds": 10_001},
        {"corrupt_answer": 0},
        {"thunder": 1},
    ],
)
def test_faults_have_limits(faults: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CardFaults(**faults)


# --- through the real pcscd, with the terminal's reader ---


class ReaderClient:
    """Asks the terminal's reader in another process: libpcsclite knows one socket per process."""

    def __init__(self, socket_path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "reader_client.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "PCSCLITE_CSOCK_NAME": str(socket_path),
                "PYTHONPATH": str(ROOT),
            },
        )

    def tap(self, *commands: str) -> list[Any]:
        """Return the UID, the answers, and the typed error's name."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps([READER_NAME, commands]).encode() + b"\n")
        stdin.flush()
        ready, _, _ = select.select([stdout], [], [], ANSWER_SECONDS_MAX)
        assert ready, "the reader hangs"
        answer: list[Any] = json.loads(stdout.readline())
        return answer

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(SOON_SECONDS_MAX)
            self._process.kill()


@pytest.fixture(scope="module")
def readers_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    with PrivatePcscd([READER_NAME], tmp_path_factory.mktemp("d")) as started:
        yield started


@pytest.fixture(scope="module")
def client(readers_daemon: PrivatePcscd) -> Iterator[ReaderClient]:
    made = ReaderClient(readers_daemon.socket_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def slot(readers_daemon: PrivatePcscd) -> Iterator[VirtualCardSlot]:
    made = VirtualCardSlot(readers_daemon.ports[READER_NAME])
    yield made
    made.close()


COMMANDS = ["9060000000", "9060000000", "9060000000"]
WHOLE = ["019100", "029100", "039100"]
LEFT = {"CardRemoved", "CardSilent"}


@pytest.mark.parametrize(
    ("faults", "answers", "errors"),
    [
        ({}, WHOLE, {None}),
        ({"tear_after": 0}, [], LEFT),
        ({"tear_after": 2}, WHOLE[:2], LEFT),
        ({"tear_after": 2, "tear_loses": "command"}, WHOLE[:2], LEFT),
        ({"slow_milliseconds": 50}, WHOLE, {None}),
        ({"slow_milliseconds": 700}, WHOLE, {None}),
        ({"mute_after": 0}, [], {"CardSilent"}),
        ({"mute_after": 2}, WHOLE[:2], {"CardSilent"}),
        ({"corrupt_answer": 2}, ["019100", "026E00", "039100"], {None}),
        ({"random_uid": True}, WHOLE, {None}),
    ],
)
def test_the_terminals_reader_says_typed_errors_only(
    slot: VirtualCardSlot,
    client: ReaderClient,
    faults: dict[str, Any],
    answers: list[str],
    errors: set[str | None],
) -> None:
    card = FaultyCard(CountingCard(), numbers(), faults=CardFaults(**faults), patience_seconds=0.3)
    slot.insert(card)
    uid, heard, error = client.tap(*COMMANDS)
    slot.remove()
    assert heard == answers
    assert error in errors
    assert len(uid) == (8 if card.faults.random_uid else 14)
    # Whatever went wrong, the next card is served.
    slot.insert(CountingCard())
    assert client.tap(*COMMANDS) == [UID.hex().upper(), WHOLE, None]
    slot.remove()


# --- what the terminal's side of the protocol makes of it ---

CARD_UID = bytes.fromhex("04A1B2C3D4E5F6")
CARD_KEYS = PersonalisationKeys(*(Secret(bytes((number,)) * 16) for number in range(1, 6)))
COMMANDS_MAX = 100


class Torn(Exception):
    """No answer came: what the reader says as CardRemoved or CardSilent."""


def personalise_over(card: FaultyCard) -> int:
    """Run the issuing dialogue over this card; return how many commands it took."""
    card.enter_field()
    card.power_on()
    seeds = itertools.count()
    talk = personalise(
        CARD_UID,
        CARD_KEYS,
        lambda length: hashlib.shake_128(f"{next(seeds)}".encode()).digest(length),
    )
    command, commands = next(talk), 0
    while True:
        commands += 1
        assert commands <= COMMANDS_MAX, "the dialogue has no end"
        answer = card.transmit(command)
        if not answer:
            raise Torn
        try:
            command = talk.send(answer)
        except StopIteration:
            return commands


@pytest.mark.parametrize(
    "kind",
    [
        lambda number: CardFaults(corrupt_answer=number),
        lambda number: CardFaults(tear_after=number - 1, tear_loses=LostPart.COMMAND),
        lambda number: CardFaults(tear_after=number - 1, tear_loses=LostPart.ANSWER),
    ],
    ids=["corrupt", "command lost", "answer lost"],
)
def test_each_fault_at_each_command_of_an_issue_is_typed_and_can_be_repaired(
    kind: Callable[[int], CardFaults],
) -> None:
    """The card that was disturbed at any command is a good card after a second try."""
    for number in range(1, COMMANDS_MAX):
        card = FaultyCard(Chip(CARD_UID, numbers()), numbers(), faults=kind(number))
        finished = 0
        with contextlib.suppress(PassCardError, Torn):
            finished = personalise_over(card)
        card.faults = CardFaults()
        personalise_over(card)
        if 0 < finished < number:
            return
    raise AssertionError("the fault never came too late")
