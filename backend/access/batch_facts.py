"""What recording a batch of passages must know, read at once: a few queries, however many passages.

Promise: the answers are those of asking for each passage in turn, what the batch itself records
included (`note`). The caller holds the establishment's row, so nobody else records meanwhile.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.access.meals import MealTerms
from backend.access.tables import (
    Enrolment,
    EnrolmentService,
    GateAnswer,
    MealAccount,
    MealPrice,
    Passage,
    PassageCancellation,
    Service,
)
from backend.cards.tables import Card


@dataclass(slots=True)
class Named:
    """What a batch names: ids, numbers of the gate, cards, and the local days it is about."""

    passage_ids: set[UUID] = field(default_factory=set)
    sequences: set[int] = field(default_factory=set)
    card_ids: set[UUID] = field(default_factory=set)
    days: set[date] = field(default_factory=set)


class BatchFacts:
    """The facts of one batch of one gate."""

    def __init__(
        self, session: Session, terminal_id: UUID, establishment_id: UUID, named: Named
    ) -> None:
        self._session = session
        self._place = establishment_id
        numbered = (Passage.terminal_id == terminal_id) & Passage.sequence.in_(named.sequences)
        rows = session.scalars(
            select(Passage).where(Passage.passage_id.in_(named.passage_ids) | numbered)
        ).all()
        self.known: dict[UUID, Passage] = {one.passage_id: one for one in rows}
        self._sequences = {one.sequence for one in rows if one.terminal_id == terminal_id}
        void = select(PassageCancellation.passage_id).where(
            PassageCancellation.passage_id.in_(named.passage_ids),
            PassageCancellation.establishment_id == establishment_id,
        )
        self._void = set(session.scalars(void))
        self._cards: set[UUID] = set()
        self._maxima: dict[tuple[UUID, str], int] = {}
        self._paid: dict[tuple[UUID, str], MealTerms] = {}
        self._made: Counter[tuple[UUID | None, str | None, date]] = Counter()
        if named.card_ids:
            self._read_cards(named.card_ids)
            self._count_made(named)

    def _read_cards(self, card_ids: Iterable[UUID]) -> None:
        """Read whose cards belong or belonged here (reports may be days old), and their rights."""
        rows = self._session.execute(
            select(
                Card.id,
                Service.code,
                Service.passages_max,
                EnrolmentService.service_id,
                EnrolmentService.passages_max,
                EnrolmentService.prepaid,
                EnrolmentService.days,
                Enrolment.id,
                MealPrice.price_cents,
                MealAccount.account_id,
            )
            .join(Enrolment, Enrolment.beneficiary_id == Card.beneficiary_id)
            .join(Service, Service.establishment_id == Enrolment.establishment_id, isouter=True)
            .join(
                EnrolmentService,
                (EnrolmentService.enrolment_id == Enrolment.id)
                & (EnrolmentService.service_id == Service.id),
                isouter=True,
            )
            .join(
                MealPrice,
                (MealPrice.service_id == Service.id) & (MealPrice.category == Enrolment.category),
                isouter=True,
            )
            .join(MealAccount, MealAccount.enrolment_id == Enrolment.id, isouter=True)
            .where(Card.id.in_(card_ids), Enrolment.establishment_id == self._place)
        )
        for card_id, code, usual, right, own, prepaid, days, enrolment_id, price, account in rows:
            self._cards.add(card_id)
            if not code:  # a place without a service
                continue
            self._maxima[card_id, code] = own or usual
            if right is not None and prepaid and price is not None:
                self._paid[card_id, code] = MealTerms(enrolment_id, days, price, account)

    def _count_made(self, named: Named) -> None:
        rows = self._session.execute(
            select(Passage.card_id, Passage.service, Passage.local_day, func.count())
            .where(
                Passage.card_id.in_(named.card_ids),
                Passage.local_day.in_(named.days),
                Passage.establishment_id == self._place,
                Passage.answer == GateAnswer.OK.value,
                Passage.passage_id.not_in(select(PassageCancellation.passage_id)),
            )
            .group_by(Passage.card_id, Passage.service, Passage.local_day)
        )
        for card_id, service, day, count in rows:
            self._made[card_id, service, day] = count

    def is_number_used(self, sequence: int) -> bool:
        """Tell whether the gate used a number before."""
        return sequence in self._sequences

    def belongs_here(self, card_id: UUID) -> bool:
        """Tell whether the card's holder belongs or belonged to the place."""
        return card_id in self._cards

    def is_void(self, passage_id: UUID) -> bool:
        """Tell whether a passage was taken back before it came."""
        return passage_id in self._void

    def meal_terms(self, card_id: UUID, service: str) -> MealTerms | None:
        """Return by what a holder's right to a service may cost them something."""
        return self._paid.get((card_id, service))

    def has_all(self, card_id: UUID, service: str, day: date) -> bool:
        """Tell whether a card had all its passages of a service on a day; so if there is none."""
        maximum = self._maxima.get((card_id, service))
        return maximum is None or self._made[card_id, service, day] >= maximum

    def note(self, passage: Passage) -> None:
        """Count a passage of this very batch."""
        self.known[passage.passage_id] = passage
        self._sequences.add(passage.sequence)
        counts = passage.answer == GateAnswer.OK.value and not self.is_void(passage.passage_id)
        if passage.card_id is not None and counts:
            self._made[passage.card_id, passage.service, passage.local_day] += 1
