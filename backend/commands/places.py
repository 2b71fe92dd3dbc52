"""Where outlets are, and the communes they may be in, from the command line."""

from pathlib import Path

from backend.commands.trade import id_named
from backend.partners.directory import Place, place_outlet
from backend.partners.directory_file import CommunesRead, import_communes
from backend.services import Services


def place(services: Services, outlet: str, where: Place) -> None:
    """Say where an outlet is, named by its id or its key in the declared file."""
    with services.database.unit_of_work() as session:
        place_outlet(session, id_named("outlet", outlet), where)


def read_communes(services: Services, path: Path) -> CommunesRead:
    """Record the communes of a file."""
    return import_communes(services.database, path)
