"""A lycée whose pupils come from files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest

from backend.access.establishments import (
    FULL_BOARD,
    RightTerms,
    add_service,
    create_establishment,
)
from backend.pupils.importing import Order, Outcome, import_roster
from backend.pupils.reading import Roster
from backend.pupils.regimes import set_regime
from backend.services import Services
from tests.backend.pupils.files import Eleve, eleves_xml, read


@dataclass
class Lycee:
    """An establishment with a lunch and a dinner, and its files."""

    services: Services
    id: UUID
    folder: Path

    def siecle(self, *eleves: Eleve, **order: object) -> Outcome:
        """Import these pupils as SIECLE would export them."""
        path = self.folder / "ElevesAvecAdresses.xml"
        path.write_bytes(eleves_xml(list(eleves)))
        return self.take(read(path), **order)

    def take(self, roster: Roster, **order: object) -> Outcome:
        """Import a roster; applied unless told otherwise."""
        asked = Order(**{"by": "test", "digest": b"", "apply": True, **order})  # type: ignore[arg-type]
        return import_roster(self.services.database, self.id, roster, asked, self.services.now)

    def regime(self, name: str, **rights: RightTerms) -> None:
        with self.services.database.unit_of_work() as session:
            set_regime(session, self.id, name, rights)


@pytest.fixture
def lycee(services: Services, tmp_path: Path) -> Lycee:
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée du Parc")
        for code, hours in (("lunch", (11, 14)), ("dinner", (18, 20))):
            opens, closes = (time(hour) for hour in hours)
            add_service(
                session,
                place.id,
                code=code,
                label=code,
                days=[1, 2, 3, 4, 5],
                hours=(opens, closes),
            )
    school = Lycee(services, place.id, tmp_path)
    school.regime("demi-pensionnaire", lunch=FULL_BOARD)
    school.regime("interne", lunch=FULL_BOARD, dinner=FULL_BOARD)
    school.regime("externe")
    return school


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def make(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make
