"""The desk carries bytes: through a real reader to a simulated chip, and cut at every step."""

import hashlib
import itertools
from collections.abc import Callable, Iterator

import pytest

from passcard.layout import Application
from passcard.personalise import MasterKeys, personalise
from passcard.secret import Secret
from passcard.session import authenticate
from simulator.chip.chip import Chip
from simulator.vpcd import Direction, VirtualCardSlot
from terminal.api_values import PersonalisationBegun, PersonalisationStep
from terminal.desk.personalise import (
    STEPS_MAX,
    DeskConnection,
    NoCardCame,
    personalise_card,
    personalise_next_card,
)
from terminal.errors import (
    BackendError,
    BackendGarbled,
    BackendRefused,
    BackendUnreachable,
    CardRemoved,
    CardSilent,
    TerminalError,
)
from terminal.reader.pcsc import PcscReader
from tests.terminal.virtual_cards import READERS

UID = bytes.fromhex("04A1B2C3D4E5F6")
NUMBER = "9250000000000018"


def seeded(seed: str) -> Callable[[int], bytes]:
    numbers: Iterator[int] = itertools.count()
    return lambda length: hashlib.shake_128(f"{seed}{next(numbers)}".encode()).digest(length)


MASTERS = MasterKeys(*(Secret(seeded(f"master {purpose}")(16)) for purpose in range(5)))


class DrivingBackend:
    """What the real backend does, without HTTP: it runs the dialogue of passcard."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.answered = 0
        self.fail_at = fail_at

    def begin_personalisation(self, uid: bytes, card_number: str) -> PersonalisationBegun:
        assert card_number == NUMBER
        self._dialogue = personalise(uid, MASTERS.for_card(uid), seeded("random"))
        self._tick()
        return PersonalisationBegun(personalisation_id="p-1", command=next(self._dialogue))

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        assert personalisation_id == "p-1"
        self._tick()
        try:
            return PersonalisationStep(command=self._dialogue.send(response), done=False)
        except StopIteration:
            return PersonalisationStep(command=None, done=True, card_number=NUMBER)

    def _tick(self) -> None:
        self.answered += 1
        if self.answered == self.fail_at:
            raise BackendUnreachable("cut")


class ChipLink:
    """A chip in process, perhaps pulled at one command."""

    def __init__(self, chip: Chip, pull_at: int | None = None) -> None:
        self.chip = chip
        self.pull_at = pull_at
        self.sent = 0
        self.let_go = 0
        chip.power_on()

    def uid(self) -> bytes:
        return self.chip.uid

    def transmit(self, command: bytes) -> bytes:
        self.sent += 1
        if self.sent == self.pull_at:
            self.chip.power_off()
            raise CardRemoved("pulled")
        return self.chip.transmit(command)

    def disconnect(self) -> None:
        self.let_go += 1
        self.chip.power_off()


def blank() -> Chip:
    return Chip(UID, seeded("chip"))


def is_personalised(chip: Chip) -> bool:
    chip.power_on()
    keys = MASTERS.for_card(UID)
    for application in Application:
        authenticate(chip.transmit, application, keys.authenticate(application), bytes(16))
    return True


def commands_for_a_blank() -> int:
    return personalise_card(ChipLink(blank()), DrivingBackend(), NUMBER).commands


def test_a_blank_becomes_a_pass_card() -> None:
    chip = blank()
    card = personalise_card(ChipLink(chip), DrivingBackend(), NUMBER)
    assert (card.uid, card.card_number) == (UID, NUMBER)
    assert 10 < card.commands < STEPS_MAX / 2
    assert is_personalised(chip)
    assert UID.hex() not in repr(card).lower()
    assert NUMBER not in repr(card)


def test_pulled_at_every_command_it_is_finished_the_next_time() -> None:
    for nth in range(1, commands_for_a_blank() + 1):
        chip = blank()
        with pytest.raises(CardRemoved):
            personalise_card(ChipLink(chip, pull_at=nth), DrivingBackend(), NUMBER)
        personalise_card(ChipLink(chip), DrivingBackend(), NUMBER)
        assert is_personalised(chip), nth


def test_the_backend_lost_at_every_answer_it_is_finished_the_next_time() -> None:
    for nth in range(1, commands_for_a_blank() + 2):
        chip = blank()
        with pytest.raises(BackendUnreachable):
            personalise_card(ChipLink(chip), DrivingBackend(fail_at=nth), NUMBER)
        personalise_card(ChipLink(chip), DrivingBackend(), NUMBER)
        assert is_personalised(chip), nth


class EndlessBackend(DrivingBackend):
    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        assert (personalisation_id, len(response) >= 2) == ("p-1", True)
        return PersonalisationStep(command=b"\x90\x60\x00\x00\x00", done=False)


def test_a_dialogue_without_end_is_ended() -> None:
    link = ChipLink(blank())
    with pytest.raises(BackendGarbled):
        personalise_card(link, EndlessBackend(), NUMBER)
    assert link.sent == STEPS_MAX


class RefusingBackend(DrivingBackend):
    def begin_personalisation(self, uid: bytes, card_number: str) -> PersonalisationBegun:
        assert (uid, card_number) == (UID, NUMBER)
        raise BackendRefused(409, "uid_taken")


class OneCardReader:
    def __init__(self, connection: DeskConnection | None) -> None:
        self.connection = connection

    def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
        assert seconds_max >= 0
        return self.connection


@pytest.mark.parametrize(
    ("backend", "pull_at", "error"),
    [
        (DrivingBackend(), None, None),
        (DrivingBackend(), 3, CardRemoved),
        (RefusingBackend(), None, BackendError),
    ],
    ids=["done", "pulled", "refused"],
)
def test_the_card_is_always_let_go(
    backend: DrivingBackend, pull_at: int | None, error: type[TerminalError] | None
) -> None:
    link = ChipLink(blank(), pull_at=pull_at)
    came: list[str] = []

    def run() -> None:
        personalise_next_card(
            OneCardReader(link), backend, NUMBER, card_came=lambda: came.append("came")
        )

    if error is None:
        run()
    else:
        with pytest.raises(error):
            run()
    assert link.let_go == 1
    assert came == ["came"]


def test_nobody_comes() -> None:
    with pytest.raises(NoCardCame):
        personalise_next_card(OneCardReader(None), DrivingBackend(), NUMBER, seconds_max=0.0)


@pytest.mark.xdist_group("pcscd")
def test_through_a_real_reader(slot: VirtualCardSlot) -> None:
    chip = blank()
    slot.insert(chip)
    with PcscReader(READERS[0]) as reader:
        card = personalise_next_card(reader, DrivingBackend(), NUMBER)
    slot.remove()
    assert card.uid == UID
    assert is_personalised(chip)


@pytest.mark.xdist_group("pcscd")
def test_pulled_from_a_real_reader(slot: VirtualCardSlot) -> None:
    chip = blank()
    seen: list[bytes] = []

    def pull(way: Direction, message: bytes) -> None:
        if way is Direction.FROM_CARD:
            seen.append(message)
            if len(seen) == 12:
                torn.remove()

    torn = VirtualCardSlot(slot.port, observe=pull)
    torn.insert(chip)
    with PcscReader(READERS[0]) as reader, pytest.raises((CardRemoved, CardSilent)):
        personalise_next_card(reader, DrivingBackend(), NUMBER)
    personalise_card(ChipLink(chip), DrivingBackend(), NUMBER)
    assert is_personalised(chip)
