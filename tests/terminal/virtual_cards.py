"""A plain card for the virtual readers, and a wait for a reader to be empty."""

import threading

import pytest
from smartcard import scard

READERS = ("Test Counter", "Test Gate")
LOOKS_MAX, LOOK_MILLISECONDS = 20, 500


def wait_until_empty(name: str) -> None:
    """Return when pcscd has noticed that no card is there: it polls every 0.4 s.

    Its counter (upper 16 bits) is even after a removal. Odd and empty is what a reset that failed
    leaves until the next poll; a card inserted then would not be seen.
    """
    reader = f"{name} 00 00"
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    known = scard.SCARD_STATE_UNAWARE
    for _ in range(LOOKS_MAX):
        code, states = scard.SCardGetStatusChange(context, LOOK_MILLISECONDS, [(reader, known)])
        if code == scard.SCARD_S_SUCCESS:
            known = states[0][1] & ~scard.SCARD_STATE_CHANGED
        if known & scard.SCARD_STATE_EMPTY and not known >> 16 & 1:
            break
    else:
        pytest.fail(f"{reader} still holds a card: {known:#x}")
    scard.SCardReleaseContext(context)


class PlainCard:
    """A card that answers what a test tells it, and counts its resets."""

    def __init__(self, uid: str = "04A1B2C3D4E5F6") -> None:
        self.uid = bytes.fromhex(uid)
        self.atr = bytes.fromhex("3B80800101")
        self.asked: list[bytes] = []
        self.powered, self.unpowered = threading.Event(), threading.Event()
        self.losses = 0  # of power or by reset
        self.answers: dict[bytes, bytes] = {}

    def power_on(self) -> bytes:
        self.powered.set()
        self.unpowered.clear()
        return self.atr

    def power_off(self) -> None:
        self.powered.clear()
        self.unpowered.set()
        self.losses += 1

    def reset(self) -> bytes:
        self.losses += 1
        return self.atr

    def transmit(self, command: bytes) -> bytes:
        self.asked.append(command)
        return self.answers.get(command, b"\x91\x1c")
