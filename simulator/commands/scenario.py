"""`pass-simulator scenario …`: play what many people do, look at it first, or record it."""

import contextlib
import http.client
import socket
import threading
import tomllib
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from simulator.commands.client import ControlClient
from simulator.commands.outcome import (
    EXIT_ACTS_REFUSED,
    EXIT_DONE,
    CommandError,
    Json,
    Outcome,
    WrongUse,
)
from simulator.scenario.player import Clock, Player, Till
from simulator.scenario.recorder import Recorder, events_of
from simulator.scenario.script import (
    Act,
    Scenario,
    ScenarioError,
    acts_of,
    read_scenario,
    write_scenario,
)

EXAMPLES = Path(__file__).parent.parent / "scenario" / "examples"
FILE_BYTES_MAX = 64 * 1024


def run(client: ControlClient, asked: Namespace) -> Outcome:
    """Play a scenario on a running simulator."""
    scenario = _read(asked.file)
    acts = _acts(scenario, asked.seed)
    _make_cards(client, scenario)
    codes, till = _codes(asked.codes), _till(asked.till, asked.till_token)
    player = Player(client, codes=codes, till=till, clock=Clock(speed=asked.speed))
    report = player.play(acts)
    seed = scenario.seed if asked.seed is None else asked.seed
    value = {"title": scenario.title, "seed": seed, "acts": len(acts), **report.as_json()}
    done, refused = report.done.total(), report.refused.total()
    words = f"{scenario.title}, seed {seed}: {done} of {len(acts)} acts done"
    if refused:
        why = ", ".join(f"{code} ({count})" for code, count in report.refused.most_common())
        words += f", {refused} refused: {why}"
    status = EXIT_ACTS_REFUSED if refused else EXIT_DONE
    return Outcome(value, f"{words}.", status)


def show(_client: ControlClient, asked: Namespace) -> Outcome:
    """Say what would be done, and do nothing."""
    scenario = _read(asked.file)
    acts = [act.model_dump(exclude_none=True) for act in _acts(scenario, asked.seed)]
    seed = scenario.seed if asked.seed is None else asked.seed
    lines = [f"# {scenario.title}, seed {seed}"]
    lines += [
        f"{act['at']:9.3f}  " + "  ".join(str(value) for key, value in act.items() if key != "at")
        for act in acts
    ]
    return Outcome(acts, "\n".join(lines))


def record(client: ControlClient, asked: Namespace) -> Outcome:
    """Write down what is done at a simulator, until the time is up or Ctrl-C."""
    if asked.file.exists():
        raise WrongUse(f"{asked.file} exists already: name another file.")
    recorder = Recorder()
    with contextlib.suppress(KeyboardInterrupt):
        for event in _listen(client, asked.seconds):
            recorder.hear(event)
    scenario = Scenario(format=1, title=asked.title, acts=tuple(recorder.acts))
    try:
        asked.file.write_text(write_scenario(scenario), encoding="utf-8")
    except OSError as cause:
        raise WrongUse(f"{asked.file}: {cause.strerror}.") from cause
    value = {"file": str(asked.file), "acts": len(recorder.acts)}
    return Outcome(value, f"{len(recorder.acts)} acts are in {asked.file}.")


def _read(file: Path) -> Scenario:
    packed = EXAMPLES / f"{file}.yaml"
    try:
        return read_scenario(packed if not file.exists() and packed.exists() else file)
    except ScenarioError as error:
        raise WrongUse(str(error)) from error


def _acts(scenario: Scenario, seed: int | None) -> list[Act]:
    try:
        return acts_of(scenario, seed)
    except ScenarioError as error:
        raise WrongUse(str(error)) from error


def _make_cards(client: ControlClient, scenario: Scenario) -> None:
    if scenario.cards is None:
        return
    there = {str(card["name"]).casefold() for card in client.cards()}
    for name in scenario.cards.names():
        if name.casefold() not in there:
            client.add_card({"name": name, "kind": scenario.cards.kind})


def _codes(file: Path | None) -> dict[str, str]:
    """Read `NAME = "1234"` lines; an error never quotes one."""
    if file is None:
        return {}
    try:
        content = tomllib.loads(file.read_bytes()[:FILE_BYTES_MAX].decode())
    except OSError as cause:
        raise WrongUse(f"{file}: {cause.strerror}.") from cause
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        content = {"": 0}
    if not all(isinstance(code, str) and code.isdecimal() for code in content.values()):
        raise WrongUse(f'{file}: a line for each card, such as LEA = "…", the code in quotes.')
    return {name.casefold(): str(code) for name, code in content.items()}


def _till(url: str | None, token_file: Path | None) -> Till | None:
    if url is None:
        return None
    with contextlib.suppress(ValueError, OSError):
        parts = urlsplit(url)
        if (parts.scheme, parts.hostname) == ("http", "127.0.0.1") and parts.port and token_file:
            return Till(url, token_file.read_text(encoding="ascii").strip())
    raise WrongUse("--till is http://127.0.0.1:PORT, and --till-token its file `till-token`.")


def _listen(client: ControlClient, seconds_max: float) -> Iterator[Json]:
    parts = urlsplit(client.control)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=15)
    client.readers()  # its own sentence for a simulator that is not there
    over = threading.Timer(seconds_max, lambda: _cut(connection))
    try:
        connection.request("GET", "/events")
        response = connection.getresponse()
        over.start()
        yield from events_of(line.decode().rstrip("\n") for line in response)
    except (OSError, http.client.HTTPException) as cause:
        raise CommandError("stream_ended", "The simulator ended the stream.") from cause
    finally:
        over.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End the stream; whoever reads it finds its end."""
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
