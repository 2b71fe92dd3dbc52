"""Cards in the readers of a real daemon: seen, asked, exchanged, pulled, reset."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.chip.chip import Chip
from simulator.chip.keys import KeyKind, KeySettings, aes_key
from simulator.chip.memory import Application, Memory
from simulator.chip.other_cards import BankCard, Phone
from simulator.pcscd import PrivatePcscd
from simulator.vpcd import Direction, VirtualCardSlot

if TYPE_CHECKING:
    from tests.simulator.conftest import PcscClient

NewClient = Callable[[PrivatePcscd], "PcscClient"]

COUNTER, GATE = "Pass Counter", "Pass Gate"
UID = bytes.fromhex("04112233445566")
OTHER_UID = bytes.fromhex("04AABBCCDDEEFF")
GET_UID, GET_VERSION, NEXT = "FFCA000000", "9060000000", "90AF000000"
AID = bytes.fromhex("F59250")
# SCARD_W_REMOVED_CARD
REMOVED_CARD = 0x80100069


def _chip(uid: bytes = UID) -> Chip:
    return Chip(uid, os.urandom)


@contextlib.contextmanager
def _slots(daemon: PrivatePcscd) -> Iterator[dict[str, VirtualCardSlot]]:
    slots = {name: VirtualCardSlot(port, name=name) for name, port in daemon.ports.items()}
    try:
        yield slots
    finally:
        for slot in slots.values():
            slot.close()


def test_a_card_comes_speaks_and_goes(daemon: PrivatePcscd, pcsc_client: NewClient) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        assert client.connect(COUNTER) == bytes.fromhex("3B8180018080")
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, "FFCA010000") == "809000"
        assert client.transmit(COUNTER, GET_VERSION).endswith("91AF")
        assert client.transmit(COUNTER, NEXT).endswith("91AF")
        assert client.transmit(COUNTER, NEXT) == UID.hex().upper() + "BA3442565014249100"
        # A native frame of one byte passes too.
        assert client.transmit(COUNTER, "6A") == "00"
        slots[COUNTER].remove()
        assert client.wait_present(COUNTER, present=False)
        assert client.transmit_raw(COUNTER, GET_UID)[0] == REMOVED_CARD


def test_the_published_handshake_goes_through_the_daemon(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    exchange = _vector("an12196-t14-ev2first")
    inputs, outputs = exchange["inputs"], exchange["outputs"]
    script = iter([bytes.fromhex(inputs["rnd_b"]), bytes.fromhex(inputs["ti"])])
    zeros = Application(KeySettings(0x0F), KeyKind.AES, (aes_key(bytes(16)),) * 2)
    chip = Chip(UID, lambda _length: next(script), memory=Memory().with_application(AID, zeros))
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(chip)
        client.connect(COUNTER)
        assert client.transmit(COUNTER, f"905A000003{AID.hex()}00") == "9100"
        assert client.transmit(COUNTER, "907100000800060000000000 0000") == (
            outputs["card_resp1"].upper() + "91AF"
        )
        assert client.transmit(COUNTER, f"90AF000020{outputs['reader_cmd2']}00") == (
            outputs["card_resp2"].upper() + "9100"
        )


def test_two_readers_hold_two_cards(daemon: PrivatePcscd, pcsc_client: NewClient) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        slots[GATE].insert(_chip(OTHER_UID))
        client.connect(COUNTER)
        client.connect(GATE)
        assert client.transmit(GATE, GET_UID) == OTHER_UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"
        slots[GATE].remove()
        assert client.wait_present(GATE, present=False)
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"


def test_two_daemons_do_not_see_each_others_cards(
    daemon: PrivatePcscd, tmp_path_factory: pytest.TempPathFactory, pcsc_client: NewClient
) -> None:
    with (
        PrivatePcscd([COUNTER], tmp_path_factory.mktemp("e")) as other,
        _slots(daemon) as ours,
        _slots(other) as theirs,
    ):
        ours[COUNTER].insert(_chip())
        client, stranger = pcsc_client(daemon), pcsc_client(other)
        client.connect(COUNTER)
        assert not stranger.ask("wait", COUNTER, True, 0.6)
        theirs[COUNTER].insert(_chip(OTHER_UID))
        stranger.connect(COUNTER)
        assert stranger.transmit(COUNTER, GET_UID) == OTHER_UID.hex().upper() + "9000"
        assert client.transmit(COUNTER, GET_UID) == UID.hex().upper() + "9000"


def test_a_card_pulled_during_a_command_gives_no_answer(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)

    def pull(direction: Direction, message: bytes) -> None:
        if direction is Direction.FROM_CARD and message.endswith(b"\x91\xaf"):
            pulled.remove()

    pulled = VirtualCardSlot(daemon.ports[COUNTER], observe=pull)
    pulled.insert(_chip())
    client.connect(COUNTER)
    code, answer = client.transmit_raw(COUNTER, GET_VERSION)
    assert answer == "", hex(code)


def test_however_fast_cards_are_exchanged_the_daemon_notices(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        slots[COUNTER].remove()
        slots[COUNTER].insert(_chip(OTHER_UID))
        assert client.transmit_raw(COUNTER, GET_UID) == (REMOVED_CARD, "")
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_UID) == OTHER_UID.hex().upper() + "9000"


def test_a_reset_ends_the_dialogue_and_keeps_the_card(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_VERSION).endswith("91AF")
        assert client.ask("reset", COUNTER) == 0
        assert client.transmit(COUNTER, NEXT) == "911C"  # nothing is open any more
        assert client.ask("disconnect", COUNTER) == 0
        client.connect(COUNTER)
        assert client.transmit(COUNTER, GET_UID).endswith("9000")


@pytest.mark.parametrize("card", [BankCard(OTHER_UID[:4]), Phone(os.urandom)])
def test_other_cards_come_through_too(
    daemon: PrivatePcscd, pcsc_client: NewClient, card: BankCard | Phone
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(card)
        assert client.connect(COUNTER) == card.atr
        assert client.transmit(COUNTER, GET_UID) == card.uid.hex().upper() + "9000"
        assert client.transmit(COUNTER, "00A4040007D2760000850100") == "6A82"


def test_an_exchange_costs_far_less_than_a_delayed_acknowledgement(
    daemon: PrivatePcscd, pcsc_client: NewClient
) -> None:
    client = pcsc_client(daemon)
    with _slots(daemon) as slots:
        slots[COUNTER].insert(_chip())
        client.connect(COUNTER)
        # Without TCP_QUICKACK it is 40 ms and more; with it well under 1 ms.
        assert client.ask("time", COUNTER, "906E000000", 31) < 0.020


def _vector(name: str) -> dict[str, Any]:
    path = Path(__file__).parents[2] / "vectors" / "desfire.json"
    found: list[dict[str, Any]] = json.loads(path.read_text())["vectors"]
    return next(vector for vector in found if vector["name"] == name)
