"""When a campaign is open, and how a statement line reads. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from backend.ledger.money import Cents

#: Campaign days begin and end where the young people live.
PARIS = ZoneInfo("Europe/Paris")


def day_of(now: datetime, zone: ZoneInfo = PARIS) -> date:
    """Return the calendar day it is there."""
    return now.astimezone(zone).date()


def overlap(one: tuple[date, date], other: tuple[date, date]) -> bool:
    """Tell whether two periods, both ends included, share a day."""
    return one[0] <= other[1] and other[0] <= one[1]


class NotUsable(StrEnum):
    """Why a benefit cannot be spent somewhere; part of the API: never renamed."""

    #: No campaign ever had a benefit of this code.
    BENEFIT_UNKNOWN = "benefit_unknown"
    CAMPAIGN_NOT_OPEN = "campaign_not_open"
    #: The holders' last day to spend is over.
    CAMPAIGN_OVER = "campaign_over"
    #: Neither the partner's activities nor its agreement cover this benefit.
    NOT_TAKEN_HERE = "not_taken_here"
    #: This person was granted nothing of it.
    NO_WALLET = "no_wallet"


class Phase(StrEnum):
    """Where a campaign stands on a day."""

    PLANNED = "planned"
    #: Grants and payments.
    OPEN = "open"
    #: Payments, but no new grant.
    CLOSED = "closed"
    #: No payment any more; a partner may still give back.
    PARTNERS_ONLY = "partners_only"
    #: What is left goes back to the campaign's funding.
    OVER = "over"


#: When something may be granted: before the campaign opens too.
GRANTING: Final = frozenset({Phase.PLANNED, Phase.OPEN})
#: When something may be paid.
SPENDING: Final = frozenset({Phase.OPEN, Phase.CLOSED})


@dataclass(frozen=True, slots=True)
class CampaignDays:
    """A campaign's four days, in order, all included."""

    opens_on: date
    closes_on: date
    spending_ends_on: date
    partners_end_on: date

    def in_order(self) -> bool:
        """Tell whether each day is on or after the one before it."""
        days = (self.opens_on, self.closes_on, self.spending_ends_on, self.partners_end_on)
        return all(one <= other for one, other in pairwise(days))

    def phase(self, today: date) -> Phase:
        """Return where the campaign stands on this day."""
        if today < self.opens_on:
            return Phase.PLANNED
        if today <= self.closes_on:
            return Phase.OPEN
        if today <= self.spending_ends_on:
            return Phase.CLOSED
        return Phase.PARTNERS_ONLY if today <= self.partners_end_on else Phase.OVER


@dataclass(frozen=True, slots=True)
class WalletLine:
    """A movement of a wallet, for its holder."""

    recorded_at: datetime
    words: str
    received: bool
    amount: Cents
    balance_after: Cents

    def in_words(self) -> str:
        """Write the line as a French statement shows it, in Paris time."""
        moment = self.recorded_at.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")
        sign = "+" if self.received else "\u2212"
        amount = f"{sign}{self.amount.in_words()}"
        return f"{moment} · {self.words} · {amount} · solde {self.balance_after.in_words()}"
