"""A second pair of hands on the relay: a small process that drops it when the gate's own cannot.

    gate ──"." each second──▶ guard            alive: nothing to do
    gate ──end of the pipe──▶ guard            the gate is dead: drop the relay, end
    gate ──nothing for PULSE_SECONDS_MAX──▶    the gate hangs: drop the relay, wait on
    gate ──"q"──▶ guard                        the gate has let go itself: end

Promise: a board without a timer does not stay pulled because the gate was killed or hangs, and one
wired to be free without us is free. It knows nothing but four words and one frame, needs none of
our libraries, and ends no later than the gate. Not here: a machine that stops whole, whose USB
power does it; a group killed at once, for which systemd's ExecStopPost runs (`drop_relay`).
"""

import argparse
import contextlib
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from typing import Final

from terminal.gate.door.boards import DIALECTS

PULSE: Final = b"."
QUIT: Final = b"q"
PULSE_SECONDS: Final = 1.0
PULSE_SECONDS_MAX: Final = 5.0
"""The gate's watchdog takes 30 s to end one that hangs; a door must not stand open that long."""
END_SECONDS_MAX: Final = 3.0
TIMES: Final = 2
"""A board that is still reading half an order of the gate's hears the second one."""
_PARITIES: Final = {"N": 0, "E": termios.PARENB, "O": termios.PARENB | termios.PARODD}
_BITS: Final = {"7": termios.CS7, "8": termios.CS8}


def drop_relay(device: str, line: str, dialect: str, relay: int, address: int = 1) -> None:
    """Tell the board to drop a relay, whoever else holds the line; raise OSError."""
    frame = DIALECTS[dialect].switch(address, relay, False).frame
    flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    port = os.open(device, flags)
    try:
        _set_line(port, line)
        for turn in range(TIMES):
            if turn:
                time.sleep(0.1)
            os.write(port, frame)
            termios.tcdrain(port)
    except termios.error as cause:
        raise OSError(*cause.args) from cause
    finally:
        os.close(port)


def _set_line(port: int, line: str) -> None:
    """Set speed and characters as `9600 8N1` says, and nothing that changes a byte."""
    speed, form = line.split()
    rate = getattr(termios, f"B{speed}")
    control = _BITS[form[0]] | _PARITIES[form[1]] | termios.CREAD | termios.CLOCAL
    *_flags, characters = termios.tcgetattr(port)
    termios.tcsetattr(port, termios.TCSANOW, [0, 0, control, 0, rate, rate, characters])


class RelayGuard:
    """The gate's end: begin it when the door is claimed, `pulse` while it is well, then `stop`."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- ourselves, with what the settings say
            [sys.executable, "-m", __name__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # the keyboard's interrupt is the gate's
        )
        self._pulsed_at = time.monotonic()
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)

    def pulse(self) -> bool:
        """Say that the gate is well; False if the guard dropped the relay meanwhile, or is gone."""
        now = time.monotonic()
        since, is_late = now - self._pulsed_at, now - self._pulsed_at > PULSE_SECONDS_MAX
        if since >= PULSE_SECONDS:
            self._pulsed_at = now
            if not self._say(PULSE):
                return False
        return not is_late

    def stop(self) -> None:
        """End it: the relay is let go of already, or nobody could."""
        self._say(QUIT)
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _say(self, word: bytes) -> bool:
        assert self._process.stdin is not None
        try:
            return os.write(self._process.stdin.fileno(), word) == len(word)
        except BlockingIOError:
            return True  # it is busy, and has more of our words than it needs
        except (OSError, ValueError):
            return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch over one relay until the gate ends; what went wrong is said on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("device", "line", "dialect"):
        parser.add_argument(name)
    for name in ("relay", "address"):
        parser.add_argument(name, type=int)
    parser.add_argument("--seconds", type=float, default=PULSE_SECONDS_MAX)
    chosen = parser.parse_args(arguments)
    # Whoever ends a whole service ends the gate first; this has to see it.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    heard = sys.stdin.fileno()
    is_dropped = False
    while True:
        ready, _, _ = select.select([heard], [], [], None if is_dropped else chosen.seconds)
        words = os.read(heard, 4096) if ready else None
        if words is not None and QUIT in words:
            return 0
        is_dropped = not words  # nothing said, or nobody there to say it
        if is_dropped:
            _drop(chosen)
        if words == b"":
            return 0


def _drop(chosen: argparse.Namespace) -> None:
    try:
        drop_relay(chosen.device, chosen.line, chosen.dialect, chosen.relay, chosen.address)
    except OSError as error:
        sys.stderr.write(f"relay guard: {chosen.device}: {error}\n")


if __name__ == "__main__":
    sys.exit(main())
