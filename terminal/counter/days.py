"""The till's day, midnight to midnight in Paris, and where its pages' files lie. Pure."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

STATIC = Path(__file__).parent / "static"
PARIS = ZoneInfo("Europe/Paris")


def start_of_day(now: datetime) -> datetime:
    """Return the midnight in Paris that began the day of `now`, in UTC."""
    return day_start(day_of(now))


def day_of(moment: datetime) -> date:
    """Return the day in Paris."""
    return moment.astimezone(PARIS).date()


def day_start(day: date) -> datetime:
    """Return the first moment of a day in Paris, in UTC."""
    return datetime.combine(day, time.min, PARIS).astimezone(UTC)
