"""The vault in a process of its own: who may ask, what is bounded, and what is never said."""

import json
import logging
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from backend.http import status_of
from backend.settings import Settings
from backend.vault.confinement import confine
from backend.vault.errors import VaultUnavailable
from backend.vault.framing import FRAME_BYTES_MAX
from backend.vault.key_file import OpenKeyFile, write_keys
from backend.vault.keys import VaultKeys
from backend.vault.local import LocalVault
from backend.vault.message import Refusal
from backend.vault.messages import ANSWER, QUESTION, MakePinReference, Question
from backend.vault.remote import VERSION_KEPT_SECONDS, RemoteVault
from backend.vault.serving import CONNECTIONS_MAX, PIN_ANSWER_SECONDS, Door, VaultServer
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinReference,
    PinSubject,
    PinVerdict,
    SecretCode,
)
from simulator.chip.chip import Chip

START_SECONDS_MAX = 20.0
UUID_TEXT = b"00000000-0000-4000-8000-000000000001"
BLOCK = EncryptedPinBlock(PinProfile.AES_DUKPT_FORMAT_4, bytes(11) + b"\x01", b"block!block!bloc")
SUBJECT = PinSubject(uuid4(), "9250000000000011", PinReference(1, 1, bytes(16), bytes(32)))


def exchange(path: Path, raw: bytes) -> bytes:
    """Send these bytes and read until the vault hangs up."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(START_SECONDS_MAX)
        connection.connect(str(path))
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        # Cut off with something unread, the kernel says so.
        with suppress(ConnectionResetError):
            while chunk := connection.recv(65_536):
                received += chunk
        return received


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"ask":"reveal_everything"}',
        b'{"ask":"sign"}',
        b'{"ask":"sign","payload":"zz"}',
        b'{"ask":"sign","payload":"00","more":1}',
        b'{"ask":"derive_access_key","uid":"00","key_version":1}',
        b'{"ask":"derive_access_key","uid":"' + b"00" * 2000 + b'","key_version":1}',
        b'{"ask":"derive_access_keys","uids":"' + b"00" * 8 + b'","key_version":1}',
        b'{"ask":"make_pin_reference","account_id":"x","generation":1,"code":"31323334"}',
        b'{"ask":"make_pin_reference","account_id":"'
        + UUID_TEXT
        + b'","generation":1,"code":"31"}',
        b"[" * 10_000,
    ],
)
def test_what_is_no_question_is_answered_without_being_quoted(
    server: VaultServer, socket_path: Path, body: bytes
) -> None:
    answer = exchange(socket_path, framed(body))
    assert ANSWER.validate_json(answer[4:]) == Refusal(refused="malformed")


@pytest.mark.parametrize(
    "raw", [b"", b"\x00", framed(b"{}")[:-1], (FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"x"]
)
def test_what_is_no_frame_gets_no_answer(
    server: VaultServer, socket_path: Path, raw: bytes
) -> None:
    assert exchange(socket_path, raw) == b""
    assert RemoteVault(socket_path).current_card_key_version() == 1


def test_the_version_of_new_references_is_asked_once_a_minute(
    server: VaultServer, socket_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    ask, now = RemoteVault._ask, [100.0]
    vault = RemoteVault(socket_path, clock=lambda: now[-1])

    def count(self: RemoteVault, question: Question) -> object:
        asked.append(question)
        return ask(self, question)

    monkeypatch.setattr(RemoteVault, "_ask", count)
    for _ in range(3):
        assert vault.current_pin_reference_version() == 1
    assert len(asked) == 1
    now.append(100.0 + VERSION_KEPT_SECONDS)
    assert vault.current_pin_reference_version() == 1
    assert len(asked) == 2


def test_nothing_of_a_question_prints_itself() -> None:
    asked = MakePinReference(account_id=uuid4(), generation=1, code=b"7391")
    raw = asked.model_dump_json()
    for text in (repr(asked), str(asked), f"{asked}", repr(QUESTION.validate_json(raw))):
        assert "7391" not in text
        assert b"7391".hex() not in text


def test_an_unforeseen_error_is_named_and_not_quoted(
    socket_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(LocalVault):
        def __init__(self) -> None:
            pass

        def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
            raise RuntimeError(encrypted.block.hex(), subject)

    server = VaultServer(Broken(), Door(socket_path), pin_answer_seconds=0.001)
    thread = threading.Thread(target=server.serve)
    thread.start()
    with caplog.at_level(logging.DEBUG), pytest.raises(VaultUnavailable) as caught:
        RemoteVault(socket_path).verify_pin(BLOCK, SUBJECT)
    server.stop()
    thread.join()
    assert "verify_pin failed: RuntimeError" in caplog.text
    assert BLOCK.block.hex() not in caplog.text + repr(caught.value)


def test_verdicts_leave_at_fixed_moments(keys: VaultKeys, socket_path: Path) -> None:
    waited: list[float] = []
    server = VaultServer(
        LocalVault(keys), Door(socket_path), pin_answer_seconds=60.0, sleep=waited.append
    )
    thread = threading.Thread(target=server.serve)
    thread.start()
    vault = RemoteVault(socket_path)
    vault.verify_pin(BLOCK, SUBJECT)
    vault.renew_pin_reference(BLOCK, SUBJECT)
    vault.current_card_key_version()
    server.stop()
    thread.join()
    # All that is left of the minute; what is no verdict does not wait.
    assert len(waited) == 2
    assert all(55.0 < seconds < 60.0 for seconds in waited)


def test_many_ask_at_once(server: VaultServer, socket_path: Path) -> None:
    vault = RemoteVault(socket_path)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: vault.verify_pin(BLOCK, SUBJECT), range(64)))
    assert set(found) == {PinVerdict.BLOCK_INVALID}


def test_too_many_are_cut_off_and_come_again(server: VaultServer, socket_path: Path) -> None:
    idle = []
    for _ in range(CONNECTIONS_MAX):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(socket_path))
        idle.append(connection)
    with pytest.raises(VaultUnavailable):
        RemoteVault(socket_path).current_card_key_version()
    for connection in idle:
        connection.close()
    deadline = time.monotonic() + START_SECONDS_MAX
    while True:
        try:
            assert RemoteVault(socket_path).current_card_key_version() == 1
        except VaultUnavailable:
            assert time.monotonic() < deadline
        else:
            break


@pytest.mark.parametrize("answer", [b"", framed(b"{}")[:-1], framed(b"no"), framed(b"{}")])
def test_a_vault_that_does_not_answer_is_unavailable(socket_path: Path, answer: bytes) -> None:
    socket_path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        listener.listen()

        def answer_once() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65_536)
                connection.sendall(answer)

        thread = threading.Thread(target=answer_once)
        thread.start()
        with pytest.raises(VaultUnavailable) as caught:
            RemoteVault(socket_path).make_pin_reference(uuid4(), 1, SecretCode("7391"))
        thread.join()
    assert caught.value.__cause__ is None


def test_a_silent_vault_is_not_waited_for(socket_path: Path) -> None:
    socket_path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(socket_path))
        listener.listen()
        with pytest.raises(VaultUnavailable):
            RemoteVault(socket_path, seconds_max=0.05).current_card_key_version()


def test_without_its_vault_the_backend_says_503() -> None:
    assert status_of(VaultUnavailable()) == 503
    assert VaultUnavailable().code == "vault_unavailable"


def child(*commands: str) -> subprocess.CompletedProcess[str]:
    """Run these in a process of its own, which has given up what the vault gives up."""
    code = "from backend.vault.confinement import confine\ngranted = confine()\n"
    return subprocess.run(
        [sys.executable, "-c", code + "\n".join(commands)],
        capture_output=True,
        text=True,
        timeout=START_SECONDS_MAX,
        check=False,
    )


def test_a_confined_process_reaches_no_network() -> None:
    ran = child(
        "import socket",
        "socket.socketpair(socket.AF_UNIX)",
        "socket.socket(socket.AF_UNIX).close()",
        "for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):",
        "    try: socket.socket(family)",
        "    except PermissionError: print('refused')",
        "print('no network' in granted)",
    )
    assert ran.stdout.split() == ["refused"] * 4 + ["True"], ran.stderr


def test_a_confined_process_leaves_no_core() -> None:
    ran = child(
        "import resource, ctypes",
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))",
    )
    assert ran.stdout.strip() == "(0, 0) 0", ran.stderr
    assert confine.__module__ == "backend.vault.confinement"


def test_the_command_serves_until_told_to_stop(
    keys: VaultKeys, tmp_path: Path, socket_path: Path
) -> None:
    config, key_file = tmp_path / "backend.toml", tmp_path / "keys.json"
    write_keys(key_file, OpenKeyFile(keys))
    config.write_text(f'vault_key_file = "{key_file}"\nvault_socket = "{socket_path}"\n')
    command = [sys.executable, "-m", "backend", "--config", str(config), "vault"]
    vault = RemoteVault(socket_path)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = process.stderr.readline()
        assert "vault ready" in ready
        assert "no core dumps" in ready
        assert vault.public_signing_key() == LocalVault(keys).public_signing_key()
        account = uuid4()
        reference = vault.make_pin_reference(account, 1, SecretCode("7391"))
        assert vault.matches_reference(account, reference, SecretCode("7391"))
        began = time.monotonic()
        assert vault.verify_pin(BLOCK, SUBJECT) is PinVerdict.BLOCK_INVALID
        assert time.monotonic() - began >= PIN_ANSWER_SECONDS
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 0
    # No access log: nothing was said between the first line and the end.
    assert rest == ""
    with pytest.raises(VaultUnavailable):
        vault.current_card_key_version()


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    for line in ("", f'vault_socket = "{tmp_path}/vault"\n'):
        config = tmp_path / "backend.toml"
        config.write_text(f'vault_key_file = "{tmp_path}/none"\n{line}')
        ran = subprocess.run(
            [sys.executable, "-m", "backend", "--config", str(config), "vault"],
            capture_output=True,
            text=True,
            timeout=START_SECONDS_MAX,
            check=False,
        )
        assert ran.returncode == 1
        assert ran.stderr.count("\n") == 1


def test_production_asks_for_a_vault_of_its_own(tmp_path: Path) -> None:
    url = "postgresql+psycopg://pass@/pass"
    with pytest.raises(ValueError, match="vault_socket"):
        Settings(environment="production", database_url=url)
    Settings(environment="production", database_url=url, vault_socket=tmp_path / "vault")


def test_messages_survive_the_wire() -> None:
    raw = secrets.token_bytes(16)
    asked = MakePinReference(account_id=uuid4(), generation=2**31, code=raw)
    assert QUESTION.validate_json(asked.model_dump_json()) == asked
    assert raw.hex() == json.loads(asked.model_dump_json())["code"]


def test_a_dialogue_goes_on_through_another_worker(server: VaultServer, socket_path: Path) -> None:
    chip = Chip(bytes.fromhex("04112233445566"), secrets.token_bytes)
    chip.power_on()
    workers = [RemoteVault(socket_path), RemoteVault(socket_path)]
    step, turn = workers[0].begin_personalisation(chip.uid), 0
    while step.command is not None:
        turn += 1
        response = chip.transmit(step.command)
        step = workers[turn % 2].continue_personalisation(step.dialogue_id, response)
    assert turn > 10
