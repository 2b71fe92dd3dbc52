"""What is kept of a card, and the names a card can have.

Promise: a `CardRecord` is well formed; reading one back gives the same; a name is also the name of
a file, in any folder, and cannot leave it. Not done here: files (`folder.py`), making cards
(`kinds.py`).
"""

import unicodedata
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulator.cards.errors import CardFileBroken, CardNameRefused
from simulator.cards.faults import NO_FAULTS, CardFaults
from simulator.cards.trace_text import TEXT_CHARACTERS_MAX

NAME_CHARACTERS_MAX = 60
NOTE_CHARACTERS_MAX = 200
_NAME_SIGNS = " -_.'"


class CardKind(StrEnum):
    """What lies in the drawer, by what a reader would find."""

    BLANK = "blank"  # a DESFire EV2 as delivered
    EV1 = "ev1"  # its elder, which does not know AuthenticateEV2First
    EV3 = "ev3"  # its successor
    FOREIGN = "foreign"  # a DESFire of another issuer
    BANK = "bank"  # answers SELECT PPSE
    PHONE = "phone"  # another UID at each tap
    CLONE = "clone"  # the UID of another card, none of its keys
    ISO7816 = "iso7816"  # a file system, no contactless application
    TRACE = "trace"  # says again what a real card said
    RANDOM_UID = "random-uid"  # a DESFire that tells its UID only to who is authenticated


def checked_name(name: str) -> str:
    """Return the name in its one spelling (NFC); raise CardNameRefused."""
    spelt = unicodedata.normalize("NFC", name)
    fits = 1 <= len(spelt) <= NAME_CHARACTERS_MAX and spelt[0].isalnum() and spelt[-1] != " "
    if not fits or not all(sign.isalnum() or sign in _NAME_SIGNS for sign in spelt):
        raise CardNameRefused
    return spelt


# Longer than any name may be: `checked_name` says what is wrong with it.
GivenName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"format": "card-name", "maxLength": NAME_CHARACTERS_MAX},
    ),
]
Trace = Annotated[
    str,
    Field(max_length=TEXT_CHARACTERS_MAX, json_schema_extra={"format": "pass-trace"}),
]
Uid = Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{14}$")]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
#: One line: neither what controls a terminal nor what ends a line.
_ONE_LINE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
Note = Annotated[str, Field(max_length=NOTE_CHARACTERS_MAX, pattern=_ONE_LINE)]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class NewCard(_Value):
    """A card to make; `of` is the card a clone copies, `trace` what a recorded card said."""

    name: GivenName
    kind: CardKind
    uid: Uid | None = None
    of: GivenName | None = None
    colour: Colour | None = None
    note: Note = ""
    faults: CardFaults = NO_FAULTS
    trace: Annotated[Trace | None, Field(repr=False)] = None


class CardChange(_Value):
    """What to change of a card; what is not named stays."""

    faults: CardFaults = NO_FAULTS
    colour: Colour | None = None
    note: Note = ""


class CardRecord(_Value):
    """One card as kept. `memory` is the chip's own format and holds its keys: it is not shown."""

    format: Literal[1] = 1
    name: str
    kind: CardKind
    uid: Uid | None
    of: str | None = None
    colour: Colour | None = None
    note: Note = ""
    faults: CardFaults = NO_FAULTS
    memory: Annotated[dict[str, Any] | None, Field(repr=False)] = None
    trace: Annotated[str | None, Field(repr=False)] = None


def write_record(record: CardRecord) -> bytes:
    """Return the record as a file's content."""
    return record.model_dump_json(indent=1).encode() + b"\n"


def read_record(content: bytes, name: str) -> CardRecord:
    """Read what `write_record` wrote of the card of this name; raise CardFileBroken, value-free."""
    try:
        record = CardRecord.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        where = ", ".join(".".join(map(str, each["loc"])) or "the whole" for each in found[:3])
        raise CardFileBroken(f"{name}: not a card file ({where})") from None
    if record.name != name:
        raise CardFileBroken(f"{name}: holds a card of another name")
    return record
