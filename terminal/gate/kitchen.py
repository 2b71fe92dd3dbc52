"""How many have passed today, here and as far as this gate heard: for a kitchen offline."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, time, timedelta

from terminal.gate.access_list import AccessList
from terminal.gate.passages import PassageJournal


def count_passed(journal: PassageJournal, held: AccessList, now: datetime) -> Mapping[str, int]:
    """Return, by service, the passages of the local day that were not taken back."""
    today = now.astimezone(held.zone).date()
    begin = datetime.combine(today, time.min, held.zone)
    end = datetime.combine(today + timedelta(days=1), time.min, held.zone)
    return Counter(journal.count_services(begin, end))
