"""The vault's service unit: it forbids the machine, and allows what the vault asks of it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_deployment import FOLDER, read_unit

UNIT = FOLDER / "pass-vault.service"
GUIDE = Path(__file__).parents[1] / "docs" / "guide-exploitant.md"
EXPOSURE_MAX = 1.0
# Seen with strace from its start to its end: giving things up, its socket, its threads.
NEEDED = {
    *("prctl", "prlimit64", "mlockall", "chown", "chmod", "socket", "bind", "listen", "accept4"),
    *("clone3", "futex", "mmap", "mprotect", "openat", "getrandom", "rt_sigaction", "exit_group"),
}


def systemd_analyze(*arguments: str) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout + done.stderr


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)


def test_memory_may_be_locked_and_never_dumped_or_swapped() -> None:
    service = read_unit(UNIT)
    assert service["LimitMEMLOCK"] == ["infinity"]
    assert service["LimitCORE"] == ["0"]
    assert service["MemorySwapMax"] == ["0"]
    assert service["LoadCredentialEncrypted"] == ["pass-vault-seal"]
    assert service["PrivateNetwork"] == ["yes"]
    assert service["RestrictAddressFamilies"] == ["AF_UNIX"]


@needs_systemd
def test_systemd_reads_it_without_a_complaint(tmp_path: Path) -> None:
    """The program it starts need not be installed where this is tested."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text()))
    assert systemd_analyze("verify", str(copy)) == ""


@needs_systemd
def test_systemd_finds_it_hardened() -> None:
    said = systemd_analyze("security", "--offline=true", str(UNIT))
    assert float(said.rsplit("level for", 1)[1].split(":")[1].split()[0]) <= EXPOSURE_MAX


@needs_systemd
def test_its_filter_lets_the_vault_do_what_it_does() -> None:
    allowed: set[str] = set()
    for line in read_unit(UNIT)["SystemCallFilter"]:
        for name in line.removeprefix("~").split():
            if line.startswith("~"):
                allowed -= members(name)
            else:
                allowed |= members(name)
    assert not NEEDED - allowed


def members(name: str) -> set[str]:
    found: set[str] = set()
    for line in systemd_analyze("syscall-filter", name).splitlines()[1:]:
        call = line.strip()
        if call and not call.startswith("#"):
            found |= members(call) if call.startswith("@") else {call}
    return found


def test_the_guide_points_to_it() -> None:
    assert "deploy/systemd/pass-vault.service" in GUIDE.read_text(encoding="utf-8")
