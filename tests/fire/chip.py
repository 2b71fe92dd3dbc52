"""The card's side of a sale, in process: a chip that proves itself, and a reader that has it.

Not here: anything of the backend, so that a process of counters starts fast.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_IV = bytes(16)


@dataclass(frozen=True)
class Holder:
    """A person in a queue: what their card knows."""

    uid: bytes
    number: str
    key: bytes


class Chip:
    """The card's side of the handshake, genuine."""

    def __init__(self, holder: Holder, random: Callable[[int], bytes]) -> None:
        self._holder = holder
        self._random = random

    def uid(self) -> bytes:
        return self._holder.uid

    def transmit(self, command: bytes, /) -> bytes:
        if command[1] == 0x71:
            return self._random(16) + b"\x91\xaf"
        if command[1] == 0xAF:
            plain = self._cipher().decryptor().update(command[5:37])
            reply = self._random(4) + plain[1:16] + plain[:1] + bytes(12)
            return self._cipher().encryptor().update(reply) + b"\x91\x00"
        return b"\x91\x00"

    def disconnect(self) -> None:
        """Nothing holds it."""

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._holder.key), modes.CBC(_IV))


@dataclass
class Reader:
    """Has the card of whoever stands there."""

    chip: Chip

    def wait_for_card(self, _seconds_max: float, /) -> Chip:
        return self.chip

    def close(self) -> None:
        """Nothing is open."""
