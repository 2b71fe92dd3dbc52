"""What the backend is told of its public pages: whom people write to, and what an audit found."""

from enum import StrEnum
from typing import Final, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

MAILBOX = r"^[^@\s<>]+@[^@\s<>]+$"


#: Numbers beginning so say what a call costs, even where that is nothing.
COSTLY: Final = ("081", "082", "089", "3")


class Conformity(StrEnum):
    """What an audit by the RGAA's 106 criteria found; the law wants one of these three words."""

    FULL = "totalement conforme"
    PARTIAL = "partiellement conforme"
    #: Also where nobody audited this installation.
    NONE = "non conforme"


class PageSettings(BaseSettings):
    """Who answers for the pages."""

    #: Who runs the service, as people know it: « Région Occitanie ».
    controller_name: str | None = Field(default=None, max_length=100)
    #: Where people write about their data: the data protection officer.
    privacy_contact: str | None = Field(default=None, pattern=MAILBOX)
    #: Where people write who cannot use a page.
    accessibility_contact: str | None = Field(default=None, pattern=MAILBOX)
    #: Whom holders and families ask: a mailbox, a telephone number, and what calling it costs.
    support_email: str | None = Field(default=None, pattern=MAILBOX)
    support_phone: str | None = Field(default=None, pattern=r"^[0-9+ .]{4,20}$")
    support_phone_price: str | None = Field(default=None, max_length=60)
    #: The same in English; None: as it is in French.
    support_phone_price_en: str | None = Field(default=None, max_length=60)
    #: When somebody answers: « du lundi au vendredi, de 9 h à 17 h ».
    support_hours: str | None = Field(default=None, max_length=80)
    support_hours_en: str | None = Field(default=None, max_length=80)
    accessibility: Conformity = Conformity.NONE

    @model_validator(mode="after")
    def _price_what_costs(self) -> Self:
        """Numbers of a shared cost say their price wherever they stand (arrêté du 10 juin 2009)."""
        number = "".join(letter for letter in self.support_phone or "" if letter.isdigit())
        if number.startswith(COSTLY) and self.support_phone_price is None:
            msg = "say in support_phone_price what calling support_phone costs"
            raise ValueError(msg)
        return self
