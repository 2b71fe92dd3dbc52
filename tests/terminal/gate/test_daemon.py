"""The whole daemon in its own process, on a real pcscd, with no backend anywhere."""

import base64
import json
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from passcard.layout import ACCESS_AID
from passcard.secret import Secret
from simulator.chip.chip import Chip
from simulator.chip.keys import aes_key
from simulator.chip.other_cards import BankCard, memory_with
from simulator.pcscd import PrivatePcscd
from simulator.reader_plugs import ReaderPlugs
from simulator.turnstile.arm import PULSE_SECONDS
from simulator.turnstile.turnstile import SimulatedTurnstile, TurnstilePlan
from simulator.vpcd import VirtualCardSlot
from terminal.backend_client import BackendClient
from terminal.gate.daemon import _run_threads, assemble
from terminal.gate.door.keeper import ROTATION_GAP_SECONDS
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.gate.passages import open_passage_journal
from terminal.identity import load_identity
from terminal.settings import GateSettings, load_settings
from tests.terminal.gate.running import WAIT_SECONDS_MAX, Daemon, tap
from tests.terminal.gate.signed_lists import GATE, Signer

READER = "Pass Gate"
UID, KEY = "04AABBCCDDEE01", f"{1:032X}"
TRIES_MAX = 5


@pytest.fixture
def pcscd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    with PrivatePcscd([READER], tmp_path_factory.mktemp("d")) as daemon:
        yield daemon


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


def write_private(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)


@pytest.fixture
def config(
    tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]], port: int
) -> Path:
    """Write what enrolment and a first list leave behind; the backend's port leads nowhere."""
    folder = tmp_path / "gate"
    folder.mkdir(mode=0o700)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_private(folder / "terminal-key.pem", pem)
    x = base64.urlsafe_b64encode(signer.key.public_bytes_raw()).rstrip(b"=").decode()
    identity = {
        "terminal_id": GATE,
        "kind": "gate",
        "name": "Réfectoire",
        "establishment_name": "Lycée du Parc",
        "list_signing_key": {"kty": "OKP", "crv": "Ed25519", "x": x},
        "backend_url": "http://127.0.0.1:9",
    }
    write_private(folder / "identity.json", json.dumps(identity).encode())
    # Open all day, whatever day the test runs on.
    always = payload()["services"][0] | {
        "days": [*range(1, 8)],
        "opens": "00:00",
        "closes": "23:59",
    }
    jws = signer.sign(payload(services=[always], issued=datetime.now(UTC)))
    sealed = ListSeal(Secret(key.private_bytes_raw()), GATE).close(jws.encode())
    write_private(folder / "access-list.sealed", sealed)
    path = tmp_path / "gate.toml"
    path.write_text(
        f'backend_url = "http://127.0.0.1:9"\nstate_dir = "{folder}"\n'
        f'reader = "{READER}"\nlisten_port = {port}\n'
    )
    return path


@pytest.fixture
def start(config: Path, port: int, pcscd: PrivatePcscd) -> Iterator[Callable[[], Daemon]]:
    started: list[Daemon] = []

    def begin() -> Daemon:
        started.append(Daemon(config, port, pcscd.socket_path))
        return started[-1]

    yield begin
    for daemon in started:
        if daemon.process.poll() is None:
            daemon.end(signal.SIGKILL)


@pytest.fixture
def slot(pcscd: PrivatePcscd) -> Iterator[VirtualCardSlot]:
    opened = VirtualCardSlot(pcscd.ports[READER], name=READER)
    yield opened
    opened.close()


@pytest.fixture
def card() -> Chip:
    keys = {ACCESS_AID: [secrets.token_bytes(16), bytes.fromhex(KEY)]}
    memory = memory_with(aes_key(secrets.token_bytes(16)), keys)
    return Chip(bytes.fromhex(UID), secrets.token_bytes, memory=memory)


@pytest.mark.skipif(
    datetime.now(ZoneInfo("Europe/Paris")).strftime("%H:%M") >= "23:58",
    reason="the day is about to end, and with it the passage that is looked for",
)
def test_it_admits_with_the_backend_away_survives_a_kill_and_stops_when_told(
    start: Callable[[], Daemon], slot: VirtualCardSlot, card: Chip
) -> None:
    gate = start()
    first = tap(gate, slot, card)
    assert (first["answer"], first["display_name"]) == ("OK", "Léa")
    assert first["milliseconds"] < 1000
    state = gate.wait_until(lambda state: state["trouble"] is not None)
    assert (state["online"], state["outbox"], state["list_version"]) == (False, 1, 7)
    assert gate.end(signal.SIGKILL) == -signal.SIGKILL

    again = start()
    assert tap(again, slot, BankCard(bytes.fromhex("01020304")))["answer"] == "CARTE_INCONNUE"
    assert tap(again, slot, card)["answer"] == "DEJA_PASSE"
    assert [each["answer"] for each in again.get("/passages")["passages"]] == [
        "DEJA_PASSE",
        "CARTE_INCONNUE",
        "OK",
    ]
    assert again.get("/health")["status"] == "ok"
    assert again.end(signal.SIGTERM) == 0


def test_a_second_daemon_on_the_same_folder_is_refused(
    start: Callable[[], Daemon],
) -> None:
    first = start()
    first.wait_until(lambda _: True)
    second = start()
    assert second.process.wait(WAIT_SECONDS_MAX) == 1
    assert second.process.stderr is not None
    assert b"another gate uses" in second.process.stderr.read()
    second.process.stderr.close()
    assert first.end(signal.SIGINT) == 0


def test_a_reader_that_is_not_there_is_said_and_the_gate_stays(
    config: Path, start: Callable[[], Daemon]
) -> None:
    config.write_text(config.read_text().replace(f'"{READER}"', '"No Such Reader"'))
    gate = start()
    state = gate.wait_until(lambda state: state["idle"]["line"] != "")
    assert state["idle"]["line"] == "Le lecteur de cartes ne répond pas"
    assert gate.end(signal.SIGTERM) == 0


@pytest.fixture
def turnstile(config: Path, tmp_path: Path) -> Iterator[SimulatedTurnstile]:
    """A turnstile with a rotation sensor, on a relay board that holds its relay for ever."""
    link = tmp_path / "turnstile"
    door = f"""
[door]
kind = "relay"
device = "{link}"
dialect = "numato"
failing = "secure"
rotation_input = 0
emergency_input = 2
release_seconds = 1
"""
    config.write_text(config.read_text() + door)
    with SimulatedTurnstile(TurnstilePlan(link)) as standing:
        yield standing


def door_is(phase: str) -> Callable[[dict[str, Any]], bool]:
    return lambda state: state["door"]["phase"] == phase


def test_a_turnstile_counts_who_went_through_and_says_who_forced_it(
    start: Callable[[], Daemon],
    slot: VirtualCardSlot,
    card: Chip,
    turnstile: SimulatedTurnstile,
) -> None:
    gate = start()
    gate.wait_until(door_is("closed"))
    # The card is held in front, and nobody goes through: decided once, locked again, not counted.
    slot.insert(card)
    gate.wait_until(lambda state: state["sequence"] >= 1)
    missed = gate.wait_until(lambda state: state["sequence"] >= 2)
    assert (missed["sequence"], missed["last"]["answer"]) == (2, "PASSAGE_NON_FAIT")
    assert (missed["outbox"], turnstile.view().free) == (0, False)
    slot.remove()
    # The same card again, and through; a machine that is very busy misses a release, as pupils do.
    for _ in range(TRIES_MAX):
        assert tap(gate, slot, card)["display_name"] == "Léa"
        if turnstile.push():
            break
        gate.wait_until(lambda state: state["last"]["answer"] == "PASSAGE_NON_FAIT")
    passed = gate.wait_until(lambda state: state["outbox"] == 1)
    assert passed["door"]["phase"] in {"passed", "closed"}
    gate.wait_until(door_is("closed"))
    assert not turnstile.push()
    assert [each["answer"] for each in gate.get("/passages")["passages"]] == ["OK"]
    # Over the locked arm; nobody follows faster than an arm swings.
    time.sleep(PULSE_SECONDS + ROTATION_GAP_SECONDS)
    assert turnstile.push(force=True)
    forced = gate.wait_until(lambda state: state["door"]["alarm"] == "PASSAGE_FORCE")
    assert forced["idle"]["message"] == "Passage forcé"
    kinds = [each["kind"] for each in gate.get("/door")["events"]]
    assert (kinds[0], set(kinds[1:])) == ("forced", {"not_passed"})
    assert tap(gate, slot, card)["answer"] == "DEJA_PASSE"
    # The fire panel: free for all, and a card is neither asked for nor charged.
    turnstile.set_panel(closed=True)
    assert gate.wait_until(door_is("emergency"))["idle"]["message"] == "Issue de secours"
    assert tap(gate, slot, card)["answer"] == "ISSUE_DE_SECOURS"
    assert turnstile.push()
    gate.wait_until(lambda state: state["door"]["emergency"]["passages"] == 1)
    assert len(gate.get("/passages")["passages"]) == 2
    assert gate.end(signal.SIGTERM) == 0
    assert turnstile.view().through == 3


@pytest.mark.slow
def test_killed_while_somebody_goes_through_it_locks_and_counts_at_the_next_start(
    start: Callable[[], Daemon],
    slot: VirtualCardSlot,
    card: Chip,
    turnstile: SimulatedTurnstile,
    config: Path,
) -> None:
    config.write_text(config.read_text().replace("release_seconds = 1", "release_seconds = 30"))
    gate = start()
    gate.wait_until(door_is("closed"))
    assert tap(gate, slot, card)["answer"] == "OK"
    assert turnstile.view().free
    assert gate.end(signal.SIGKILL) == -signal.SIGKILL
    again = start()
    again.wait_until(door_is("closed"))
    assert not turnstile.view().free
    assert [(each["answer"], each["detail"]) for each in again.get("/passages")["passages"]] == [
        ("OK", "in_doubt")
    ]
    assert tap(again, slot, card)["answer"] == "DEJA_PASSE"
    turnstile.unplug()
    lost = again.wait_until(door_is("absent"))
    assert lost["idle"]["line"] == "Le passage ne répond pas"
    assert again.end(signal.SIGTERM) == 0


def hold(gate: Daemon, slot: VirtualCardSlot, card: Chip, seconds: float) -> None:
    """Leave a card in front; it is decided once."""
    before = gate.wait_until(lambda state: state["reader_ready"])["sequence"]
    slot.insert(card)
    gate.wait_until(lambda state: state["sequence"] > before)
    time.sleep(seconds)
    assert gate.get("/state")["sequence"] == before + 1
    slot.remove()


@pytest.mark.slow
def test_a_card_held_in_front_for_a_minute_is_one_passage(
    start: Callable[[], Daemon], slot: VirtualCardSlot, card: Chip
) -> None:
    gate = start()
    hold(gate, slot, card, seconds=60)
    assert [each["answer"] for each in gate.get("/passages")["passages"]] == ["OK"]


@pytest.mark.slow
def test_a_reader_pulled_in_the_rush_comes_back_and_doubles_nobody(
    pcscd: PrivatePcscd, start: Callable[[], Daemon], card: Chip
) -> None:
    with ReaderPlugs(pcscd, [READER]) as plugs:
        first = VirtualCardSlot(pcscd.ports[READER], name=READER)
        gate = start()
        gate.wait_until(lambda state: state["reader_ready"])
        first.insert(card)
        gate.wait_until(lambda state: state["sequence"] == 1)
        plugs.change(READER, plugged=False)  # with the card on it
        first.close()
        away = gate.wait_until(lambda state: not state["reader_ready"])
        assert away["idle"]["line"] == "Le lecteur de cartes ne répond pas"
        plugs.change(READER, plugged=True)
        again = VirtualCardSlot(pcscd.ports[READER], name=READER)
        try:
            assert tap(gate, again, BankCard(bytes.fromhex("01020304")))["answer"] == (
                "CARTE_INCONNUE"
            )
            assert tap(gate, again, card)["answer"] == "DEJA_PASSE"
        finally:
            again.close()
        answers = [each["answer"] for each in gate.get("/passages")["passages"]]
        assert answers == ["DEJA_PASSE", "CARTE_INCONNUE", "OK"]
        assert gate.end(signal.SIGTERM) == 0


class BrokenReader:
    """Fails in a way nobody foresaw."""

    def wait_for_card(self, seconds_max: float) -> None:
        raise ZeroDivisionError(seconds_max)


def test_a_fault_of_ours_ends_the_daemon_rather_than_leave_it_deaf(
    config: Path, tmp_path: Path, signer: Signer
) -> None:
    settings = load_settings(GateSettings, config)
    identity = load_identity(settings.state_dir, "gate")
    journal = open_passage_journal(tmp_path / "other.db")
    seal = ListSeal(identity.secret(), GATE)
    store = ListStore(settings.state_dir, signer.key, GATE, seal)
    with BackendClient(settings.backend_url, identity) as client:
        parts = assemble(identity, store, journal, client)
        assert _run_threads(settings, parts, BrokenReader()) == 1
    journal.close()


def test_a_damaged_stored_list_is_said_and_not_used(
    config: Path, tmp_path: Path, signer: Signer
) -> None:
    settings = load_settings(GateSettings, config)
    identity = load_identity(settings.state_dir, "gate")
    seal = ListSeal(identity.secret(), GATE)
    store = ListStore(settings.state_dir, signer.key, GATE, seal)
    write_private(store.path, store.path.read_bytes()[:-20])
    journal = open_passage_journal(tmp_path / "other.db")
    with BackendClient(settings.backend_url, identity) as client:
        state = assemble(identity, store, journal, client).board.current
    assert (state.access_list, state.list_fault) == (None, "list_tampered")
    journal.close()
