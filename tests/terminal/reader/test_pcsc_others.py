"""Others at the reader: programs that hold it, a daemon that restarts, a reader that goes away."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from smartcard import scard

from simulator.pcscd import PrivatePcscd
from simulator.vpcd import VirtualCardSlot
from terminal.errors import ReaderAbsent, ReaderBusy, ReaderServiceDown
from terminal.reader.pcsc import PcscReader
from tests.terminal.reader.taps import (
    ARRIVAL_SECONDS_MAX,
    GET_VERSION,
    NOT_READY_SECONDS,
    next_card,
)
from tests.terminal.virtual_cards import READERS, PlainCard, wait_until_empty

pytestmark = pytest.mark.xdist_group("pcscd")


# --- other programs ---


def test_another_program_that_holds_the_reader_is_said_and_waited_for(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    slot.insert(PlainCard())
    with PcscReader(READERS[0]) as other:
        held = next_card(other)
        with pytest.raises(ReaderBusy):
            reader.wait_for_card(NOT_READY_SECONDS)
        release = threading.Timer(0.1, held.disconnect)
        release.start()
        assert next_card(reader).uid() == PlainCard().uid  # the tap was not lost
        release.join()


def test_another_program_in_a_transaction_does_not_block_us(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    slot.insert(PlainCard())
    next_card(reader).disconnect()
    slot.remove()
    assert reader.wait_for_card(0.5) is None
    card = PlainCard()
    slot.insert(card)
    assert card.powered.wait(ARRIVAL_SECONDS_MAX)
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    code, handle, _ = scard.SCardConnect(
        context, "Test Counter 00 00", scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
    )
    assert code == scard.SCARD_S_SUCCESS
    assert scard.SCardBeginTransaction(handle) == scard.SCARD_S_SUCCESS
    with pytest.raises(ReaderBusy):
        reader.wait_for_card(NOT_READY_SECONDS)
    scard.SCardReleaseContext(context)
    assert next_card(reader).uid() == card.uid


def test_nobody_speaks_between_our_commands(reader: PcscReader, slot: VirtualCardSlot) -> None:
    slot.insert(PlainCard())
    with next_card(reader), PcscReader(READERS[0]) as other, pytest.raises(ReaderBusy):
        other.wait_for_card(NOT_READY_SECONDS)


HOLDER = """
import os, signal, sys
from terminal.reader.pcsc import PcscReader
assert PcscReader(sys.argv[1]).wait_for_card(5) is not None
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_program_killed_with_the_card_in_hand_leaves_it_reset(
    reader: PcscReader, slot: VirtualCardSlot
) -> None:
    card = PlainCard()
    slot.insert(card)
    killed = subprocess.run([sys.executable, "-c", HOLDER, READERS[0]], check=False, timeout=30)
    assert killed.returncode == -9
    assert next_card(reader).uid() == card.uid
    assert card.losses > 0


# --- the daemon and the reader go, and come back ---


LOOK = """
import sys
from terminal.errors import ReaderServiceDown
from terminal.reader.pcsc import PcscReader, list_reader_names
for look in (list_reader_names, lambda: PcscReader("Any").wait_for_card(0)):
    try:
        look()
    except ReaderServiceDown:
        continue
    sys.exit("no error")
"""


def test_no_daemon_is_said(tmp_path: Path) -> None:
    environment = {**os.environ, "PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody.comm")}
    subprocess.run([sys.executable, "-c", LOOK], env=environment, check=True, timeout=30)


@pytest.fixture
def mortal_daemon(pcscd: PrivatePcscd) -> Iterator[PrivatePcscd]:
    """The daemon, alive again after the test."""
    yield pcscd
    pcscd.start()


def test_a_daemon_that_restarts_is_found_again(mortal_daemon: PrivatePcscd) -> None:
    with PcscReader(READERS[0]) as reader:
        for _ in range(2):
            slot = VirtualCardSlot(mortal_daemon.ports[READERS[0]])
            slot.insert(PlainCard())
            connection = next_card(reader)
            mortal_daemon.stop()
            slot.close()
            with pytest.raises(ReaderServiceDown):
                connection.transmit(GET_VERSION)
            with pytest.raises(ReaderServiceDown):
                connection.wait_for_removal(NOT_READY_SECONDS)
            connection.disconnect()
            with pytest.raises(ReaderServiceDown):
                reader.wait_for_card(NOT_READY_SECONDS)
            mortal_daemon.start()


def test_a_daemon_that_dies_while_we_wait_is_waited_for(mortal_daemon: PrivatePcscd) -> None:
    """The same call of wait_for_card outlives the daemon and gives the card."""
    slots: list[VirtualCardSlot] = []
    found: list[bytes] = []

    def wait() -> None:
        with PcscReader(READERS[0]) as reader:
            found.append(next_card(reader).uid())

    waiting = threading.Thread(target=wait)
    waiting.start()
    mortal_daemon.stop()
    mortal_daemon.start()
    slots.append(VirtualCardSlot(mortal_daemon.ports[READERS[0]]))
    slots[0].insert(PlainCard())
    waiting.join(10)
    slots[0].close()
    wait_until_empty(READERS[0])
    assert found == [PlainCard().uid]


def test_a_reader_that_goes_and_comes_back(
    mortal_daemon: PrivatePcscd, pcscd_run_dir: Path
) -> None:
    with PcscReader(READERS[0]) as reader:
        assert reader.wait_for_card(0) is None
        mortal_daemon.stop()
        with PrivatePcscd(["Another Reader"], pcscd_run_dir):
            with pytest.raises(ReaderAbsent) as absent:
                reader.wait_for_card(NOT_READY_SECONDS)
            assert absent.value.reader == READERS[0]
        mortal_daemon.start()
        slot = VirtualCardSlot(mortal_daemon.ports[READERS[0]])
        slot.insert(PlainCard())
        assert next_card(reader).uid() == PlainCard().uid
        slot.close()
    wait_until_empty(READERS[0])
