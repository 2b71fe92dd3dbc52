"""What PC/SC return codes and reader states mean to us. Pure: numbers in, values out.

Numbers are those of PC/SC part 5 and pcsc-lite's `pcsclite.h`; what each one means in practice was
measured with pcscd 1.9.9 and vpcd. Nothing here calls PC/SC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from terminal.errors import (
    CardRemoved,
    CardSilent,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)

SUCCESS = 0
TIMEOUT = 0x8010000A

_ERROR_BY_CODE: Mapping[int, type[ReaderError]] = MappingProxyType(
    {
        0x8010000C: CardRemoved,  # E_NO_SMARTCARD
        0x80100068: CardRemoved,  # W_RESET_CARD: another program reset it
        0x80100069: CardRemoved,  # W_REMOVED_CARD
        0x80100009: ReaderAbsent,  # E_UNKNOWN_READER
        0x80100017: ReaderAbsent,  # E_READER_UNAVAILABLE
        0x8010002E: ReaderAbsent,  # E_NO_READERS_AVAILABLE
        0x8010000B: ReaderBusy,  # E_SHARING_VIOLATION
        0x80100001: ReaderServiceDown,  # F_INTERNAL_ERROR: what a dying daemon leaves behind
        0x80100002: ReaderServiceDown,  # E_CANCELLED
        0x80100003: ReaderServiceDown,  # E_INVALID_HANDLE: the daemon restarted
        0x80100006: ReaderServiceDown,  # E_NO_MEMORY: too many contexts
        0x80100012: ReaderServiceDown,  # E_SYSTEM_CANCELLED
        0x80100013: ReaderServiceDown,  # F_COMM_ERROR
        0x80100018: ReaderServiceDown,  # P_SHUTDOWN
        0x8010001D: ReaderServiceDown,  # E_NO_SERVICE
        0x8010001E: ReaderServiceDown,  # E_SERVICE_STOPPED
        0x80100031: ReaderServiceDown,  # E_SERVER_TOO_BUSY
        0x8010006A: ReaderServiceDown,  # W_SECURITY_VIOLATION: polkit refuses this account
    }
)

_PRESENT, _MUTE = 0x20, 0x200
_GONE = 0x01 | 0x04 | 0x08  # IGNORE, UNKNOWN, UNAVAILABLE
_HELD = 0x80 | 0x100  # EXCLUSIVE, INUSE
_CHANGED = 0x02
_COUNTER_SHIFT = 16

RESPONSE_BYTES_MIN = 2  # a status word


def card_error(code: int, reader: str, doing: str) -> ReaderError:
    """Return what a code means for a card command; an unknown one leaves its outcome unknown."""
    return _error(_ERROR_BY_CODE.get(code & 0xFFFFFFFF, CardSilent), code, reader, doing)


def reader_error(code: int, reader: str, doing: str) -> ReaderError:
    """Return what a code means when no card was spoken to: reader gone, or start over."""
    kind = _ERROR_BY_CODE.get(code & 0xFFFFFFFF)
    return _error(ReaderAbsent if kind is ReaderAbsent else ReaderServiceDown, code, reader, doing)


def _error(kind: type[ReaderError], code: int, reader: str, doing: str) -> ReaderError:
    message = f"{doing} on {reader or 'PC/SC'}: 0x{code & 0xFFFFFFFF:08X}"
    return kind(message, reader=reader or None, code=code & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Sighting:
    """What PC/SC said of a reader: the event state of SCardGetStatusChange.

    pcsc-lite counts arrivals and removals in the upper 16 bits, so that two looks at the same tap
    show the same number, and a card swapped between two looks another.
    """

    event_state: int

    @property
    def is_reader_gone(self) -> bool:
        """Say whether the reader itself went away."""
        return bool(self.event_state & _GONE)

    @property
    def is_held(self) -> bool:
        """Say whether some program, perhaps ours, is connected."""
        return bool(self.event_state & _HELD)

    @property
    def is_mute(self) -> bool:
        """Say whether a card is there that does not answer to power."""
        return bool(self.event_state & _MUTE)

    @property
    def tap(self) -> int | None:
        """Return the number of the tap that is going on, or None."""
        return self.event_state >> _COUNTER_SHIFT if self.event_state & _PRESENT else None

    @property
    def as_known(self) -> int:
        """Return the state to wait for a change from."""
        return self.event_state & ~_CHANGED


NOTHING_SEEN = Sighting(0)  # SCARD_STATE_UNAWARE: the next look answers at once
