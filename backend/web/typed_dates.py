"""Reading a date as people here write it: day, month, year."""

import re
from datetime import date
from typing import Final

_DATE: Final = re.compile(r"\s*(\d{1,2})[\s./-]+(\d{1,2})[\s./-]+(\d{4})\s*", re.ASCII)


def read_date(text: str) -> date | None:
    """Return the date that was typed, or None where it is none."""
    found = _DATE.fullmatch(text)
    try:
        if found is not None:
            day, month, year = (int(part) for part in found.groups())
            return date(year, month, day)
    except ValueError:
        pass
    return None
