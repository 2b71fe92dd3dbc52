"""The secret of a partner's endpoint: derived, the specification's, in every kind of vault."""

import base64
import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from standardwebhooks import Webhook

from backend.vault.event_secret import event_signature, secret_text
from backend.vault.vault import Vault

ENDPOINT = UUID("0191a8a6-0000-7000-8000-000000000001")


def test_the_specifications_own_example() -> None:
    # Standard Webhooks 1.0.0, its libraries' common vector.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    assert (
        base64.b64encode(event_signature(secret, signed)).decode()
        == "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_it_is_one_endpoints_of_one_generation(vault: Vault) -> None:
    secret = vault.event_secret(ENDPOINT, 1, key_version=1).reveal()
    assert len(secret) == 32
    assert vault.event_secret(ENDPOINT, 1, key_version=1).reveal() == secret
    others = [
        vault.event_secret(ENDPOINT, 2, key_version=1).reveal(),
        vault.event_secret(uuid4(), 1, key_version=1).reveal(),
    ]
    assert secret not in others
    # Nor what another thing of the same owner is derived as.
    factor = vault.second_factor_secret(ENDPOINT, 1, key_version=1).reveal()
    assert not secret.startswith(factor)
    with pytest.raises(ValueError, match=r"version|take"):
        vault.event_secret(ENDPOINT, 1, key_version=9)
    with pytest.raises(ValueError, match=r"version|take"):
        vault.sign_event(ENDPOINT, 1, b"x", key_version=9)


def test_a_receivers_own_library_takes_the_signature(vault: Vault) -> None:
    now, body = datetime.now(UTC), json.dumps({"type": "payment.approved"})
    stamp = int(now.timestamp())
    signed = f"evt-1.{stamp}.{body}".encode()
    signature = base64.b64encode(vault.sign_event(ENDPOINT, 1, signed, key_version=1)).decode()
    secret = secret_text(vault.event_secret(ENDPOINT, 1, key_version=1).reveal())
    assert secret.startswith("whsec_")
    headers = {
        "webhook-id": "evt-1",
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1,{signature}",
    }
    assert Webhook(secret).verify(body, headers)["type"] == "payment.approved"
