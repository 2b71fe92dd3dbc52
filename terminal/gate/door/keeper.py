"""Keeps the door: one at a time, counted when they went through, and alarms said.

Promise: who is released is on the disk before the door opens, and becomes a passage once: at the
rotation where the site has a sensor, at the release where it has none. Nobody is released while the
last one is on the way, while the door stands open, while its sensor is stuck, or while a passage is
owed to a full disk. A door that does not answer admits nobody if it is wired to be locked then; if
it is wired to be free, taps are decided and counted as at a gate without a door. Released for
everybody (`emergency.py`), it is open until that is over, and nobody is admitted or charged.

One thread turns (`run`), any thread may `admit`. Not here: how it moves (`motion.py`), what it
hangs on (`relay_door.py`, `osdp_door.py`), what is counted (`tally.py`), alarms (`alarms.py`).
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from terminal.door_settings import OsdpDoorSettings, RelayDoorSettings
from terminal.errors import DoorError, DoorSilent
from terminal.gate.decision import Detail
from terminal.gate.door.alarms import ALARMS, AlarmBell
from terminal.gate.door.emergency import Emergency
from terminal.gate.door.motion import BUSY, WAITING, Effect, Event, Phase, next_step
from terminal.gate.door.port import Door, DoorState, Signal
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.door.tally import Tally
from terminal.gate.passages import Passage, PassageJournal
from terminal.gate.state import DoorSight, EmergencySight, Shown, StateBoard
from terminal.gate.words import Notice, Tone, words_for_notice

LOG = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.03
RETRY_SECONDS: Final = 1.0
WAIT_SECONDS_MAX: Final = 2.0
"""How long a tap waits for the one before to have gone through."""
LATE_SECONDS: Final = 1.5
"""An arm that moved when it was locked again may still end its turn."""
STUCK_SECONDS_MAX: Final = 10.0
"""A rotation sensor that is active for longer counts nobody any more."""
ROTATION_GAP_SECONDS: Final = 0.4
"""Two pulses closer than this are one arm that swings: nobody follows that fast."""
ROTATIONS_AT_ONCE_MAX: Final = 8
HOLD_AGAIN_SECONDS: Final = 5.0
"""A door released for everybody is told so again this often."""

_SIGNALS: Final = {
    Tone.READY: Signal.READY,
    Tone.GOOD: Signal.GOOD,
    Tone.WAIT: Signal.WAIT,
    Tone.STOP: Signal.STOP,
}


@dataclass(frozen=True, slots=True)
class DoorRules:
    """What the site chose."""

    counts_rotations: bool
    is_free_without_power: bool
    release_seconds: int
    held_open_seconds: int

    @classmethod
    def of(cls, settings: RelayDoorSettings | OsdpDoorSettings) -> Self:
        """Read them from the settings."""
        return cls(
            counts_rotations=settings.rotation_input is not None,
            is_free_without_power=settings.failing == "safe",
            release_seconds=settings.release_seconds,
            held_open_seconds=settings.held_open_seconds,
        )


class DoorKeeper:
    """The one who may move the door."""

    def __init__(
        self,
        door: Door,
        journal: PassageJournal,
        board: StateBoard,
        rules: DoorRules,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._door = door
        self._journal = journal
        self._board = board
        self._rules = rules
        self._now = now
        self._monotonic = monotonic
        book = ReleaseBook(journal)
        self._bell = AlarmBell(board, book, now=now, monotonic=monotonic)
        self.tally = Tally(journal, book, board, now)
        self.emergency = Emergency(
            journal, now=now, monotonic=monotonic, counts_rotations=rules.counts_rotations
        )
        self._turned = threading.Condition()
        self._phase = Phase.ABSENT
        self._until: float | None = None  # when this phase has lasted long enough
        self._released_until = 0.0
        self._failure: DoorError | None = None
        self._seen = DoorState()
        self._rotated_at = -ROTATION_GAP_SECONDS
        self._rotating_since: float | None = None
        self._shown, self._signal = 0, Signal.READY
        board.listen(self._hear_answer)
        self._tell()

    def awaits(self, card_id: str) -> bool:
        """Tell whether the door stands released for this card."""
        pending = self.tally.pending
        return pending is not None and pending.card_id == card_id

    def is_released(self) -> bool:
        """Tell whether everybody may go through."""
        return self.emergency.is_on

    def release_for_all(self, supervisor: str) -> None:
        """Let everybody through until somebody ends it; the door moves before it is written."""
        with self._turned:
            self.emergency.begin_by_hand(supervisor)
            self._follow_emergency()

    def end_release(self, supervisor: str) -> bool:
        """End what a supervisor began; False while the fire panel still asks for it."""
        with self._turned:
            is_over = self.emergency.end_by_hand(supervisor)
            self._follow_emergency()
            return is_over

    def admit(self, passage: Passage) -> Passage | Notice:
        """Release the door for a passage; see `Doorway`."""
        with self._turned:
            waiting = self.tally.pending
            if waiting is not None and _are_one(waiting, passage):
                return Notice.AVANCEZ if waiting.card_id is not None else Notice.PATIENTEZ
            self._turned.wait_for(lambda: self._phase not in BUSY, WAIT_SECONDS_MAX)
            if self.emergency.is_on:
                return Notice.ISSUE_DE_SECOURS
            if self._phase is Phase.ABSENT and self._rules.is_free_without_power:
                return self._journal.append(passage)
            refusal = self._refusal()
            return self._release(passage) if refusal is None else refusal

    def _refusal(self) -> Notice | None:
        if self._phase in BUSY:
            return Notice.PATIENTEZ
        if self._phase in (Phase.ABSENT, Phase.STUCK):
            return Notice.PASSAGE_EN_PANNE
        can_open = next_step(self._phase, Event.RELEASE) is not None
        return None if can_open else Notice.PASSAGE_A_FERMER

    def _release(self, passage: Passage) -> Passage | Notice:
        self.tally.begin(passage)
        self._step(Event.RELEASE)
        if self._phase is not Phase.RELEASED:  # it went away at that moment
            return Notice.PASSAGE_EN_PANNE
        if self._rules.counts_rotations:
            return passage
        return self.tally.count() or passage

    def run(self, stop: threading.Event) -> None:
        """Turn until stopped, then leave the door as it is wired to be left."""
        try:
            while not stop.is_set():
                self.turn()
                stop.wait(RETRY_SECONDS if self._phase is Phase.ABSENT else LOOK_SECONDS)
        finally:
            with self._turned:
                # Who is still on the way counts, in doubt: nobody will see the rotation.
                self.tally.count(Detail.IN_DOUBT)
                self._door.let_go()

    def turn(self) -> None:
        """Look once at the door, or try to reach it; every failure is a phase, none is raised."""
        if self._phase is Phase.ABSENT:
            self._claim()
        with self._turned:
            if self._phase is Phase.ABSENT:
                self.emergency.pay()
                return
            try:
                self._send_signal()
                self._follow(self._door.state())
            except DoorError as error:
                self._lose(error)
            if self._bell.ring(lasting=self._phase in (Phase.FORCED, Phase.HELD_OPEN)):
                self._tell()
            self.tally.pay()

    def _claim(self) -> None:
        # Nobody else touches an absent door, so no tap waits for it meanwhile.
        try:
            self._door.claim()
            state = self._door.state()
        except DoorError as error:
            LOG.warning("the door does not answer: %s", error)
            self._door.let_go()
            self._bell.sound(Effect.ALARM_LOST)
            self._tell()
            return
        with self._turned:
            self._seen, self._rotating_since = state, None
            self._step(Event.CLAIMED)

    def _follow_emergency(self) -> None:
        """Release the door for all, or no longer, and then write that down."""
        self._step(Event.EMERGENCY if self.emergency.is_on else Event.EMERGENCY_OVER)
        self.emergency.pay()
        self._tell()

    def _follow(self, state: DoorState) -> None:
        """Turn what is seen into events: rotations, a stuck sensor, the contact, time."""
        now = self._monotonic()
        self.emergency.see(panel=state.emergency)
        self._follow_emergency()
        fresh = min(state.rotations - self._seen.rotations, ROTATIONS_AT_ONCE_MAX)
        self._seen = state
        for _ in range(fresh):
            if now - self._rotated_at >= ROTATION_GAP_SECONDS:
                self._step(Event.ROTATED)
            self._rotated_at = now
        self._watch_sensor(rotating=state.rotating, now=now)
        if not state.stands_open:
            self._step(Event.CONTACT_CLOSED)
        elif not self._rules.counts_rotations and self._phase in WAITING:
            self._step(Event.ROTATED)  # who opens a released door goes through it
        else:
            self._step(Event.CONTACT_OPENED)
        if self._until is not None and now >= self._until:
            self._step(Event.TIME_UP)

    def _watch_sensor(self, *, rotating: bool, now: float) -> None:
        if not rotating:
            self._rotating_since = None
            self._step(Event.SENSOR_FREE)
        elif self._rotating_since is None:
            self._rotating_since = now
        elif now - self._rotating_since >= STUCK_SECONDS_MAX:
            self._step(Event.SENSOR_STUCK)

    def _step(self, event: Event) -> None:
        found = next_step(self._phase, event)
        if found is None:
            return
        self._phase = found.phase
        for effect in found.effects:
            self._carry_out(effect)
        self._until = self._limit(found.phase)
        self._tell()
        self._turned.notify_all()
        failure, self._failure = self._failure, None
        if failure is not None:
            self._lose(failure)

    def _carry_out(self, effect: Effect) -> None:
        if effect in ALARMS:
            self._bell.sound(effect)
        elif effect is Effect.CALM:
            self._bell.calm()
        elif effect is Effect.COUNT:
            self.tally.count()
        elif effect is Effect.DOUBT:
            self.tally.count(Detail.IN_DOUBT)
        elif effect is Effect.DISCOUNT:
            self._discount()
        elif effect is Effect.COUNT_FREE:
            self.emergency.count()
        elif effect is Effect.ANNOUNCE:
            self._say(Notice.ISSUE_DE_SECOURS)
        else:
            self._move(effect)

    def _move(self, effect: Effect) -> None:
        try:
            if effect is Effect.OPEN:
                self._released_until = self._monotonic() + self._rules.release_seconds
                self._door.open(self._rules.release_seconds)
            elif effect is Effect.HOLD:
                self._door.hold_open()
            else:
                self._door.close()
        except DoorError as error:
            self._failure = error
            if effect is Effect.OPEN and not isinstance(error, DoorSilent):
                self.tally.discount()  # nothing moved: that is known

    def _discount(self) -> None:
        if self.tally.discount():
            self._say(Notice.PASSAGE_NON_FAIT)

    def _say(self, notice: Notice) -> None:
        words = words_for_notice(notice)
        self._board.show(Shown(answer=notice, words=words, at=self._now(), milliseconds=0))

    def _lose(self, error: DoorError) -> None:
        LOG.warning("the door went away: %s", error)
        self._step(Event.LOST)
        self._door.let_go()

    def _limit(self, phase: Phase) -> float | None:
        now = self._monotonic()
        held_open = now + self._rules.held_open_seconds
        return {
            Phase.RELEASED: self._released_until,
            Phase.RELOCKED: now + LATE_SECONDS,
            Phase.OPENED: held_open,
            Phase.PASSED: held_open,
            Phase.FORCED: held_open,
            Phase.EMERGENCY: now + HOLD_AGAIN_SECONDS,
        }.get(phase)

    def _tell(self) -> None:
        free = self._phase is Phase.ABSENT and self._rules.is_free_without_power
        released = self.emergency.current
        emergency = None
        if released is not None:
            passages = self.emergency.passages
            emergency = EmergencySight(released.since, released.by_panel, passages)
        self._board.change(door=DoorSight(self._phase.value, self._bell.alarm, free, emergency))

    def _hear_answer(self) -> None:
        """Note the tone of a new answer; the thread beside the door shows it on the head."""
        current = self._board.current
        if current.sequence != self._shown and current.shown is not None:
            self._shown = current.sequence
            self._signal = _SIGNALS[current.shown.words.tone]

    def _send_signal(self) -> None:
        signal, self._signal = self._signal, Signal.READY
        if signal is not Signal.READY:
            self._door.signal(signal)


def _are_one(waiting: Passage, passage: Passage) -> bool:
    """Tell whether both were admitted on one card, or on one code for a day."""
    if waiting.card_id is not None:
        return waiting.card_id == passage.card_id
    codes = [each.intervention and each.intervention.day_code_id for each in (waiting, passage)]
    return codes[0] is not None and codes[0] == codes[1]
