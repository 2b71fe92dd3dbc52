"""What can be wrong with a trace: a branch of the terminal's tree."""

from terminal.errors import TerminalError


class TraceError(TerminalError):
    """Root of the branch."""


class TraceBroken(TraceError):
    """A file is no trace; the message names the line."""

    def __init__(self, line: int, what: str) -> None:
        """Keep the line's number, from 1."""
        super().__init__(f"line {line}: {what}")
        self.line = line


class TraceUnusable(TraceError):
    """A file cannot be read or written, or holds nothing to take; the message says why."""


class TraceDiverged(TraceError):
    """A program did otherwise than the trace; the message names the line."""

    def __init__(self, line: int, what: str) -> None:
        """Keep the line's number, from 1."""
        super().__init__(f"line {line}: {what}")
        self.line = line


class NoCardCame(TraceError):
    """Nobody presented a card in time."""
