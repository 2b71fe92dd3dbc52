"""One tap, from a card in the field to an answer on the screen.

Promise: a passage is on the disk before anybody is admitted. What cannot be written down admits
nobody: « Voir la vie scolaire », because an admission without a row would be a meal that never
happened, and could be had again. A card that leaves before its proof is no passage: nothing is
recorded, and it is asked for again. An unlisted UID is refused without any key. Without a list, or
with a clock that the list proves wrong, hours and days mean nothing: nobody is admitted.

Where the gate has a turnstile or door, it is released after the row is written and before the
screen changes; a card that comes again while it waits is told to go through, once more nothing.
While the door is released for everybody nothing is decided and nobody is charged.

Nothing here waits for the network.
"""

import contextlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID, uuid4

from passcard.errors import NotAPassCard, PassCardError
from passcard.layout import Application
from passcard.session import authenticate
from terminal.errors import JournalError, ReaderError
from terminal.gate.access_list import AccessList, ListedCard
from terminal.gate.decision import Admission, Chip, Decision, Holder, Tap, decide
from terminal.gate.door.doorway import Doorway, NoDoor
from terminal.gate.passages import Passage, PassageJournal, PassageState
from terminal.gate.state import Shown, StateBoard
from terminal.gate.words import Notice, words_for, words_for_notice

LOG = logging.getLogger(__name__)

RND_LENGTH: Final = 16


class CardInField(Protocol):
    """What the gate asks of a card in a reader."""

    def uid(self) -> bytes:
        """Return what the card calls itself; never a proof."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Carry one command APDU to the card and its response back."""
        ...


class Gate:
    """Decides taps with the list on the board, one at a time."""

    def __init__(
        self,
        journal: PassageJournal,
        board: StateBoard,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[int], bytes] = secrets.token_bytes,
        new_id: Callable[[], UUID] = uuid4,
        doorway: Doorway | None = None,
    ) -> None:
        self._journal = journal
        self._board = board
        self._now = now
        self._monotonic = monotonic
        self._random = random
        self._new_id = new_id
        self._doorway = doorway or NoDoor(journal)

    def serve(self, card: CardInField, arrived: float) -> Passage | None:
        """Decide one tap and show the answer; return the passage if one was written for good.

        `arrived` is the monotonic time, in seconds, at which the card was there. Raises nothing
        that a card, the list or the journal can cause.
        """
        if self._doorway.is_released():
            self._show_notice(Notice.ISSUE_DE_SECOURS, arrived)
            return None
        held = self._board.current.access_list
        if held is None or held.proves_clock_wrong(self._now()):
            self._show_notice(Notice.HORS_SERVICE, arrived)
            return None
        try:
            uid = card.uid()
            listed = held.find(uid)
            chip = Chip.UNTRIED if listed is None else self._prove(card, listed)
        except ReaderError as error:
            LOG.info("the card left before its proof: %s", error)
            self._show_notice(Notice.CARTE_A_REPRESENTER, arrived)
            return None
        try:
            return self._decide(held, uid, listed, chip, arrived=arrived)
        except JournalError as error:
            LOG.error("nobody is admitted, the journal fails: %s", error)  # noqa: TRY400 - its message says it all
            self._show_notice(Notice.HORS_SERVICE, arrived, journal_ready=False)
            return None

    def ask_again(self) -> None:
        """Show that a card was there and did not answer."""
        self._show_notice(Notice.CARTE_A_REPRESENTER, self._monotonic())

    def _prove(self, card: CardInField, listed: ListedCard) -> Chip:
        """Try the one key of this card, once: nothing is to be gained by trying others."""
        rnd_a = self._random(RND_LENGTH)
        try:
            authenticate(card.transmit, Application.ACCESS, listed.key.reveal(), rnd_a)
        except NotAPassCard:
            return Chip.FOREIGN
        except PassCardError:
            return Chip.NOT_GENUINE
        return Chip.GENUINE

    def _decide(
        self,
        held: AccessList,
        uid: bytes,
        listed: ListedCard | None,
        chip: Chip,
        *,
        arrived: float,
    ) -> Passage | None:
        holder = None if listed is None else listed.holder
        if holder is not None and holder.card_id in self._board.current.opposed:
            holder = replace(holder, blocked=True)
        with self._journal.deciding:  # a supervisor may be about to let the same person pass
            if holder is not None and chip is Chip.GENUINE and self._doorway.awaits(holder.card_id):
                self._show_notice(Notice.AVANCEZ, arrived)
                return None
            decision, written = self._decide_and_write(held, uid, holder, chip, arrived=arrived)
        if isinstance(written, Notice):
            self._show_notice(written, arrived)
            return None
        self._show(held, listed, chip, decision, passage=written)
        return written if written.sequence else None

    def _decide_and_write(
        self,
        held: AccessList,
        uid: bytes,
        holder: Holder | None,
        chip: Chip,
        *,
        arrived: float,
    ) -> tuple[Decision, Passage | Notice]:
        now = self._now()
        admissions: list[Admission] = []
        if holder is not None:
            admissions = self._journal.list_admissions(holder.card_id, now, held.gate, held.counted)
        decision = decide(Tap(now, chip, holder, admissions, held.issued_at), held.hours)
        decided_after = self._milliseconds_since(arrived)
        passage = Passage(
            passage_id=self._new_id(),
            occurred_at=now,
            uid=uid,
            card_id=None if holder is None else holder.card_id,
            service=None if decision.service is None else decision.service.code,
            answer=decision.answer,
            detail=decision.detail,
            list_version=held.version,
            milliseconds=decided_after,
        )
        write = self._doorway.admit if decision.admitted else self._journal.append
        return decision, write(passage)

    def _show(
        self,
        held: AccessList,
        listed: ListedCard | None,
        chip: Chip,
        decision: Decision,
        *,
        passage: Passage,
    ) -> None:
        # Only a proven chip is called by its holder's name.
        name = listed.holder.display_name if listed is not None and chip is Chip.GENUINE else None
        at = passage.occurred_at
        later = held.hours.next_after(at)
        shown = Shown(
            answer=decision.answer,
            words=words_for(decision, name or "", held.zone, later),
            at=at,
            milliseconds=passage.milliseconds,
            display_name=name,
            card_id=passage.card_id,
            photo=listed.photo if listed is not None and name is not None else None,
        )
        # The answer first: counting what waits takes the longer, the longer the network is away.
        waiting = self._board.current.outbox + bool(passage.sequence)
        self._board.show(shown, outbox=waiting, journal_ready=True)
        with contextlib.suppress(JournalError):  # the row is written, and that is what counts
            self._board.change(outbox=self._journal.count(PassageState.WAITING))

    def _show_notice(self, notice: Notice, arrived: float, *, journal_ready: bool = True) -> None:
        shown = Shown(
            answer=notice,
            words=words_for_notice(notice),
            at=self._now(),
            milliseconds=self._milliseconds_since(arrived),
        )
        ready = journal_ready and self._board.current.journal_ready
        self._board.show(shown, journal_ready=ready)

    def _milliseconds_since(self, arrived: float) -> int:
        return round((self._monotonic() - arrived) * 1000)
