"""The driver over a real pseudo-terminal, through pyserial, against the simulated pad."""

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.pad.cable import PadCable
from simulator.pad.faults import Fault, Faults
from simulator.pad.pad import SimulatedPad
from terminal.errors import PadRefused, PadSilent, PadUnplugged
from terminal.pin.conversation import Limits
from terminal.pin.dialogue import PadDialogue
from terminal.pin.pad import PinEntry, PinEntryStatus, PinPrompt
from terminal.pin.serial_link import IN_USE, LineSettings, SerialLink
from terminal.pin.visa_pad import VisaPacketPinPad, open_visa_pad
from tests.terminal.pin.conftest import CARD_NUMBER, CODE, aes_sealer, never

ENTERING_SECONDS_MAX = 5.0
PROMPT = PinPrompt(CARD_NUMBER, "12,50 EUR", "VOTRE CODE:")


@pytest.fixture
def cable(tmp_path: Path, pin_vectors: dict[str, Any]) -> Iterator[PadCable]:
    with PadCable(SimulatedPad(aes_sealer(pin_vectors)), tmp_path / "pad") as plugged:
        yield plugged


@pytest.fixture
def pad(cable: PadCable) -> Iterator[VisaPacketPinPad]:
    driver = open_visa_pad(str(cable.link))
    yield driver
    driver.release()


class Holder:
    """Somebody who waits until the pad asks, then does something."""

    def __init__(self, cable: PadCable, act: Callable[[], None]) -> None:
        self._cable = cable
        self._act = act
        self._thread = threading.Thread(target=self._wait_and_act)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *exc_info: object) -> None:
        self._thread.join()

    def _wait_and_act(self) -> None:
        until = time.monotonic() + ENTERING_SECONDS_MAX
        while not self._cable.view().entering:
            assert time.monotonic() < until, "the pad never asked"
            time.sleep(0.005)
        self._act()


def enter(pad: VisaPacketPinPad, cable: PadCable, keys: str = f"{CODE}E") -> PinEntry:
    with Holder(cable, lambda: cable.press(keys)):
        return PadDialogue(pad).enter_pin(PROMPT, 30, never)


def test_an_entry_over_a_real_line(pad: VisaPacketPinPad, cable: PadCable) -> None:
    pad.claim()
    first, second = enter(pad, cable), enter(pad, cable)
    assert first.status is second.status is PinEntryStatus.SUCCESS
    assert first.encrypted_pin_block != second.encrypted_pin_block
    pad.show("Paiement", "accepté")
    assert cable.view().lines == ("PAIEMENT", "ACCEPTE")


def test_both_cancellations(pad: VisaPacketPinPad, cable: PadCable) -> None:
    pad.claim()
    assert enter(pad, cable, "73C").status is PinEntryStatus.CANCEL
    enough = threading.Event()
    with Holder(cable, enough.set):
        assert PadDialogue(pad).enter_pin(PROMPT, 30, enough.is_set).status is PinEntryStatus.CANCEL
    assert not cable.view().entering


@pytest.mark.parametrize("fault", list(Fault))
def test_a_stumble_on_a_real_line(pad: VisaPacketPinPad, cable: PadCable, fault: Fault) -> None:
    pad.claim()
    cable.set_faults(Faults({fault: 1}))
    assert enter(pad, cable).status is PinEntryStatus.SUCCESS
    assert cable.view().entry_count == 1


def test_a_mute_pad(cable: PadCable) -> None:
    limits = Limits(ack_seconds_max=0.1)
    pad = VisaPacketPinPad(lambda: SerialLink(str(cable.link)), limits=limits)
    cable.set_faults(Faults(silent=True))
    with pytest.raises(PadSilent):
        pad.claim()
    cable.set_faults(Faults())
    pad.claim()
    pad.release()


def test_pulling_the_plug_during_an_entry_and_putting_it_back(
    pad: VisaPacketPinPad, cable: PadCable
) -> None:
    pad.claim()
    with Holder(cable, cable.unplug), pytest.raises(PadUnplugged):
        PadDialogue(pad).enter_pin(PROMPT, 30, never)
    for call in (pad.claim, pad.reset, lambda: pad.show("Bonjour")):
        with pytest.raises(PadUnplugged):
            call()
    cable.plug()
    pad.claim()
    assert enter(pad, cable).status is PinEntryStatus.SUCCESS
    # The pad kept its counter: the entry before the plug was pulled never used a key.
    assert cable.view().entry_count == 1


def test_one_claim_is_enough_to_come_back(pad: VisaPacketPinPad, cable: PadCable) -> None:
    pad.claim()
    with Holder(cable, cable.unplug), pytest.raises(PadUnplugged):
        PadDialogue(pad).enter_pin(PROMPT, 30, never)
    cable.plug()
    pad.claim()
    pad.show("Bonjour")


def test_a_plug_pulled_between_two_uses(pad: VisaPacketPinPad, cable: PadCable) -> None:
    pad.claim()
    cable.unplug()
    with pytest.raises(PadUnplugged) as caught:
        pad.show("Bonjour")
    assert caught.value.device == str(cable.link)
    cable.plug()
    pad.claim()
    pad.show("Bonjour")
    assert cable.view().lines[0] == "BONJOUR"


def test_a_pad_is_not_shared(pad: VisaPacketPinPad, cable: PadCable) -> None:
    pad.claim()
    pad.claim()  # ours already: brings it to rest
    other = open_visa_pad(str(cable.link))
    with pytest.raises(PadRefused) as caught:
        other.claim()
    assert caught.value.code == IN_USE
    pad.release()
    pad.release()
    other.claim()
    other.release()


def test_a_terminal_may_come_and_go(cable: PadCable) -> None:
    # The last as VeriFone's family wants it; a pseudo-terminal lets that pass once, and ignores it.
    for line in (None, LineSettings(), LineSettings(115200), LineSettings(19200, 7, "E")):
        pad = open_visa_pad(str(cable.link), line)
        pad.claim()
        pad.show("Bonjour")
        pad.release()
    assert cable.view().lines == ("BONJOUR", "")


@pytest.mark.parametrize("path", ["nothing-here", "a-file"])
def test_what_is_not_a_serial_port(tmp_path: Path, path: str) -> None:
    (tmp_path / "a-file").write_text("no pad")
    pad = open_visa_pad(str(tmp_path / path))
    with pytest.raises(PadUnplugged) as caught:
        pad.claim()
    assert caught.value.device == str(tmp_path / path)
    assert caught.value.__cause__ is not None


def test_every_verb_of_a_dead_link_says_so(cable: PadCable) -> None:
    link = SerialLink(str(cable.link))
    assert link.read(0.01) == b""
    cable.unplug()
    with pytest.raises(PadUnplugged):
        link.read(0.5)
    with pytest.raises(PadUnplugged):
        link.write(b"\x06")
    link.close()
    link.close()


def test_a_line_nobody_empties_is_silence_not_a_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("terminal.pin.serial_link.WRITE_SECONDS_MAX", 0.2)
    near, far = os.openpty()
    tty.setraw(far)
    try:
        link = SerialLink(os.ttyname(far))
        with pytest.raises(PadSilent):
            link.write(bytes(1_000_000))
        link.close()
    finally:
        os.close(near)
        os.close(far)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("9600 8N1", LineSettings()),
        ("115200 7E1", LineSettings(115_200, 7, "E")),
        ("1200 8O1", LineSettings(1200, 8, "O")),
    ],
)
def test_a_line_is_written_as_manuals_write_it(text: str, line: LineSettings) -> None:
    assert LineSettings.parse(text) == line


@pytest.mark.parametrize("text", ["", "9600", "9600 9N1", "9600 8N2", "0600 8N1", "9600 8n1", "x"])
def test_another_way_to_write_a_line_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="9600 8N1"):
        LineSettings.parse(text)
