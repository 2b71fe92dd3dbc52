"""Thousands of cards, one after the other: the next is asked for as soon as one leaves.

    an order ── a card comes ── done ─────────────▶ recorded; the next order, the next card
                     │    └──── the chip is bad ──▶ set aside with its reason; same order, next card
                     ├───────── the order is bad ─▶ refused with its reason; next order, same card
                     └───────── cut short ────────▶ same order, the same card or another

Promise: a card is recorded before the next is asked for, so whatever stops a batch, started again
it goes on; a card done in this batch is never offered to the backend again. Every wait and every
retry has a limit; BAD_CHIPS_MAX chips set aside in a row stop the batch, for the box is bad. Asked
to stop, it finishes the card on the reader first. Not here: words, files, the order of the orders.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from terminal.desk.batch_record import BatchLine, BatchRecord, CardResult
from terminal.desk.personalise import PersonalisingBackend, personalise_card
from terminal.desk.relay import DeskConnection, DeskReader, NoCardCame
from terminal.errors import (
    BackendGarbled,
    BackendRefused,
    BackendUnreachable,
    CardRemoved,
    CardSilent,
    TerminalError,
)

CARD_SECONDS_MAX = 900.0  # somebody fetches another box
SLICE_SECONDS = 0.5  # how long a request to stop may wait
BACKEND_TRIES_MAX = 5
PAUSE_SECONDS = 2.0
BAD_CHIPS_MAX = 20
CUTS_PER_CHIP_MAX = 3
DESFIRE_UID_LENGTH = 7

_CHIP_IS_BAD = frozenset({"uid_taken", "personalisation_failed"})
_ORDER_IS_BAD = frozenset({"card_unknown", "card_state_refused"})
_CUT_SHORT = frozenset({"personalisation_not_found"})
_NOISE = "UnexpectedAnswer"  # what a card at the edge of the field says


class Notice(StrEnum):
    """What the person at the desk is told between two cards."""

    PRESENT_NEXT = "present_next"
    CARD_CAME = "card_came"
    CUT_SHORT = "cut_short"
    DONE_BEFORE = "done_before"
    BACKEND_AWAY = "backend_away"


class TooManyBadChips(TerminalError):
    """As many chips in a row were set aside as a batch bears: the box, or the desk, is bad."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the batch is; `per_hour` counts the cards of this run alone."""

    done: int
    left: int
    per_hour: int


class BatchScreen(Protocol):
    """What the person at the desk looks at."""

    def notice(self, notice: Notice) -> None:
        """Say what happens, or what to do."""
        ...

    def recorded(self, line: BatchLine, progress: Progress) -> None:
        """Say what became of a card or an order, and how far the batch is."""
        ...


@dataclass(frozen=True, slots=True)
class BatchClock:
    """Time, as a batch needs it: a pause in seconds, a count of seconds, a date."""

    pause: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one try ended with; a result of None is a try cut short."""

    result: CardResult | None
    reason: str = ""


class Batch:
    """One run over a batch's orders; `stopping` says whether somebody asked it to stop."""

    def __init__(
        self,
        reader: DeskReader,
        client: PersonalisingBackend,
        record: BatchRecord,
        screen: BatchScreen,
        *,
        stopping: Callable[[], bool] = lambda: False,
        clock: BatchClock | None = None,
    ) -> None:
        self._reader, self._client = reader, client
        self._record, self._screen = record, screen
        self._stopping = stopping
        self._clock = clock or BatchClock()
        self._began = self._clock.monotonic()
        self._card: DeskConnection | None = None
        self._done_uids = set(record.done_uids)
        self._cuts: dict[str, int] = {}
        self._done = self._bad_in_a_row = self._left = 0

    @property
    def progress(self) -> Progress:
        """Return how far this run is."""
        hours = (self._clock.monotonic() - self._began) / 3600
        return Progress(self._done, self._left, round(self._done / hours) if hours > 0 else 0)

    def run(self, orders: Sequence[str]) -> None:
        """Make every order that the record does not hold as done, or stop when asked to.

        Raises NoCardCame, TooManyBadChips, ReaderError, BackendError, JournalError.
        """
        waiting = self._waiting(orders)
        self._left = len(waiting)
        try:
            for number in waiting:
                if not self._make(number):
                    return
        finally:
            self._let_go()

    def _waiting(self, orders: Iterable[str]) -> list[str]:
        done = self._record.done_numbers
        return [number for number in orders if number not in done]

    def _make(self, number: str) -> bool:
        """Try cards for an order until one is it, or the order is refused; False: asked to stop."""
        while True:
            card = self._hold_card()
            if card is None:
                return False
            began = self._clock.monotonic()
            uid, verdict = self._try_card(card, number)
            if verdict.result is None:
                self._let_go()  # only a new tap gives another connection
                continue
            line = BatchLine(
                card_number=number,
                uid=uid,
                result=verdict.result,
                reason=verdict.reason,
                seconds=round(self._clock.monotonic() - began, 2),
                finished_at=self._clock.now(),
            )
            self._keep(line)
            if verdict.result is not CardResult.ORDER_REFUSED and not self._see_it_leave():
                return False
            if verdict.result is not CardResult.CHIP_SET_ASIDE:
                return True

    def _keep(self, line: BatchLine) -> None:
        """Record a line, count it, and show it; raise TooManyBadChips."""
        self._record.add(line)
        if line.result is CardResult.DONE:
            self._done += 1
            self._done_uids.add(line.uid)
        if line.result is not CardResult.CHIP_SET_ASIDE:
            self._left -= 1
            self._bad_in_a_row = 0
        else:
            self._bad_in_a_row += 1
        self._screen.recorded(line, self.progress)
        if self._bad_in_a_row >= BAD_CHIPS_MAX:
            raise TooManyBadChips(f"{BAD_CHIPS_MAX} chips in a row were set aside")

    def _try_card(self, card: DeskConnection, number: str) -> tuple[str, _Verdict]:
        """Return the card's UID in hex, and what one try with it ended with."""
        uid = ""
        try:
            raw = card.uid()
            uid = raw.hex().upper()
            if len(raw) != DESFIRE_UID_LENGTH:
                return uid, _Verdict(CardResult.CHIP_SET_ASIDE, "no_desfire")
            if uid in self._done_uids:
                self._screen.notice(Notice.DONE_BEFORE)
                return uid, _Verdict(None)
            self._screen.notice(Notice.CARD_CAME)
            return uid, self._personalise(card, number)
        except (CardRemoved, CardSilent):
            self._screen.notice(Notice.CUT_SHORT)
            return uid, self._cut_verdict(uid)

    def _personalise(self, card: DeskConnection, number: str) -> _Verdict:
        """Personalise, as often as the backend needs to answer; raise what stops a batch."""
        tries_left = BACKEND_TRIES_MAX
        while True:
            tries_left -= 1
            try:
                personalise_card(card, self._client, number)
            except BackendRefused as refusal:
                if refusal.details.get("reason") == _NOISE:
                    raise CardSilent("the backend could not make out the card") from refusal
                if refusal.code not in _CUT_SHORT or not tries_left:
                    return _verdict_of(refusal)
            except (BackendUnreachable, BackendGarbled):
                if not tries_left or self._stopping():
                    raise
                self._screen.notice(Notice.BACKEND_AWAY)
                self._clock.pause(PAUSE_SECONDS)
            else:
                return _Verdict(CardResult.DONE)

    def _cut_verdict(self, uid: str) -> _Verdict:
        """Count a cut; a chip that is cut short again and again is bad."""
        if not uid:
            return _Verdict(None)
        self._cuts[uid] = self._cuts.get(uid, 0) + 1
        if self._cuts[uid] < CUTS_PER_CHIP_MAX:
            return _Verdict(None)
        return _Verdict(CardResult.CHIP_SET_ASIDE, "cut_short")

    def _hold_card(self) -> DeskConnection | None:
        """Return the card on the reader, or the next; None: asked to stop. Raises NoCardCame."""
        if self._stopping():
            return None
        if self._card is not None:
            return self._card
        self._screen.notice(Notice.PRESENT_NEXT)
        deadline = self._clock.monotonic() + CARD_SECONDS_MAX
        while self._clock.monotonic() < deadline:
            try:
                self._card = self._reader.wait_for_card(SLICE_SECONDS)
            except CardSilent:
                self._screen.notice(Notice.CUT_SHORT)
            if self._card is not None or self._stopping():
                return self._card
        raise NoCardCame(f"no card within {CARD_SECONDS_MAX:g} s")

    def _see_it_leave(self) -> bool:
        """Wait until the card has left; False: asked to stop. Raises NoCardCame."""
        card = self._card
        self._let_go()
        assert card is not None
        deadline = self._clock.monotonic() + CARD_SECONDS_MAX
        while not card.wait_for_removal(SLICE_SECONDS):
            if self._stopping():
                return False
            if self._clock.monotonic() >= deadline:
                raise NoCardCame("the card that is done was never taken away")
        return True

    def _let_go(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.disconnect()


def _verdict_of(refusal: BackendRefused) -> _Verdict:
    """Say whose fault a refusal is, the chip's or the order's; raise it when it is the desk's."""
    if refusal.code in _CHIP_IS_BAD:
        return _Verdict(CardResult.CHIP_SET_ASIDE, _reason(refusal, "reason", "status"))
    if refusal.code in _ORDER_IS_BAD:
        return _Verdict(CardResult.ORDER_REFUSED, _reason(refusal, "state"))
    raise refusal


def _reason(refusal: BackendRefused, *names: str) -> str:
    """Return the stable code and the details that say more, as `card_state_refused: active`."""
    said = " ".join(str(refusal.details[name]) for name in names if name in refusal.details)
    return f"{refusal.code}: {said}" if said else refusal.code
