"""A stage whose every failure is played: what may not leak is looked for on it afterwards.

The vault is a process of its own; the counter's line to the backend is listened to; every program
logs at the level asked for and would print a trace of its crash.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from scripts.demo.hands import Hands, see
from scripts.demo.processes import Program
from scripts.demo.story import CODES, Story
from scripts.demo.world import ANY_PORTS, BIN, Stage, Staging, request, set_stage
from tests.journeys.stages import find, start_backend, start_counter
from tests.journeys.witnesses import Line, ProcessWatch, Seen, StreamWatch

LOUD = Path(__file__).parent / "loud"
# Typed where they are refused, or half: codes of nobody.
STRAY_CODES = {"abandoned": "3186", "malformed": "6925", "as a key": "5273"}
SECONDS_MAX = 20.0


@dataclass
class LeakStage:
    """The stage, its story, and what was seen."""

    story: Story
    seen: Seen
    line: Line
    database_url: str

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.story.world.folder


@contextmanager
def leak_stage(level: int, database_url: str | None = None) -> Iterator[LeakStage]:
    """Set the stage; `database_url` is PostgreSQL's, else SQLite in the folder."""
    with ExitStack() as stack:
        parent = Path(tempfile.mkdtemp(prefix="pass-leaks-"))
        stack.callback(shutil.rmtree, parent, ignore_errors=True)
        folder, seen = parent / "stage", Seen()
        line = stack.enter_context(Line(seen))
        stack.enter_context(ProcessWatch(seen, folder))
        staging = Staging(
            adjust=lambda name, text: _adjust(line, database_url, name, text),
            prepare=_start_vault,
            environment={
                "PASS_TEST_LOG_LEVEL": str(level),
                "PYTHONPATH": os.pathsep.join((str(LOUD), os.environ.get("PYTHONPATH", ""))),
            },
        )
        world = set_stage(folder, ANY_PORTS, staging)
        stack.callback(world.programs.stop_all)
        for url in (f"{world.simulator}/events", f"{world.till}/events", f"{world.gate}/events"):
            StreamWatch(seen, url).start()
        url = database_url or f"sqlite:///{folder}/backend.sqlite3"
        yield LeakStage(Story(world, Hands(world)), seen, line, url)


def _adjust(line: Line, database_url: str | None, name: str, text: str) -> str:
    if name == "caisse":
        found = re.search(r'backend_url = "http://127\.0\.0\.1:(\d+)"', text)
        assert found is not None
        line.backend_port = int(found[1])
        return text.replace(found[0], f'backend_url = "{line.url}"')
    if name == "backend" and database_url is not None:
        return re.sub(r'database_url = ".*"', f'database_url = "{database_url}"', text)
    return text


def _start_vault(stage: Stage) -> None:
    config = stage.folder / "backend.toml"
    socket = stage.folder / "vault.socket"
    if "vault_socket" not in config.read_text():
        config.write_text(config.read_text() + f'vault_socket = "{socket}"\n')
    command = [str(BIN / "pass-backend"), "--config", str(config), "vault"]
    program = stage.programs.start("vault", command)
    stage.programs.wait_until(program, socket.exists)


# --- the failures ---------------------------------------------------------------------------


Failure = Callable[[LeakStage], None]


def pad_unplugged_while_the_code_is_typed(stage: LeakStage) -> None:
    """All digits are pressed, none is validated, and the cable is pulled."""
    story = stage.story
    sale_id = story.hands.start_sale(300)
    with story.hands.at_counter("LEA"):
        _wait_until_asked(stage)
        _press(stage, STRAY_CODES["abandoned"])
        request("PUT", f"{story.world.simulator}/pad/plug", {"plugged": False})
        sale = story.hands.sale_ended(sale_id)
    assert sale["state"] == "failed", sale
    request("PUT", f"{story.world.simulator}/pad/plug", {"plugged": True})


def backend_killed_in_the_middle_of_a_payment(stage: LeakStage) -> None:
    """The payment has left; no answer comes; it is taken back once the backend is there again."""
    world = stage.story.world
    stage.line.on_payment = lambda: _kill(find(world, "backend"), signal.SIGKILL)
    sale_id = _type_one_code(stage, CODES["lea"])
    see("the backend dead", find(world, "backend").process.poll, _is_dead)
    start_backend(world)
    _expect_taken_back(stage, sale_id)


def vault_killed_before_it_is_asked(stage: LeakStage) -> None:
    """The vault does not answer: the code is not checked and nothing is sold."""
    world = stage.story.world
    vault = find(world, "vault")
    sale_id = stage.story.hands.start_sale(300)
    with stage.story.hands.at_counter("LEA"):
        _wait_until_asked(stage)
        _kill(vault, signal.SIGABRT)
        vault.process.wait(SECONDS_MAX)
        stage.story.hands.type_code(CODES["lea"])
        see("the payment given up", lambda: _sale_state(stage), _is_over)
    (stage.folder / "vault.socket").unlink()
    _start_vault(Stage(stage.folder, world.programs, {}))
    _expect_taken_back(stage, sale_id)


def counter_crashes_with_a_code_under_way(stage: LeakStage) -> None:
    """The counter dies of SIGABRT while the payment is at the backend: its trace is in the log."""
    world = stage.story.world
    counter = find(world, "caisse")
    stage.line.on_payment = lambda: _kill(counter, signal.SIGABRT)
    with contextlib.suppress(httpx.HTTPError):
        _type_one_code(stage, CODES["lea"])
    counter.process.wait(SECONDS_MAX)
    assert b"Fatal Python error" in counter.log.read_bytes()
    start_counter(world, "caisse")
    _wait_for_no_open_reversal(stage)


def database_breaks_under_a_payment(stage: LeakStage) -> None:
    """The table of payments is not there: the error's text is what a log would have."""
    with contextlib.closing(_connect(stage)) as connection:
        connection.execute("ALTER TABLE payment RENAME TO payment_away")
        connection.commit()
        sale_id = _type_one_code(stage, CODES["lea"])
        see("the payment given up", lambda: _sale_state(stage), _is_over)
        connection.execute("ALTER TABLE payment_away RENAME TO payment")
        connection.commit()
    _expect_taken_back(stage, sale_id)


def malformed_bodies_with_codes_in_them(stage: LeakStage) -> None:
    """Every door is knocked at with a code where it does not belong."""
    world, code = stage.story.world, STRAY_CODES["malformed"]
    key = STRAY_CODES["as a key"]
    token = world.people["hugo"].activation_token
    bodies: list[Any] = [
        {"code": [code], "activation_token": token},
        {"code": {"deep": code}, "activation_token": code},
        {"activation_token": token, "code": code, key: code},
        {key: {key: code}},
        [code, key],
        code,
        int(code),
    ]
    raw = [f'{{"code": "{code}"'.encode(), f"code={code}&code_again=".encode(), code.encode()]
    doors = [
        f"{world.backend}/v1/codes",
        f"{world.backend}/v1/payments",
        f"{world.backend}/v1/token",
        f"{world.backend}/v1/card-challenges",
        f"{world.backend}/v1/terminals/enrolments",
        f"{world.backend}/activation/{token}",
        f"{world.till}/sales",
        f"{world.till}/sales/current/benefit",
        f"{world.simulator}/pad/keys",
        f"{world.simulator}/cards",
    ]
    pin = {"profile": code, "ksn": key, "block": code, key: code}
    bodies.append({"payment_id": code, "proof_id": key, "amount_cents": code, "pin": pin})
    headers = {"Content-Type": "application/json"}
    with httpx.Client(timeout=10) as client:
        for door in doors:
            sent = [client.post(door, json=body) for body in bodies]
            sent += [client.post(door, content=one, headers=headers) for one in raw]
            sent += [client.post(door, content=one) for one in raw]
            sent.append(client.post(door, data={"code": code, "code_again": key}))
            # As one of ours, so that the body is read.
            ours = {"Authorization": f"Bearer {world.till_token()}"}
            ours = _token_of(stage) if world.backend in door else ours
            sent += [client.post(door, json=body, headers=ours) for body in bodies]
            for answer in sent:
                assert answer.status_code >= 400, (door, answer.status_code)
                stage.seen.add_body(f"refusal of {door}", answer.content)
                stage.seen.add_body(f"refusal of {door}", str(answer.headers.raw).encode())
        assert client.post(doors[1], json={key: 1}, headers=_token_of(stage)).status_code == 422


def _token_of(stage: LeakStage) -> dict[str, str]:
    """Return what makes the backend read a body: a token of the counter's."""
    return {"Authorization": f"Bearer {stage.seen.newest_token}"}


FAILURES: tuple[Failure, ...] = (
    pad_unplugged_while_the_code_is_typed,
    backend_killed_in_the_middle_of_a_payment,
    vault_killed_before_it_is_asked,
    counter_crashes_with_a_code_under_way,
    malformed_bodies_with_codes_in_them,
    database_breaks_under_a_payment,
)


def _connect(stage: LeakStage) -> Any:
    """Open the backend's own database, whichever it is."""
    if stage.database_url.startswith("sqlite"):
        import sqlite3  # noqa: PLC0415 -- one of the two

        return sqlite3.connect(stage.folder / "backend.sqlite3", timeout=10)
    import psycopg  # noqa: PLC0415 -- idem

    return psycopg.connect(stage.database_url.replace("postgresql+psycopg", "postgresql"))


def _press(stage: LeakStage, keys: str) -> None:
    said = request("POST", f"{stage.story.world.simulator}/pad/keys", {"keys": keys})
    stage.seen.add_body("answer /pad/keys", json.dumps(said).encode())


def _wait_until_asked(stage: LeakStage) -> None:
    see("the pad asking", stage.story.hands.pad, lambda pad: bool(pad["entering"]))


def _type_one_code(stage: LeakStage, code: str) -> str:
    sale_id = stage.story.hands.start_sale(300)
    with stage.story.hands.at_counter("LEA"):
        stage.story.hands.type_code(code)
    return sale_id


def _sale_state(stage: LeakStage) -> str:
    return str(request("GET", f"{stage.story.world.till}/state")["sale"]["state"])


def _is_over(state: object) -> bool:
    return state not in {"code", "authorising"}


def _expect_taken_back(stage: LeakStage, sale_id: str) -> None:
    """Wait until nothing is open, and see that this sale took nothing."""
    _wait_for_no_open_reversal(stage)
    sale = stage.story.hands.sale(sale_id)
    assert sale["state"] in {"reversed", "failed", "declined", "cancelled"}, sale


def _wait_for_no_open_reversal(stage: LeakStage) -> None:
    def open_reversals() -> tuple[int, bool]:
        health = request("GET", f"{stage.story.world.till}/health")
        sale = request("GET", f"{stage.story.world.till}/state")["sale"]
        return health["open_reversals"], bool(sale and sale["active"])

    see("every reversal acknowledged", open_reversals, lambda seen: seen == (0, False))


def _kill(program: Program, number: signal.Signals) -> None:
    """Kill the program itself: `setpriv` has become it."""
    program.process.send_signal(number)
    with contextlib.suppress(Exception):
        program.process.wait(SECONDS_MAX)


def _is_dead(status: object) -> bool:
    return status is not None
