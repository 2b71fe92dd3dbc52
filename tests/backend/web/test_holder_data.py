"""What is kept of a holder: taken away whole, and asked to be erased."""

import json
import re
import zipfile
from io import BytesIO

from tests.backend.holders.world import People
from tests.backend.web.conftest import Browser
from tests.backend.web.holder_pages import (
    database_url,
    enter,
    lea,
    own,
    people,
    words,
)

__all__ = ["database_url", "lea", "own", "people"]


def test_data_is_taken_away_whole_and_only_by_the_form(
    lea: Browser, own: str, people: People
) -> None:
    people.shop.pay(people.shop.order(1_250))
    lea.open(f"{own}/donnees")
    assert "Passages à l’entrée et à la cantine" in words(lea)
    assert "Connexions ouvertes" in words(lea)
    form = re.search(r'name="form" value="([^"]+)"', lea.page)
    assert form is not None
    taken = lea.client.post(f"{own}/donnees/json", data={"form": form[1]})
    assert taken.headers["Content-Disposition"] == 'attachment; filename="mes-donnees-pass.json"'
    assert taken.headers["Cache-Control"] == "no-store"
    told = {one["table"]: one["lignes"] for one in json.loads(taken.content)["sujets"]}
    assert told["payment"][0]["amount_cents"] == 1_250
    assert told["sign_in_account"][0]["email"] == "lea@martin.example"
    packed = lea.client.post(f"{own}/donnees/tableaux", data={"form": form[1]})
    with zipfile.ZipFile(BytesIO(packed.content)) as archive:
        assert "SOMMAIRE.csv" in archive.namelist()
    assert lea.client.get(f"{own}/donnees/json").status_code == 405


def test_a_mothers_file_has_her_childs_data_and_not_their_account(
    browser: Browser, own: str, people: People
) -> None:
    people.session_of(people.lea)
    mother = enter(browser, people, people.mother)
    mother.open(f"{own}/donnees")
    form = re.search(r'name="form" value="([^"]+)"', mother.page)
    assert form is not None
    taken = mother.client.post(f"{own}/donnees/json", data={"form": form[1]})
    tables = {one["table"] for one in json.loads(taken.content)["sujets"]}
    assert "payment" in tables
    assert not {"sign_in_account", "sign_in_session", "passkey"} & tables
    assert "lea@martin.example" not in taken.text


def test_erasure_is_asked_and_taken_back(lea: Browser, own: str, people: People) -> None:
    lea.open(f"{own}/donnees")
    assert lea.press(f"{own}/donnees/effacement") == 200
    assert "Effacement demandé le 01/09/2026 à 12:00" in words(lea)
    assert lea.press(f"{own}/donnees/effacement") == 409
    lea.open(f"{own}/donnees")
    assert lea.press(f"{own}/donnees/effacement/retrait") == 200
    assert "Demander l’effacement" in words(lea)
