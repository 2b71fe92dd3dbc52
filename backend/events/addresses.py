"""Which addresses events are sent to: a partner's server on the Internet, and nothing of ours.

A partner writes the address, so it may name whatever this machine can reach (server-side request
forgery). Promise: HTTPS only, a port that is a web server's, no address of a private, local or
special network, judged on what the name leads to at each sending, and connected to that very
address. Pure but for the name's resolution, which is a parameter.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from backend.events.errors import EndpointUrlRefused
from backend.events.tables import URL_CHARACTERS_MAX

HTTPS_PORT: Final = 443
UNPRIVILEGED_PORTS: Final = range(1024, 65536)
ADDRESSES_MAX: Final = 16
#: They carry an IPv4 address to wherever it lies: NAT64 (RFC 6052, RFC 8215), 6to4, Teredo.
_CARRIERS: Final = tuple(
    ipaddress.ip_network(each)
    for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)

Resolve = Callable[[str, int], list[str]]


class AddressRefused(Exception):
    """The name leads nowhere, or to where events are not sent."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an endpoint listens."""

    host: str
    port: int
    target: str


def read_url(url: str) -> Place:
    """Return where an endpoint's URL leads; raise EndpointUrlRefused."""
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise EndpointUrlRefused(why="characters")
    try:
        parts = urlsplit(url)
        port = parts.port or HTTPS_PORT
    except ValueError:
        raise EndpointUrlRefused(why="form") from None
    if parts.scheme != "https":
        raise EndpointUrlRefused(why="https_only")
    if not parts.hostname or "%" in parts.hostname or parts.username is not None or parts.fragment:
        raise EndpointUrlRefused(why="form")
    if port != HTTPS_PORT and port not in UNPRIVILEGED_PORTS:
        raise EndpointUrlRefused(why="port")
    target = parts.path or "/"
    return Place(parts.hostname, port, f"{target}?{parts.query}" if parts.query else target)


def check_url(url: str, *, private: bool) -> None:
    """Refuse an address that events are not sent to, as far as it tells; raise EndpointUrlRefused.

    A name is looked at when something is sent: it may lead elsewhere by then.
    """
    host = read_url(url).host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if "." not in host and not private:
            raise EndpointUrlRefused(why="host") from None
        return
    if not private and not is_public(str(address)):
        raise EndpointUrlRefused(why="private_address")


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses that a name leads to; raise AddressRefused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise AddressRefused("name_unknown") from cause
    return [str(each[4][0]) for each in found[:ADDRESSES_MAX]]


def addresses_of(place: Place, *, private: bool, resolve: Resolve = resolve) -> list[str]:
    """Return where to connect to; raise AddressRefused if any address is not public."""
    found = resolve(place.host, place.port)
    if not found:
        raise AddressRefused("name_unknown")
    if not private and not all(is_public(each) for each in found):
        raise AddressRefused("private_address")
    return found


def is_public(text: str) -> bool:
    """Say whether an address is one of the Internet, whatever it is wrapped in."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in carrier for carrier in _CARRIERS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
