"""What the till's HTTP stands on: one value, put together by the daemon."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from terminal.counter.api_shapes import HealthShape
from terminal.counter.broker import Broker
from terminal.counter.front import Front, News
from terminal.counter.journal import SaleJournal
from terminal.counter.page import Place
from terminal.counter.receipts.office import ReceiptOffice
from terminal.counter.returns.book import ReturnBook
from terminal.counter.returns.desk import ReturnDesk
from terminal.counter.speech import Language


@dataclass(frozen=True, slots=True)
class Returns:
    """Money that goes back, and the book it is in."""

    desk: ReturnDesk
    book: ReturnBook


@dataclass(frozen=True, slots=True)
class Till:
    """What the routes stand on. `stopping` ends the open event streams."""

    front: Front
    journal: SaleJournal
    news: Broker[News]
    place: Place
    health: Callable[[], HealthShape]
    clock_ahead: Callable[[], timedelta | None]
    now: Callable[[], datetime]
    stopping: Callable[[], bool]
    receipts: ReceiptOffice | None = None
    returns: Returns | None = None
    token: str | None = None  # None: any program of this machine may sell
    framed_by: tuple[str, ...] = ()  # pages of this machine that may show the till page
    language: Language = Language.FRENCH
    sound_percent: int = 60
