"""`pass-backend events …` from end to end: its own process's way in, a real server at the other."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from standardwebhooks import Webhook

from backend.__main__ import main
from backend.commands import events as commands
from backend.commands.events import deliver_until
from tests.backend.events.conftest import World

Run = Callable[..., str]


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setattr("backend.__main__.open_services", lambda _settings: world.services)
    monkeypatch.setattr(commands, "open_post", lambda _services: world.post)
    monkeypatch.setattr(type(world.services.database), "close", lambda _self: None)

    def command(*words: str, status: int = 0) -> str:
        assert main(["events", *words]) == status
        said = capsys.readouterr()
        return said.out if status == 0 else said.err

    return command


def test_from_an_address_to_a_replay(world: World, run: Run) -> None:
    partner = str(world.shop.partner)
    said = run("endpoint", "add", "--partner", partner, "--url", world.receiver.url)
    endpoint = said.split()[1]
    [secret] = re.findall(r"whsec_\S+", said)
    token = run("token", "add", "--partner", partner, "--name", "Comptabilité")
    assert "passevt_" in token
    world.sell(100)
    assert run("deliver", "--once") == "1 events taken, 0 put off\n"
    Webhook(secret)
    [line] = json.loads(run("log", "--endpoint", endpoint))
    assert (line["status"], line["outcome"]) == (204, "taken")
    read = json.loads(run("read", "--partner", partner))
    assert read["events"] == [json.loads(world.receiver.got[0].body)]
    run("replay", "--endpoint", endpoint, "--since", "2026-01-01T00:00:00Z")
    run("deliver", "--once")
    assert len(set(world.receiver.ids)) == 1
    assert len(world.receiver.ids) == 2
    run("replay", "--endpoint", endpoint, "--after", read["cursor"])
    assert run("deliver", "--once") == "0 events taken, 0 put off\n"
    listed = json.loads(run("list", "--partner", partner))
    assert [one["url"] for one in listed["endpoints"]] == [world.receiver.url]
    assert secret not in str(listed)
    other = run("endpoint", "rotate", "--endpoint", endpoint)
    assert secret not in other
    run("endpoint", "enable", "--endpoint", endpoint)
    run("endpoint", "remove", "--endpoint", endpoint)
    run("token", "revoke", "--partner", partner, "--token-id", token.split()[1])
    assert json.loads(run("list", "--partner", partner)) == {"endpoints": [], "tokens": []}


def test_what_is_not_there_is_one_sentence(world: World, run: Run) -> None:
    partner = str(world.shop.partner)
    assert "no endpoint" in run("log", "--endpoint", partner, status=1)
    assert "no id" in run("log", "--endpoint", "x", status=1)
    assert "no partner" in run("list", "--partner", str(world.shop.lea), status=1)
    wrong = run("endpoint", "add", "--partner", partner, "--url", "http://x.example", status=1)
    assert "HTTPS only" in wrong


def test_the_job_goes_on_until_it_is_told_to_stop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "open_post", lambda _services: world.post)
    world.add()
    world.sell(100)
    stopping = Event()
    job = Thread(target=deliver_until, args=(world.services, stopping))
    job.start()
    for _ in range(500):
        if world.receiver.got:
            break
        stopping.wait(0.02)
    stopping.set()
    job.join(10)
    assert not job.is_alive()
    assert len(world.receiver.got) == 1


def test_the_settings_refuse_private_addresses_in_production(tmp_path: Path) -> None:
    from pydantic import ValidationError  # noqa: PLC0415

    from backend.settings import Settings  # noqa: PLC0415

    values: dict[str, Any] = {
        "environment": "production",
        "database_url": "postgresql+psycopg://x",
        "vault_socket": tmp_path / "vault",
    }
    assert not Settings(**values).events_private_addresses
    with pytest.raises(ValidationError, match="private address"):
        Settings(**values, events_private_addresses=True)
