"""Cards for the chip's tests, made in memory: applications of chosen keys and files."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from simulator.chip.chip import Chip
from simulator.chip.files import (
    AccessRights,
    DataFile,
    File,
    Head,
    RecordFile,
    TransactionMacFile,
    ValueFile,
)
from simulator.chip.keys import Key, KeySettings, aes_key
from simulator.chip.memory import PICC_AID, Application, Memory, factory_picc
from tests.simulator.chip.host import AID, ZERO, Host

UID = bytes.fromhex("04782E21801D80")
FREE_RIGHTS = 0xEEEE
MODES = {"plain": 0, "mac": 1, "full": 3}


def key(number: int) -> bytes:
    """Return the AES key of that number on these cards; key 0 is zeros."""
    return bytes((number,)) * 16


def head(mode: str = "plain", rights: int = FREE_RIGHTS) -> Head:
    return Head(MODES[mode], AccessRights(rights))


def standard(mode: str = "plain", rights: int = FREE_RIGHTS, content: bytes = bytes(200)) -> File:
    return DataFile(head(mode, rights), content, backup=False)


def backup(mode: str = "plain", rights: int = FREE_RIGHTS, content: bytes = bytes(200)) -> File:
    return DataFile(head(mode, rights), content, backup=True)


def purse(mode: str = "plain", rights: int = FREE_RIGHTS, **changes: Any) -> File:
    given = {"lower": 0, "upper": 1000, "value": 100, "limited_credit": 0, "options": 1}
    return ValueFile(head(mode, rights), **(given | changes))


def records(
    mode: str = "plain",
    rights: int = FREE_RIGHTS,
    *held: bytes,
    cyclic: bool = True,
    size: int = 4,
    most: int = 4,
) -> File:
    return RecordFile(head(mode, rights), size, most, cyclic, held)


def transaction_mac(rights: int = 0xEFFE, material: bytes = ZERO, **changes: Any) -> File:
    return TransactionMacFile(head("plain", rights), aes_key(material), **changes)


def card(
    files: Mapping[int, File] | None = None,
    *,
    keys: tuple[Key, ...] | None = None,
    settings: int = 0x0F,
    random: Callable[[int], bytes] = os.urandom,
    **chip: Any,
) -> Host:
    """Return a host with our application selected on a card with these files; AES PICC key."""
    held = keys or tuple(aes_key(key(at)) for at in range(5))
    application = Application(KeySettings(settings), held[0].kind, held)
    for at, file in (files or {}).items():
        application = application.with_file(at, file)
    picc = factory_picc().with_key(0, aes_key(ZERO))
    memory = Memory().with_application(PICC_AID, picc).with_application(AID, application)
    host = Host(Chip(UID, random, memory=memory, **chip))
    assert host.select() == 0
    return host


def file_of(host: Host, at: int) -> Any:
    """Look into the card."""
    return host.chip.memory.applications[AID].files[at]
