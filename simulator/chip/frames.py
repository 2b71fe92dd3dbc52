"""Frames: native (INS data) and wrapped in ISO 7816 (90 INS 00 00 [Lc data] [00]).

The chip answers in the clothes the question wore.
"""

from dataclasses import dataclass

from simulator.chip.status import Status, require

WRAPPED_CLASS = 0x90
ISO_CLASS = 0x00
PART_LENGTH_MAX = 59  # a native frame is 60 bytes with its status
# In an AES session of EV1 messaging, as recorded from an EV3; the MAC is beyond it.
AES_PART_LENGTH_MAX = 48
# AD and AB answer in one APDU; what is longer than one goes on with AF. Chosen.
LONG_PART_LENGTH_MAX = 255
HEADER_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """One command frame."""

    ins: int
    body: bytes


def encode_answer(status: Status, body: bytes, *, wrapped: bool) -> bytes:
    """Return `body 91 SS` or `SS body`."""
    return body + bytes((0x91, status)) if wrapped else bytes((status,)) + body


def parse_frame(command: bytes) -> Frame:
    """Read a native or wrapped frame; ISO 7816 commands (class 00) are not for here."""
    if command[0] != WRAPPED_CLASS:
        return Frame(command[0], command[1:])
    require(len(command) > HEADER_LENGTH, Status.LENGTH_ERROR)
    require(not any(command[2:4]), Status.PARAMETER_ERROR)
    if len(command) == HEADER_LENGTH + 1:  # only Le
        return Frame(command[1], b"")
    length, rest = command[HEADER_LENGTH], command[HEADER_LENGTH + 1 :]
    # Lc bytes, then Le or nothing.
    require(length > 0 and len(rest) - length in {0, 1}, Status.LENGTH_ERROR)
    return Frame(command[1], rest[:length])


def split(
    answer: bytes,
    first_parts: tuple[int, ...] = (),
    part_length: int = PART_LENGTH_MAX,
    tail_length: int = 0,
) -> list[bytes]:
    """Cut an answer into frames, the first ones at the command's own lengths; never empty.

    A tail does not count: the last frame may be longer by it.
    """
    parts = []
    for length in first_parts:
        parts.append(answer[:length])
        answer = answer[length:]
    while len(answer) - tail_length > part_length:
        parts.append(answer[:part_length])
        answer = answer[part_length:]
    return [*parts, answer]
