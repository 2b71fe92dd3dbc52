"""The vault's process: a Unix socket, one thread a connection, no word of what is asked.

Promise: only the backend's own user or group is answered (the kernel says who asks); everything is
bounded; a PIN verdict leaves at fixed moments, so that its time tells nothing. No access log, and
no text of an unforeseen error: it may quote what was asked.
"""

import grp
import logging
import os
import pwd
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from backend.errors import BackendError
from backend.vault.dukpt import KeySerialNumberInvalid
from backend.vault.errors import VaultSocketRefused
from backend.vault.framing import FrameRefused, receive_frame, send_frame
from backend.vault.message import Answer, Refusal
from backend.vault.messages import (
    KEY_SERIAL_NUMBER_INVALID,
    MALFORMED,
    QUESTION,
    VAULT_ERROR,
    PinQuestion,
    Question,
)
from backend.vault.vault import Vault

LOG = logging.getLogger(__name__)

CONNECTIONS_MAX = 64
#: How long a question may take to arrive, and an answer to leave.
TRANSFER_SECONDS_MAX = 5.0
ACCEPT_SECONDS_MAX = 0.5
#: A PIN verdict leaves at a multiple of this: tens of times what a verification takes at the
#: median, with keys in memory (0.07 ms) and in a token (1.1 ms); `make bench` measures both.
PIN_ANSWER_SECONDS: Final = 0.005
TOKEN_PIN_ANSWER_SECONDS: Final = 0.05
_PEER = struct.Struct("=3i")


@dataclass(frozen=True, slots=True)
class Door:
    """Where the socket is, and which group besides its own user may ask (None: nobody)."""

    path: Path
    group: str | None = None


class VaultServer:
    """Answers the questions that come to a Unix socket, until told to stop."""

    def __init__(
        self,
        vault: Vault,
        door: Door,
        *,
        pin_answer_seconds: float = PIN_ANSWER_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._vault = vault
        self._door = door
        self._pin_answer_seconds = pin_answer_seconds
        self._sleep = sleep
        self._stopping = threading.Event()
        self._places = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._listener = _listen(door)

    def serve(self) -> None:
        """Accept connections until `stop`; then remove the socket."""
        with self._listener as listener:
            listener.settimeout(ACCEPT_SECONDS_MAX)
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    self._admit(listener.accept()[0])
        self._door.path.unlink(missing_ok=True)

    def stop(self) -> None:
        """Let `serve` return at once."""
        self._stopping.set()
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as waker:
            waker.connect(str(self._door.path))

    def _admit(self, connection: socket.socket) -> None:
        # Beyond the limit the caller is cut off at once: its answer is VaultUnavailable.
        if not _may_ask(connection, self._door.group) or not self._places.acquire(blocking=False):
            connection.close()
            return
        threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection:
                deadline = time.monotonic() + TRANSFER_SECONDS_MAX
                asked = receive_frame(connection, deadline)
                answer = self._answer(asked)
                deadline = time.monotonic() + TRANSFER_SECONDS_MAX
                send_frame(connection, answer.model_dump_json().encode(), deadline)
        except FrameRefused:
            # Whoever asked is gone; there is nobody to tell.
            pass
        finally:
            self._places.release()

    def _answer(self, asked: bytes) -> Answer | Refusal:
        began = time.monotonic()
        try:
            question = QUESTION.validate_json(asked)
        except ValidationError:
            return Refusal(refused=MALFORMED)
        answer = perform(self._vault, question)
        if isinstance(question, PinQuestion):
            took = time.monotonic() - began
            self._sleep(-took % self._pin_answer_seconds)
        return answer


def perform(vault: Vault, question: Question) -> Answer | Refusal:
    """Ask the vault; every error becomes a refusal, an unforeseen one without its text."""
    try:
        return question.perform(vault)
    except BackendError as error:
        return Refusal(refused=error.code, details=error.details)
    except KeySerialNumberInvalid:
        return Refusal(refused=KEY_SERIAL_NUMBER_INVALID)
    except ValueError:
        return Refusal(refused=MALFORMED)
    except Exception as error:  # noqa: BLE001
        # One question must not end the others' vault; its text may quote what was asked.
        LOG.error("question %s failed: %s", question.ask, type(error).__name__)  # noqa: TRY400
        return Refusal(refused=VAULT_ERROR)


def _listen(door: Door) -> socket.socket:
    """Make the socket: for its user alone, or for one group as well."""
    _make_way(door.path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o177)
        try:
            listener.bind(str(door.path))
        finally:
            os.umask(before)
        if door.group is not None:
            os.chown(door.path, -1, grp.getgrnam(door.group).gr_gid)
            door.path.chmod(0o660)
    except (OSError, KeyError) as cause:
        listener.close()
        raise VaultSocketRefused(f"no socket can be made at {door.path}") from cause
    listener.listen(CONNECTIONS_MAX)
    return listener


def _make_way(path: Path) -> None:
    """Remove the socket of a vault that died; refuse to take a living one's place."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    if path.parent.stat().st_mode & 0o002:
        raise VaultSocketRefused(f"anybody can write in {path.parent}: the socket could be swapped")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        try:
            other.connect(str(path))
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            if path.is_socket():
                path.unlink()
            return
        except OSError as cause:
            raise VaultSocketRefused(f"{path} is no socket of ours") from cause
    raise VaultSocketRefused(f"another vault answers at {path}")


def _may_ask(connection: socket.socket, group: str | None) -> bool:
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, gid = _PEER.unpack(raw)
    return is_allowed(uid, gid, group)


def is_allowed(uid: int, gid: int, group: str | None) -> bool:
    """Say whether a process of this user and primary group may ask."""
    if uid == os.geteuid():
        return True
    if group is None:
        return False
    try:
        members = grp.getgrnam(group)
        return gid == members.gr_gid or pwd.getpwuid(uid).pw_name in members.gr_mem
    except KeyError:
        return False
