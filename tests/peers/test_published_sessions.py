"""Exchanges printed by the maker or recorded from silicon, replayed whole by both our sides.

Single commands and the changes of keys (tables 23 to 28) are pinned in `tests/passcard`; here one
session runs from its handshake to its end, so that keys, counter and initialisation vectors come
from what went before, not from a table.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from passcard.dialogue import Channel, open_channel
from passcard.errors import SessionEnded, UnexpectedAnswer
from passcard.session import run
from simulator.chip.chip import Chip
from simulator.chip.keys import KeyKind, KeySettings, aes_key
from simulator.chip.memory import Application, Memory
from tests.peers.conftest import UID

AID = bytes.fromhex("F59250")
ZERO_KEY = bytes(16)
WRITE_DATA, CHANGE_FILE_SETTINGS = 0x8D, 0x5F

Vectors = list[dict[str, Any]]
Exchange = tuple[str, str]


class Transcript:
    """A card that knows only what was printed, in that order."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._left = list(exchanges)

    def transmit(self, command: bytes) -> bytes:
        """Answer the next command, which must be the printed one."""
        printed, answer = self._left.pop(0)
        assert command.hex() == printed
        return bytes.fromhex(answer)

    @property
    def finished(self) -> bool:
        """Say whether everything was asked."""
        return not self._left


def wrapped(command: str, payload: str) -> str:
    """Put a printed payload in its APDU."""
    return f"90{command}0000{len(payload) // 2:02x}{payload}00"


def exchange(vectors: Vectors, sent: str, answered: str) -> Exchange:
    """Return a command and its answer, by the names of their vectors."""
    by_name = {vector["name"]: vector for vector in vectors}
    command = wrapped(by_name[sent]["inputs"]["cmd"], by_name[sent]["outputs"]["payload"])
    return command, by_name[answered]["outputs"]["payload"] + "9100"


def session_a(vectors: Vectors) -> tuple[list[Exchange], bytes]:
    """Return AN12196 tables 14, 17 and 18, and the RndA of the reader."""
    handshake = next(vector for vector in vectors if vector["name"] == "an12196-t14-ev2first")
    outputs = handshake["outputs"]
    exchanges = [
        ("9071000002000000", outputs["card_resp1"] + "91af"),
        (wrapped("af", outputs["reader_cmd2"]), outputs["card_resp2"] + "9100"),
        exchange(vectors, "an12196-t17-writedata-full-128", "an12196-t17-resp"),
        exchange(vectors, "an12196-t18-changefilesettings-full", "an12196-t18-resp"),
    ]
    return exchanges, bytes.fromhex(handshake["inputs"]["rnd_a"])


def full(vectors: Vectors, name: str) -> tuple[bytes, bytes]:
    """Return the header and the plain data of a printed command."""
    inputs = next(vector["inputs"] for vector in vectors if vector["name"] == name)
    return bytes.fromhex(inputs["header"]), bytes.fromhex(inputs["data"])


def open_and_write(card: Transcript, vectors: Vectors, rnd_a: bytes) -> Channel:
    """Authenticate and do what table 17 does."""
    opening = open_channel(AID, key_number=0, key=ZERO_KEY, rnd_a=rnd_a)
    channel = run(opening, card.transmit)
    header, written = full(vectors, "an12196-t17-writedata-full-128")
    assert run(channel._ask(WRITE_DATA, header, secret=written), card.transmit) == b""
    return channel


def test_session_a_from_the_handshake_to_the_settings(desfire_vectors: Vectors) -> None:
    exchanges, rnd_a = session_a(desfire_vectors)
    card = Transcript(exchanges)
    channel = open_and_write(card, desfire_vectors, rnd_a)
    header, settings = full(desfire_vectors, "an12196-t18-changefilesettings-full")
    talk = channel._ask(CHANGE_FILE_SETTINGS, header, secret=settings)
    assert run(talk, card.transmit) == b""
    assert card.finished


def test_session_a_with_an_answer_of_another_place_ends(desfire_vectors: Vectors) -> None:
    (*before, (last, _)), rnd_a = session_a(desfire_vectors)
    card = Transcript([*before, (last, before[-1][1])])
    channel = open_and_write(card, desfire_vectors, rnd_a)
    header, settings = full(desfire_vectors, "an12196-t18-changefilesettings-full")
    with pytest.raises(UnexpectedAnswer):
        run(channel._ask(CHANGE_FILE_SETTINGS, header, secret=settings), card.transmit)
    with pytest.raises(SessionEnded):
        run(channel.get_card_uid(), card.transmit)


def test_the_chip_repeats_what_silicon_said(desfire_vectors: Vectors) -> None:
    """An EV1 in somebody's reader: authentication, then the whole life of a file, native frames."""
    by_name = {vector["name"]: vector for vector in desfire_vectors}
    handshake, life = by_name["ev1-aes-auth-2"], by_name["ev1-aes-cmac-chain-session"]
    inputs, outputs = handshake["inputs"], handshake["outputs"]
    key = aes_key(bytes.fromhex(inputs["key"]))
    application = Application(KeySettings(0x0F), KeyKind.AES, (key, key))
    randoms = iter([bytes.fromhex(inputs["rnd_b"])])
    memory = Memory().with_application(AID, application)
    chip = Chip(UID, lambda _length: next(randoms), memory=memory)
    chip.power_on()
    assert chip.transmit(b"\x5a" + AID) == b"\x00"
    assert chip.transmit(b"\xaa\x00").hex() == "af" + outputs["card_resp1"]
    answer = chip.transmit(bytes.fromhex("af" + outputs["reader_cmd2"]))
    assert answer.hex() == "00" + outputs["card_resp2"]
    for step in life["inputs"]["steps"]:
        answer = chip.transmit(bytes.fromhex(step["command_native"]))
        said = "00" + step["response_data"] + step["response_mac"].lower()
        assert answer.hex() == said, step["step"]


def test_the_chip_answers_session_a_as_printed(desfire_vectors: Vectors) -> None:
    exchanges, _ = session_a(desfire_vectors)
    inputs = next(v["inputs"] for v in desfire_vectors if v["name"] == "an12196-t14-ev2first")
    randoms = iter([bytes.fromhex(inputs["rnd_b"]), bytes.fromhex(inputs["ti"])])
    zeros = (aes_key(ZERO_KEY),) * 2
    memory = Memory().with_application(AID, Application(KeySettings(0x0F), KeyKind.AES, zeros))
    chip = Chip(UID, lambda _length: next(randoms), memory=memory)
    chip.power_on()
    # File 2, as on the card of the example: 256 bytes, Full, everything under key 0.
    for command in ("905a000003f5925000", "90cd0000070203000000010000"):
        assert chip.transmit(bytes.fromhex(command)) == b"\x91\x00"
    for command, answer in exchanges[:-1]:
        assert chip.transmit(bytes.fromhex(command)).hex() == answer
