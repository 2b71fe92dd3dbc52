"""What is known of one sale, as a value, and how an event changes it.

It holds no whole card number, name, proof, PIN block or key: this is what the journal keeps, and a
stolen counter must hold nothing worth stealing. Amounts are whole cents. Pure.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from terminal.counter.states import FINAL, SENT, Event, State, next_state

_Fact = TypeVar("_Fact")

AMOUNT_CENTS_MAX = 100_000  # the API's own bound for one payment


@dataclass(frozen=True, slots=True)
class Facts:
    """What an event taught; None leaves what was known unchanged."""

    reason: str | None = None
    benefit: str | None = None
    benefit_label: str | None = None  # in French, as the backend calls it
    payment_id: str | None = None
    tries_left: int | None = None
    authorisation_number: str | None = None
    remaining_cents: int | None = None
    money_moved: bool | None = None
    masked_card_number: str | None = None  # as a receipt shows it


NOTHING_NEW = Facts()


@dataclass(frozen=True, slots=True)
class SaleRecord:
    """One sale. Times are aware UTC; `payment_id` is the last one made, one per code typed."""

    sale_id: str
    amount_cents: int
    started_at: datetime
    updated_at: datetime
    state: State = State.AMOUNT
    reason: str | None = None
    benefit: str | None = None
    benefit_label: str | None = None  # in French, as the backend calls it
    payment_id: str | None = None
    tries_left: int | None = None
    authorisation_number: str | None = None
    remaining_cents: int | None = None
    money_moved: bool | None = None
    masked_card_number: str | None = None  # as a receipt shows it

    @property
    def finished(self) -> bool:
        """True once no event can change it any more."""
        return self.state in FINAL

    @property
    def may_be_at_backend(self) -> bool:
        """True while a payment may exist whose outcome is not recorded here."""
        return self.state in SENT


def advance(
    record: SaleRecord, event: Event, at: datetime, facts: Facts = NOTHING_NEW
) -> SaleRecord:
    """Return the record after `event`; raises EventRefused where the table says nothing.

    A reason and the tries left belong to the state they explain; a reversal alone keeps the reason
    it was begun for, because how it was acknowledged does not replace it.
    """
    reversing = record.state is State.REVERSING
    return replace(
        record,
        state=next_state(record.state, event),
        updated_at=at,
        reason=record.reason if reversing else facts.reason,
        tries_left=facts.tries_left,
        benefit=_newer(facts.benefit, record.benefit),
        benefit_label=_newer(facts.benefit_label, record.benefit_label),
        payment_id=_newer(facts.payment_id, record.payment_id),
        authorisation_number=_newer(facts.authorisation_number, record.authorisation_number),
        remaining_cents=_newer(facts.remaining_cents, record.remaining_cents),
        money_moved=_newer(facts.money_moved, record.money_moved),
        masked_card_number=_newer(facts.masked_card_number, record.masked_card_number),
    )


def _newer(new: _Fact | None, known: _Fact | None) -> _Fact | None:
    return known if new is None else new
