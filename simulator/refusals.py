"""The root of everything the simulator refuses: a stable `code` and an English sentence.

The rims translate: HTTP gives a status (`control.py`), the command line an exit code. No message
repeats a key that was pressed.
"""

from typing import ClassVar


class Refusal(Exception):
    """Something that cannot be done; a leaf's class says what."""

    code: ClassVar[str] = "refused"
    message: ClassVar[str] = "That cannot be done."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class ReaderUnknown(Refusal):
    """No reader has that name."""

    code = "reader_unknown"
    message = "There is no reader of that name."


class ReaderUnreachable(Refusal):
    """The daemon went away."""

    code = "reader_unreachable"
    message = "The reader is gone."


class ReaderUnplugged(Refusal):
    """Nothing lies on a reader that is not there."""

    code = "reader_unplugged"
    message = "The reader has no cable: plug it in first."


class ReadersStay(Refusal):
    """The machine's own daemon is not ours to start again."""

    code = "readers_stay"
    message = "These readers are the machine's own daemon's: their cable cannot be pulled."


class CardElsewhere(Refusal):
    """A card cannot lie on two readers."""

    code = "card_elsewhere"
    message = "The card lies on another reader."


class CardLies(Refusal):
    """A card in a field cannot be thrown away."""

    code = "card_on_reader"
    message = "The card lies on a reader: take it away first."


class PadAbsent(Refusal):
    """The simulator was started without a pad."""

    code = "pad_absent"
    message = "This simulator has no PIN pad."


class PadUnplugged(Refusal):
    """Nothing can be pressed on a pad without power."""

    code = "pad_unplugged"
    message = "The pad has no cable."


class TurnstileAbsent(Refusal):
    """The simulator was started without a turnstile."""

    code = "turnstile_absent"
    message = "This simulator has no turnstile."


class TurnstileLocked(Refusal):
    """Nobody gets through a locked arm, or opens a locked door, but by force."""

    code = "turnstile_locked"
    message = "It does not move: it is locked, or stuck."


class KeyUnknown(Refusal):
    """The pad has no such key; which one was meant is not repeated."""

    code = "key_unknown"
    message = "Keys are digits, E (validate), B (clear), C (cancel)."


class TooManyListeners(Refusal):
    """Each listener costs a queue."""

    code = "too_many_listeners"
    message = "Too many programs listen to the wires already."


class LineUnknown(Refusal):
    """No line to a backend has that name."""

    code = "line_unknown"
    message = "There is no line of that name."


class PrinterAbsent(Refusal):
    """The simulator was started without a printer."""

    code = "printer_absent"
    message = "This simulator has no printer."
