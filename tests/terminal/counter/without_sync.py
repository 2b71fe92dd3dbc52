"""Run as a process: a journal whose disk stops obeying `fsync`, by a seccomp filter of our own.

Prints one line of JSON: the fault of the write that came after, and what a new opening finds.
"""

import ctypes
import json
import platform
import struct
import sys
from pathlib import Path

from terminal.counter.journal import open_sale_journal
from terminal.counter.record import SaleRecord, advance
from terminal.counter.states import Event
from terminal.errors import JournalError
from tests.terminal.counter.fakes import START

# Audit architecture, then fsync and fdatasync (linux/audit.h, asm/unistd.h).
CALLS = {"x86_64": (0xC000003E, 74, 75), "aarch64": (0xC00000B7, 82, 83)}
_LOAD, _EQUALS, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL_WITH_EIO = 0x7FFF0000, 0x00050005
_NO_NEW_PRIVS, _SET_SECCOMP, _FILTER = 38, 22, 2


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def refuse_to_sync() -> None:
    """From now on fsync and fdatasync of this process fail with EIO."""
    architecture, fsync, fdatasync = CALLS[platform.machine()]
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUALS, 0, 4, architecture),
        (_LOAD, 0, 0, 0),
        (_EQUALS, 1, 0, fsync),
        (_EQUALS, 0, 1, fdatasync),
        (_RETURN, 0, 0, _FAIL_WITH_EIO),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(steps), ctypes.cast(kept, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program))):
        if libc.prctl(*arguments):
            sys.exit(f"no seccomp here: errno {ctypes.get_errno()}")


def started(sale_id: str) -> SaleRecord:
    """Return a sale that has begun."""
    return advance(SaleRecord(sale_id, 1250, START, START), Event.STARTED, START)


def main(path: Path) -> dict[str, object]:
    """Write a sale, lose the disk's obedience, try another, and look again."""
    journal = open_sale_journal(path)
    journal.open_sale(started("synced"))
    refuse_to_sync()
    fault = None
    try:
        journal.open_sale(started("not synced"))
    except JournalError as error:
        fault = error.fault.value
    found = [sale.sale_id for sale in journal.list_unfinished()]
    return {"fault": fault, "found": found}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
