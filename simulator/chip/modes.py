"""How a command and its answer travel inside a session."""

import enum
from collections.abc import Callable

# Says of a plain body whether it is of a length that its command may have.
Fits = Callable[[bytes], bool]


def any_length(_body: bytes) -> bool:
    """Take a body of any length."""
    return True


class Mode(enum.Enum):
    """The communication mode the chip imposes on a command."""

    MAC = enum.auto()  # management: EV1 moves the IV for the command and sends no MAC with it
    PLAIN = enum.auto()
    READ_MAC = enum.auto()
    WRITE_MAC = enum.auto()  # the command's MAC is sent in every kind of session
    FULL_COMMAND = enum.auto()
    FULL_ANSWER = enum.auto()
    FULL_ANSWER_OPEN = enum.auto()  # the reader asked for all there is: EV1 pads with 80 00…
    KEY_CHANGE = enum.auto()  # as FULL_COMMAND, but ChangeKey lays out and checks its own CRCs

    @property
    def encrypts_command(self) -> bool:
        """Say whether what follows the header is encrypted."""
        return self in {Mode.FULL_COMMAND, Mode.KEY_CHANGE}

    @property
    def encrypts_answer(self) -> bool:
        """Say whether the answer's bytes are encrypted."""
        return self in {Mode.FULL_ANSWER, Mode.FULL_ANSWER_OPEN}
