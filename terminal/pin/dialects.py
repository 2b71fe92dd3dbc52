"""How each family of pads wants to be asked for a code, and how it answers: one row each.

Promise: an answer is decided by its length and its letters, never by hope; what does not fit is
`Malformed`. Adding a family is adding a row to `DIALECTS`.
Not done here: frames (`packets.py`), turns and retries (`machine.py`).
Sources: UIC PP791 manual UDN PM0103-U p. 206, 212, 249; VeriFone MX800 guide, appendix IPP.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from string import hexdigits
from types import MappingProxyType

from terminal.pin.packets import FS, SUB, Packet
from terminal.pin.pad import EncryptedPinBlock, PinProfile, PinPrompt
from terminal.pin.text import display_line

TIMEOUT_UNIT_SECONDS = 30
TIMEOUT_UNITS_MAX = 9

_FS, _SUB = chr(FS), chr(SUB)
_AES_KSN_HEX, _AES_BLOCK_HEX = 24, 32
_TDES_KSN_HEX_MIN, _TDES_KSN_HEX_MAX, _TDES_BLOCK_HEX = 10, 20, 16
_REFUSAL_CHARACTERS = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """The pad's own one-character code for why it will not ask."""

    code: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """The right identifier and a good LRC around something the dialect does not know."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Another identifier: not an answer to us (ignored, UIC PP791 p. 27)."""


Answer = EncryptedPinBlock | Refusal | Malformed | Foreign


@dataclass(frozen=True, slots=True)
class Dialect:
    """One family of pads. `timeout_units` of `request` are 30 s each, 1 to 9."""

    name: str
    request: Callable[[PinPrompt, int], Packet]
    read_answer: Callable[[bytes], Answer]
    # Whether the request itself carries the words; else they are shown first.
    request_has_words: bool
    # Whether the request carries the time limit; else the pad's own is unknown to us.
    request_has_timeout: bool


RESET = Packet(b"72")


def show_request(line1: str, line2: str) -> Packet:
    """Return the packet that clears the display and shows one line (`Z2`) or two (`Z3`)."""
    first, second = display_line(line1), display_line(line2)
    if not second.strip():
        return _packet(f"Z2{_SUB}{first}")
    return _packet(f"Z32{_SUB}{first}{_FS}{second}")


def _packet(text: str) -> Packet:
    return Packet(text.encode("ascii"))


def _lengths(prompt: PinPrompt) -> str:
    return f"{prompt.length_min:02}{prompt.length_max:02}"


def _z62_request(prompt: PinPrompt, timeout_units: int) -> Packet:
    fields = (
        f"Z62.{prompt.card_number}",
        # Lengths from and to, no empty code, then the prompt, its alternate, and the wait.
        f"{_lengths(prompt)}N{display_line(prompt.line1)}",
        display_line(prompt.line2),
        display_line("Patientez"),
        str(timeout_units),
    )
    return _packet(_FS.join(fields))


def _z62_answer(body: bytes) -> Answer:
    text = body.decode("ascii", "replace")
    if not text.startswith("71"):
        return Foreign()
    # `710` is an error (no account) and `710…` an entry: only the length tells them apart.
    if len(text) == _REFUSAL_CHARACTERS:
        return Refusal(text[2:])
    return _read_block(text[3:]) if text[2:3] == "0" else Malformed()


def _z63_request(prompt: PinPrompt, timeout_units: int) -> Packet:
    del timeout_units  # this family has no field for it
    return _packet(f"Z63.{prompt.card_number}{_FS}DUKPT ENCRYPTION{_lengths(prompt)}N*")


def _z63_answer(body: bytes) -> Answer:
    text = body.decode("ascii", "replace")
    if text.startswith("71"):
        return Refusal(text[2:]) if len(text) == _REFUSAL_CHARACTERS else Malformed()
    if not text.startswith("73"):
        return Foreign()
    return _read_block(text[8:]) if text[2:8] == ".00000" else Malformed()


def _read_block(text: str) -> EncryptedPinBlock | Malformed:
    """Read `[key serial number][block]`; the two profiles differ in length."""
    if not set(text) <= set(hexdigits):
        return Malformed()
    digits = text.upper()
    if len(digits) == _AES_KSN_HEX + _AES_BLOCK_HEX:
        number, block = digits[:_AES_KSN_HEX], digits[_AES_KSN_HEX:]
        return EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, number, block)
    number, block = digits[:-_TDES_BLOCK_HEX], digits[-_TDES_BLOCK_HEX:]
    if _TDES_KSN_HEX_MIN <= len(number) <= _TDES_KSN_HEX_MAX:
        # Pads strip the leading Fs of the ten bytes unless told not to (`7A1`).
        whole = number.rjust(_TDES_KSN_HEX_MAX, "F")
        return EncryptedPinBlock(PinProfile.TDES_DUKPT_ISO0, whole, block)
    return Malformed()


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "uic-vfi-z62": Dialect("uic-vfi-z62", _z62_request, _z62_answer, True, True),
        "vfi-ipp-z63": Dialect("vfi-ipp-z63", _z63_request, _z63_answer, False, False),
    }
)
DEFAULT_DIALECT = DIALECTS["uic-vfi-z62"]
