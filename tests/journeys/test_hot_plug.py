"""A shop's counters while their devices come and go: each trouble is said, and has a way back.

Two daemons on one machine, in the order in which a day goes wrong; the PC/SC daemon, the serial
lines and the other program are real. What comes back is found without anybody's help.
"""

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from terminal.counter.words import DEVICE_WORDS, REASON_SENTENCES
from tests.journeys.two_counters import (
    CounterOfTwo,
    TwoCounters,
    another_program_holds,
    make_card,
    see,
    two_counters,
)

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def stage() -> Iterator[TwoCounters]:
    """Both daemons are up, and neither PC/SC daemon nor reader is there yet."""
    with tempfile.TemporaryDirectory(prefix="pass-two-") as name, two_counters(Path(name)) as two:
        started = [two.start(counter) for counter in two.counters]
        for program, counter in zip(started, two.counters, strict=True):
            two.programs.wait_until(program, counter.answers)
        yield two


def refused(counter: CounterOfTwo, sale_id: str, reason: str) -> None:
    sale = counter.ended(sale_id)
    assert (sale["state"], sale["reason"]) == ("failed", reason)
    assert sale["message"] == REASON_SENTENCES[reason]


def test_a_counter_that_starts_before_pcscd_says_so_and_sells_once_it_is_there(
    stage: TwoCounters,
) -> None:
    one, _ = stage.counters
    health = one.health("reader", "unavailable")
    assert health["reader_words"] == DEVICE_WORDS["reader_service_down"]
    sale_id = one.sell(100)
    one.wait_for_state("card")
    stage.pcscd.start()
    with stage.laid(one):
        one.type_code()
        assert one.ended(sale_id)["state"] == "approved", "the same sale, once the reader is there"
    assert one.health("reader", "ok")["reader_words"] == ""


def test_two_sales_at_once_and_neither_sees_the_others_card(stage: TwoCounters) -> None:
    one, two = stage.counters
    sales = [counter.sell(cents) for counter, cents in ((one, 1100), (two, 2200))]
    slots = [stage.slot(counter) for counter in stage.counters]
    slots[1].insert(two.card)  # only the second counter's card is there
    two.wait_for_state("code")
    assert one.get("/state")["state"] == "card"
    slots[0].insert(one.card)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda counter: counter.type_code(), stage.counters))
        ended = list(
            pool.map(lambda pair: pair[0].ended(pair[1]), zip(stage.counters, sales, strict=True))
        )
    assert [sale["state"] for sale in ended] == ["approved", "approved"]
    assert sorted(stage.twin.paid[-2:]) == [(one.uid, 1100), (two.uid, 2200)]
    for slot in slots:
        slot.close()


def test_pcscd_restarted_while_a_card_is_waited_for(stage: TwoCounters) -> None:
    one, _ = stage.counters
    sale_id = one.sell(300)
    one.wait_for_state("card")
    stage.pcscd.stop()
    stage.pcscd.start()
    with stage.laid(one):
        one.type_code()
        assert one.ended(sale_id)["state"] == "approved", "the same sale outlives the daemon"


@pytest.mark.slow
def test_a_pcscd_that_stays_away_is_a_refusal_in_words(stage: TwoCounters) -> None:
    one, _ = stage.counters
    stage.pcscd.stop()
    refused(one, one.sell(350), "reader_service_down")
    stage.pcscd.start()
    stage.sale_goes_well(one, 350)


@pytest.mark.slow
def test_a_reader_pulled_in_the_middle_of_a_sale_and_put_back(stage: TwoCounters) -> None:
    """Once the card is proven the reader is not needed: the sale goes on without it."""
    one, two = stage.counters
    slot = stage.slot(one)
    slot.insert(one.card)
    first = one.sell(400)
    one.wait_for_state("code")
    stage.pcscd.serve_only([two.reader])
    slot.close()
    one.type_code()
    assert one.ended(first)["state"] == "approved"
    assert one.health("reader", "unavailable")["reader_words"] == DEVICE_WORDS["reader_unavailable"]
    assert two.health("reader", "ok")
    second = one.sell(500)
    stage.sale_goes_well(two, 600)  # the neighbour is not troubled
    refused(one, second, "reader_unavailable")
    stage.pcscd.serve_only([one.reader, two.reader])
    stage.sale_goes_well(one, 500)


@pytest.mark.slow
def test_another_program_holds_the_reader(stage: TwoCounters) -> None:
    one, _ = stage.counters
    slot = stage.slot(one)
    slot.insert(one.card)
    with another_program_holds(stage, one.reader):
        assert one.health("reader", "unavailable")["reader_words"] == DEVICE_WORDS["reader_busy"]
        sale_id = one.sell(700)
        refused(one, sale_id, "reader_busy")
        again = one.sell(700)
        one.wait_for_state("card")
    one.type_code()  # it let go: the card that lies there is taken
    assert one.ended(again)["state"] == "approved"
    slot.close()


@pytest.mark.slow
def test_a_pad_unplugged_and_put_back(stage: TwoCounters) -> None:
    one, _ = stage.counters
    slot = stage.slot(one)
    slot.insert(one.card)
    sale_id = one.sell(800)
    see("the pad asking", lambda: one.cable.view().entering)
    one.cable.unplug()
    refused(one, sale_id, "pad_unavailable")
    assert one.health("pad", "unavailable")["pad_words"] == DEVICE_WORDS["pad_unavailable"]
    refused(one, one.sell(800), "pad_unavailable")
    one.cable.plug()
    one.health("pad", "ok")
    slot.close()
    stage.sale_goes_well(one, 800)


def test_two_cards_in_the_field_debit_nobody(stage: TwoCounters) -> None:
    """A contactless reader with two cards before it answers for one, then for the other.

    PC/SC has no word for it: the reader's anti-collision picks one at each activation, so that the
    card is powered as one and answers as another, or not at all. Here the first card is taken from
    under the proof, and the other lies there.
    """
    one, _ = stage.counters
    other = make_card(bytes.fromhex("04C3000000000C"))
    answered = threading.Event()
    slot = stage.slot(one)

    class Both:
        """Answers the first command as one card, what follows as the other."""

        uid, atr = one.card.uid, one.card.atr

        def power_on(self) -> bytes:
            other.power_on()
            return one.card.power_on()

        def power_off(self) -> None:
            other.power_off()
            one.card.power_off()

        def reset(self) -> bytes:
            other.reset()
            return one.card.reset()

        def transmit(self, command: bytes) -> bytes:
            is_second = command[:2] == b"\x90\xaf"
            if is_second:
                answered.set()
            return (other if is_second else one.card).transmit(command)

    paid = len(stage.twin.paid)
    slot.insert(Both())
    sale_id = one.sell(900)
    sale = one.ended(sale_id)
    assert answered.is_set()
    assert sale["state"] == "failed", sale
    assert sale["reason"] in {"not_a_pass_card", "card_not_genuine", "card_removed"}, sale
    assert len(stage.twin.paid) == paid
    slot.close()
    stage.sale_goes_well(one, 900)
