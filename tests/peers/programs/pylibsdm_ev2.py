"""Stories of pylibsdm (LGPL, EV2 secure messaging) with the card in the reader.

Run as `python -m tests.peers.programs.pylibsdm_ev2 STORY`; the last line out is JSON. pylibsdm
knows the NTAG 424 DNA, whose application, selected by its ISO name, speaks EV2 as a DESFire does.
"""

import enum
import json
import sys
from collections.abc import Callable
from typing import Any

from Crypto.Cipher import AES
from nfc.tag.tt4 import Type4TagCommandError  # type: ignore[import-not-found]
from pylibsdm.tag.ntag424dna import (  # type: ignore[import-not-found]
    AccessCondition,
    AccessRights,
    CommMode,
    FileOption,
    FileSettings,
    Tag,
)
from pylibsdm.tag.ntag424dna.const import Status  # type: ignore[import-not-found]

from tests.peers.programs.reader import connection

NEW_KEY = bytes(range(16))
TEXT = b"written by somebody else's code."


class More(enum.Enum):
    """DESFire commands the peer has no method for; its secure messaging carries them."""

    GET_CARD_UID = (0x90, 0x51, 0x00, 0x00)
    GET_KEY_VERSION = (0x90, 0x64, 0x00, 0x00)
    GET_KEY_SETTINGS = (0x90, 0x45, 0x00, 0x00)
    CHANGE_KEY_SETTINGS = (0x90, 0x54, 0x00, 0x00)
    READ_DATA = (0x90, 0xAD, 0x00, 0x00)
    WRITE_DATA = (0x90, 0x8D, 0x00, 0x00)


class CardInReader:
    """What the peer takes for its tag: sends an APDU through PC/SC."""

    def __init__(self, card: Any) -> None:
        self._card = card

    def send_apdu(
        self, cla: int, ins: int, p1: int, p2: int, body: bytes, mrl: int, check_status: bool
    ) -> bytes:
        """Send a command; return the answer with its status."""
        assert (mrl, check_status) == (256, False)
        header = [cla, ins, p1, p2]
        command = [*header, len(body), *body, 0] if body else [*header, 0]
        answer, *status = self._card.transmit(command)
        return bytes((*answer, *status))


def _ask(tag: Any, command: More, header: bytes = b"") -> bytes:
    answer: bytes = tag.send_command_mac(0, command, header, b"", expected=Status.OK)
    return answer


def _decrypted(tag: Any, answer: bytes) -> bytes:
    plain: bytes = AES.new(tag.k_ses_auth_enc, AES.MODE_CBC, tag.ivr).decrypt(answer)
    return plain.rstrip(b"\x00")[:-1]


def authenticate(tag: Any) -> Any:
    """Open a session, and use it: MAC both ways, then an encrypted answer."""
    tag.authenticate_ev2_first(1)
    return {
        "capabilities": (tag.pdcap2 + tag.pcdcap2).hex(),
        "key_version": _ask(tag, More.GET_KEY_VERSION, b"\x00").hex(),
        "key_settings": _ask(tag, More.GET_KEY_SETTINGS).hex(),
        "uid": _decrypted(tag, _ask(tag, More.GET_CARD_UID)).hex(),
        "counter": tag.cmdctr,
    }


def change(tag: Any) -> Any:
    """Change settings and the session's own key, encrypted; come back with the new one."""
    tag.authenticate_ev2_first(0)
    tag.send_command_full(0, More.CHANGE_KEY_SETTINGS, b"", b"\x0b", expected=Status.OK)
    settings = _ask(tag, More.GET_KEY_SETTINGS).hex()
    tag.change_key(0, NEW_KEY, 9)
    tag.reset_session()
    tag.set_key(0, NEW_KEY)
    tag.authenticate_ev2_first(0)
    return {"settings": settings, "version": _ask(tag, More.GET_KEY_VERSION, b"\x00").hex()}


def refuse(tag: Any) -> Any:
    """Be refused: a wrong key, a wrong MAC, and what follows an error."""
    refusals = []
    attempts: list[Callable[[], object]] = [
        lambda: _with_wrong_key(tag),
        lambda: _with_wrong_mac(tag),
        lambda: tag.send_command_plain(More.GET_CARD_UID, expected=Status.OK),
    ]
    for attempt in attempts:
        try:
            attempt()
        except Type4TagCommandError as refusal:
            refusals.append(f"{refusal.errno:04X}")
    return refusals


def _with_wrong_key(tag: Any) -> None:
    tag.set_key(0, NEW_KEY)
    tag.authenticate_ev2_first(0)


def _with_wrong_mac(tag: Any) -> None:
    tag.reset_keys()
    tag.authenticate_ev2_first(0)
    tag.cmdctr += 1
    _ask(tag, More.GET_KEY_SETTINGS)


def files(tag: Any) -> Any:
    """Write and read file 1 (MAC) and 2 (Full); change the settings of file 1."""
    tag.authenticate_ev2_first(0)
    place = bytes(3) + len(TEXT).to_bytes(3, "little")
    tag.send_command_mac(0, More.WRITE_DATA, b"\x01" + place, TEXT, expected=Status.OK)
    tag.send_command_full(0, More.WRITE_DATA, b"\x02" + place, TEXT, expected=Status.OK)
    read = [_ask(tag, More.READ_DATA, b"\x01" + place)]
    read.append(_decrypted(tag, _ask(tag, More.READ_DATA, b"\x02" + place)))
    before = tag.get_file_settings(1)
    key, everybody = AccessCondition.KEY_0, AccessCondition.FREE_ACCESS
    rights = AccessRights(read=everybody, write=key, read_write=key, change=key)
    option = FileOption(sdm_enabled=False, comm_mode=CommMode.PLAIN)
    tag.change_file_settings(1, FileSettings(file_option=option, access_rights=rights))
    told = tag.get_file_settings(1)
    return {
        "read": [part.decode() for part in read],
        "size": before.file_size,
        "modes": [before.file_option.comm_mode.name, told.file_option.comm_mode.name],
        "rights": told.access_rights.to_bytes().hex(),
        "counter": tag.cmdctr,
    }


STORIES: dict[str, Callable[[Any], Any]] = {
    "authenticate": authenticate,
    "change": change,
    "refuse": refuse,
    "files": files,
}


def main() -> None:
    """Tell one story."""
    with connection() as card:
        told = STORIES[sys.argv[1]](Tag(CardInReader(card)))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
