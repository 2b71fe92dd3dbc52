"""Whom people ask when a page or a mail does not help: a telephone number, a mailbox, and when.

Promise: what calling costs stands wherever the number does (arrêté du 10 juin 2009). Pure.
"""

from dataclasses import dataclass
from typing import Final, Self

from backend.page_settings import PageSettings

_ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class Support:
    """Who answers questions about the Pass; at least one of telephone and mailbox is there."""

    phone: str = ""
    price: str = ""
    price_en: str = ""
    hours: str = ""
    hours_en: str = ""
    email: str = ""

    @classmethod
    def of(cls, settings: PageSettings) -> Self | None:
        """Return whom the settings name; None where they name nobody."""
        if not (settings.support_phone or settings.support_email):
            return None
        price, hours = settings.support_phone_price or "", settings.support_hours or ""
        return cls(
            phone=settings.support_phone or "",
            price=price,
            price_en=settings.support_phone_price_en or price,
            hours=hours,
            hours_en=settings.support_hours_en or hours,
            email=settings.support_email or "",
        )

    def in_words(self, language: str) -> str:
        """Say whom to ask, in French or English, as one paragraph."""
        if language == _ENGLISH:
            ways = [self._call("call {}", self.price_en), f"write to {self.email}"]
            opening, either = "A question?", " or "
            hours = f" Open: {self.hours_en}." if self.hours_en else ""
        else:
            ways = [self._call("appelez le {}", self.price), f"écrivez à {self.email}"]
            opening, either = "Une question\N{NO-BREAK SPACE}?", " ou "
            hours = f" Ouvert\N{NO-BREAK SPACE}: {self.hours}." if self.hours else ""
        there = [way for way, given in zip(ways, (self.phone, self.email), strict=True) if given]
        said = either.join(there)
        return f"{opening} {said[0].upper()}{said[1:]}.{hours}"

    def _call(self, way: str, price: str) -> str:
        called = way.format(self.phone)
        return f"{called} ({price})" if price else called
