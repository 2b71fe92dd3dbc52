"""The people of world.py, in a database of each kind."""

import pytest

from backend.services import Services
from tests.backend.holders.world import People, build_people


@pytest.fixture
def people(services: Services) -> People:
    return build_people(services)
