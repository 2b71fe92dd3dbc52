"""Everything that can go wrong beside a reader, as one tree.

A leaf says what happened, and carries the facts in fields; who stands in front of the machine gets
French words elsewhere. No leaf ever carries an APDU, a PIN block, a key or a body of a request.
"""

from collections.abc import Mapping
from enum import StrEnum


class TerminalError(Exception):
    """Root of the tree: nothing else is raised on purpose by the terminal."""


class ReaderError(TerminalError):
    """The card reader, or the card on it, did not serve."""

    def __init__(self, message: str, *, reader: str | None = None, code: int | None = None) -> None:
        """Keep the reader's name and the PC/SC return code, where they are known."""
        super().__init__(message)
        self.reader = reader
        self.code = code


class ReaderAbsent(ReaderError):
    """No reader of that name is plugged in."""


class ReaderAmbiguous(ReaderAbsent):
    """Several readers fit the configuration: none of them is surely ours."""

    def __init__(
        self, message: str, *, reader: str | None = None, fitting: tuple[str, ...] = ()
    ) -> None:
        """Keep the configured beginning, and the names that fit."""
        super().__init__(message, reader=reader)
        self.fitting = fitting


class CardRemoved(ReaderError):
    """The card left the field, or was reset by another program: its session is gone.

    Real readers say so for a command that was under way, too: a write may have happened.
    """


class CardSilent(ReaderError):
    """The card is there, or was, but gave no whole answer: **outcome unknown**."""


class ReaderBusy(ReaderError):
    """Another program holds the reader."""


class ReaderServiceDown(ReaderError):
    """The PC/SC daemon does not answer; the reader comes back when it does."""


class PadError(TerminalError):
    """The PIN pad did not serve."""


class PadUnplugged(PadError):
    """The serial device is not there, or went away."""

    def __init__(self, message: str, *, device: str | None = None) -> None:
        """Keep the path of the serial device."""
        super().__init__(message)
        self.device = device


class PadSilent(PadError):
    """The pad did not acknowledge, or did not answer, within its limit."""

    def __init__(self, message: str, *, seconds_max: float | None = None) -> None:
        """Keep how long it was waited for, in seconds."""
        super().__init__(message)
        self.seconds_max = seconds_max


class PadRefused(PadError):
    """The pad understood, and said no: `code` is its own word for why."""

    def __init__(self, code: str, message: str | None = None) -> None:
        """Keep the pad's code; it is never an echo of what was typed."""
        super().__init__(message or f"the pad refused: {code}")
        self.code = code


class PadGarbled(PadError):
    """What the pad sent does not follow its protocol."""


class PadDisabled(PadError):
    """The pad is not claimed, or no transaction is begun (UnifiedPOS: E_DISABLED)."""


class PadBusy(PadError):
    """The holder is typing: one thing at a time (UnifiedPOS: E_BUSY)."""


class DoorError(TerminalError):
    """The turnstile or door of a gate did not serve."""


class DoorUnplugged(DoorError):
    """Its line is not there, or went away: nothing was moved."""


class DoorSilent(DoorError):
    """It did not answer in time, or not in its own words: **outcome unknown**."""


class DoorRefused(DoorError):
    """It understood, and said no; or it cannot do what the site asks of it."""


class BackendError(TerminalError):
    """The backend did not give a usable answer."""


class BackendUnreachable(BackendError):
    """Nothing is known: the request may or may not have been carried out (transport, 5xx)."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Keep the HTTP status of a 5xx; None when no answer came."""
        super().__init__(message)
        self.status = status


class BackendRefused(BackendError):
    """The backend answered no, with a stable `code` (a 4xx; a declined payment is not this)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        details: Mapping[str, object] | None = None,
        *,
        said: tuple[str | None, tuple[str, str] | None] = (None, None),
    ) -> None:
        """Keep the HTTP status, the stable code, the English message and its details.

        `said` is the backend's French sentence for who stands there, and its two lines for a pad.
        """
        super().__init__(f"{status} {code}")
        self.message_fr, self.pad_lines = said
        self.status = status
        self.code = code
        self.message = message
        self.details: Mapping[str, object] = dict(details or {})


class BackendGarbled(BackendError):
    """An answer came that does not follow the API: for money, as unknown as no answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Keep the HTTP status of the answer."""
        super().__init__(message)
        self.status = status


class JournalFault(StrEnum):
    """Why a journal did not serve."""

    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    LOCKED = "locked"  # another program kept it longer than the limit
    DAMAGED = "damaged"  # not a database, or a broken one
    SCHEMA_NEWER = "schema_newer"  # written by a later version of the program
    CONSTRAINT = "constraint"  # the row breaks a rule of its table (unique, check, foreign key)
    STATEMENT = "statement"  # the SQL itself is at fault
    UNUSABLE = "unusable"  # anything else: folder missing, closed, input or output error


class JournalError(TerminalError):
    """The local journal could not be opened, read or written: nothing may be sent unrecorded."""

    def __init__(self, fault: JournalFault, message: str, *, path: str | None = None) -> None:
        """Keep the fault, for a program, and the path of the journal."""
        super().__init__(message)
        self.fault = fault
        self.path = path


class IdentityError(TerminalError):
    """This terminal has no identity, or its files cannot be trusted."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        """Keep the path of the file at fault."""
        super().__init__(message)
        self.path = path


class IdentitySealed(IdentityError):
    """The key is there, and the credential that opens it is not."""


class SettingsError(TerminalError):
    """The configuration is missing, malformed or unsafe; the message says what to change."""


class PrinterError(TerminalError):
    """The ticket printer did not print; no sale is ever touched by it."""


class PrinterAbsent(PrinterError):
    """It is not there, or not switched on."""


class PrinterOutOfPaper(PrinterError):
    """Its roll is at its end."""


class PrinterSilent(PrinterError):
    """It takes no bytes, or does not answer: its cover may be open."""
