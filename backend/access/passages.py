"""Recording what gates report, exactly once.

Promise: the same passage again is `already_recorded`; the same id with other content, a number used
twice, or a card of another establishment is put aside with a reason and never overwrites anything.
A passage that happened is recorded even if it should not have: it is flagged, for a person.

Not here: HTTP, and what a passage costs (meals.py).
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.access.batch_facts import BatchFacts, Named
from backend.access.errors import GateNotAssigned
from backend.access.interventions import (
    Intervention,
    intervention_of,
    is_consistent,
    may_take_back,
    take_back,
)
from backend.access.meals import MealTerms, charge_all
from backend.access.office_tables import DayCode
from backend.access.tables import (
    Establishment,
    Gate,
    GateAnswer,
    Passage,
    PassageCancellation,
    QuarantinedPassage,
    Service,
)

BATCH_MAX = 100


class QuarantineReason(StrEnum):
    """Why a report was put aside."""

    PASSAGE_ID_REUSED = "passage_id_reused"
    SEQUENCE_REUSED = "sequence_reused"
    CARD_NOT_OF_ESTABLISHMENT = "card_not_of_establishment"
    ADMISSION_INCOMPLETE = "admission_incomplete"
    NOTHING_TO_TAKE_BACK = "nothing_to_take_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageReport:
    """One line as a gate reports it; `occurred_at` to the second."""

    passage_id: UUID
    sequence: int
    occurred_at: datetime
    uid: bytes | None = field(repr=False)
    card_id: UUID | None
    service: str | None
    answer: GateAnswer
    detail: str | None
    list_version: int | None
    intervention: Intervention | None = None

    @property
    def admitted(self) -> bool:
        """True if the gate opened."""
        return self.answer is GateAnswer.OK

    def content(self) -> list[str | int | None]:
        """Return what must be the same for it to be the same passage."""
        return [
            self.sequence,
            self.occurred_at.astimezone(UTC).isoformat(timespec="seconds"),
            None if self.uid is None else self.uid.hex(),
            None if self.card_id is None else str(self.card_id),
            self.service,
            self.answer.value,
            self.detail,
            self.list_version,
            *([] if self.intervention is None else self.intervention.content()),
        ]


@dataclass(slots=True)
class Receipt:
    """What became of each passage of a batch."""

    recorded: list[UUID] = field(default_factory=list)
    already_recorded: list[UUID] = field(default_factory=list)
    quarantined: dict[UUID, QuarantineReason] = field(default_factory=dict)


def record_passages(
    session: Session,
    terminal_id: UUID,
    reports: Sequence[PassageReport],
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> Receipt:
    """Record at most BATCH_MAX reports of one gate, in order; raise GateNotAssigned.

    The establishment's row is locked: its gates hand over one after the other, so that passages
    above a maximum are seen whichever gate comes last.
    """
    assert len(reports) <= BATCH_MAX, "the route holds the limit"
    # Not its key: whoever enrols a pupil meanwhile need not wait.
    place = session.scalar(
        select(Establishment)
        .join(Gate, Gate.establishment_id == Establishment.id)
        .where(Gate.terminal_id == terminal_id)
        .with_for_update(key_share=True, of=Establishment)
    )
    if place is None:
        raise GateNotAssigned
    recording = _Recording(session, terminal_id, place, now, make_id)
    recording.look(reports)
    receipt = Receipt()
    for report in reports:
        if recording.record(report, receipt):
            # A passage was taken back: what is counted is another.
            session.flush()
            recording.look(reports)
    recording.settle()
    return receipt


@dataclass(slots=True)
class _Recording:
    """One batch of one gate, under the lock of its establishment."""

    session: Session
    terminal_id: UUID
    place: Establishment
    now: datetime
    make_id: Callable[[], UUID]
    facts: BatchFacts = field(init=False)
    owed: list[tuple[Passage, MealTerms]] = field(default_factory=list)

    def look(self, reports: Sequence[PassageReport]) -> None:
        """Read what the batch needs, at once."""
        named = Named(
            passage_ids={report.passage_id for report in reports},
            sequences={report.sequence for report in reports},
            card_ids={report.card_id for report in reports if report.card_id is not None},
            days={self._local_day(report) for report in reports},
        )
        self.facts = BatchFacts(self.session, self.terminal_id, self.place.id, named)

    def record(self, report: PassageReport, receipt: Receipt) -> bool:
        """Record one report; tell whether it took another passage back."""
        known = self.facts.known.get(report.passage_id)
        if known is not None and self._is_same(known, report):
            receipt.already_recorded.append(report.passage_id)
            return False
        reason = self._objection(report, known)
        if reason is not None:
            self._put_aside(report, reason)
            receipt.quarantined[report.passage_id] = reason
            return False
        passage = self._passage(report)
        self.session.add(passage)
        self.facts.note(passage)
        takes_back = report.answer is GateAnswer.ANNULE
        if takes_back:
            self.settle()
            take_back(self.session, passage, self.now)
        elif report.admitted and not passage.over_maximum and not self._is_void(report):
            self._charge(passage)
        receipt.recorded.append(report.passage_id)
        return takes_back

    def settle(self) -> None:
        """Write what was recorded so far, and what it costs."""
        self.session.flush()
        charge_all(self.session, self.owed, self.now)
        self.owed.clear()

    def _charge(self, passage: Passage) -> None:
        if passage.card_id is None or passage.service is None:
            return
        terms = self.facts.meal_terms(passage.card_id, passage.service)
        if terms is not None:
            self.owed.append((passage, terms))

    def _is_same(self, known: Passage, report: PassageReport) -> bool:
        own = known.terminal_id == self.terminal_id
        return own and _report_of(known).content() == report.content()

    def _objection(self, report: PassageReport, known: Passage | None) -> QuarantineReason | None:
        if known is not None:
            return QuarantineReason.PASSAGE_ID_REUSED
        if self.facts.is_number_used(report.sequence):
            return QuarantineReason.SEQUENCE_REUSED
        done = report.intervention
        if not is_consistent(report.answer, done, report.card_id, report.service):
            return QuarantineReason.ADMISSION_INCOMPLETE
        if report.card_id is not None and not self.facts.belongs_here(report.card_id):
            return QuarantineReason.CARD_NOT_OF_ESTABLISHMENT
        cancels = None if done is None else done.cancels
        if cancels is not None and not may_take_back(self.session, self.place.id, cancels):
            return QuarantineReason.NOTHING_TO_TAKE_BACK
        return None

    def _is_void(self, report: PassageReport) -> bool:
        return self.facts.is_void(report.passage_id)

    def _exists(self, query: Select[Any]) -> bool:
        return self.session.scalar(query.limit(1)) is not None

    def _local_day(self, report: PassageReport) -> date:
        return report.occurred_at.astimezone(ZoneInfo(self.place.time_zone)).date()

    def _passage(self, report: PassageReport) -> Passage:
        local_day = self._local_day(report)
        done = report.intervention
        return Passage(
            passage_id=report.passage_id,
            terminal_id=self.terminal_id,
            sequence=report.sequence,
            establishment_id=self.place.id,
            occurred_at=report.occurred_at.replace(microsecond=0),
            local_day=local_day,
            uid=report.uid,
            card_id=report.card_id,
            service=report.service,
            answer=report.answer.value,
            detail=report.detail,
            list_version=report.list_version,
            received_at=self.now,
            over_maximum=report.admitted and self._is_over_maximum(report, local_day),
            intervention=None if done is None else done.kind.value,
            supervisor=None if done is None else done.supervisor,
            reason=None if done is None else done.reason,
            note=None if done is None else done.note,
            cancels=None if done is None else done.cancels,
            day_code_id=None if done is None else done.day_code_id,
        )

    def _is_over_maximum(self, report: PassageReport, local_day: date) -> bool:
        """Tell whether card or one-day code had all its passages of that day and service."""
        if self._is_void(report):
            return False
        if report.card_id is not None:
            assert report.service is not None, "an admission names its service"
            return self.facts.has_all(report.card_id, report.service, local_day)
        code_id = None if report.intervention is None else report.intervention.day_code_id
        if code_id is None:
            return False  # a guest: the supervisor answers for each
        return self._is_code_used_up(report, code_id, local_day)

    def _is_code_used_up(self, report: PassageReport, code_id: UUID, day: date) -> bool:
        """Tell whether a one-day code let as many pass as it may; so if nobody knows it."""
        made = self.session.scalar(
            select(func.count())
            .select_from(Passage)
            .where(
                Passage.day_code_id == code_id,
                Passage.local_day == day,
                Passage.establishment_id == self.place.id,
                Passage.service == report.service,
                Passage.answer == GateAnswer.OK.value,
                Passage.passage_id.not_in(select(PassageCancellation.passage_id)),
            )
        )
        service = self.session.scalar(
            select(Service.id).where(
                Service.establishment_id == self.place.id, Service.code == report.service
            )
        )
        code = self.session.get(DayCode, code_id)
        return service is None or code is None or (made or 0) >= code.passages_max

    def _put_aside(self, report: PassageReport, reason: QuarantineReason) -> None:
        """Keep the report as it came; the same one again is kept once."""
        content = json.dumps(report.content())
        digest = hashlib.sha256(content.encode()).digest()
        kept = select(QuarantinedPassage.id).where(
            QuarantinedPassage.terminal_id == self.terminal_id,
            QuarantinedPassage.passage_id == report.passage_id,
            QuarantinedPassage.content_hash == digest,
        )
        if self._exists(kept):
            return
        self.session.add(
            QuarantinedPassage(
                id=self.make_id(),
                terminal_id=self.terminal_id,
                passage_id=report.passage_id,
                content_hash=digest,
                content=content,
                reason=reason.value,
                received_at=self.now,
            )
        )
        self.session.flush()


def _report_of(passage: Passage) -> PassageReport:
    return PassageReport(
        passage_id=passage.passage_id,
        sequence=passage.sequence,
        occurred_at=passage.occurred_at,
        uid=passage.uid,
        card_id=passage.card_id,
        service=passage.service,
        answer=GateAnswer(passage.answer),
        detail=passage.detail,
        list_version=passage.list_version,
        intervention=intervention_of(passage),
    )
