"""What the vault's process gives up before it sees a key.

    core dumps        a crash writes nothing
    being traced      other processes of the same user cannot read its memory
    networking        only Unix sockets can still be made (seccomp filter)
    swapping          its memory stays off the disk, where the limits allow

Promise: each is asked of the kernel and what was granted is returned in words. The first two are
demanded; the others are best effort, for a unit file can do them better. Linux only.
"""

import ctypes
import platform
import resource
import struct
from collections.abc import Callable
from pathlib import Path

from backend.vault.errors import VaultNotConfined

_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_MCL_CURRENT_FUTURE_ONFAULT = 1 | 2 | 4
_CAP_IPC_LOCK = 14
# AUDIT_ARCH and the number of socket(2).
_SOCKET_CALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_AF_UNIX = 1
_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO_EPERM = 0x00050000 | 1
# Classic BPF: load a word of seccomp_data at an offset; jump if equal; jump if set; return.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_AT_NUMBER, _AT_ARCH, _AT_FIRST_ARGUMENT = 0, 4, 16
# On x86-64 the x32 calls have numbers from here: another door to the same room.
_X32_CALLS = 0x40000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine(*, network: bool = False) -> tuple[str, ...]:
    """Give everything up, networking unless `network`; return what is so now, in words.

    Raises VaultNotConfined when memory could still be dumped.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise VaultNotConfined("the kernel would still let the vault's memory be dumped")
    found = ["no core dumps"]
    if network:
        found.append("network allowed by configuration")
    else:
        found.append("no network" if _leave_network(libc) else "network NOT given up")
    found.append("memory locked" if _lock_memory(libc) else "memory NOT locked")
    return tuple(found)


def _leave_network(libc: ctypes.CDLL) -> bool:
    known = _SOCKET_CALL.get(platform.machine())
    if known is None:
        return False
    program = _socket_filter(*known)
    buffer = ctypes.create_string_buffer(program, len(program))
    argument = _Program(len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    done: int = libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(argument), 0, 0)
    return done == 0


def _socket_filter(architecture: int, socket_call: int) -> bytes:
    """Return a BPF program: socket(2) only for Unix sockets, and no foreign call convention."""
    steps = (
        (_LOAD, 0, 0, _AT_ARCH),
        (_IF_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_IF_AT_LEAST, 3, 0, _X32_CALLS),
        (_IF_EQUAL, 0, 3, socket_call),
        (_LOAD, 0, 0, _AT_FIRST_ARGUMENT),
        (_IF_EQUAL, 1, 0, _AF_UNIX),
        (_RETURN, 0, 0, _ERRNO_EPERM),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _lock_memory(libc: ctypes.CDLL) -> bool:
    # Under a limit, a later allocation would fail and take the vault with it.
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    if not (unlimited or _may_lock_beyond_limits()):
        return False
    mlockall: Callable[[int], int] = libc.mlockall
    return mlockall(_MCL_CURRENT_FUTURE_ONFAULT) == 0


def _may_lock_beyond_limits() -> bool:
    """Say whether the kernel counts no locked memory of ours: CAP_IPC_LOCK is in effect."""
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    effective = next((line.split()[1] for line in lines if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> _CAP_IPC_LOCK & 1)
