"""Health says what is true of the database, and nothing more."""

from pathlib import Path

from starlette.testclient import TestClient

from backend.app import build_app
from backend.database import Database
from backend.services import Services


def test_it_answers_while_the_database_does(client: TestClient) -> None:
    assert client.get("/v1/health").json() == {"status": "ok"}


def test_a_database_that_cannot_be_opened_is_a_503(services: Services, tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path}/no/such/folder/db.sqlite3")
    lost = Services(services.settings, away, services.vault, services.now)
    with TestClient(build_app(lost), raise_server_exceptions=False) as client:
        answer = client.get("/v1/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")


def test_unknown_routes_and_methods_have_codes(client: TestClient) -> None:
    assert client.get("/v1/none").json()["code"] == "route_not_found"
    assert client.delete("/v1/health").json()["code"] == "method_not_allowed"
