"""What the backend is told of its public pages: whom people write to, and what an audit found."""

from enum import StrEnum

from pydantic import Field
from pydantic_settings import BaseSettings

MAILBOX = r"^[^@\s<>]+@[^@\s<>]+$"


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
    accessibility: Conformity = Conformity.NONE
