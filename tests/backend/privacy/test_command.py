"""`pass-backend privacy …` as whoever runs the service types it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from backend import __main__ as command_line
from backend.__main__ import main
from backend.accounts.tables import Beneficiary
from backend.database import Database
from backend.services import Services
from tests.backend.privacy.conftest import BORN, Whole, make_whole

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def standing(services: Services, monkeypatch: pytest.MonkeyPatch) -> tuple[Database, Whole]:
    """A command line that stands on the test's own services, with her in the database."""
    monkeypatch.setattr(command_line, "_services", lambda _settings: services)
    monkeypatch.setattr(services.database, "close", lambda: None)
    with services.database.unit_of_work() as session:
        whole = make_whole(session)
    return services.database, whole


def test_from_a_request_to_a_restored_copy(
    standing: tuple[Database, Whole], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database, whole = standing
    assert main(["privacy", "requests"]) == 0
    asked = capsys.readouterr().out
    assert "Zoëlle Quenneville" in asked
    assert str(whole.person_id) in asked
    assert main(["privacy", "erase", "--person", str(whole.person_id), "--by", "Nadia"]) == 0
    assert main(["privacy", "erase", "--card-number", "9250000000000016", "--by", "Nadia"]) == 0
    assert capsys.readouterr().out == "erased\nwas erased before\n"
    assert main(["privacy", "erased"]) == 0
    listed = capsys.readouterr().out
    assert json.loads(listed)["id"] == str(whole.person_id)
    file = tmp_path / "erased.jsonl"
    file.write_text(listed)
    with database.unit_of_work() as session:
        session.execute(update(Beneficiary).values(given_name="Zoëlle", birth_date=BORN))
    assert main(["privacy", "again", str(file)]) == 0
    assert capsys.readouterr().out == "erased again: 1; nothing to do for: 0\n"
    assert main(["privacy", "requests"]) == 0
    assert capsys.readouterr().out == ""


def test_forgetting_looks_then_acts(
    standing: tuple[Database, Whole], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privacy", "forget", "--only-look"]) == 0
    assert "would go" in capsys.readouterr().out
    assert main(["privacy", "forget", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {one["rule"] for one in told["rules"]} >= {"passage", "notice", "sign_in_act"}
    assert all(one["left_over"] == 0 for one in told["rules"])


@pytest.mark.parametrize("text", ["x", '{"id": "1", "at": "2026-01-01", "by": "x"}', "[]", "{}"])
def test_a_list_that_is_none_is_one_sentence(
    standing: tuple[Database, Whole],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    file = tmp_path / "list"
    file.write_text(text)
    assert main(["privacy", "again", str(file)]) == 1
    assert "a line of the list of the erased" in capsys.readouterr().err
    assert main(["privacy", "again", str(tmp_path / "none")]) == 1
    assert "cannot read" in capsys.readouterr().err
    assert main(["privacy", "erase", "--person", "7", "--by", "x"]) == 1


def test_the_register_is_json(
    standing: tuple[Database, Whole], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["privacy", "register"]) == 0
    register = json.loads(capsys.readouterr().out)
    assert "beneficiary" in register[0]["tables"]
