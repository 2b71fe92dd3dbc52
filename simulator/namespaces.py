"""Where a private PC/SC daemon can live: kinds of mount namespace, and whether one works here."""

import enum
import os
import subprocess
from collections.abc import Sequence

PROBE_SECONDS_MAX = 5.0


class DaemonKind(enum.StrEnum):
    """Where the daemon comes from."""

    USER_NAMESPACE = "user namespace"
    ROOT_NAMESPACE = "mount namespace as root"
    SUDO_NAMESPACE = "mount namespace with sudo"
    MACHINE = "the machine's own daemon"


LAUNCHERS: dict[DaemonKind, tuple[str, ...]] = {
    DaemonKind.USER_NAMESPACE: ("unshare", "-Urm"),
    DaemonKind.ROOT_NAMESPACE: ("unshare", "-m"),
    DaemonKind.SUDO_NAMESPACE: ("sudo", "-n", "unshare", "-m"),
}


def namespace_works(launcher: Sequence[str], kind: DaemonKind) -> bool:
    """Say whether this launcher can make one."""
    if kind is DaemonKind.ROOT_NAMESPACE and os.geteuid() != 0:
        return False
    command = [*launcher, "sh", "-c", "mount -t tmpfs tmpfs /run"]
    try:
        done = subprocess.run(  # noqa: S603  our own words
            command, check=False, capture_output=True, timeout=PROBE_SECONDS_MAX
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
