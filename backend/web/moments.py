"""A moment as people here read it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from backend.services import Services


def moment(at: datetime, services: Services) -> str:
    """Write day, month and time, in the settings' time zone."""
    return f"{at.astimezone(ZoneInfo(services.settings.time_zone)):%d/%m/%Y à %H:%M}"
