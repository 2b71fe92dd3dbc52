"""EV2 secure messaging, without I/O: what to send, and what an answer means.

Promise: `open_answer` returns a byte only after the MAC over it was checked, in constant time. One
command is open at a time. The first error, wrong MAC or used-up counter ends the session for good:
the card has ended it too, or we cannot know. The command counter moves once per command, in Plain
mode as well. Not here: how the session was opened (`authenticate`), and chaining (`dialogue`).
"""

from enum import Enum

from passcard.apdu import Response, StatusWord
from passcard.authenticate import SessionKeys
from passcard.crypto import (
    AES_BLOCK,
    aes_cbc_decrypt,
    aes_cbc_encrypt,
    aes_cmac,
    aes_ecb_encrypt,
    same,
)
from passcard.errors import CardRefused, SessionEnded, UnexpectedAnswer

MAC_LENGTH = 8
COUNTER_MAX = 0xFFFF
# First bytes of the IV's plain text (AN12343 §5.2): commands, then answers.
_COMMAND_IV_LABEL = bytes.fromhex("A55A")
_ANSWER_IV_LABEL = bytes.fromhex("5AA5")
_IV_FILL = bytes(8)
_ANSWER_OK = b"\x00"


class CommunicationMode(Enum):
    """How a command or an answer is protected inside a session."""

    PLAIN = "plain"
    MAC = "mac"
    FULL = "full"


class _Phase(Enum):
    READY = "ready"
    AWAITING_ANSWER = "awaiting answer"
    ENDED = "ended"


class SecureMessaging:
    """One session's protection; `counter` is CmdCtr, 0 after AuthenticateEV2First."""

    def __init__(self, keys: SessionKeys, *, counter: int = 0) -> None:
        if not 0 <= counter <= COUNTER_MAX:
            raise ValueError("CmdCtr has two bytes")
        self._keys = keys
        self._counter = counter
        self._phase = _Phase.READY

    def __repr__(self) -> str:
        return f"SecureMessaging({self._phase.value}, counter={self._counter})"

    @property
    def ended(self) -> bool:
        """True once no command can be sent any more."""
        return self._phase is _Phase.ENDED

    def protect_command(
        self, ins: int, header: bytes = b"", data: bytes = b"", *, mode: CommunicationMode
    ) -> bytes:
        """Return what follows `ins` on the wire; `header` is never encrypted, `data` is in Full."""
        if self._phase is _Phase.AWAITING_ANSWER:
            raise ValueError("the previous command has no answer yet")
        if self._phase is _Phase.ENDED:
            raise SessionEnded
        if self._counter == COUNTER_MAX:  # its answer would have to count past FFFF
            self.end()
            raise SessionEnded
        self._phase = _Phase.AWAITING_ANSWER
        if mode is CommunicationMode.PLAIN:
            return header + data
        # Nothing to encrypt: sent as MAC, without an empty padding block.
        encrypts = mode is CommunicationMode.FULL and data
        body = header + (self._encrypt(data) if encrypts else data)
        return body + self._mac(bytes((ins,)) + self._context() + body)

    def open_answer(self, answer: Response, *, mode: CommunicationMode) -> bytes:
        """Return the answer's plain bytes; raise CardRefused or UnexpectedAnswer, and end."""
        if self._phase is not _Phase.AWAITING_ANSWER:
            raise ValueError("no command awaits an answer")
        self.end()  # unless everything below holds
        if answer.status is not StatusWord.OK:
            raise CardRefused(answer.status)
        self._counter += 1
        plain = answer.data if mode is CommunicationMode.PLAIN else self._open(answer.data, mode)
        self._phase = _Phase.READY
        return plain

    def end(self) -> None:
        """Give the session up: the card did, or may have."""
        self._phase = _Phase.ENDED

    def _open(self, protected: bytes, mode: CommunicationMode) -> bytes:
        """Check the MAC, then decrypt."""
        if len(protected) < MAC_LENGTH:
            raise UnexpectedAnswer("an answer with a MAC", len(protected))
        body, mac = protected[:-MAC_LENGTH], protected[-MAC_LENGTH:]
        if not same(mac, self._mac(_ANSWER_OK + self._context() + body)):
            raise UnexpectedAnswer("an answer with the right MAC", len(protected))
        if mode is CommunicationMode.MAC or not body:
            return body
        return self._decrypt(body)

    def _context(self) -> bytes:
        """Return CmdCtr || TI, which bind every MAC and IV to its place in the session."""
        return self._counter.to_bytes(2, "little") + self._keys.ti

    def _iv(self, label: bytes) -> bytes:
        plain = label + self._keys.ti + self._counter.to_bytes(2, "little") + _IV_FILL
        return aes_ecb_encrypt(self._keys.enc.reveal(), plain)

    def _mac(self, message: bytes) -> bytes:
        return truncate_mac(aes_cmac(self._keys.mac.reveal(), message))

    def _encrypt(self, plain: bytes) -> bytes:
        # ISO/IEC 9797-1 method 2: a multiple of 16 gains a whole block.
        padded = plain + b"\x80" + bytes(-(len(plain) + 1) % AES_BLOCK)
        return aes_cbc_encrypt(self._keys.enc.reveal(), self._iv(_COMMAND_IV_LABEL), padded)

    def _decrypt(self, ciphertext: bytes) -> bytes:
        if len(ciphertext) % AES_BLOCK:
            raise UnexpectedAnswer("whole cipher blocks", len(ciphertext))
        iv = self._iv(_ANSWER_IV_LABEL)
        padded = aes_cbc_decrypt(self._keys.enc.reveal(), iv, ciphertext)
        plain, marker, padding = padded.rpartition(b"\x80")
        if not marker or padding.strip(b"\x00") or len(padding) >= AES_BLOCK:
            raise UnexpectedAnswer("ISO 9797-1 padding", len(ciphertext))
        return plain


def truncate_mac(mac: bytes) -> bytes:
    """Return MACt, bytes 1, 3, 5 … 15 of a CMAC (AN12343 §5.3); EV1 took the first eight."""
    return mac[1::2]
