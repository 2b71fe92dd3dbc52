"""What a gate is told about people and siblings: the tables `[supervisor]` and `[siblings]`.

Promise: nothing listens on a network unless an address of this machine is named, and then the
supervisor's pages are only served encrypted.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

AUTO = "auto"
HOST_NAMES_MAX = 4


def _address(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise ValueError("must be an IP address of this machine") from None
    if address.is_unspecified or not address.is_private:
        raise ValueError("must be one address of a local network, not all and not a public one")
    return str(address)


def _address_or_auto(host: str) -> str:
    return host if host == AUTO else _address(host)


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[Path, AfterValidator(_absolute)]
HostName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SupervisorSettings(_Table):
    """Where the supervisor's and the kitchen's pages of this gate are served.

    On this machine alone unless `listen_host` names an address of the school's network; then with
    TLS, under the certificate that is named here, or one that the gate makes for itself.
    `host_names` are names by which tablets reach it.
    """

    listen_host: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    listen_port: Port = 9262
    host_names: Annotated[tuple[HostName, ...], Field(max_length=HOST_NAMES_MAX)] = ()
    certificate_file: AbsolutePath | None = None
    certificate_key_file: AbsolutePath | None = None

    @model_validator(mode="after")
    def _names_both_or_none(self) -> Self:
        if (self.certificate_file is None) != (self.certificate_key_file is None):
            raise ValueError("a certificate and its key are named together")
        return self

    @property
    def is_on_network(self) -> bool:
        """True when other machines can reach it."""
        return not ipaddress.ip_address(self.listen_host).is_loopback

    @property
    def url(self) -> str:
        """Return the address a tablet opens."""
        host = self.listen_host if ":" not in self.listen_host else f"[{self.listen_host}]"
        secure = self.is_on_network or self.certificate_file is not None
        return f"{'https' if secure else 'http'}://{host}:{self.listen_port}"


class SiblingSettings(_Table):
    """Where this gate hears the other gates of its place, and they it.

    `auto` is this machine's address on the way to the backend, found again when it changes.
    """

    listen_host: Annotated[str, AfterValidator(_address_or_auto)] = AUTO
    listen_port: Port = 9263
