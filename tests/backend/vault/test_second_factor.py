"""The second factor: the published values, one person's alone, in every kind of vault."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from backend.vault.second_factor import matching_step
from backend.vault.vault import Vault
from passcard.secret import Secret

# RFC 6238 appendix B, SHA-1, the last six of the eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_VALUES = [
    (59, b"287082"),
    (1111111109, b"081804"),
    (1111111111, b"050471"),
    (1234567890, b"005924"),
    (2000000000, b"279037"),
    (20000000000, b"353130"),
]


@pytest.mark.parametrize(("seconds", "value"), RFC_VALUES)
def test_the_published_values(seconds: int, value: bytes) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, value, now) == seconds // 30


@pytest.mark.parametrize(("late", "taken"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_one_step_either_way(late: int, taken: bool) -> None:
    now = datetime.fromtimestamp(1111111109 + late, UTC)
    assert (matching_step(RFC_SECRET, b"081804", now) is not None) is taken


@pytest.mark.parametrize(
    "typed", [b"", b"08180", b"0818044", "\uff10\uff18\uff11\uff18\uff10\uff14".encode(), b"x" * 99]
)
def test_what_is_no_password_is_wrong(typed: bytes) -> None:
    assert matching_step(RFC_SECRET, typed, datetime.fromtimestamp(1111111109, UTC)) is None


def password(secret: Secret, now: datetime) -> str:
    """What the person's own application shows; written against the secret alone."""
    return TOTP(secret.reveal(), 6, SHA1(), 30).generate(int(now.timestamp())).decode()


def test_it_is_one_persons_of_one_generation(vault: Vault, clock: Any) -> None:
    lea, noe = uuid4(), uuid4()
    secret = vault.second_factor_secret(lea, 1, key_version=1)
    assert len(secret.reveal()) == 20
    assert vault.second_factor_secret(lea, 1, key_version=1).reveal() == secret.reveal()
    typed = password(secret, clock())
    step = int(clock().timestamp()) // 30
    assert vault.verify_second_factor(lea, 1, typed, key_version=1) == step
    assert vault.verify_second_factor(noe, 1, typed, key_version=1) is None
    assert vault.verify_second_factor(lea, 2, typed, key_version=1) is None
    assert vault.verify_second_factor(lea, 1, typed, key_version=9) is None
    with pytest.raises(ValueError, match=r"version|take"):
        vault.second_factor_secret(lea, 1, key_version=9)
    clock.moment += timedelta(minutes=2)
    assert vault.verify_second_factor(lea, 1, typed, key_version=1) is None


def test_the_secret_does_not_print(vault: Vault) -> None:
    secret = vault.second_factor_secret(uuid4(), 1, key_version=1)
    shown = f"{secret} {secret!r}"
    assert base64.b32encode(secret.reveal()).decode() not in shown
    assert secret.reveal().hex() not in shown
