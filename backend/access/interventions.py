"""What supervisors did at the gates: who was let pass and why, which passages were taken back.

Promise: an intervention is a line of its gate's journal like any other, uploaded once and in order,
and says who answers for it. A passage taken back stays; so does its counter-entry, which may come
before it from another gate. Not here: recording (passages.py), money (meals.py).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.establishments import find_establishment
from backend.access.meals import cancel_passage
from backend.access.tables import GateAnswer, InterventionKind, Passage, PassageCancellation

LISTED_MAX: Final = 1000
ADMITTING: Final = frozenset(InterventionKind) - {InterventionKind.CANCEL}
_WITHOUT_CARD: Final = frozenset({InterventionKind.GUEST, InterventionKind.DAY_CODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What a person at the gate did; `reason` is a word of the gate's short list."""

    kind: InterventionKind
    supervisor: str
    reason: str
    note: str | None = None
    cancels: UUID | None = None
    day_code_id: UUID | None = None

    def content(self) -> list[str | None]:
        """Return what must be the same for it to be the same intervention."""
        ids = [None if each is None else str(each) for each in (self.cancels, self.day_code_id)]
        return [self.kind.value, self.supervisor, self.reason, self.note, *ids]


def intervention_of(passage: Passage) -> Intervention | None:
    """Return what a supervisor did, None for a tap that the gate decided."""
    if passage.intervention is None:
        return None
    return Intervention(
        kind=InterventionKind(passage.intervention),
        supervisor=passage.supervisor or "",
        reason=passage.reason or "",
        note=passage.note,
        cancels=passage.cancels,
        day_code_id=passage.day_code_id,
    )


def is_consistent(
    answer: GateAnswer, intervention: Intervention | None, card_id: UUID | None, service: str | None
) -> bool:
    """Tell whether a line says all that its answer needs, and nothing that contradicts it."""
    if answer is GateAnswer.ANNULE:
        return intervention is not None and (
            intervention.kind is InterventionKind.CANCEL and intervention.cancels is not None
        )
    if intervention is not None and (
        intervention.kind not in ADMITTING or answer is not GateAnswer.OK or intervention.cancels
    ):
        return False
    needs_card = intervention is None or intervention.kind not in _WITHOUT_CARD
    return answer is not GateAnswer.OK or not (service is None or (needs_card and card_id is None))


def may_take_back(session: Session, establishment_id: UUID, cancels: UUID) -> bool:
    """Tell whether a passage can be taken back here; one not yet heard of can."""
    passage = session.get(Passage, cancels)
    return passage is None or (
        passage.establishment_id == establishment_id and passage.answer == GateAnswer.OK.value
    )


def take_back(session: Session, entry: Passage, now: datetime) -> None:
    """Do what a counter-entry says; for a passage still to come, note it ahead."""
    assert entry.cancels is not None, "checked when it came in"
    if session.get(PassageCancellation, entry.cancels) is not None:
        return
    reason = entry.reason or ""
    if session.get(Passage, entry.cancels) is not None:
        cancel_passage(
            session, entry.cancels, reason=reason, cancelled_by=entry.supervisor or "", now=now
        )
        return
    session.add(
        PassageCancellation(
            passage_id=entry.cancels,
            establishment_id=entry.establishment_id,
            reason=reason,
            cancelled_by=entry.supervisor or "",
            cancelled_at=now,
            transfer_id=None,
        )
    )
    session.flush()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A line for a person to look at: an intervention, or a passage above its maximum."""

    passage: Passage
    taken_back: bool


def list_for_review(
    session: Session, establishment_id: UUID, since: datetime, count_max: int = LISTED_MAX
) -> list[Reviewed]:
    """Return interventions and flagged passages since a moment, newest first.

    Raises EstablishmentUnknown.
    """
    find_establishment(session, establishment_id)
    rows = session.execute(
        select(Passage, PassageCancellation.passage_id)
        .outerjoin(PassageCancellation, PassageCancellation.passage_id == Passage.passage_id)
        .where(
            Passage.establishment_id == establishment_id,
            Passage.occurred_at >= since,
            Passage.intervention.is_not(None) | Passage.over_maximum,
        )
        .order_by(Passage.occurred_at.desc(), Passage.sequence.desc())
        .limit(min(count_max, LISTED_MAX))
    )
    return [Reviewed(passage, cancelled is not None) for passage, cancelled in rows]
