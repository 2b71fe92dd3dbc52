"""What the simulator is told: a TOML file, then PASS_SIMULATOR_* variables, read once.

Promise: a frozen object whose values are safe to act on, or a `SettingsError` with a sentence for
each thing to change. Unknown keys are refused; no value is quoted.

    run_dir = "/tmp/pass"             # the PC/SC daemon's folder; not below /run
    control_port = 9260               # on 127.0.0.1; 0 lets the system choose
    pcscd = "private"                 # or "machine": its own, with readers it has already
    cards_dir = "/home/me/cards"      # a file per card; without it cards last as long as we do

    [[readers]]
    name = "Pass Counter"

    [pad]
    link = "/tmp/pass/pad"            # the path a terminal opens as its serial port
    key_file = "/tmp/pass/pad-key.json"
    # or, for a plain keypad that encrypts nothing: kind = "keypad", without a key_file

    [[lines]]                         # a line to a backend, watched: terminals are told its port
    name = "Caisse 1"
    port = 8104
    backend_url = "http://127.0.0.1:8000"

    [turnstile]                       # of a gate
    link = "/tmp/pass/turnstile"      # the path the gate opens as its serial port
    kind = "numato"                   # lcus, numato, modbus-rtu; or osdp, with a key_file
    wiring = "secure"                 # locked without current; "safe" is free

    [printer]                         # a ticket printer on a network port
    port = 8106

    [[screens]]                       # a page of a terminal, shown beside the table
    name = "Caisse 1"
    url = "http://127.0.0.1:8101/"
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

FILE_BYTES_MAX = 64 * 1024
READERS_MAX = 8
LINES_MAX, SCREENS_MAX = 8, 4
CONTROL_HOST = "127.0.0.1"


class SettingsError(Exception):
    """The configuration is missing, malformed or unsafe; the message says what to change."""


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class ReaderSettings(BaseModel):
    """One virtual reader, by the name PC/SC shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]


class PadSettings(BaseModel):
    """The PIN pad. The counter lies beside the key, so that they are kept or lost together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    link: AbsolutePath
    kind: Literal["packets", "keypad"] = "packets"
    key_file: AbsolutePath | None = None
    counter_file: AbsolutePath | None = None

    @model_validator(mode="after")
    def _key_where_one_is_used(self) -> Self:
        if self.kind == "packets" and self.key_file is None:
            raise ValueError("a pad needs a key_file; only a keypad has none")
        if self.kind == "keypad" and (self.key_file or self.counter_file):
            raise ValueError("a keypad has no key: take key_file and counter_file away")
        return self

    @property
    def counting_in(self) -> Path | None:
        """Return where the entries are counted; None for a keypad."""
        if self.counter_file is not None or self.key_file is None:
            return self.counter_file
        return self.key_file.with_name(f"{self.key_file.name}.counter")


def _local_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_local = (parts.scheme, parts.hostname) == ("http", CONTROL_HOST) and parts.port
    except ValueError:
        is_local = None
    if not is_local:
        raise ValueError(f"must be like http://{CONTROL_HOST}:8101/, a page of this machine")
    return url


LocalUrl = Annotated[str, Field(max_length=200), AfterValidator(_local_url)]
ShownName = Annotated[str, Field(pattern=r"^[^/\x00-\x1f]{1,60}$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class LineSettings(BaseModel):
    """A line from a terminal to a backend."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: ShownName
    port: Port = 0
    backend_url: LocalUrl

    @property
    def upstream(self) -> tuple[str, int]:
        """Return where the backend listens."""
        parts = urlsplit(self.backend_url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port


class PrinterSettings(BaseModel):
    """The ticket printer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: Port = 9100


class ScreenSettings(BaseModel):
    """A page of a terminal that `counter` shows in a frame."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: ShownName
    url: LocalUrl


class TurnstileSettings(BaseModel):
    """The turnstile or door: what stands at the end of the line, and how it is wired."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    link: AbsolutePath
    kind: Literal["lcus", "numato", "modbus-rtu", "osdp"] = "numato"
    wiring: Literal["secure", "safe"] = "secure"
    address: Annotated[int, Field(ge=0, le=126)] = 1
    key_file: AbsolutePath | None = None
    normally_closed: bool = False

    @model_validator(mode="after")
    def _key_where_one_is_used(self) -> Self:
        if (self.kind == "osdp") != (self.key_file is not None):
            raise ValueError("key_file is where an osdp head keeps its key, and nothing else does")
        return self


class SimulatorSettings(BaseSettings):
    """Everything `pass-simulator serve` is told."""

    model_config = SettingsConfigDict(
        env_prefix="PASS_SIMULATOR_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    run_dir: AbsolutePath
    control_port: Annotated[int, Field(ge=0, le=65535)] = 9260
    cards_dir: AbsolutePath | None = None
    pcscd: Literal["private", "machine"] = "private"
    readers: Annotated[tuple[ReaderSettings, ...], Field(max_length=READERS_MAX)] = ()
    pad: PadSettings | None = None
    lines: Annotated[tuple[LineSettings, ...], Field(max_length=LINES_MAX)] = ()
    printer: PrinterSettings | None = None
    turnstile: TurnstileSettings | None = None
    screens: Annotated[tuple[ScreenSettings, ...], Field(max_length=SCREENS_MAX)] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the shape is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- idem
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 -- idem
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which comes as arguments."""
        return env_settings, init_settings


def load_settings(path: Path) -> SimulatorSettings:
    """Read the TOML file, then the environment; `SettingsError` says all that must change."""
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(FILE_BYTES_MAX).decode("utf-8"))
    except OSError as cause:
        raise SettingsError(f"{path}: {cause.strerror}") from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"{path} is not a TOML file") from None
    try:
        return SimulatorSettings(**content)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_sentences(error)}") from None


def _sentences(error: ValidationError) -> str:
    """Name each wrong setting and what is wrong, never its value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
