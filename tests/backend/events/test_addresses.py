"""Which addresses events are sent to."""

from functools import partial

import pytest

from backend.events.addresses import (
    AddressRefused,
    addresses_of,
    check_url,
    is_public,
    read_url,
)
from backend.events.errors import EndpointUrlRefused


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://shop.example/x", "https_only"),
        ("ftp://shop.example/x", "https_only"),
        ("shop.example", "https_only"),
        ("https:///x", "form"),
        ("https://user:word@shop.example/", "form"),
        ("https://shop.example/#part", "form"),
        ("https://[fe80::1%25eth0]/", "form"),
        ("https://[::1/", "form"),
        ("https://shop.example:99999/", "form"),
        ("https://shop.example:22/", "port"),
        ("https://shop.example:25/", "port"),
        ("https://localhost/", "host"),
        ("https://vault/", "host"),
        ("https://127.0.0.1/", "private_address"),
        ("https://10.0.0.3:8443/", "private_address"),
        ("https://169.254.169.254/latest", "private_address"),
        ("https://[::1]/", "private_address"),
        ("https://[::ffff:192.168.1.4]/", "private_address"),
        ("https://shop.example/\r\nX: 1", "characters"),
        ("https://shöp.example/", "characters"),
        ("https://shop.example/ x", "characters"),
        ("https://shop.example/" + "x" * 500, "characters"),
    ],
)
def test_an_address_that_is_refused(url: str, why: str) -> None:
    with pytest.raises(EndpointUrlRefused) as refused:
        check_url(url, private=False)
    assert refused.value.details == {"why": why}


def test_an_address_that_is_taken() -> None:
    check_url("https://shop.example/pass?x=1", private=False)
    check_url("https://93.184.216.34:8443/", private=False)
    place = read_url("https://shop.example:8443/pass?x=1")
    assert (place.host, place.port, place.target) == ("shop.example", 8443, "/pass?x=1")
    assert read_url("https://shop.example").target == "/"


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "fc00::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
        "2001:db8::1",
    ],
)
def test_what_is_not_of_the_internet(address: str) -> None:
    assert not is_public(address)


def test_what_is() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")


def _lead_to(found: list[str], _host: str, _port: int) -> list[str]:
    return found


def test_a_name_is_judged_by_all_that_it_leads_to() -> None:
    place = read_url("https://shop.example/")
    wrong: tuple[list[str], ...] = (["93.184.216.34", "10.0.0.1"], ["::1"], [])
    for found in wrong:
        with pytest.raises(AddressRefused):
            addresses_of(place, private=False, resolve=partial(_lead_to, found))
    both = ["93.184.216.34", "93.184.216.35"]
    assert addresses_of(place, private=False, resolve=lambda _host, _port: both) == both
    inside = ["10.0.0.1"]
    assert addresses_of(place, private=True, resolve=lambda _host, _port: inside) == inside
