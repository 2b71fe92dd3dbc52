"""Which reader is meant, among those that PC/SC shows: exactly one, or none.

Promise: a configuration that fits several readers chooses none of them, so that a counter never
waits for its neighbour's card. Pure but for the USB sockets, looked up in `usb_sockets.py`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from terminal.errors import ReaderAbsent, ReaderAmbiguous, ReaderBusy
from terminal.reader.usb_sockets import DEVICES, socket_of, usb_address

_NUMBERS = re.compile(r"( [0-9A-F]{2}){0,2}")  # " 00 00": which reader, which slot
_FOR_SAM = re.compile(r"\bSAM\b")

ChannelOf = Callable[[str], bytes | None]
"""Returns where a reader says it is plugged in; empty: it cannot say; None: somebody holds it."""


@dataclass(frozen=True, slots=True)
class WantedReader:
    """The beginning of a name, and the USB socket where several readers have it."""

    prefix: str
    usb_socket: str | None = None
    usb_devices: Path = DEVICES


def fitting_readers(names: list[str], prefix: str) -> list[str]:
    """Return the readers that a configured beginning may mean, each by its first slot.

    "Pass Counter" means "Pass Counter 00 00" and rather that than "Pass Counter Bis 00 00": the
    numbers at the end are pcscd's, and change when a reader is plugged in again. A slot for a SAM
    takes nobody's card.
    """
    matching = sorted(name for name in names if name.startswith(prefix))
    exact = [name for name in matching if _NUMBERS.fullmatch(name.removeprefix(prefix))]
    first_slots: dict[str, str] = {}
    for name in exact or matching:
        reader, _, _slot = name.rpartition(" ")
        first_slots.setdefault(reader, name)
    fitting = list(first_slots.values())
    if "SAM" in prefix:
        return fitting
    return [name for name in fitting if not _FOR_SAM.search(name)] or fitting


def choose_reader(wanted: WantedReader, names: list[str], channel_of: ChannelOf) -> str:
    """Return the one that is meant; ReaderAbsent, ReaderAmbiguous, ReaderBusy."""
    fitting = fitting_readers(names, wanted.prefix)
    if not fitting:
        raise ReaderAbsent("no reader of that name", reader=wanted.prefix)
    if wanted.usb_socket is not None:
        return _plugged_in(wanted, fitting, channel_of)
    if len(fitting) > 1:
        raise ReaderAmbiguous(
            "several readers of that name", reader=wanted.prefix, fitting=tuple(fitting)
        )
    return fitting[0]


def _plugged_in(wanted: WantedReader, fitting: list[str], channel_of: ChannelOf) -> str:
    held = False
    for name in fitting:
        channel = channel_of(name)
        held |= channel is None
        address = usb_address(channel or b"")
        if address is not None and socket_of(address, wanted.usb_devices) == wanted.usb_socket:
            return name
    if held:  # it may be the one
        raise ReaderBusy("a reader of that name is held", reader=wanted.prefix)
    raise ReaderAbsent("no such reader in that USB socket", reader=wanted.prefix)
