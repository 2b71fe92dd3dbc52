"""The desk carries bytes: through a real reader to a simulated chip, and cut at every step."""

from collections.abc import Callable

import pytest

from simulator.chip.chip import Chip
from simulator.vpcd import Direction, VirtualCardSlot
from terminal.api_values import PersonalisationBegun, PersonalisationStep
from terminal.desk.personalise import FinishedCard, personalise_card, retire_card, with_next_card
from terminal.desk.relay import STEPS_MAX, CardLink, NoCardCame
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
from tests.terminal.desk.twins import (
    NUMBER,
    UID,
    BoxReader,
    ChipLink,
    DrivingBackend,
    blank,
    is_personalised,
)
from tests.terminal.virtual_cards import READERS


def make(backend: DrivingBackend) -> Callable[[CardLink], FinishedCard]:
    return lambda card: personalise_card(card, backend, NUMBER)


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


def issued(backend: DrivingBackend) -> Chip:
    chip = blank()
    personalise_card(ChipLink(chip), backend, NUMBER)
    return chip


def test_a_card_is_renewed_without_saying_its_number() -> None:
    backend = DrivingBackend()
    chip = issued(backend)
    backend.version = 2
    card = personalise_card(ChipLink(chip), backend, None)
    assert (card.uid, card.card_number) == (UID, NUMBER)
    assert is_personalised(chip, version=2)


def test_a_chip_that_is_no_card_is_not_renewed() -> None:
    with pytest.raises(BackendRefused, match="card_unknown"):
        personalise_card(ChipLink(blank()), DrivingBackend(), None)


class NumberlessBackend(DrivingBackend):
    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        begun = super().begin_personalisation(uid, NUMBER)
        assert card_number is None
        return PersonalisationBegun(personalisation_id="p-1", command=begun.command)


def test_a_renewal_of_nobody_knows_which_card_is_garbled() -> None:
    with pytest.raises(BackendGarbled):
        personalise_card(ChipLink(blank()), NumberlessBackend(), None)


def test_pulled_at_every_command_a_renewal_is_finished_the_next_time() -> None:
    nth = 0
    while True:
        nth += 1
        backend = DrivingBackend()
        chip = issued(backend)
        backend.version = 2
        try:
            personalise_card(ChipLink(chip, pull_at=nth), backend, None)
        except CardRemoved:
            personalise_card(ChipLink(chip), backend, None)
            assert is_personalised(chip, version=2), nth
        else:
            break
    assert nth > 30


def test_a_card_is_retired_and_becomes_another() -> None:
    backend = DrivingBackend()
    chip = issued(backend)
    card = retire_card(ChipLink(chip), backend)
    assert (card.uid, card.card_number) == (UID, NUMBER)
    assert len(chip.memory.applications) == 1
    with pytest.raises(BackendRefused, match="card_unknown"):
        retire_card(ChipLink(chip), backend)
    backend.ordered.add(NUMBER)
    personalise_card(ChipLink(chip), backend, NUMBER)
    assert is_personalised(chip)


def test_pulled_at_every_command_a_retirement_is_finished_the_next_time() -> None:
    nth = 0
    while True:
        nth += 1
        backend = DrivingBackend()
        chip = issued(backend)
        try:
            retire_card(ChipLink(chip, pull_at=nth), backend)
        except CardRemoved:
            retire_card(ChipLink(chip), backend)
            assert len(chip.memory.applications) == 1, nth
        else:
            break
    assert nth > 10


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
    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        assert (uid, card_number) == (UID, NUMBER)
        raise BackendRefused(409, "uid_taken")


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
        with_next_card(BoxReader([link]), make(backend), card_came=lambda: came.append("came"))

    if error is None:
        run()
    else:
        with pytest.raises(error):
            run()
    assert link.let_go == 1
    assert came == ["came"]


def test_nobody_comes() -> None:
    with pytest.raises(NoCardCame):
        with_next_card(BoxReader([]), make(DrivingBackend()), seconds_max=0.0)


@pytest.mark.xdist_group("pcscd")
def test_through_a_real_reader(slot: VirtualCardSlot) -> None:
    chip = blank()
    slot.insert(chip)
    with PcscReader(READERS[0]) as reader:
        card = with_next_card(reader, make(DrivingBackend()))
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
        with_next_card(reader, make(DrivingBackend()))
    personalise_card(ChipLink(chip), DrivingBackend(), NUMBER)
    assert is_personalised(chip)
