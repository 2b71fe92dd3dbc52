"""EV2 secure messaging, the chip's half: MAC over everything, a counter, one IV per message.

Data sheet MF2DL(H)x0 §10.3; vectors AN12343 and AN12196.
"""

from dataclasses import dataclass

from simulator.chip.crypto import BlockCipher, cmac, pad_80, truncate_odd, unpad_80
from simulator.chip.keys import Key
from simulator.chip.modes import Fits, Mode, any_length
from simulator.chip.status import Status, require

MAC_LENGTH = 8
COUNTER_MAX = 0xFFFF
TRANSACTION_ID_LENGTH = 4
_COMMAND_IV, _ANSWER_IV = bytes.fromhex("A55A"), bytes.fromhex("5AA5")
_ENC_LABEL, _MAC_LABEL = bytes.fromhex("A55A00010080"), bytes.fromhex("5AA500010080")


@dataclass(slots=True)
class Ev2Session:
    """A session opened by AuthenticateEV2First or NonFirst."""

    key_number: int
    enc: BlockCipher
    mac: BlockCipher
    transaction_id: bytes
    counter: int = 0

    def sealed_length(self, length: int, mode: Mode) -> int:
        """Return how many bytes follow the header for so many bytes of data."""
        if mode is Mode.PLAIN:
            return length
        if mode.encrypts_command and length:
            length = len(pad_80(bytes(length), self.enc.block))
        return length + MAC_LENGTH

    def open_command(
        self, ins: int, body: bytes, *, mode: Mode, header_length: int, fits: Fits = any_length
    ) -> bytes:
        """Return the command's plain body; the MAC is checked before anything else."""
        del fits  # the padding tells the length
        require(self.counter < COUNTER_MAX, Status.AUTHENTICATION_ERROR)
        if mode is Mode.PLAIN:
            self.counter += 1
            return body
        require(len(body) >= MAC_LENGTH, Status.LENGTH_ERROR)
        body, mac = body[:-MAC_LENGTH], body[-MAC_LENGTH:]
        require(self._mac(ins, body) == mac, Status.INTEGRITY_ERROR)
        encrypted = body[header_length:]
        if mode.encrypts_command and encrypted:
            body = body[:header_length] + self._decrypt(encrypted)
        self.counter += 1  # once per command, whatever its mode or number of frames
        return body

    def seal_answer(self, answer: bytes, *, mode: Mode) -> bytes:
        """Return the answer of a successful command with its MAC, encrypted where due."""
        if mode is Mode.PLAIN:
            return answer
        if mode.encrypts_answer and answer:
            answer = self.enc.encrypt(pad_80(answer, self.enc.block), self._iv(_ANSWER_IV))
        return answer + self._mac(Status.OK, answer)

    def _decrypt(self, ciphertext: bytes) -> bytes:
        require(len(ciphertext) % self.enc.block == 0, Status.LENGTH_ERROR)
        plain = unpad_80(self.enc.decrypt(ciphertext, self._iv(_COMMAND_IV)))
        require(plain is not None, Status.INTEGRITY_ERROR)
        assert plain is not None
        return plain

    def _mac(self, first: int, body: bytes) -> bytes:
        message = bytes((first,)) + self._counter_bytes() + self.transaction_id + body
        return truncate_odd(cmac(self.mac, message))

    def _iv(self, label: bytes) -> bytes:
        return self.enc.encrypt(label + self.transaction_id + self._counter_bytes() + bytes(8))

    def _counter_bytes(self) -> bytes:
        return self.counter.to_bytes(2, "little")


def session_ciphers(key: Key, rnd_a: bytes, rnd_b: bytes) -> tuple[BlockCipher, BlockCipher]:
    """Derive the session's encryption and MAC ciphers from both random numbers."""
    mixed = bytes(a ^ b for a, b in zip(rnd_a[2:8], rnd_b[:6], strict=True))
    context = rnd_a[:2] + mixed + rnd_b[6:] + rnd_a[8:]
    cipher = key.cipher()
    enc, mac = (cmac(cipher, label + context) for label in (_ENC_LABEL, _MAC_LABEL))
    return BlockCipher(enc, cipher.block), BlockCipher(mac, cipher.block)
