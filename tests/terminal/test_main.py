"""The command line: what it prints, and what it says to a program."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from passcard.layout import make_card_number
from simulator.vpcd import VirtualCardSlot
from terminal import __main__ as command_line
from terminal.desk import personalise
from terminal.errors import JournalError, JournalFault
from terminal.settings import CounterSettings, GateSettings
from tests.terminal.scripted_backend import Reply, ScriptedBackend
from tests.terminal.virtual_cards import READERS, PlainCard

NUMBER = make_card_number(1)
ENROLMENT = {
    "terminal_id": "t-1",
    "kind": "desk",
    "name": "Guichet",
    "list_signing_key": {"kty": "OKP", "crv": "Ed25519", "x": "A" * 43},
}


@pytest.fixture
def config(tmp_path: Path, backend: ScriptedBackend) -> str:
    path = tmp_path / "terminal.toml"
    path.write_text(
        f'backend_url = "{backend.url}"\n'
        f'state_dir = "{tmp_path / "state"}"\nreader = "{READERS[0]}"\n'
    )
    return str(path)


@pytest.fixture
def enrolled_config(config: str, backend: ScriptedBackend) -> str:
    backend.script("/v1/terminals/enrolments", Reply(201, ENROLMENT))
    assert command_line.main(["enrol", "--config", config, "--code", "ABCD"]) == 0
    return config


def personalise_arguments(config: str, *more: str) -> list[str]:
    return ["desk", "personalise", "--config", config, "--card-number", NUMBER, *more]


def test_a_terminal_enrols_once(
    config: str, backend: ScriptedBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    backend.script("/v1/terminals/enrolments", Reply(201, ENROLMENT))
    assert command_line.main(["enrol", "--config", config, "--code", "ABCD"]) == 0
    assert capsys.readouterr().out == "Appareil « Guichet » enregistré comme guichet.\n"
    assert command_line.main(["enrol", "--config", config, "--code", "ABCD"]) == 3
    assert "enrolled already" in capsys.readouterr().out


def test_an_enrolment_refused_has_its_status_and_code(
    config: str, backend: ScriptedBackend, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"code": "enrolment_code_used", "message": "", "details": {}}
    backend.script("/v1/terminals/enrolments", Reply(410, body))
    assert command_line.main(["enrol", "--config", config, "--code", "SESAME", "--json"]) == 5
    said = capsys.readouterr()
    assert json.loads(said.out) == {
        "code": "enrolment_code_used",
        "message": "Ce code d'enregistrement a déjà servi.",
    }
    assert "SESAME" not in said.out + said.err
    assert json.loads(said.err)["error"] == "BackendRefused"


def script_a_dialogue(backend: ScriptedBackend) -> None:
    backend.script(
        "/v1/personalisations", Reply(201, {"personalisation_id": "p-1", "command": "9060000000"})
    )
    backend.script(
        "/v1/personalisations/p-1/responses",
        Reply(body={"command": "9061000000", "done": False, "card_number": NUMBER}),
        Reply(body={"command": None, "done": True, "card_number": NUMBER}),
    )


@pytest.mark.xdist_group("pcscd")
@pytest.mark.parametrize("as_json", [False, True], ids=["words", "json"])
def test_a_card_is_personalised(
    slot: VirtualCardSlot,
    enrolled_config: str,
    backend: ScriptedBackend,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    capsys.readouterr()
    script_a_dialogue(backend)
    card = PlainCard()
    slot.insert(card)
    more = ["--json"] if as_json else []
    assert command_line.main(personalise_arguments(enrolled_config, *more)) == 0
    assert card.asked == [bytes.fromhex("9060000000"), bytes.fromhex("9061000000")]
    out = capsys.readouterr().out
    if as_json:
        assert json.loads(out) == {"card_number": NUMBER, "uid": "04A1B2C3D4E5F6", "commands": 2}
    else:
        assert out.splitlines() == [
            "Posez la carte vierge sur le lecteur.",
            "Carte détectée, personnalisation en cours. Ne retirez pas la carte.",
            f"Carte 9250 •••• •••• {NUMBER[-4:]} prête. Vous pouvez la retirer.",
        ]


@pytest.mark.xdist_group("pcscd")
def test_nobody_brings_a_card(
    slot: VirtualCardSlot,
    enrolled_config: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capsys.readouterr()
    defaults = dict(personalise.with_next_card.__kwdefaults__ or {})
    monkeypatch.setattr(
        personalise.with_next_card, "__kwdefaults__", {**defaults, "seconds_max": 0.05}
    )
    assert command_line.main(personalise_arguments(enrolled_config, "--json")) == 7
    assert json.loads(capsys.readouterr().out)["code"] == "no_card_came"


@pytest.mark.xdist_group("pcscd")
def test_a_reader_that_is_not_there_is_said(
    slot: VirtualCardSlot,
    enrolled_config: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capsys.readouterr()
    monkeypatch.setenv("PASS_TERMINAL_READER", "No Such Reader")
    monkeypatch.setattr("terminal.reader.pcsc.TROUBLE_SECONDS_MAX", 0.05)
    assert command_line.main(personalise_arguments(enrolled_config)) == 4
    out = capsys.readouterr().out
    assert out.splitlines()[-1].startswith("Le lecteur de cartes n'est pas branché : branchez-le")


@pytest.mark.parametrize("command", ["counter", "gate"])
def test_a_daemon_gets_its_settings_and_gives_its_status(
    command: str, config: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Any] = []

    def run(settings: Any) -> int:
        given.append(settings)
        return 0 if len(given) == 1 else _fail(len(given))

    def _fail(call: int) -> int:
        if call == 2:
            raise JournalError(JournalFault.DISK_FULL, "the disk is full")
        raise KeyError("a fault of ours") if call == 3 else KeyboardInterrupt

    monkeypatch.setattr(f"terminal.{command}.daemon.run", run)
    if command == "counter":
        with Path(config).open("a") as file:
            file.write('pad_device = "/dev/pts/9"\n')
    statuses = [command_line.main([command, "--config", config]) for _ in range(4)]
    assert statuses == [0, 6, 1, 130]
    assert type(given[0]) is {"counter": CounterSettings, "gate": GateSettings}[command]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["desk"], id="half a command"),
        pytest.param(["gate"], id="no configuration"),
        pytest.param(["enrol", "--config", "x"], id="no code"),
        pytest.param(
            [
                "desk",
                "personalise",
                "--config",
                "x",
                "--card-number",
                f"{NUMBER[:-1]}{(int(NUMBER[-1]) + 1) % 10}",
            ],
            id="wrong check digit",
        ),
    ],
)
def test_a_wrong_command_line_is_said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert "usage: pass-terminal" in capsys.readouterr().err


def test_help_teaches() -> None:
    program = [sys.executable, "-m", "terminal", "--help"]
    said = subprocess.run(program, check=True, capture_output=True, text=True, timeout=30).stdout
    for word in ("enrol", "counter", "gate", "desk", "exit status", "PASS_TERMINAL_", "7  no card"):
        assert word in said
