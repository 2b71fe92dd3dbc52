"""What a gate is told about its turnstile or door: the wires, and what happens without power.

Promise: values that are safe to act on. Nobody is given a rule for a failing door that the site did
not choose: `failing` has no default. Relays and inputs are counted from 0, as boards do.

    [door]
    kind = "relay"                  # a serial relay board; or "osdp", a head on RS-485
    device = "/dev/pass-door"
    dialect = "numato"              # lcus, numato, modbus-rtu
    failing = "secure"              # secure: locked when anything fails; safe: free
    rotation_input = 0              # a passage counts when this was seen
    contact_input = 1               # the door stands open
    emergency_input = 2             # the fire panel frees the door
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

CHANNELS_MAX = 32
INPUTS_MAX = 16
LINE_PATTERN = r"^[1-9][0-9]{2,5} [78][NEO]1$"
DIALECTS_WITH_INPUTS = frozenset({"numato", "modbus-rtu"})


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


Device = Annotated[str, Field(pattern=r"^/.+", max_length=255)]
Channel = Annotated[int, Field(ge=0, lt=CHANNELS_MAX)]
Input = Annotated[int, Field(ge=0, lt=INPUTS_MAX)]


class _Door(BaseModel):
    """What every door is told.

    `failing` is how it is wired: "secure" is locked without current, "safe" is free without it.
    `release_seconds` is how long it waits for who was admitted, `held_open_seconds` how long it
    may stand open before it is an alarm. A fire panel's contact is often closed at rest, so that a
    cut cable frees the door: `emergency_normally_closed`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    device: Device
    line: Annotated[str, Field(pattern=LINE_PATTERN)] = "9600 8N1"
    failing: Literal["secure", "safe"]
    rotation_input: Input | None = None
    contact_input: Input | None = None
    inputs_normally_closed: bool = False
    emergency_input: Input | None = None
    emergency_normally_closed: bool = False
    release_seconds: Annotated[int, Field(ge=1, le=30)] = 5
    held_open_seconds: Annotated[int, Field(ge=3, le=300)] = 15

    @model_validator(mode="after")
    def _inputs_differ(self) -> Self:
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("rotation_input, contact_input and emergency_input must differ")
        return self

    @property
    def inputs(self) -> tuple[int, ...]:
        """Return the inputs that are wired: rotation first, then contact, then emergency."""
        wired = (self.rotation_input, self.contact_input, self.emergency_input)
        return tuple(each for each in wired if each is not None)

    def is_active(self, place: int | None, said: Mapping[int, bool]) -> bool:
        """Tell whether an input means what it is wired for; one nobody told of does not."""
        if place is None or place not in said:
            return False
        is_emergency = place == self.emergency_input
        at_rest = self.emergency_normally_closed if is_emergency else self.inputs_normally_closed
        return said[place] is not at_rest


class RelayDoorSettings(_Door):
    """A relay board on a serial line; `board_address` matters to modbus-rtu only."""

    kind: Literal["relay"]
    dialect: Literal["lcus", "numato", "modbus-rtu"]
    board_address: Annotated[int, Field(ge=1, le=247)] = 1
    relay: Channel = 0

    @model_validator(mode="after")
    def _board_has_inputs(self) -> Self:
        if self.inputs and self.dialect not in DIALECTS_WITH_INPUTS:
            raise ValueError(f"a {self.dialect} board has no inputs: leave them out")
        return self


class OsdpDoorSettings(_Door):
    """An OSDP head; `key_file` is made by `pass-terminal door install-key`."""

    kind: Literal["osdp"]
    address: Annotated[int, Field(ge=0, le=126)] = 0
    key_file: Annotated[Path, AfterValidator(_absolute)]
    output: Channel = 0
    reader: Annotated[int, Field(ge=0, le=7)] = 0


DoorSettings = Annotated[RelayDoorSettings | OsdpDoorSettings, Field(discriminator="kind")]
