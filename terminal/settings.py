"""What a terminal is told: a TOML file, then PASS_TERMINAL_* variables, read once.

Promise: a frozen object whose values are safe to act on, or a SettingsError with a sentence for
each thing to change. Unknown keys are refused, so that a typing mistake is not silently ignored.
A value never appears in a message. The PC/SC socket is not here: libpcsclite reads
PCSCLITE_CSOCK_NAME by itself.
"""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from terminal.door_settings import DoorSettings
from terminal.errors import SettingsError
from terminal.gate_settings import SiblingSettings, SupervisorSettings
from terminal.till_settings import (
    CaisseApSettings,
    ConcertSettings,
    PageSettings,
    PrinterSettings,
    ReceiptHeader,
)

LISTEN_HOST = "127.0.0.1"
FILE_BYTES_MAX = 64 * 1024
PROBLEMS_SHOWN_MAX = 10


def _safe_backend_url(url: str) -> str:
    """Return scheme, host and port; plain HTTP only where it never leaves this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("must be like https://pass.example.org") from None
    if not host or parts.scheme not in {"https", "http"}:
        raise ValueError("must be like https://pass.example.org")
    if parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"):
        raise ValueError("must hold a scheme, a host and a port, nothing else")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must begin with https:// unless the backend is on this machine")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _local_host(host: str) -> str:
    if host != LISTEN_HOST:
        raise ValueError(f"must be {LISTEN_HOST}: the till page is for this machine only")
    return host


def _loopback_origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if url != f"http://{host}:{port}" or host not in {LISTEN_HOST, "localhost"}:
        raise ValueError(f"must be like http://{LISTEN_HOST}:9260, a page of this machine")
    return url


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
Port = Annotated[int, Field(ge=1, le=65535)]
FRAMERS_MAX = 4
LoopbackOrigin = Annotated[str, AfterValidator(_loopback_origin)]


class TerminalSettings(BaseSettings):
    """What every terminal is told.

    `reader` is the beginning of a PC/SC reader's name; `reader_usb_socket` tells two readers of
    one name apart: the socket it is plugged into, as the kernel names it (`1-1.2`);
    `backend_ca_file` replaces the authorities of the system; `framed_by` are the pages of this
    machine that may show this terminal's page in a frame, such as the developers' counter: nobody
    unless named. `trace_dir` keeps what cards say, redacted, in a few files (`terminal/trace`).
    """

    model_config = SettingsConfigDict(
        env_prefix="PASS_TERMINAL_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    backend_url: Annotated[str, AfterValidator(_safe_backend_url)]
    backend_ca_file: AbsolutePath | None = None
    state_dir: AbsolutePath
    reader: Annotated[str, Field(min_length=1, max_length=128)]
    reader_usb_socket: Annotated[str, Field(pattern=r"^[1-9][0-9]*-[1-9][0-9.]*$")] | None = None
    listen_host: Annotated[str, AfterValidator(_local_host)] = LISTEN_HOST
    framed_by: Annotated[tuple[LoopbackOrigin, ...], Field(max_length=FRAMERS_MAX)] = ()
    trace_dir: AbsolutePath | None = None

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


class CounterSettings(TerminalSettings):
    """A counter: a reader, a pad, and a till page on this machine.

    `pad_line` is the serial line as pads' manuals write it: speed, data bits, parity, stop bit.
    `pad_driver` is "visa-packets", or "keypad" for a plain keypad, whose codes this terminal
    encrypts: only where `allow_terminal_encryption` says that this is accepted. The tables
    `[caisse_ap]`, `[concert]` and `[printer]` open what they name; `[page]` is for its pages.
    """

    listen_port: Port = 9251
    pad_device: AbsolutePath
    pad_driver: Annotated[str, Field(min_length=1, max_length=40)] = "visa-packets"
    allow_terminal_encryption: bool = False
    pad_dialect: Annotated[str, Field(min_length=1, max_length=40)] = "uic-vfi-z62"
    pad_line: Annotated[str, Field(pattern=r"^[1-9][0-9]{2,5} [78][NEO]1$")] = "9600 8N1"
    caisse_ap: CaisseApSettings | None = None
    concert: ConcertSettings | None = None
    printer: PrinterSettings | None = None
    page: PageSettings = PageSettings()
    receipt_header: ReceiptHeader = ()


class GateSettings(TerminalSettings):
    """A gate: a reader, and a page on this machine.

    `refresh_seconds` is how often the list is asked for again, `news_seconds` how often the little
    that cannot wait for it is: what a card blocked elsewhere waits at most before this gate knows,
    while the network is up. The table `[door]` says what the gate opens; without it, a person does.
    `[supervisor]` serves the pages of a tablet beside it, `[siblings]` lets it hear other gates.
    `retention_days` is how long a passage that the backend has is kept here: never longer than an
    access journal may be (90 days), never shorter than a week's quota looks back.
    """

    listen_port: Port = 9252
    door: DoorSettings | None = None
    supervisor: SupervisorSettings | None = None
    siblings: SiblingSettings | None = None
    refresh_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    news_seconds: Annotated[int, Field(ge=1, le=60)] = 5
    retention_days: Annotated[int, Field(ge=9, le=90)] = 90


class DeskSettings(TerminalSettings):
    """A desk: a reader. It listens to nobody; the port is accepted so that one file may serve."""

    listen_port: Port = 9253


class EnrolmentSettings(TerminalSettings):
    """What an enrolment reads in the file of any kind of terminal; the rest is left alone."""

    model_config = SettingsConfigDict(extra="ignore")


S = TypeVar("S", bound=TerminalSettings)


def load_settings(kind: type[S], path: Path) -> S:
    """Read the TOML file, then the environment; SettingsError says all that must change."""
    try:
        with path.open("rb") as file:
            content = tomllib.loads(file.read(FILE_BYTES_MAX).decode("utf-8"))
    except OSError as cause:
        raise SettingsError(f"{path}: {cause.strerror}") from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise SettingsError(f"{path} is not a TOML file") from None
    try:
        return kind(**content)
    except ValidationError as error:
        raise SettingsError(f"{path}: {_sentences(error)}") from None


def _sentences(error: ValidationError) -> str:
    """Name each wrong setting and what is wrong, never its value."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in each['loc'])} {_reason(each['type'], each['msg'])}"
        for each in found[:PROBLEMS_SHOWN_MAX]
    )


def _reason(kind: str, message: str) -> str:
    fixed = {"missing": "is missing", "extra_forbidden": "is not a setting of this terminal"}
    return fixed.get(kind, message.removeprefix("Value error, "))
