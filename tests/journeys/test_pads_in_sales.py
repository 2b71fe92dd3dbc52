"""Whole sales with the other pads: a legacy one of another family, then a plain keypad.

The scheme has codes of six digits, or of four if they are older: `test_longer_codes.py` has the
usual pad.

Real backend, counter, PC/SC daemon and serial line; the second counter stands where the first did.
"""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from scripts.demo.hands import Hands, see
from scripts.demo.loopback import answers, ask
from scripts.demo.processes import Program
from scripts.demo.story import Story
from scripts.demo.world import ANY_PORTS, BIN, Stage, Staging, request, set_stage
from tests.journeys.stages import activate, start_counter, stop

pytestmark = [pytest.mark.xdist_group("pads_in_sales"), pytest.mark.timeout(300)]

CODE = "739152"
WRONG_CODE = CODE[:4]  # as long as one chosen before
COMPONENTS = f"{secrets.token_hex(32)}\n{secrets.token_hex(32)}\n"
SECOND_COUNTER = """
[terminal.comptoir]
kind = "counter"
name = "Comptoir"
outlet = "parc"
pin_pad = true
pin_pad_entry = "terminal"
"""


def adjust(name: str, text: str) -> str:
    if name == "scheme":
        legacy = 'pin_pad = true\npin_pad_profile = "tdes-dukpt/iso0"'
        return text.replace("pin_pad = true", legacy) + SECOND_COUNTER
    if name == "caisse":
        return text + 'pad_dialect = "vfi-ipp-z63"\n'
    if name == "backend":
        return text + "allow_terminal_encryption = true\ncode_digits = 6\n"
    if name == "simulator":
        # Cards outlive the simulator, which is started again with another pad.
        return text.replace("\n[pad]", 'cards_dir = "CARDS"\n\n[pad]')
    return text


@pytest.fixture(scope="module")
def applied() -> dict[str, Any]:
    """What `apply` reported, once the stage is set."""
    return {}


@pytest.fixture(scope="module")
def story(applied: dict[str, Any]) -> Iterator[Story]:
    with TemporaryDirectory(prefix="pass-pads-", ignore_cleanup_errors=True) as name:
        folder = Path(name) / "stage"

        def in_folder(name: str, text: str) -> str:
            return adjust(name, text).replace("CARDS", str(folder / "cards"))

        def prepare(stage: Stage) -> None:
            applied.update(stage.applied["terminals"])

        world = set_stage(folder, ANY_PORTS, Staging(adjust=in_folder, prepare=prepare))
        try:
            story = Story(world, Hands(world))
            make_card(story, "lea")
            assert activate(story, "lea", CODE).status_code == 200
            yield story
        finally:
            world.programs.stop_all()


def make_card(story: Story, name: str) -> None:
    story.hands.make_card(name.upper())
    command = [str(BIN / "pass-terminal"), "desk", "personalise", "--json"]
    command += ["--config", story.world.config("guichet"), "--card-number", story.number(name)]
    with story.hands.at_counter(name.upper()):
        story.world.programs.run("desk", command)


def test_a_legacy_pad_through_to_the_approval(story: Story, applied: dict[str, Any]) -> None:
    pad = applied["caisse"]["pin_pad"]
    assert (pad["profile"], len(pad["initial_key_id"])) == ("tdes-dukpt/iso0", 20)
    sale_id = story.hands.start_sale(1250)
    with story.hands.at_counter("LEA"):
        story.hands.type_code(WRONG_CODE)
        story.hands.type_code(CODE)
        sale = story.hands.sale_ended(sale_id)
    assert (sale["state"], sale["remaining_cents"]) == ("approved", 8750), sale
    health = request("GET", f"{story.world.till}/health")
    assert (health["pad"], health["code_entry"]) == ("ok", "secure")
    assert "Clavier non sécurisé" not in ask("GET", story.world.till).text


def run(command: list[str], said: str = "") -> str:
    done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install_key(story: Story, config: Path, key_id: str) -> None:
    """Two people at the vault's console, a file between, two people at the terminal's."""
    backend = [str(BIN / "pass-backend"), "--config", story.world.config("backend")]
    wanted = ["--initial-key-id", key_id, "--profile", "aes128-dukpt/iso4"]
    printed = run([*backend, "keys", "pad-key-block", *wanted], COMPONENTS)
    block = config.with_name("key.block")
    block.write_text(next(line for line in printed.splitlines() if line.startswith("D0")))
    command = [str(BIN / "pass-terminal"), "keypad", "install-key", "--block", str(block)]
    assert key_id in run([*command, "--config", str(config)], COMPONENTS)


@pytest.fixture
def comptoir(story: Story, applied: dict[str, Any]) -> Iterator[Program]:
    """The second counter, with a plain keypad where the pad was."""
    world = story.world
    stop(world, "caisse")
    stop(world, "simulator")
    simulator = Path(world.config("simulator"))
    text = simulator.read_text()
    head, _, rest = text.partition("key_file")
    _, printer, lines = rest.partition("\n[printer]")
    simulator.write_text(f'{head}kind = "keypad"\n{printer}{lines}')
    simulated = world.programs.start(
        "simulator", [str(BIN / "pass-simulator"), "serve", "--config", str(simulator)]
    )
    # The line to the backend is the simulator's: there before anybody enrols over it.
    world.programs.wait_until(simulated, lambda: answers(f"{world.simulator}/health"))
    config = Path(world.config("comptoir"))
    before = Path(world.config("caisse")).read_text().replace('pad_dialect = "vfi-ipp-z63"\n', "")
    config.write_text(before.replace("/caisse", "/comptoir") + 'pad_driver = "keypad"\n')
    code = applied["comptoir"]["enrolment_code"]
    enrol = [str(BIN / "pass-terminal"), "enrol", "--config", str(config), "--code", "-"]
    run(enrol, f"{code}\n")
    refused = subprocess.run(
        [str(BIN / "pass-terminal"), "counter", "--config", str(config)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 3
    assert "allow_terminal_encryption = true" in refused.stderr
    with config.open("a") as file:
        file.write("allow_terminal_encryption = true\n")
    install_key(story, config, applied["comptoir"]["pin_pad"]["initial_key_id"])
    program = start_counter(world, "comptoir")
    yield program
    stop(world, "comptoir")


def press_when_asked(story: Story, keys: str, tries_left: int | None) -> None:
    """Press until it was heard: a keypad cannot say that it is asked, and what came too early is
    no answer.
    """

    def at_code() -> bool:
        state = request("GET", f"{story.world.till}/state")
        return bool(state["state"] == "code" and state["sale"]["tries_left"] == tries_left)

    see("the till asking for the code", at_code, bool)
    url = f"{story.world.simulator}/pad/keys"
    see("the code taken", lambda: at_code() and bool(request("POST", url, {"keys": keys})), _no)


def _no(seen: bool) -> bool:
    return not seen


def test_a_sale_with_a_plain_keypad(
    story: Story, comptoir: Program, applied: dict[str, Any]
) -> None:
    assert request("GET", f"{story.world.till}/health")["code_entry"] == "terminal"
    assert request("GET", f"{story.world.till}/state")["code_entry"] == "terminal"
    page = ask("GET", story.world.till).text
    assert "Clavier non sécurisé\u00a0: code chiffré par ce poste" in page
    token = (story.world.folder / "comptoir" / "till-token").read_text()
    started = request("POST", f"{story.world.till}/sales", {"amount_cents": 800}, token)
    with story.hands.at_counter("LEA"):
        press_when_asked(story, f"{WRONG_CODE}E", None)
        press_when_asked(story, f"{CODE}E", 2)
        sale = story.hands.sale_ended(str(started["sale_id"]))
    assert (sale["state"], sale["remaining_cents"]) == ("approved", 7950), sale
    keys = story.world.folder / "comptoir" / "keypad.key"
    assert keys.stat().st_mode & 0o777 == 0o600
    held = json.loads((story.world.folder / "pads" / "comptoir.json").read_text())
    assert bytes.fromhex(held["initial_key"]) not in keys.read_bytes()
    assert comptoir.process.poll() is None
