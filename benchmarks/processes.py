"""What processes of this machine used: CPU seconds and memory, from `/proc`. Linux only."""

import os
from pathlib import Path

from benchmarks.postgres import children_of

_TICKS = os.sysconf("SC_CLK_TCK")


def family_of(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    found = [pid]
    for child in children_of(pid):
        found += family_of(child)
    return found


def cpu_seconds(pid: int) -> float:
    """Return what a process, its descendants and its reaped children have used so far."""
    total = 0
    for one in family_of(pid):
        fields = _stat(one)
        # utime, stime, cutime, cstime: proc(5) fields 14 to 17, counted after the name.
        total += sum(int(fields[place]) for place in (11, 12, 13, 14)) if fields else 0
    return total / _TICKS


def memory_bytes(pid: int) -> int:
    """Return a process's proportional share of memory (PSS), 0 when it is gone."""
    path = Path(f"/proc/{pid}/smaps_rollup")
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _stat(pid: int) -> list[str]:
    try:
        # The name, in brackets, may hold blanks.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return []
