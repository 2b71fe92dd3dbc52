"""The key of a day: made by whoever needs it first, the same for every process, kept in memory.

Who reads the database could seal puzzles of their own: they would send mails, and learn nothing.
"""

import secrets
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy.exc import IntegrityError

from backend.accounts.strangers.tables import StrangerKey
from backend.database import Database
from backend.services import Services

KEY_BYTES: Final = 32
#: Today's and yesterday's: what is sealed is good for less than a day.
KEPT: Final = timedelta(days=1)
_known: WeakKeyDictionary[Database, dict[date, bytes]] = WeakKeyDictionary()


def key_of_today(services: Services, random: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return what to seal with, making it where nobody has today."""
    today = services.now().date()
    found = key_of(services, today)
    if found is not None:
        return found
    try:
        with services.database.unit_of_work() as session:
            session.add(StrangerKey(day=today, seal_key=random(KEY_BYTES)))
    except IntegrityError:
        # Another process needed it at the same moment.
        pass
    made = key_of(services, today)
    assert made is not None
    return made


def key_of(services: Services, day: date) -> bytes | None:
    """Return the key of a day; None where none was made, or its time is over."""
    oldest = services.now().date() - KEPT
    if day < oldest:
        return None
    known = _known.setdefault(services.database, {})
    if day not in known:
        with services.database.reading() as session:
            row = session.get(StrangerKey, day)
        if row is None:
            return None
        for one in [one for one in known if one < oldest]:
            known.pop(one, None)
        known[day] = row.seal_key
    return known.get(day)
