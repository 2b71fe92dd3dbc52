"""What every test shares: property profiles and the published vectors."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("nightly", max_examples=2000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

VECTORS = Path(__file__).parent / "vectors"


@pytest.fixture(scope="session")
def desfire_vectors() -> list[dict[str, Any]]:
    """Published DESFire exchanges: name, kind, inputs, outputs; values are hex."""
    vectors: list[dict[str, Any]] = json.loads((VECTORS / "desfire.json").read_text())["vectors"]
    return vectors


@pytest.fixture(scope="session")
def pin_vectors() -> dict[str, Any]:
    """Published DUKPT, PIN block and key block values, by scheme."""
    vectors: dict[str, Any] = json.loads((VECTORS / "pin.json").read_text())
    return vectors
