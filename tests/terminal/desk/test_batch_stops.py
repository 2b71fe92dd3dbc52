"""What stops a batch, what does not, and how it goes on afterwards."""

from pathlib import Path

import pytest

from terminal.api_values import PersonalisationBegun, PersonalisationStep
from terminal.desk import batch as batch_module
from terminal.desk.batch import (
    BACKEND_TRIES_MAX,
    BAD_CHIPS_MAX,
    CARD_SECONDS_MAX,
    Batch,
    Notice,
    TooManyBadChips,
)
from terminal.desk.batch_record import BatchRecord
from terminal.desk.relay import DeskConnection, NoCardCame
from terminal.errors import (
    BackendRefused,
    BackendUnreachable,
    CardRemoved,
    CardSilent,
    ReaderServiceDown,
)
from tests.terminal.desk.batch_stand import DONE, Stand, stand
from tests.terminal.desk.twins import (
    BoxReader,
    ChipLink,
    DrivingBackend,
    blank,
    box,
    is_personalised,
    numbers,
)


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
