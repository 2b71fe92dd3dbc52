"""When a campaign is open, and how a statement line reads. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
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
