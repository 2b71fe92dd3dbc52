"""The command line about orders, lots and staff: what is typed reaches the use case, once."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from backend import __main__ as command_line
from backend.access.establishments import create_establishment, enrol_pupil
from backend.access.staff_tables import EstablishmentMember
from backend.cards.life import lock_card, move
from backend.cards.states import CardEvent
from backend.cards.tables import Card
from backend.services import Services
from terminal.desk.orders import read_orders


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the engines do differently is tested in the room."""
    return sqlite_url


@pytest.fixture
def place(services: Services, lea: UUID) -> UUID:
    with services.database.unit_of_work() as session:
        made = create_establishment(session, "Lycée du Parc").id
        enrol_pupil(session, made, lea, [])
    return made


@pytest.fixture
def run(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Type a command; return its status and what it said."""
    monkeypatch.setattr(command_line, "_services", lambda _settings: services)

    def type_it(*words: str) -> tuple[int, str]:
        status = command_line.main(list(words))
        said = capsys.readouterr()
        return status or 0, (said.out + said.err).strip()

    return type_it


def make(services: Services, number: str) -> None:
    with services.database.unit_of_work() as session:
        card_id = session.scalars(select(Card.id).where(Card.number == number)).one()
        card = lock_card(session, card_id)
        card.uid = bytes.fromhex("04AA00BB00CC01")
        move(card, CardEvent.PRODUCED, services.now())


def test_a_card_goes_from_the_order_to_the_hand(
    services: Services, place: UUID, run: Any, tmp_path: Path
) -> None:
    here = ("--establishment", str(place))
    assert run("cards", "order", *here) == (0, "1 cards ordered")
    assert run("cards", "order", *here) == (0, "0 cards ordered")
    folder = tmp_path / "lot"
    status, said = run("cards", "produce", "--to", str(folder))
    assert (status, said.split(": ")[1]) == (0, "1 cards to make, 0 photos")
    (number,) = read_orders(folder / "cartes.csv")  # as a desk's batch does
    assert (folder / "cartes.csv").stat().st_mode & 0o077 == 0
    assert run("cards", "produce", "--to", str(folder))[0] == 1, "the folder is not empty"
    lot = said.split()[1].rstrip(":")
    again = run("cards", "produce", "--to", str(tmp_path / "again"), "--lot", lot)
    assert again == (0, said)
    assert run("cards", "ship", *here)[0] == 1, "it is not made"
    make(services, number)
    status, said = run("cards", "ship", *here)
    assert (status, said.split(": ")[1]) == (0, "1 cards sent")
    slip = said.split()[1].rstrip(":")
    assert f"not received: {number}" in run("cards", "slip", "--lot", slip)[1]
    card = ("--card-number", number)
    assert run("cards", "hand-over", *card)[0] == 1, "it has not arrived"
    assert run("cards", "receive", *here, "--card-number", "9250")[0] == 1
    assert run("cards", "receive", *here, *card) == (0, "received: Martin Léa")
    assert run("cards", "hand-over", *card, "--for-holder")[0] == 0
    assert run("cards", "withdraw", *card, "--reason", "left") == (0, "card withdrawn")
    status, another = run("cards", "replace", *card, "--reason", "damaged", *here)
    assert (status, len(another)) == (0, 16)
    assert run("cards", "cancel", "--card-number", another) == (0, "order cancelled")
    happened = [line.split()[2] for line in run("cards", "history", *card)[1].splitlines()]
    assert happened == ["ordered", "produced", "shipped", "received", "handed_over", "withdrawn"]


def test_staff_are_let_in_listed_and_ended(services: Services, place: UUID, run: Any) -> None:
    here = ("--establishment", str(place))
    name = ("--given-name", "Claire", "--family-name", "Roux")
    email = ("--email", "claire@lycee.example")
    status, link = run("staff", "invite", *email, *name, *here)
    assert status == 0
    assert "/mot-de-passe/" in link
    assert "Lycée du Parc" in run("staff", "list")[1]
    assert '"second_factor": false' in run("staff", "list", "--json")[1]
    assert run("staff", "end", *email, *here) == (0, "ended")
    with services.database.reading() as session:
        (row,) = session.scalars(select(EstablishmentMember)).all()
        assert row.ended_at is not None
    assert run("staff", "end", "--email", "else@lycee.example", *here)[0] == 1
    nowhere = ("--establishment", str(UUID(int=1)))
    assert run("staff", "invite", *email, *name, *nowhere)[0] == 1
