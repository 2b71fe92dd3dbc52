"""The vault's memory stays off the disk where the kernel lets it, and it says what it got."""

import ctypes
import resource
import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import ctypes, resource, sys
from backend.vault import confinement
if "without" in sys.argv:
    # Drop CAP_IPC_LOCK: hdrp is version 3 and this process, data are the three sets, twice.
    libc = ctypes.CDLL(None, use_errno=True)
    head, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(head, sets) == 0
    for place in range(3):
        sets[place] &= ~(1 << 14)
    assert libc.capset(head, sets) == 0
granted = confinement.confine()
held = bytearray(30_000_000)
held[:] = b"k" * len(held)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(granted[-1], int(status["VmLck"].split()[0]) // 1000)
"""


def has_capability(number: int) -> bool:
    lines = Path("/proc/self/status").read_text().splitlines()
    effective = next(line.split()[1] for line in lines if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> number & 1)


def confined(*arguments: str) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    words, _, megabytes = done.stdout.strip().rpartition(" ")
    return words, int(megabytes)


@pytest.mark.skipif(not has_capability(14), reason="needs CAP_IPC_LOCK")
def test_all_memory_is_locked_also_what_comes_later() -> None:
    words, megabytes = confined()
    assert words == "memory locked"
    assert megabytes > 30


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY,
    reason="locked memory has no limit here",
)
def test_under_a_limit_it_is_not_locked_and_says_so() -> None:
    """Locked under a limit, the next allocation would fail in the middle of a payment."""
    assert hasattr(ctypes.CDLL(None), "capset")
    assert confined("without") == ("memory NOT locked", 0)
