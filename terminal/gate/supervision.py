"""What a supervisor does at this gate: let pass, find by name, guest, one-day code, take back.

Promise: every act is a line of the journal before anything opens, with who did it and why, in the
same numbers as taps; what cannot be written down is not done. Only a door released for everybody
opens first, without a list or a reason (`door/emergency.py`). It needs no network. A tap that is
being decided and an act never overtake each other. Names come from the sealed list, never from the
journal. Not here: who may ask (`supervisors.py`), and pages.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID, uuid4

from terminal.errors import TerminalError
from terminal.gate.access_list import AccessList, DayCode, ListedCard
from terminal.gate.decision import Answer, Service
from terminal.gate.door.doorway import Doorway, NoDoor
from terminal.gate.interventions import (
    NOTE_CHARACTERS_MAX,
    REASONS,
    CounterEntry,
    Intervention,
    InterventionKind,
    Reason,
)
from terminal.gate.passages import Passage, PassageJournal, PassageState
from terminal.gate.state import Shown, StateBoard
from terminal.gate.words import Notice, Tone, Words, welcome_words, words_for_notice

FOUND_MAX: Final = 20
SEARCH_CHARACTERS_MIN: Final = 2
GUESTS_AT_ONCE_MAX: Final = 30


class ActRefused(StrEnum):
    """Why an act was not done; the values are the screen's codes."""

    NO_LIST = "no_list"
    WRONG_CLOCK = "wrong_clock"
    UNKNOWN_PASSAGE = "passage_unknown"
    NOT_ADMITTED = "passage_not_admitted"
    TAKEN_BACK = "passage_taken_back"
    NO_CARD_KNOWN = "card_unknown"
    SERVICE_UNKNOWN = "service_unknown"
    REASON_WRONG = "reason_wrong"
    NOTE_NEEDED = "note_needed"
    CODE_WRONG = "code_wrong"
    CODE_USED_UP = "code_used_up"
    COUNT_WRONG = "count_wrong"
    NO_DOOR = "no_door"
    PANEL_HOLDS = "panel_holds"


class NotDone(TerminalError):
    """An act that was not done, and nothing was written."""

    def __init__(self, why: ActRefused) -> None:
        super().__init__(f"not done: {why}")
        self.why = why


class EmergencyExit(Protocol):
    """A door that can be released for everybody."""

    def release_for_all(self, supervisor: str) -> None:
        """Let everybody through until somebody ends it."""
        ...

    def end_release(self, supervisor: str) -> bool:
        """End it; False while the fire panel still asks for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Who acts, why, and what more there is to say."""

    supervisor: str
    reason: Reason
    note: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody on the list whose name fits; `passed_at` if they passed this service today."""

    card: ListedCard
    passed_at: datetime | None


class Supervision:
    """The acts, on one gate's journal and board."""

    def __init__(
        self,
        journal: PassageJournal,
        board: StateBoard,
        *,
        now: Callable[[], datetime],
        doorway: Doorway | None = None,
        exit_: EmergencyExit | None = None,
        after: Callable[[], None] = lambda: None,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._journal = journal
        self._board = board
        self._now = now
        self._doorway = doorway or NoDoor(journal)
        self._exit = exit_
        self._after = after
        self._new_id = new_id

    def services(self) -> tuple[list[Service], str | None]:
        """Return the place's services, and the code of the one to offer first."""
        held = self._held()
        now = self._now()
        first = next(iter(held.hours.open_at(now)), None) or held.hours.next_after(now)
        return list(held.hours.services), None if first is None else first.code

    def search(self, words: str, service: str | None = None) -> list[Found]:
        """Return those whose first name (and initial) begins with each of the words."""
        held = self._held()
        wanted = plain(words).replace(".", " ").split()
        if sum(map(len, wanted)) < SEARCH_CHARACTERS_MIN:
            return []
        found = [card for card in held.cards.values() if _fits(card, wanted)]
        found.sort(key=lambda card: plain(card.name))
        return [Found(card, self._passed_at(held, card, service)) for card in found[:FOUND_MAX]]

    def let_pass(self, passage_id: UUID, service: str | None, signed: Signed) -> Passage | Notice:
        """Let the holder of a refused card pass."""
        held = self._checked(InterventionKind.LET_PASS, signed)
        tap = self._find(passage_id)
        if tap.card_id is None or held.card_of(tap.card_id) is None:
            raise NotDone(ActRefused.NO_CARD_KNOWN)
        done = _intervention(InterventionKind.LET_PASS, signed)
        return self._admit(held, service or tap.service, done, card_id=tap.card_id, uid=tap.uid)

    def pass_without_card(
        self, card_id: str, service: str | None, signed: Signed
    ) -> Passage | Notice:
        """Let somebody pass who was found by name."""
        held = self._checked(InterventionKind.NO_CARD, signed)
        if held.card_of(card_id) is None:
            raise NotDone(ActRefused.NO_CARD_KNOWN)
        done = _intervention(InterventionKind.NO_CARD, signed)
        return self._admit(held, service, done, card_id=card_id)

    def pass_guests(
        self, count: int, service: str | None, signed: Signed
    ) -> list[Passage | Notice]:
        """Let guests pass, a line each."""
        held = self._checked(InterventionKind.GUEST, signed)
        if not 1 <= count <= GUESTS_AT_ONCE_MAX:
            raise NotDone(ActRefused.COUNT_WRONG)
        done = _intervention(InterventionKind.GUEST, signed)
        passed = list[Passage | Notice]()
        for _ in range(count):
            passed.append(self._admit(held, service, done))
            if isinstance(passed[-1], Notice):
                break  # the door does not open: nobody more is written down
        return passed

    def pass_by_code(self, typed: str, supervisor: str) -> Passage | Notice:
        """Let whoever has a one-day code pass."""
        signed = Signed(supervisor=supervisor, reason=Reason.OFFICE_AGREED)
        held = self._checked(InterventionKind.DAY_CODE, signed)
        today = self._now().astimezone(held.zone).date()
        code = next((one for one in held.day_codes if one.day == today and is_it(one, typed)), None)
        if code is None:
            raise NotDone(ActRefused.CODE_WRONG)
        if self._journal.count_uses(code.code_id) >= code.passages_max:
            raise NotDone(ActRefused.CODE_USED_UP)
        done = _intervention(InterventionKind.DAY_CODE, signed, day_code_id=UUID(code.code_id))
        return self._admit(held, code.service, done, card_id=code.card_id)

    def take_back(self, passage_id: UUID, signed: Signed) -> Passage:
        """Take a passage of this gate back by a counter-entry; both stay."""
        held = self._checked(InterventionKind.CANCEL, signed)
        with self._journal.deciding:
            passage = self._find(passage_id)
            if passage.answer is not Answer.OK:
                raise NotDone(ActRefused.NOT_ADMITTED)
            if self._journal.is_taken_back(passage_id):
                raise NotDone(ActRefused.TAKEN_BACK)
            done = _intervention(InterventionKind.CANCEL, signed, cancels=passage_id)
            entry = self._journal.append(
                Passage(
                    passage_id=self._new_id(),
                    occurred_at=self._now(),
                    uid=None,
                    card_id=passage.card_id,
                    service=passage.service,
                    answer=CounterEntry.ANNULE,
                    detail=None,
                    list_version=held.version,
                    milliseconds=0,
                    intervention=done,
                )
            )
        self._board.change(outbox=self._journal.count(PassageState.WAITING))
        self._after()
        return entry

    @property
    def has_exit(self) -> bool:
        """Tell whether there is a door to release for everybody."""
        return self._exit is not None

    def release_for_all(self, supervisor: str) -> None:
        """Let everybody through, without a list, without a reason, whatever the disk says."""
        if self._exit is None:
            raise NotDone(ActRefused.NO_DOOR)
        self._exit.release_for_all(supervisor)
        self._after()

    def end_release(self, supervisor: str) -> None:
        """End what a supervisor began; not what the fire panel asks for."""
        if self._exit is None:
            raise NotDone(ActRefused.NO_DOOR)
        is_over = self._exit.end_release(supervisor)
        self._after()
        if not is_over:
            raise NotDone(ActRefused.PANEL_HOLDS)

    def _held(self) -> AccessList:
        held = self._board.current.access_list
        if held is None:
            raise NotDone(ActRefused.NO_LIST)
        if held.proves_clock_wrong(self._now()):
            raise NotDone(ActRefused.WRONG_CLOCK)
        return held

    def _checked(self, kind: InterventionKind, signed: Signed) -> AccessList:
        if signed.reason not in REASONS[kind] or len(signed.note) > NOTE_CHARACTERS_MAX:
            raise NotDone(ActRefused.REASON_WRONG)
        if signed.reason is Reason.OTHER and not signed.note.strip():
            raise NotDone(ActRefused.NOTE_NEEDED)
        return self._held()

    def _find(self, passage_id: UUID) -> Passage:
        passage = self._journal.find(passage_id)
        if passage is None:
            raise NotDone(ActRefused.UNKNOWN_PASSAGE)
        return passage

    def _admit(
        self,
        held: AccessList,
        service_code: str | None,
        done: Intervention,
        *,
        card_id: str | None = None,
        uid: bytes | None = None,
    ) -> Passage | Notice:
        service = self._service(held, service_code)
        with self._journal.deciding:
            passage = Passage(
                passage_id=self._new_id(),
                occurred_at=self._now(),
                uid=uid,
                card_id=card_id,
                service=service.code,
                answer=Answer.OK,
                detail=None,
                list_version=held.version,
                milliseconds=0,
                intervention=done,
            )
            outcome = self._doorway.admit(passage)
        self._show(held, service, passage, outcome)
        return outcome

    def _service(self, held: AccessList, code: str | None) -> Service:
        wanted = code or self.services()[1]
        found = next((each for each in held.hours.services if each.code == wanted), None)
        if found is None:
            raise NotDone(ActRefused.SERVICE_UNKNOWN)
        return found

    def _show(
        self, held: AccessList, service: Service, passage: Passage, outcome: Passage | Notice
    ) -> None:
        card = None if passage.card_id is None else held.card_of(passage.card_id)
        name = None if card is None else card.holder.display_name
        refused = isinstance(outcome, Notice)
        shown = Shown(
            answer=outcome if isinstance(outcome, Notice) else Answer.OK,
            words=words_for_notice(outcome)
            if isinstance(outcome, Notice)
            else Words(welcome_words(service, name or ""), "", Tone.GOOD),
            at=passage.occurred_at,
            milliseconds=0,
            display_name=None if refused else name,
            card_id=None if refused else passage.card_id,
            photo=None if refused or card is None else card.photo,
        )
        self._board.show(shown, outbox=self._journal.count(PassageState.WAITING))
        self._after()

    def _passed_at(
        self, held: AccessList, card: ListedCard, service: str | None
    ) -> datetime | None:
        now = self._now()
        today = now.astimezone(held.zone).date()
        made = self._journal.list_admissions(card.holder.card_id, now, held.gate, held.counted)
        return next(
            (
                each.at
                for each in made
                if (service is None or each.service == service)
                and each.at.astimezone(held.zone).date() == today
            ),
            None,
        )


def plain(text: str) -> str:
    """Return a name as it is searched: no case, no accents, hyphens as spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold()).replace("-", " ")
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _fits(card: ListedCard, wanted: list[str]) -> bool:
    parts = plain(card.name).replace(".", " ").split()
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def is_it(code: DayCode, typed: str) -> bool:
    """Tell whether these are the digits of a one-day code."""
    digits = "".join(typed.split())
    digest = hashlib.sha256(f"{code.salt}:{digits}".encode()).digest()
    return hmac.compare_digest(digest, code.digest)


def _intervention(
    kind: InterventionKind,
    signed: Signed,
    *,
    cancels: UUID | None = None,
    day_code_id: UUID | None = None,
) -> Intervention:
    return Intervention(
        kind=kind,
        supervisor=signed.supervisor,
        reason=signed.reason,
        note=signed.note.strip() or None,
        cancels=cancels,
        day_code_id=day_code_id,
    )
