"""What a counter is told about its pages, the shop's own till and its ticket printer.

Promise: values that are safe to act on; tills and printer are off unless set. A door for tills
opens on chosen addresses of this machine, never on all of them at once, and says who may come in.
"""

import ipaddress
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    model_validator,
)

LOOPBACK = ipaddress.ip_address("127.0.0.1")
ADDRESSES_MAX, PEERS_MAX, HEADER_LINES_MAX = 4, 32, 6
LINE_PATTERN = r"^[1-9][0-9]{2,5} [78][NEO]1$"

Port = Annotated[int, Field(ge=1, le=65535)]
Device = Annotated[str, Field(pattern=r"^/.+", max_length=255)]


def _one_address(address: IPvAnyAddress) -> IPvAnyAddress:
    if address.is_unspecified or address.is_multicast:
        raise ValueError("must be one address of this machine, not all of them")
    return address


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CaisseApSettings(_Section):
    """Caisse-AP over IP: where tills are listened for, and which may speak."""

    listen_hosts: Annotated[
        tuple[Annotated[IPvAnyAddress, AfterValidator(_one_address)], ...],
        Field(min_length=1, max_length=ADDRESSES_MAX),
    ] = (LOOPBACK,)
    port: Port = 8888
    peers: Annotated[tuple[IPvAnyNetwork, ...], Field(min_length=1, max_length=PEERS_MAX)] = (
        ipaddress.ip_network("127.0.0.1/32"),
    )

    @model_validator(mode="after")
    def _peers_are_chosen(self) -> Self:
        if any(network.prefixlen == 0 for network in self.peers):
            raise ValueError("peers must be chosen: a network of every address is none")
        return self


class ConcertSettings(_Section):
    """Concert on a serial line: the device, and the line as manuals write it."""

    device: Device
    line: Annotated[str, Field(pattern=LINE_PATTERN)] = "9600 8N1"


class PrinterSettings(_Section):
    """A ticket printer that speaks ESC/POS: on a network, a serial line, or as a device file.

    `columns` is what fits on its roll; `profile` is python-escpos's name for the model.
    `asks_status` is false for a printer that cannot say whether it has paper.
    """

    kind: Literal["network", "serial", "file"]
    host: IPvAnyAddress | None = None
    port: Port = 9100
    device: Device | None = None
    line: Annotated[str, Field(pattern=LINE_PATTERN)] = "9600 8N1"
    columns: Annotated[int, Field(ge=24, le=64)] = 42
    profile: Annotated[str, Field(min_length=1, max_length=40)] = "default"
    asks_status: bool = True

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        wanted = "host" if self.kind == "network" else "device"
        if getattr(self, wanted) is None:
            raise ValueError(f"a {self.kind} printer needs its {wanted}")
        return self


class PageSettings(_Section):
    """The till page and the customer's: their language, their sounds, and who may practise.

    `training`: "allowed" from the page, "always" for a till that sells nothing, or "never".
    """

    language: Literal["fr", "en"] = "fr"
    sound_percent: Annotated[int, Field(ge=0, le=100)] = 60
    training: Literal["allowed", "always", "never"] = "allowed"


HeaderLine = Annotated[str, Field(min_length=1, max_length=64)]
ReceiptHeader = Annotated[tuple[HeaderLine, ...], Field(max_length=HEADER_LINES_MAX)]
"""Lines of the partner's own on every receipt: address, SIRET."""
