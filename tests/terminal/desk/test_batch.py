"""A batch: one order after the other, whatever the chips, the hand and the line do in between."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulator.chip.chip import Chip
from simulator.chip.other_cards import foreign_desfire
from terminal.api_values import PersonalisationBegun, PersonalisationStep
from terminal.desk import batch as batch_module
from terminal.desk.batch import (
    BACKEND_TRIES_MAX,
    BAD_CHIPS_MAX,
    CARD_SECONDS_MAX,
    CUTS_PER_CHIP_MAX,
    Batch,
    BatchClock,
    Notice,
    Progress,
    TooManyBadChips,
)
from terminal.desk.batch_record import BatchLine, BatchRecord, CardResult
from terminal.desk.relay import DeskConnection, NoCardCame
from terminal.errors import (
    BackendRefused,
    BackendUnreachable,
    CardRemoved,
    CardSilent,
    ReaderServiceDown,
)
from tests.terminal.desk.twins import (
    BoxReader,
    ChipLink,
    DrivingBackend,
    blank,
    box,
    is_personalised,
    numbers,
)

DONE, ASIDE, REFUSED = CardResult.DONE, CardResult.CHIP_SET_ASIDE, CardResult.ORDER_REFUSED


@dataclass
class Screen:
    notices: list[Notice] = field(default_factory=list)
    lines: list[BatchLine] = field(default_factory=list)
    progress: list[Progress] = field(default_factory=list)

    def notice(self, notice: Notice) -> None:
        self.notices.append(notice)

    def recorded(self, line: BatchLine, progress: Progress) -> None:
        self.lines.append(line)
        self.progress.append(progress)

    @property
    def results(self) -> list[tuple[CardResult, str]]:
        return [(line.result, line.reason) for line in self.lines]


class Time:
    """Each look at it is 9 s later, so that limits come to pass."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.paused = list[float]()

    def look(self) -> float:
        self.seconds += 9.0
        return self.seconds

    @property
    def clock(self) -> BatchClock:
        noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
        return BatchClock(self.paused.append, self.look, lambda: noon)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[BatchRecord]:
    with BatchRecord(tmp_path / "lot.jsonl") as opened:
        yield opened


@dataclass
class Stand:
    """A desk with a box of cards."""

    record: BatchRecord
    backend: DrivingBackend
    links: list[DeskConnection]
    screen: Screen = field(default_factory=Screen)
    time: Time = field(default_factory=Time)
    stopping: Callable[[], bool] = field(default=lambda: False)

    def run(self, count: int) -> Batch:
        batch = self.batch()
        batch.run(numbers(count))
        return batch

    def batch(self) -> Batch:
        reader = BoxReader(self.links)
        clock = self.time.clock
        return Batch(
            reader, self.backend, self.record, self.screen, stopping=self.stopping, clock=clock
        )


def stand(record: BatchRecord, chips: list[Chip], orders: int) -> Stand:
    return Stand(record, DrivingBackend(orders=numbers(orders)), [ChipLink(chip) for chip in chips])


def test_every_order_gets_the_next_chip(record: BatchRecord) -> None:
    chips = box(3)
    desk = stand(record, chips, 3)
    links = list(desk.links)
    batch = desk.run(3)
    assert desk.screen.results == [(DONE, "")] * 3
    assert [line.card_number for line in record.lines] == numbers(3)
    assert [line.uid for line in record.lines] == [chip.uid.hex().upper() for chip in chips]
    assert all(is_personalised(chip) for chip in chips)
    assert all(isinstance(link, ChipLink) and link.let_go == 1 for link in links)
    assert [(now.done, now.left) for now in desk.screen.progress] == [(1, 2), (2, 1), (3, 0)]
    assert desk.screen.notices == [Notice.PRESENT_NEXT, Notice.CARD_CAME] * 3
    assert batch.progress.left == 0
    assert all(line.seconds == 9.0 for line in record.lines)


def test_the_pace_is_counted_over_this_run(record: BatchRecord) -> None:
    desk = stand(record, box(2), 2)
    batch = desk.batch()
    assert batch.progress.per_hour == 0
    batch.run(numbers(2))
    hours = (desk.time.seconds + 9.0 - 9.0) / 3600
    assert batch.progress.per_hour == round(2 / hours)


def test_a_bad_chip_is_set_aside_and_the_order_goes_to_the_next(record: BatchRecord) -> None:
    chips = box(3)
    desk = stand(record, chips, 2)
    foreign = foreign_desfire(chips[0].uid, lambda length: bytes(range(length)))
    desk.links[0] = ChipLink(foreign)
    desk.run(2)
    assert desk.screen.results == [
        (ASIDE, "personalisation_failed: KeysUnknown"),
        (DONE, ""),
        (DONE, ""),
    ]
    assert [line.card_number for line in record.lines] == [numbers(2)[0], *numbers(2)]


def test_another_cards_chip_is_set_aside(record: BatchRecord) -> None:
    chips = box(2)
    desk = stand(record, chips, 1)
    desk.backend.made[numbers(9)[8]] = chips[0].uid
    desk.run(1)
    assert desk.screen.results == [(ASIDE, "uid_taken"), (DONE, "")]


def test_a_bank_card_is_set_aside_without_asking_anybody(record: BatchRecord) -> None:
    class Bank(ChipLink):
        def uid(self) -> bytes:
            return bytes(4)

    desk = stand(record, box(2), 1)
    desk.links[0] = Bank(blank())
    desk.run(1)
    assert desk.screen.results == [(ASIDE, "no_desfire"), (DONE, "")]
    assert desk.backend.answered < 60


def test_a_bad_order_is_refused_and_its_chip_serves_the_next(record: BatchRecord) -> None:
    desk = stand(record, box(1), 3)
    unknown, other, good = numbers(3)
    desk.backend.ordered = {good}
    desk.backend.made[other] = bytes(7)
    reader_links = list(desk.links)
    desk.run(3)
    assert desk.screen.results == [
        (REFUSED, "card_unknown"),
        (REFUSED, "card_state_refused: active"),
        (DONE, ""),
    ]
    assert unknown == record.lines[0].card_number
    assert isinstance(reader_links[0], ChipLink)
    assert reader_links[0].let_go == 1


def test_a_hasty_hand_presents_the_card_again(record: BatchRecord) -> None:
    (chip,) = box(1)
    desk = stand(record, [chip], 1)
    desk.links[:] = [ChipLink(chip, pull_at=30), ChipLink(chip)]
    desk.run(1)
    assert desk.screen.results == [(DONE, "")]
    assert Notice.CUT_SHORT in desk.screen.notices
    assert is_personalised(chip)


def test_a_half_made_chip_may_serve_a_later_order(record: BatchRecord) -> None:
    first, second = box(2)
    desk = stand(record, [], 2)
    desk.links[:] = [ChipLink(first, pull_at=30), ChipLink(second), ChipLink(first)]
    desk.run(2)
    assert [line.uid for line in record.lines] == [
        second.uid.hex().upper(),
        first.uid.hex().upper(),
    ]
    assert is_personalised(first)


def test_a_chip_cut_short_again_and_again_is_set_aside(record: BatchRecord) -> None:
    bad, good = box(2)
    desk = stand(record, [], 1)
    pulled = [ChipLink(bad, pull_at=3) for _ in range(CUTS_PER_CHIP_MAX)]
    desk.links[:] = [*pulled, ChipLink(good)]
    desk.run(1)
    assert desk.screen.results == [(ASIDE, "cut_short"), (DONE, "")]


def test_noise_is_no_reason_to_set_a_chip_aside(record: BatchRecord) -> None:
    class Noisy(ChipLink):
        def transmit(self, command: bytes) -> bytes:
            return super().transmit(command) if self.sent < 20 else b"\x91"

    (chip,) = box(1)
    desk = stand(record, [], 1)
    desk.links[:] = [Noisy(chip), ChipLink(chip)]
    desk.run(1)
    assert desk.screen.results == [(DONE, "")]


def test_a_card_done_before_is_not_offered_again(record: BatchRecord) -> None:
    first, second = box(2)
    desk = stand(record, [], 2)
    desk.links[:] = [ChipLink(first), ChipLink(first), ChipLink(second)]
    desk.run(2)
    assert desk.screen.results == [(DONE, "")] * 2
    assert Notice.DONE_BEFORE in desk.screen.notices


@pytest.mark.parametrize("nth", [1, 2, 20, 40, 43])
def test_a_line_cut_for_a_moment_is_tried_again_on_the_same_card(
    record: BatchRecord, nth: int
) -> None:
    desk = stand(record, box(1), 1)
    desk.backend.fail_at = nth
    desk.run(1)
    assert desk.screen.results == [(DONE, "")]
    assert Notice.BACKEND_AWAY in desk.screen.notices
    assert desk.time.paused == [batch_module.PAUSE_SECONDS]


class AwayBackend(DrivingBackend):
    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        assert (len(uid), card_number is not None) == (7, True)
        self.answered += 1
        raise BackendUnreachable("away")


def test_a_line_that_stays_cut_stops_the_batch(record: BatchRecord) -> None:
    desk = stand(record, box(1), 1)
    desk.backend = AwayBackend()
    with pytest.raises(BackendUnreachable):
        desk.run(1)
    assert desk.backend.answered == BACKEND_TRIES_MAX
    assert record.lines == []


class ForgetfulBackend(DrivingBackend):
    """Says at the tenth answer that the dialogue took too long, a number of times."""

    times = 1

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        if self.times and self.answered % 10 == 0:
            self.times -= 1
            raise BackendRefused(404, "personalisation_not_found")
        return super().continue_personalisation(personalisation_id, response)


def test_a_dialogue_that_took_too_long_is_begun_again(record: BatchRecord) -> None:
    desk = stand(record, box(1), 1)
    desk.backend = ForgetfulBackend()
    desk.run(1)
    assert desk.screen.results == [(DONE, "")]


def test_a_refusal_that_concerns_the_desk_stops_the_batch(record: BatchRecord) -> None:
    desk = stand(record, box(1), 1)
    desk.backend.refusals[numbers(1)[0]] = BackendRefused(401, "terminal_revoked")
    with pytest.raises(BackendRefused, match="terminal_revoked"):
        desk.run(1)
    desk.backend = ForgetfulBackend()
    desk.backend.times = 1000
    desk.links[:] = [ChipLink(blank())]
    with pytest.raises(BackendRefused, match="personalisation_not_found"):
        desk.run(1)


def test_a_bad_box_stops_the_batch(record: BatchRecord) -> None:
    desk = stand(record, [], 1)
    chips = box(BAD_CHIPS_MAX)
    desk.backend.made = {
        number: chip.uid for number, chip in zip(numbers(90)[50:], chips, strict=False)
    }
    desk.links[:] = [ChipLink(chip) for chip in chips]
    with pytest.raises(TooManyBadChips):
        desk.run(1)
    assert len(record.lines) == BAD_CHIPS_MAX


def test_nobody_comes(record: BatchRecord) -> None:
    desk = stand(record, [], 1)
    with pytest.raises(NoCardCame):
        desk.run(1)
    assert desk.time.seconds < 2 * CARD_SECONDS_MAX


def test_a_card_that_never_leaves_stops_the_batch(record: BatchRecord) -> None:
    class Stuck(ChipLink):
        def wait_for_removal(self, seconds_max: float) -> bool:
            return seconds_max < 0

    desk = stand(record, [], 1)
    desk.links[:] = [Stuck(blank())]
    with pytest.raises(NoCardCame):
        desk.run(1)
    assert desk.screen.results == [(DONE, "")]


def test_asked_to_stop_it_does_not_wait_for_the_card_to_leave(record: BatchRecord) -> None:
    class Stuck(ChipLink):
        def wait_for_removal(self, seconds_max: float) -> bool:
            return seconds_max < 0

    desk = stand(record, [], 2)
    desk.links[:] = [Stuck(blank()), ChipLink(box(1)[0])]
    desk.stopping = lambda: bool(record.lines)
    desk.run(2)
    assert desk.screen.results == [(DONE, "")]


def test_a_card_gone_before_it_said_its_name_is_nobody(record: BatchRecord) -> None:
    class Fleeting(ChipLink):
        def uid(self) -> bytes:
            raise CardRemoved("gone")

    desk = stand(record, [], 1)
    desk.links[:] = [*(Fleeting(blank()) for _ in range(9)), ChipLink(blank())]
    desk.run(1)
    assert desk.screen.results == [(DONE, "")]


def test_a_reader_unplugged_stops_the_batch_and_a_mute_card_does_not(record: BatchRecord) -> None:
    class Troubled(BoxReader):
        def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
            self.came += 1
            if self.came == 1:
                raise CardSilent("mute")
            if not self.links:
                raise ReaderServiceDown("gone")
            return super().wait_for_card(seconds_max)

    desk = stand(record, [], 2)
    backend = desk.backend
    batch = Batch(
        Troubled([ChipLink(blank())]), backend, record, desk.screen, clock=desk.time.clock
    )
    with pytest.raises(ReaderServiceDown):
        batch.run(numbers(2))
    assert desk.screen.results == [(DONE, "")]
    assert desk.screen.notices[1] is Notice.CUT_SHORT


# --- stopping, and going on ---


@pytest.mark.parametrize("looks", range(12))
def test_asked_to_stop_at_any_moment_it_goes_on_later(tmp_path: Path, looks: int) -> None:
    chips, backend = box(3), DrivingBackend(orders=numbers(3))
    asked = iter([False] * looks)
    path = tmp_path / "lot.jsonl"
    with BatchRecord(path) as record:
        desk = Stand(record, backend, [ChipLink(chip) for chip in chips])
        desk.stopping = lambda: next(asked, True)
        desk.run(3)
        made = {line.uid for line in record.lines}
    with BatchRecord(path) as record:
        left = [ChipLink(chip) for chip in chips if chip.uid.hex().upper() not in made]
        desk = Stand(record, backend, list(left))
        desk.run(3)
        assert [line.result for line in record.lines] == [DONE] * 3
        assert len(desk.screen.lines) == 3 - len(made)
    assert all(is_personalised(chip) for chip in chips)


def test_interrupted_at_every_command_it_goes_on_with_a_good_card(tmp_path: Path) -> None:
    for nth in range(1, 43):
        chip, backend = blank(), DrivingBackend()
        path = tmp_path / f"{nth}.jsonl"

        class Interrupting(ChipLink):
            def transmit(self, command: bytes) -> bytes:
                if self.sent + 1 == nth:  # noqa: B023 - used at once, within the loop
                    raise KeyboardInterrupt
                return super().transmit(command)

        link = Interrupting(chip)
        with BatchRecord(path) as record, pytest.raises(KeyboardInterrupt):
            Stand(record, backend, [link]).run(1)
        assert link.let_go == 1
        with BatchRecord(path) as record:
            assert record.lines == []
            Stand(record, backend, [ChipLink(chip)]).run(1)
            assert [line.result for line in record.lines] == [DONE]
        assert is_personalised(chip), nth


def test_a_card_whose_end_nobody_heard_is_done_when_it_comes_back(tmp_path: Path) -> None:
    """The backend gave the chip to the order, and the desk died before it wrote that down."""
    chip, backend = blank(), DrivingBackend()
    with BatchRecord(tmp_path / "lost.jsonl") as record:
        Stand(record, backend, [ChipLink(chip)]).run(1)
    with BatchRecord(tmp_path / "new.jsonl") as record:
        Stand(record, backend, [ChipLink(chip)]).run(1)
        assert [line.result for line in record.lines] == [DONE]
