"""A day of payments: midnight to midnight in Paris, 23 to 25 hours. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from backend.benefits.rules import PARIS, day_of

__all__ = ["day_bounds", "day_of"]

#: Nothing was paid before or after: next to these a calendar ends, and with it what is added.
FIRST_DAY: Final = date(2, 1, 1)
LAST_DAY: Final = date(9998, 12, 30)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return a day's first moment and the first of the next, in UTC; of any day there can be."""
    day = min(max(day, FIRST_DAY), LAST_DAY)
    first = datetime.combine(day, time(), PARIS)
    after = datetime.combine(day + timedelta(days=1), time(), PARIS)
    return first.astimezone(UTC), after.astimezone(UTC)
