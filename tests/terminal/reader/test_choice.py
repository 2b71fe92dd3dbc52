"""Which reader is meant: one, or none, by name, by serial number, or by the socket it is in."""

from pathlib import Path

import pytest

from terminal.errors import ReaderAbsent, ReaderAmbiguous, ReaderBusy
from terminal.reader.choice import WantedReader, choose_reader, fitting_readers
from terminal.reader.claim import ReaderClaim
from terminal.reader.usb_sockets import socket_of, usb_address

TWINS = ["Pass 00 00", "Pass 01 00"]


def nowhere(_: str) -> bytes:
    return b""


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """Two readers on bus 3, behind a hub, and an interface of one, which is no device."""
    for socket, address in (("usb3", 1), ("3-1", 2), ("3-1.2", 7), ("3-1.4", 9), ("3-1.2:1.0", 7)):
        device = tmp_path / socket
        device.mkdir()
        (device / "busnum").write_text("3\n")
        (device / "devnum").write_text(f"{address}\n")
    (tmp_path / "4-1").mkdir()  # it was pulled while we looked
    return tmp_path


def channel(bus: int, address: int) -> bytes:
    return bytes((address, bus, 0x20, 0x00))


@pytest.mark.parametrize(
    ("names", "prefix", "fitting"),
    [
        pytest.param([], "Pass", [], id="no reader"),
        pytest.param(["Other 00 00"], "Pass", [], id="another reader"),
        pytest.param(["Pass 00 01", "Pass 00 00"], "Pass", ["Pass 00 00"], id="first slot"),
        pytest.param(
            ["Pass Bis 00 00", "Pass 01 00"], "Pass", ["Pass 01 00"], id="not a longer name"
        ),
        pytest.param(["ACR1252 [PICC] 00 00"], "ACR1252", ["ACR1252 [PICC] 00 00"], id="beginning"),
        pytest.param(["Pass 00 00", "Pass 01 00"], "Pass 01", ["Pass 01 00"], id="by number"),
        pytest.param(["Pass 00 00"], "Pass 00 00", ["Pass 00 00"], id="whole name"),
        pytest.param(
            ["Pass 00 00", "Pass 00 01", "Pass 01 00"], "Pass", ["Pass 00 00", "Pass 01 00"],
            id="two of a model",
        ),
        pytest.param(
            ["Pass (A7) 00 00", "Pass (B2) 01 00"], "Pass (B2)", ["Pass (B2) 01 00"],
            id="by serial number",
        ),
        pytest.param(
            ["ACR1252 [PICC] 00 00", "ACR1252 [SAM] 01 00"], "ACR1252", ["ACR1252 [PICC] 00 00"],
            id="not the SAM",
        ),
        pytest.param(
            ["ACR1252 [PICC] 00 00", "ACR1252 [SAM] 01 00"], "ACR1252 [SAM]",
            ["ACR1252 [SAM] 01 00"], id="the SAM if it is named",
        ),
    ],
)  # fmt: skip
def test_a_reader_is_named_by_the_beginning_of_its_name(
    names: list[str], prefix: str, fitting: list[str]
) -> None:
    assert fitting_readers(names, prefix) == fitting


def test_several_that_fit_are_none() -> None:
    with pytest.raises(ReaderAmbiguous) as refused:
        choose_reader(WantedReader("Pass"), TWINS, nowhere)
    assert refused.value.fitting == tuple(TWINS)
    with pytest.raises(ReaderAbsent):
        choose_reader(WantedReader("Other"), TWINS, nowhere)
    assert choose_reader(WantedReader("Pass 01"), TWINS, nowhere) == "Pass 01 00"


@pytest.mark.parametrize(("socket", "chosen"), [("3-1.2", "Pass 01 00"), ("3-1.4", "Pass 00 00")])
def test_twins_are_told_apart_by_their_socket(devices: Path, socket: str, chosen: str) -> None:
    where = {"Pass 00 00": channel(3, 9), "Pass 01 00": channel(3, 7)}
    assert choose_reader(WantedReader("Pass", socket, devices), TWINS, where.get) == chosen


def test_a_socket_in_which_no_such_reader_is(devices: Path) -> None:
    wanted = WantedReader("Pass", "3-1.3", devices)
    with pytest.raises(ReaderAbsent):
        choose_reader(wanted, TWINS, lambda _: channel(3, 7))
    with pytest.raises(ReaderAbsent):
        choose_reader(wanted, TWINS, nowhere)
    with pytest.raises(ReaderBusy):
        choose_reader(wanted, TWINS, lambda name: None if name == TWINS[0] else channel(3, 7))


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        pytest.param(channel(3, 9), (3, 9), id="usb"),
        pytest.param(bytes((1, 0, 1, 0)), None, id="serial"),
        pytest.param(bytes((9, 3, 0x20)), None, id="short"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(bytes((9, 3, 0x20, 1)), None, id="no channel kind"),
    ],
)
def test_where_a_reader_says_it_is(raw: bytes, address: tuple[int, int] | None) -> None:
    assert usb_address(raw) == address


def test_an_address_has_one_socket(devices: Path) -> None:
    assert socket_of((3, 7), devices) == "3-1.2"
    assert socket_of((3, 8), devices) is None
    assert socket_of((3, 1), devices) is None, "a root hub is no socket"


def test_a_claim_is_held_by_one_until_it_is_let_go() -> None:
    here = {"PCSCLITE_CSOCK_NAME": "/tmp/claim-test/pcscd.comm"}
    with ReaderClaim("Pass 00 00", here) as claim:
        with pytest.raises(ReaderBusy) as refused:
            ReaderClaim("Pass 00 00", here)
        assert refused.value.reader == "Pass 00 00"
        ReaderClaim("Pass 01 00", here).release()
        ReaderClaim("Pass 00 00", {"PCSCLITE_CSOCK_NAME": "/elsewhere"}).release()
    claim.release()
    ReaderClaim("Pass 00 00", here).release()
