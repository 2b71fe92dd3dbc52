"""The pytest plugin: `pass_card`, `pass_reader`, `pass_pinpad`, and the programs behind them.

Promise: nothing is started unless a test asks for it; readers and the backend serve the session, a
counter, a gate and a pad one test; every test begins with empty readers and nothing broken.

    @pytest.mark.pass_card_faults(tear_after=2)    # fields of simulator.cards.faults.CardFaults
    @pytest.mark.pass_line_faults(down=True)       # fields of simulator.wire.http_wire.LineFaults
    @pytest.mark.pass_pad_faults(silent=True)      # fields of simulator.pad.faults.Faults
"""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from simulator.cards.faults import CardFaults
from simulator.cards.record import CardKind, NewCard
from simulator.pad.cable import PadCable
from simulator.pad.faults import NO_FAULTS, Faults
from simulator.pad.keys import AesCodeSealer, MemoryCounter, PadKey, load_sealer
from simulator.pcscd import PrivatePcscd
from simulator.tabletop import Tabletop
from simulator.testing.programs import Programs, ask, free_port
from simulator.testing.stage import (
    PassBackend,
    PassCard,
    PassCounter,
    PassGate,
    PassPinPad,
    PassReader,
    see,
)
from simulator.wire.http_wire import HttpWire, LineFaults
from simulator.wire.pad_wire import HeardPad

COUNTER_READER, GATE_READER = "Pass Counter", "Pass Gate"
CARD_NAME, PERSON = "LEA", "lea"
SCHEME = Path(__file__).parent / "examples" / "scheme.toml"
_MARKERS = ("pass_card_faults", "pass_line_faults", "pass_pad_faults")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    for name in _MARKERS:
        config.addinivalue_line("markers", f"{name}(**fields): what goes wrong in this test")


def _marked(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    found = request.node.get_closest_marker(name)
    return {} if found is None else dict(found.kwargs)


@pytest.fixture(scope="session")
def pass_folder() -> Iterator[Path]:
    """Give the session's folder; its path is short, for a Unix socket's name."""
    folder = Path(tempfile.mkdtemp(prefix="pass-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def pass_table(pass_folder: Path) -> Iterator[Tabletop]:
    """Give a table with two readers on a PC/SC daemon of its own."""
    table = Tabletop()
    with ExitStack() as stack:
        names = (COUNTER_READER, GATE_READER)
        daemon = stack.enter_context(PrivatePcscd(names, pass_folder / "pcscd"))
        table.pcscd_socket = daemon.socket_path
        for name, port in daemon.ports.items():
            stack.callback(table.add_reader(name, port).close)
        before = os.environ.get("PCSCLITE_CSOCK_NAME")
        # Read by libpcsclite at its first use: a PC/SC client is to be made after this fixture.
        os.environ["PCSCLITE_CSOCK_NAME"] = str(daemon.socket_path)
        yield table
        os.environ.pop("PCSCLITE_CSOCK_NAME")
        if before is not None:
            os.environ["PCSCLITE_CSOCK_NAME"] = before


@pytest.fixture
def pass_reader(pass_table: Tabletop) -> Iterator[PassReader]:
    """Give an empty reader; PCSCLITE_CSOCK_NAME leads to it."""
    yield _reader(pass_table, COUNTER_READER)
    pass_table.slot(COUNTER_READER).remove()


def _reader(table: Tabletop, name: str) -> PassReader:
    assert table.pcscd_socket is not None
    return PassReader(table, name, table.pcscd_socket)


@pytest.fixture(scope="session")
def pass_programs(pass_table: Tabletop, pass_folder: Path) -> Iterator[Programs]:
    """Give what starts programs on this table."""
    programs = Programs(pass_folder, {"PCSCLITE_CSOCK_NAME": str(pass_table.pcscd_socket)})
    yield programs
    programs.stop_all()


@pytest.fixture(scope="session")
def pass_world(pass_programs: Programs, pass_table: Tabletop) -> Iterator[PassBackend]:
    """Give the session's backend, whose terminals are enrolled and whose card is made."""
    folder, port = pass_programs.folder, free_port()
    config = _write(
        folder / "backend.toml",
        database_url=f"sqlite:///{folder}/backend.sqlite3",
        vault_key_file=f"{folder}/vault-keys.json",
        listen_port=port,
    )
    apply = ("apply", str(SCHEME), "--json", "--pad-keys", str(folder / "pads"))
    row = (("keys", "create"), ("migrate",), apply, ("serve",))
    url = f"http://127.0.0.1:{port}"
    _, said = pass_programs.start_row(
        f"{url}/v1/health", "pass-backend", *(("--config", config, *words) for words in row)
    )
    with HttpWire("backend", ("127.0.0.1", port), pass_table.feed) as line:
        yield PassBackend(url, line, json.loads(said[2]))


@pytest.fixture
def pass_backend(pass_world: PassBackend, request: pytest.FixtureRequest) -> Iterator[PassBackend]:
    """Give a backend; what the marker says goes wrong on the line to it."""
    pass_world.line.set_faults(LineFaults(**_marked(request, "pass_line_faults")))
    yield pass_world
    pass_world.line.set_faults(LineFaults())


@pytest.fixture(scope="session")
def pass_person(pass_world: PassBackend, pass_table: Tabletop, pass_programs: Programs) -> PassCard:
    """Give the card of a person, made at a desk, and the code they chose."""
    pass_table.drawer.add(NewCard(name=CARD_NAME, kind=CardKind.BLANK))
    person = pass_world.applied["beneficiaries"][PERSON]
    desk = _Terminal(pass_programs, pass_world, "guichet", {"reader": COUNTER_READER})
    number = str(person["card_number"])
    personalise = ("desk", "personalise", "--config", desk.config, "--card-number", number)
    pass_table.lay(COUNTER_READER, CARD_NAME)
    try:
        pass_programs.run_row("pass-terminal", desk.enrolment, personalise)
    finally:
        pass_table.slot(COUNTER_READER).remove()
    # One that no rule refuses, whatever the card's number is.
    for code in ("7391", "5827", "6482"):
        form = urlencode({"code": code, "code_again": code})
        link = f"{pass_world.url}/activation/{person['activation_token']}"
        if ask("POST", link, form=form)[0] == 200:
            break
    return PassCard(pass_table, CARD_NAME, number, code)


@pytest.fixture
def pass_card(request: pytest.FixtureRequest, pass_table: Tabletop) -> Iterator[PassCard]:
    """Give a card: blank, or a person's where the test has a backend."""
    if {"pass_backend", "pass_counter", "pass_gate"} & set(request.fixturenames):
        card: PassCard = request.getfixturevalue("pass_person")
    else:
        card = PassCard(pass_table, f"BLANK {secrets.token_hex(4)}")
        pass_table.drawer.add(NewCard(name=card.name, kind=CardKind.BLANK))
    card.set_faults(CardFaults(**_marked(request, "pass_card_faults")))
    yield card
    card.set_faults()


@pytest.fixture
def pass_pinpad(
    request: pytest.FixtureRequest, pass_table: Tabletop, pass_folder: Path
) -> Iterator[PassPinPad]:
    """Give a pad; its key is the backend's where the test has one."""
    if {"pass_backend", "pass_counter"} & set(request.fixturenames):
        request.getfixturevalue("pass_world")
        key = pass_folder / "pads" / "caisse.json"
        sealer: Any = load_sealer(key, pass_folder / "pad-counter")
    else:
        sealer = AesCodeSealer(PadKey(secrets.token_bytes(16)), bytes(8), MemoryCounter())
    link = pass_folder / "pad"
    with PadCable(HeardPad(sealer, pass_table.feed), link) as cable:
        marked = _marked(request, "pass_pad_faults")
        cable.set_faults(Faults(**marked) if marked else NO_FAULTS)
        yield PassPinPad(cable, link)


@pytest.fixture(scope="session")
def pass_counter_terminal(
    pass_programs: Programs, pass_world: PassBackend, pass_folder: Path
) -> "_Terminal":
    """Give the session's counter, which is enrolled when it starts for the first time."""
    settings = {"reader": COUNTER_READER, "pad_device": f"{pass_folder}/pad"}
    return _Terminal(pass_programs, pass_world, "caisse", settings)


@pytest.fixture(scope="session")
def pass_gate_terminal(pass_programs: Programs, pass_world: PassBackend) -> "_Terminal":
    """Give the session's gate, which is enrolled when it starts for the first time."""
    settings = {"reader": GATE_READER, "refresh_seconds": 1}
    return _Terminal(pass_programs, pass_world, "portillon", settings)


@pytest.fixture
def pass_counter(
    pass_counter_terminal: "_Terminal",
    pass_backend: PassBackend,
    pass_pinpad: PassPinPad,
    pass_reader: PassReader,
) -> Iterator[PassCounter]:
    """Give a counter that runs, with its reader and pad."""
    del pass_backend, pass_pinpad
    with pass_counter_terminal.running("counter") as url:
        token = (pass_counter_terminal.state_dir / "till-token").read_text()
        yield PassCounter(url, token, pass_reader)


@pytest.fixture
def pass_gate(
    pass_gate_terminal: "_Terminal", pass_person: PassCard, pass_backend: PassBackend
) -> Iterator[PassGate]:
    """Give a gate that runs and whose list has the card."""
    del pass_backend
    with pass_gate_terminal.running("gate") as url:
        health = f"{url}/health"
        see("the gate's list", lambda: ask("GET", health)[1], lambda seen: seen["has_list"])
        yield PassGate(url, _reader(pass_person.table, GATE_READER))


class _Terminal:
    """A terminal of the scheme: its configuration, its enrolment, its program."""

    def __init__(
        self, programs: Programs, world: PassBackend, name: str, settings: dict[str, Any]
    ) -> None:
        self._programs = programs
        self._is_enrolled = False
        self.state_dir = programs.folder / name
        self._port = free_port()
        self.config = _write(
            programs.folder / f"{name}.toml",
            backend_url=f"http://127.0.0.1:{world.line.port}",
            state_dir=str(self.state_dir),
            **settings,
            **({} if name == "guichet" else {"listen_port": self._port}),
        )
        code = world.applied["terminals"][name]["enrolment_code"]
        self.enrolment = ("enrol", "--config", self.config, "--code", str(code))

    @contextmanager
    def running(self, verb: str) -> Iterator[str]:
        """Run it for the length of the block, enrolled before that; give its address."""
        url = f"http://127.0.0.1:{self._port}"
        serve = (verb, "--config", self.config)
        row = (serve,) if self._is_enrolled else (self.enrolment, serve)
        program, _ = self._programs.start_row(f"{url}/health", "pass-terminal", *row)
        self._is_enrolled = True
        yield url
        self._programs.stop(program)


def _write(path: Path, **settings: Any) -> str:
    # A TOML basic string and a number are written as JSON writes them.
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return str(path)
