"""Exchanges printed by the chip's maker, replayed whole: the host side must emit those bytes.

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
