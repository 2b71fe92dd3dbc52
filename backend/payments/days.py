"""A day of payments: midnight to midnight in Paris, 23 to 25 hours. Pure."""

from datetime import UTC, date, datetime, time, timedelta

from backend.benefits.rules import PARIS, day_of

__all__ = ["day_bounds", "day_of"]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return a day's first moment and the first of the next, in UTC."""
    first = datetime.combine(day, time(), PARIS)
    after = datetime.combine(day + timedelta(days=1), time(), PARIS)
    return first.astimezone(UTC), after.astimezone(UTC)
