"""Set the stage: configuration files, keys, schema, scheme, enrolment, and the programs.

All state lies below one folder and is made new at each run.
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from scripts.demo.loopback import answers, ask
from scripts.demo.processes import DemonstrationError, Programs, free_ports

BIN = Path(sys.executable).parent
PASS_BACKEND, PASS_TERMINAL = "pass-backend", "pass-terminal"
SCHEME = Path(__file__).parent / "scheme.toml"
COUNTER_READER = "Pass Counter"
GATE_READER = "Pass Gate"
WANTED_PORTS = {
    "backend": 8000,
    "till": 8101,
    "gate": 8102,
    "simulator": 8103,
    "till_line": 8104,
    "gate_line": 8105,
    "printer": 8106,
    "tablet": 8107,
}
ANY_PORTS = dict.fromkeys(WANTED_PORTS, 0)


@dataclass(frozen=True, slots=True)
class Person:
    """One young person of the scheme, as `apply` reported them."""

    card_number: str
    activation_token: str


@dataclass(frozen=True, slots=True)
class World:
    """Where everything is once the stage is set."""

    folder: Path
    programs: Programs
    people: dict[str, Person]
    backend: str
    till: str
    gate: str
    simulator: str
    tablet: str

    def till_token(self) -> str:
        """Read what a program must bring to sell at the till."""
        return (self.folder / "caisse" / "till-token").read_text()

    def config(self, name: str) -> str:
        """Path of a program's configuration file."""
        return str(self.folder / f"{name}.toml")


def _as_it_is(_name: str, text: str) -> str:
    return text


def _nothing_more(_stage: "Stage") -> None:
    pass


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage being set: its folder, its programs, and what `apply` reported."""

    folder: Path
    programs: Programs
    applied: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Staging:
    """How a stage differs from the demonstration's.

    `adjust` gets each configuration file by its name, and `scheme`, before it is written;
    `prepare` acts when the scheme is applied and nothing runs yet.
    """

    adjust: Callable[[str, str], str] = _as_it_is
    prepare: Callable[[Stage], None] = _nothing_more
    environment: Mapping[str, str] = field(default_factory=dict)


def set_stage(
    folder: Path, wanted: dict[str, int] | None = None, staging: Staging | None = None
) -> World:
    """Make the folder new, write all configuration, and start every program.

    `wanted` names the ports to listen on where they are free. Whatever was started is stopped
    again when this fails.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    staging = staging or Staging()
    environment = {"PCSCLITE_CSOCK_NAME": str(folder / "pcscd" / "pcscd.comm")}
    programs = Programs(folder / "logs", environment | dict(staging.environment))
    try:
        return _start_all(folder, programs, wanted or WANTED_PORTS, staging)
    except BaseException:
        programs.stop_all()
        raise


def _start_all(folder: Path, programs: Programs, wanted: dict[str, int], staging: Staging) -> World:
    ports = dict(zip(wanted, free_ports(list(wanted.values())), strict=True))
    for name, text in {**_configuration(folder, ports), "scheme": SCHEME.read_text()}.items():
        (folder / f"{name}.toml").write_text(staging.adjust(name, text.lstrip()))
    applied = _make_scheme(folder, programs)
    staging.prepare(Stage(folder, programs, applied))
    people = {
        key: Person(one["card_number"], one["activation_token"])
        for key, one in applied["beneficiaries"].items()
    }
    url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    pages = {name: url[name] for name in ("backend", "till", "gate", "simulator", "tablet")}
    world = World(folder, programs, people, **pages)
    _start(
        world,
        ("backend", PASS_BACKEND, "serve", f"{world.backend}/v1/health"),
        ("simulator", "pass-simulator", "counter", f"{world.simulator}/health"),
    )
    names = ("caisse", "portillon", "guichet")
    _enrol(world, {name: str(applied["terminals"][name]["enrolment_code"]) for name in names})
    _start(
        world,
        ("caisse", PASS_TERMINAL, "counter", f"{world.till}/health"),
        ("portillon", PASS_TERMINAL, "gate", f"{world.gate}/health"),
    )
    return world


def _make_scheme(folder: Path, programs: Programs) -> dict[str, Any]:
    backend = ("--config", str(folder / "backend.toml"))
    scheme = ("apply", str(folder / "scheme.toml"), "--json", "--pad-keys", str(folder / "pads"))
    row = [(*backend, *words) for words in (("keys", "create"), ("migrate",), scheme)]
    printed = programs.run_row("keys, schema, scheme", PASS_BACKEND, row)
    applied: dict[str, Any] = json.loads(printed[-1])
    return applied


def _enrol(world: World, codes: Mapping[str, str]) -> None:
    row = [
        ("enrol", "--config", world.config(name), "--code", code) for name, code in codes.items()
    ]
    world.programs.run_row("enrolment", PASS_TERMINAL, row)


def _start(world: World, *wanted: tuple[str, str, str, str]) -> None:
    """Start programs side by side, then wait for each: name, program, verb, ready address."""
    started = []
    for name, program, verb, ready_url in wanted:
        config = world.config(name)
        command = [str(BIN / program), verb, "--config", config]
        if program == PASS_BACKEND:
            command = [str(BIN / program), "--config", config, verb]
        started.append((world.programs.start(name, command), ready_url))
    for one, ready_url in started:
        world.programs.wait_until(one, partial(answers, ready_url))


def _configuration(folder: Path, ports: dict[str, int]) -> dict[str, str]:
    url = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    return {
        "backend": f"""
database_url = "sqlite:///{folder}/backend.sqlite3"
vault_key_file = "{folder}/vault-keys.json"
listen_port = {ports["backend"]}
""",
        "simulator": _simulator_configuration(folder, ports, url),
        "caisse": f"""
backend_url = "{url["till_line"]}"
state_dir = "{folder}/caisse"
reader = "{COUNTER_READER}"
pad_device = "{folder}/pad"
listen_port = {ports["till"]}
framed_by = ["{url["simulator"]}"]
printer = {{ kind = "network", host = "127.0.0.1", port = {ports["printer"]}, columns = 32 }}
""",
        "portillon": f"""
backend_url = "{url["gate_line"]}"
state_dir = "{folder}/portillon"
reader = "{GATE_READER}"
refresh_seconds = 2
listen_port = {ports["gate"]}
framed_by = ["{url["simulator"]}"]
supervisor = {{ listen_port = {ports["tablet"]} }}
""",
        "guichet": f"""
backend_url = "{url["till_line"]}"
state_dir = "{folder}/guichet"
reader = "{COUNTER_READER}"
""",
    }


def _simulator_configuration(folder: Path, ports: dict[str, int], url: dict[str, str]) -> str:
    return f"""
run_dir = "{folder}"
control_port = {ports["simulator"]}
readers = [{{ name = "{COUNTER_READER}" }}, {{ name = "{GATE_READER}" }}]

[pad]
link = "{folder}/pad"
key_file = "{folder}/pads/caisse.json"
counter_file = "{folder}/pad-counter"

[printer]
port = {ports["printer"]}

[[lines]]
name = "Caisse 1"
port = {ports["till_line"]}
backend_url = "{url["backend"]}"

[[lines]]
name = "Portillon"
port = {ports["gate_line"]}
backend_url = "{url["backend"]}"

[[screens]]
name = "Caisse 1"
url = "{url["till"]}/"

[[screens]]
name = "Portillon"
url = "{url["gate"]}/"
"""


def ask_backend(world: World, name: str, *commands: Sequence[str]) -> list[str]:
    """Run commands of `pass-backend` one after the other; return what each printed."""
    row = [("--config", world.config("backend"), *words) for words in commands]
    return world.programs.run_row(name, PASS_BACKEND, row)


def request(
    method: str, url: str, body: dict[str, Any] | None = None, token: str | None = None
) -> dict[str, Any]:
    """Ask a program something over HTTP; return its JSON object, empty if it sent none.

    Raises DemonstrationError for any answer that is not a success.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = ask(method, url, json=body, headers=headers)
    if not answer.is_success:
        # The body of a refusal never repeats what was typed.
        msg = f"{method} {url} answered {answer.status_code}: {answer.text[:500]}"
        raise DemonstrationError(msg)
    value = answer.json() if answer.content else {}
    return value if isinstance(value, dict) else {"items": value}
