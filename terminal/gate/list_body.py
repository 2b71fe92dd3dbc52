"""A list, or changes to one, as JSON says it: checked field by field.

Promise: what passes is well-formed; fields that this version does not know are ignored. Nothing of
what was found is in an error: it would be keys and names. Not here: that no card stands twice
(`card_table.py`), signatures, and whether the list may be used (`access_list.py`).
"""

from datetime import date
from typing import Annotated, Final, Literal, NotRequired, Self
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
    with_config,
)
from typing_extensions import TypedDict  # pydantic reads typing's own from Python 3.12 on

FORMAT: Final = 2
CHANGES_FORMAT: Final = 1
CARDS_MAX: Final = 500_000
SERVICES_MAX: Final = 50
PASSAGES_PER_DAY_MAX: Final = 20
CLOSED_DAYS_MAX: Final = 800
RESERVED_DAYS_MAX: Final = 100
MEALS_MAX: Final = 10_000
GATES_MAX: Final = 100
DAY_CODES_MAX: Final = 500
CODE_PASSAGES_MAX: Final = 200

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
_WallTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_Label = Annotated[str, StringConstraints(min_length=1, max_length=100)]
_Days = Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
_Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
# JSON has no dates: what is strict elsewhere reads ISO text here.
_Day = Annotated[date, Field(strict=False)]
_Version = Annotated[int, Field(ge=1)]
_Id = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
]
_STRICT: Final = ConfigDict(strict=True, hide_input_in_errors=True)


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class ServiceBody(_Body):
    """When the place admits."""

    service: _Code
    label: _Label
    days: _Days
    opens: _WallTime
    closes: _WallTime
    passages_max: Annotated[int, Field(ge=1, le=PASSAGES_PER_DAY_MAX)]
    week_max: Annotated[int, Field(ge=1, le=7 * PASSAGES_PER_DAY_MAX)] | None = None
    held_on_closed_days: bool = False

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("a service opens and closes on one day")
        return self


# Of these two there are hundreds of thousands: checked as dictionaries, they cost half.
@with_config(_STRICT)
class RightBody(TypedDict):
    """What entitles a card to a service."""

    service: _Code
    days: NotRequired[_Days | None]
    reserved_on: NotRequired[Annotated[list[_Day], Field(max_length=RESERVED_DAYS_MAX)] | None]
    meals_left: NotRequired[Annotated[int, Field(ge=-MEALS_MAX, le=MEALS_MAX)] | None]
    passages_max: NotRequired[Annotated[int, Field(ge=1, le=PASSAGES_PER_DAY_MAX)] | None]
    week_used: NotRequired[Annotated[int, Field(ge=0, le=MEALS_MAX)]]


@with_config(_STRICT)
class CardBody(TypedDict):
    """A card, its key, and what its holder may take."""

    uid: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{14}$")]
    card_id: _Id
    key: Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{32}$")]
    display_name: Annotated[str, StringConstraints(max_length=100)]
    initial: NotRequired[Annotated[str, StringConstraints(max_length=4)]]
    photo: NotRequired[_Sha256 | None]
    state: Literal["active", "blocked"]
    rights: Annotated[list[RightBody], Field(max_length=SERVICES_MAX)]


class SiblingBody(_Body):
    """Another gate of the place, and the Ed25519 key it signs with."""

    gate: UUID
    name: _Label
    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]


class DayCodeBody(_Body):
    """A code that stands in for a card on one day."""

    code_id: UUID
    salt: Annotated[str, StringConstraints(max_length=100)]
    digest: _Sha256
    service: _Code
    day: _Day
    label: _Label
    passages_max: Annotated[int, Field(ge=1, le=CODE_PASSAGES_MAX)]
    card_id: UUID | None


class PlaceBody(_Body):
    """What a list and changes to one have in common: everything but the cards, whole each time."""

    gate: str
    establishment: _Label
    version: _Version
    digest: _Digest | None = None
    issued_at: AwareDatetime
    valid_until: AwareDatetime
    timezone: str
    services: Annotated[list[ServiceBody], Field(max_length=SERVICES_MAX)]
    closed_days: Annotated[list[_Day], Field(max_length=CLOSED_DAYS_MAX)]
    siblings: Annotated[list[SiblingBody], Field(max_length=GATES_MAX)] = []
    day_codes: Annotated[list[DayCodeBody], Field(max_length=DAY_CODES_MAX)] = []
    counted: Annotated[dict[str, Annotated[int, Field(ge=0)]], Field(max_length=GATES_MAX)]
    #: Checked apart, some at a time (list_parts.py): none is ever here.
    cards: Annotated[list[CardBody], Field(max_length=0)]

    @model_validator(mode="after")
    def _names_each_thing_once(self) -> Self:
        if len({service.service for service in self.services}) != len(self.services):
            raise ValueError("named twice")
        if self.valid_until <= self.issued_at:
            raise ValueError("never valid")
        return self


class ListBody(PlaceBody):
    """A whole list."""

    format: Literal[2]


class ChangesBody(PlaceBody):
    """What leads from one version to a later one: cards that changed or came, and those gone."""

    changes_format: Literal[1]
    base: _Version
    base_digest: _Digest
    digest: _Digest
    gone: Annotated[list[UUID], Field(max_length=CARDS_MAX)]

    @model_validator(mode="after")
    def _leads_on(self) -> Self:
        if self.version <= self.base:
            raise ValueError("leads nowhere")
        return self


CARDS: Final[TypeAdapter[list[CardBody]]] = TypeAdapter(list[CardBody])
"""Some cards of a list."""
