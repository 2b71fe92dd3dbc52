"""An office with pupils who have no card."""

import pytest

from backend.access.establishments import create_establishment
from backend.services import Services
from tests.backend.cards.lots.office import Desk


@pytest.fixture
def desk(services: Services) -> Desk:
    with services.database.unit_of_work() as session:
        here = create_establishment(session, "Lycée du Parc").id
        there = create_establishment(session, "Lycée du Port").id
    return Desk(services, here, there)
