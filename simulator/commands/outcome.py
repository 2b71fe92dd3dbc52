"""What a command ends with: a value for programs, words for people, an exit status."""

from dataclasses import dataclass
from typing import Any

EXIT_DONE = 0
EXIT_REFUSED = 1
EXIT_WRONG_USE = 2
EXIT_UNREACHABLE = 3
EXIT_NOT_TORN = 4
EXIT_ACTS_REFUSED = 5
EXIT_INTERRUPTED = 130

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command that was done; `value` is what `--json` prints."""

    value: Json | list[Json]
    words: str
    exit_status: int = EXIT_DONE


class CommandError(Exception):
    """A command that was not done: a stable code, a sentence, an exit status."""

    def __init__(self, code: str, message: str, exit_status: int = EXIT_REFUSED) -> None:
        super().__init__(message)
        self.code = code
        self.exit_status = exit_status


class WrongUse(CommandError):
    """What was typed cannot be meant; the sentence says what to type."""

    def __init__(self, message: str) -> None:
        super().__init__("wrong_use", message, EXIT_WRONG_USE)
