"""A batch: one order after the other, whatever the chips, the hand and the line do in between."""

from simulator.chip.other_cards import foreign_desfire
from terminal.desk.batch import CUTS_PER_CHIP_MAX, Notice
from terminal.desk.batch_record import BatchRecord
from tests.terminal.desk.batch_stand import ASIDE, DONE, REFUSED, stand
from tests.terminal.desk.twins import ChipLink, blank, box, is_personalised, numbers


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
