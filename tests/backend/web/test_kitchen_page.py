"""The kitchen's page: numbers at an address of its own, and how fresh they are."""

import re
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from backend.access.establishments import (
    add_service,
    assign_gate,
    create_establishment,
    enrol_pupil,
    set_diet,
)
from backend.access.kitchen import end_kitchen_link, make_kitchen_link
from backend.access.news import note_heard
from backend.accounts.beneficiaries import create_beneficiary
from backend.partners.enrolment import create_terminal, enrol_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services
from backend.web.kitchen import NEVER_HEARD, OTHERS, SAID, SILENT
from tests.backend.web.page_texts import ACCENTS, fields


@pytest.fixture
def kitchen(services: Services) -> tuple[UUID, str, UUID]:
    """Two people to feed, one of them vegetarian; return link, token and gate."""
    with services.database.unit_of_work() as session:
        now = services.now()
        place = create_establishment(session, "Lycée du Parc")
        hours = (time(11, 30), time(13, 30))
        add_service(
            session, place.id, code="lunch", label="Déjeuner", days=range(1, 8), hours=hours
        )
        for number, name in enumerate(("Léa", "Noah")):
            person = create_beneficiary(
                session,
                given_name=name,
                family_name="Martin",
                birth_date=date(2010, 1, 2 + number),
                now=now,
            )
            enrolment = enrol_pupil(session, place.id, person.id, ["lunch"])
            set_diet(session, enrolment.id, "végétarien" if number else None)
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Entrée", now=now)
        assign_gate(session, gate.terminal_id, place.id)
        enrol_terminal(session, gate.enrolment_code, bytes(range(32)), now)
        note_heard(session, gate.terminal_id, now)
        link_id, token = make_kitchen_link(session, place.id, "tablette", now)
    return link_id, token, gate.terminal_id


def test_the_page_shows_numbers_by_diet_and_no_name(
    client: TestClient, kitchen: tuple[UUID, str, UUID]
) -> None:
    page = client.get(f"/cuisine/{kitchen[1]}")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert (page.headers["Cache-Control"], page.headers["Referrer-Policy"]) == (
        "no-store",
        "no-referrer",
    )
    counts = client.get(f"/cuisine/{kitchen[1]}/comptes").json()
    [lunch] = counts["services"]
    assert (lunch["expected"], lunch["passed"], lunch["remaining"]) == (2, 0, 2)
    assert [each["diet"] for each in lunch["diets"]] == ["sans régime particulier", "végétarien"]
    assert counts["silent"] == []
    assert not {"Léa", "Noah", "Martin"} & set(page.text.split())
    for name in ("kitchen.css", "kitchen.js"):
        assert client.get(f"/static/{name}").status_code == 200


def test_a_gate_that_is_silent_is_named(
    client: TestClient, kitchen: tuple[UUID, str, UUID], services: Services, clock: Any
) -> None:
    heard = services.now().astimezone().strftime("%M")
    clock.advance(minutes=3)
    [said] = client.get(f"/cuisine/{kitchen[1]}/comptes").json()["silent"]
    assert said.startswith("Entrée sans nouvelles depuis")
    assert said.endswith(heard)


def test_an_address_that_was_ended_shows_nothing(
    client: TestClient, kitchen: tuple[UUID, str, UUID], services: Services
) -> None:
    with services.database.unit_of_work() as session:
        end_kitchen_link(session, kitchen[0], services.now())
    for token in (kitchen[1], uuid4().hex, "x" * 200):
        assert client.get(f"/cuisine/{token}").status_code == 404
        answer = client.get(f"/cuisine/{token}/comptes")
        assert (answer.status_code, answer.json()["code"]) == (404, "kitchen_link_not_found")


def test_it_is_in_english_where_the_address_asks_for_it(
    client: TestClient, kitchen: tuple[UUID, str, UUID], clock: Any
) -> None:
    for text in (*SAID.values(), OTHERS, NEVER_HEARD, SILENT):
        assert fields(text.fr) == fields(text.en), text
        assert ACCENTS.search(text.en) is None or text.en == "Français", text
    clock.advance(minutes=3)
    address = f"/cuisine/{kitchen[1]}"
    page = client.get(f"{address}?langue=en").text
    assert '<html lang="en">' in page
    for text in SAID.values():
        assert text.fr not in page.split("<body")[1] or text.fr == "English", text
    counts = client.get(f"{address}/comptes?langue=en").json()
    assert counts["silent"][0].startswith("Entrée not heard since")
    assert counts["services"][0]["diets"][0]["diet"] == "no particular diet"
    script = client.get("/static/kitchen.js").text
    assert ACCENTS.search(script) is None, "the script has no words of its own"
    assert set(re.findall(r"said\.(\w+)", script)) <= set(SAID)
