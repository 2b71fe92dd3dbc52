"""Verifying a code: PIN block opened and compared, on one core.

Ours: the vault's `verify_pin`, its keys in memory or in a SoftHSM2 token, and in its own process as
a payment sees it. Floor: the derivation steps of AES DUKPT in AES alone, their data made before the
clock starts, and one HMAC. Samples alternate, so that neither has the quieter machine; the pad's
counters are the same on both sides. A verdict from the vault's process waits for its fixed moment:
its latency is that wait, and says nothing of the machine.
"""

import hmac
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from backend.vault import dukpt
from backend.vault.key_file import OpenKeyFile, write_keys
from backend.vault.keys import VaultKeys, make_keys
from backend.vault.local import LocalVault
from backend.vault.remote import RemoteVault
from backend.vault.serving import PIN_ANSWER_SECONDS
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinSubject,
    PinVerdict,
    SecretCode,
)
from backend.vault.vault import Vault
from benchmarks.figures import Comparison
from passcard.secret import Secret
from simulator import dukpt as pad_dukpt
from simulator import pin_block as pad_block

SAMPLES = 400
REMOTE_SAMPLES = 40
PAD = bytes.fromhex("9250000100000007")
NUMBER = "9250000000000011"
ACCOUNT = UUID("00000000-0000-4000-8000-000000000001")
FLOOR = "the AES steps of one derivation, and one HMAC"
SOFTHSM = Path("/usr/lib/softhsm/libsofthsm2.so")
TOKEN_PIN = "123456"  # noqa: S105
WAIT_SECONDS_MAX = 20.0


def measure(folder: Path) -> list[Comparison]:
    """Verify codes in turn with the floor; times are in seconds for each."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    keys = make_keys(secrets.token_bytes)
    bench = _Bench(keys)
    local = LocalVault(keys)
    found = [bench.compare("Code verified by the vault, keys in memory", local, SAMPLES)]
    token = _token_vault(folder, keys)
    if token is not None:
        found.append(bench.compare("Code verified by the vault, keys in SoftHSM2", token, SAMPLES))
    found.append(_measure_process(folder, keys, bench))
    return found


class _Bench:
    """A pad that encrypts as many blocks as are asked for, and a floor beside it."""

    def __init__(self, keys: VaultKeys) -> None:
        bdk = keys.bdks_aes[0].key.reveal()
        self._bdk = bdk
        self._initial_key = dukpt.aes_initial_key(bdk, PAD)
        self._counters = count(1)
        self._hmac_key = keys.pin_references[0].reveal()
        reference = LocalVault(keys).make_pin_reference(ACCOUNT, 1, SecretCode("2580"))
        self._subject = PinSubject(ACCOUNT, NUMBER, reference)

    def compare(self, name: str, vault: Vault, samples: int) -> Comparison:
        """Verify one code and take the floor once, in turn."""
        ours, floor = [], []
        for _ in range(samples):
            counter = next(self._counters)
            ours.append(self._verify(vault, counter))
            floor.append(self._bare(counter))
        rate = 1 / statistics.median(ours)
        return Comparison(f"{name}: {rate:.0f} a second on one core", FLOOR, ours, floor)

    def verifications(self, vault: Vault, samples: int) -> Sequence[float]:
        """Verify codes, without a floor."""
        return [self._verify(vault, next(self._counters)) for _ in range(samples)]

    def _verify(self, vault: Vault, counter: int) -> float:
        block = self._encrypted(counter)
        return _timed(lambda: _expect_right(vault.verify_pin(block, self._subject)))

    def _bare(self, counter: int) -> float:
        path = dukpt.aes128_pin_key_path(dukpt.KeySerialNumber(PAD, counter))
        message = bytes(61)

        def walk() -> None:
            key = self._bdk
            for block in path:
                key = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305
            hmac.digest(self._hmac_key, message, "sha256")

        return _timed(walk)

    def _encrypted(self, counter: int) -> EncryptedPinBlock:
        key = pad_dukpt.aes_pin_key(self._initial_key, PAD, counter)
        block = pad_block.format4_block(key, bytearray(b"2580"), NUMBER, secrets.token_bytes)
        serial = pad_dukpt.aes_key_serial_number(PAD, counter)
        return EncryptedPinBlock(PinProfile.AES_DUKPT_FORMAT_4, serial, block)


def _expect_right(verdict: PinVerdict) -> None:
    assert verdict is PinVerdict.RIGHT


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _token_vault(folder: Path, keys: VaultKeys) -> Vault | None:
    """Put the keys into a new SoftHSM2 token; None where it is not installed."""
    if not SOFTHSM.is_file() or shutil.which("softhsm2-util") is None:
        return None
    from backend.vault.pkcs11_store import put_keys  # noqa: PLC0415
    from backend.vault.pkcs11_vault import Pkcs11Vault, TokenPlace  # noqa: PLC0415

    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    pins = ("--so-pin", "12345678", "--pin", TOKEN_PIN)
    command = ["softhsm2-util", "--init-token", "--free", "--label", "bench", *pins]
    subprocess.run(command, check=True, capture_output=True, timeout=WAIT_SECONDS_MAX)
    token = TokenPlace(SOFTHSM, "bench", "bench").open(Secret(TOKEN_PIN.encode()))
    put_keys(token, keys, secrets.token_bytes)
    return Pkcs11Vault(token)


def _measure_process(folder: Path, keys: VaultKeys, bench: _Bench) -> Comparison:
    """Ask a vault in a process of its own, as a payment does, beside the same vault in process."""
    key_file, path = folder / "keys.json", folder / "run" / "vault"
    write_keys(key_file, OpenKeyFile(keys))
    config = folder / "backend.toml"
    config.write_text(f'vault_key_file = "{key_file}"\nvault_socket = "{path}"\n')
    command = [sys.executable, "-m", "backend", "--config", str(config), "vault"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            assert "vault ready" in process.stderr.readline()
            ours = bench.verifications(RemoteVault(path), REMOTE_SAMPLES)
        finally:
            process.terminate()
    floor = bench.verifications(LocalVault(keys), REMOTE_SAMPLES)
    moment = f"verdicts leave every {PIN_ANSWER_SECONDS * 1000:.0f} ms"
    return Comparison(
        f"Latency a code adds to a payment, vault in its own process ({moment})",
        "the same vault in the asking process, answering at once",
        ours,
        floor,
    )
