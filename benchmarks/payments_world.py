"""What a measurement of payments stands on: partners, tills, pads, cards, wallets, and a backend.

Everything is made by the use cases themselves, but for the chips: they are personalised by
writing down what a desk would have left behind. Not here: what is measured.
"""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from alembic import command
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.commands.apply import apply_file
from backend.database import Base, Database
from backend.partners.enrolment import enrol_terminal
from backend.pins.setting import set_code
from backend.schema import _config
from backend.services import Services
from backend.settings import Settings
from backend.vault.key_file import OpenKeyFile, write_keys
from backend.vault.keys import make_keys
from backend.vault.local import LocalVault
from backend.vault.software_store import SoftwareStore
from backend.vault.values import PinProfile, SecretCode
from passcard.layout import Application

AES = PinProfile.AES_DUKPT_FORMAT_4
CODE = "7294"
BENEFIT = "culture"
WALLET_CENTS = 1_000_000
TILLS = 32
CARDS_OF_A_TILL = 6
WAIT_SECONDS_MAX = 90.0
Plan = dict[str, Any]


@dataclass
class World:
    """A database with people in it, and what their tills and cards know."""

    url: str
    folder: Path
    #: One till at each of `places` partners, then as many tills at one other partner.
    spread: list[Plan] = field(default_factory=list)
    together: list[Plan] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        """Where the vault's process is asked."""
        return self.folder / "run" / "vault"

    def plan(self, tills: list[Plan], port: int, **pace: float) -> Plan:
        """Say what the tills do: `seconds`, `warm_seconds`, `rate` (payments a second, 0: all)."""
        said: dict[str, float] = {"rate": 0.0, "warm_seconds": 1.0, **pace}
        return {"tills": tills, "port": port, "code": CODE, "benefit": BENEFIT, **said}

    def remember(self, counters: dict[str, int]) -> None:
        """Let each pad count on from where the last run left it."""
        for till in self.spread + self.together:
            till["counter"] = counters.get(till["terminal_id"], till["counter"])


def build_world(url: str, folder: Path, *, places: int = TILLS) -> World:
    """Make the schema and the world in an empty database: `places` tills spread, and together."""
    keys = make_keys(secrets.token_bytes)
    write_keys(folder / "keys.json", OpenKeyFile(keys))
    world = World(url, folder)
    database = Database(url)
    Base.metadata.create_all(database.engine)
    with database.engine.begin() as connection:
        configuration = _config()
        configuration.attributes["connection"] = connection
        command.stamp(configuration, "head")
    services = Services(Settings(), database, LocalVault(keys))
    (folder / "scheme.toml").write_text(_scheme(places), encoding="utf-8")
    applied = apply_file(services, folder / "scheme.toml")
    chips = _make_chips(services, SoftwareStore(keys))
    tills = [_make_till(services, applied.terminals[key]) for key in _till_keys(places)]
    for place, till in enumerate(tills):
        first = place % places * CARDS_OF_A_TILL
        till["cards"] = chips[first : first + CARDS_OF_A_TILL]
    world.spread, world.together = tills[:places], tills[places:]
    database.close()
    return world


def _till_keys(places: int) -> list[str]:
    return [f"t{place}" for place in range(2 * places)]


def _scheme(places: int) -> str:
    today = date.today()  # noqa: DTZ011 - the campaign is open for months on both sides
    lines = [
        f'[campaign.c]\nname = "Mesure"\nopens_on = {today - timedelta(days=60)}',
        f"closes_on = {today + timedelta(days=120)}",
        f'[benefit.{BENEFIT}]\ncampaign = "c"\nlabel = "Culture"',
        '[benefit.sport]\ncampaign = "c"\nlabel = "Sport"',
    ]
    for place in range(places + 1):
        lines.append(f'[partner.p{place}]\nname = "Partenaire {place}"')
        lines.append(f'benefits = ["{BENEFIT}", "sport"]')
        lines.append(f'[outlet.o{place}]\npartner = "p{place}"\nname = "Centre"')
    for place, key in enumerate(_till_keys(places)):
        outlet = min(place, places)
        lines.append(f'[terminal.{key}]\nkind = "counter"\nname = "Caisse"')
        lines.append(f'outlet = "o{outlet}"\npin_pad = true')
    for place in range(places * CARDS_OF_A_TILL):
        lines.append(f'[beneficiary.b{place}]\ngiven_name = "Léa"\nfamily_name = "Martin"')
        lines.append("birth_date = 2009-05-04")
        lines.append(f"grants = {{ {BENEFIT} = {WALLET_CENTS}, sport = {WALLET_CENTS} }}")
    return "\n".join(lines)


def _make_chips(services: Services, store: SoftwareStore) -> list[Plan]:
    chips = []
    holders: list[UUID] = []
    with services.database.unit_of_work() as session:
        for card in session.scalars(select(Card).order_by(Card.number)):
            card.uid, card.state = b"\x04" + secrets.token_bytes(6), CardState.ACTIVE.value
            key = store.card_key(card.uid, Application.BENEFITS, card.key_version)
            chips.append({"uid": card.uid.hex().upper(), "number": card.number, "key": key.hex()})
            holders.append(card.beneficiary_id)
    for holder in holders:
        set_code(services, holder, SecretCode(CODE))
    return chips


def _make_till(services: Services, made: dict[str, Any]) -> Plan:
    private = Ed25519PrivateKey.generate()
    initial_key_id = bytes.fromhex(made["pin_pad"]["initial_key_id"])
    with services.database.unit_of_work() as session:
        public = private.public_key().public_bytes_raw()
        enrol_terminal(session, made["enrolment_code"], public, services.now())
    return {
        "terminal_id": made["terminal_id"],
        "private_key": private.private_bytes_raw().hex(),
        "initial_key_id": initial_key_id.hex(),
        "initial_key": services.vault.initial_pad_key(initial_key_id, AES).reveal().hex(),
        "counter": 0,
    }


@dataclass
class Served:
    """A backend that runs: its port, and the processes whose work is counted."""

    port: int
    api: subprocess.Popen[bytes]
    vault: subprocess.Popen[bytes]


@contextmanager
def serving(world: World, workers: int) -> Iterator[Served]:
    """Run `pass-backend vault` and `pass-backend serve`, until the block ends."""
    port = free_port()
    config = world.folder / "backend.toml"
    config.write_text(
        f'database_url = "{world.url}"\nvault_key_file = "{world.folder}/keys.json"\n'
        f'vault_socket = "{world.socket}"\nlisten_port = {port}\ntoken_seconds = 900\n'
    )
    options = ["--workers", str(workers)] if workers > 1 else []
    vault = _backend(config, "vault")
    api = None
    try:
        _wait_for(world.socket.exists, vault)
        api = _backend(config, "serve", *options)
        _wait_for(lambda: answers(port), api)
        yield Served(port, api, vault)
    finally:
        for process in (api, vault):
            if process is not None:
                process.terminate()
                process.wait(WAIT_SECONDS_MAX)


def _backend(config: Path, *arguments: str) -> subprocess.Popen[bytes]:
    command_line = [sys.executable, "-m", "backend", "--config", str(config), *arguments]
    quiet = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with (config.parent / "backend.log").open("ab") as log:
        return subprocess.Popen(command_line, stdout=log, stderr=log, env=quiet)


def _wait_for(happened: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not happened():
        if time.monotonic() > deadline or process.poll() is not None:
            raise TimeoutError("the backend did not start")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Say whether something listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
