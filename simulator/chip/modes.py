"""How a command and its answer travel inside a session."""

import enum


class Mode(enum.Enum):
    """The communication mode the chip imposes on a command."""

    MAC = enum.auto()
    FULL_COMMAND = enum.auto()
    FULL_ANSWER = enum.auto()
    KEY_CHANGE = enum.auto()  # as FULL_COMMAND, but ChangeKey lays out and checks its own CRCs

    @property
    def encrypts_command(self) -> bool:
        """Say whether what follows the header is encrypted."""
        return self in {Mode.FULL_COMMAND, Mode.KEY_CHANGE}

    @property
    def encrypts_answer(self) -> bool:
        """Say whether the answer's bytes are encrypted."""
        return self is Mode.FULL_ANSWER
