"""One examination: every part of a terminal, in order, and no part keeps the next from being seen.

It changes nothing: no sale, no passage, no setting. Beside a running daemon it looks at less,
because reader and pad are then in use, and it says so.
"""

import fcntl
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from terminal.backend_client import BackendClient
from terminal.counter.daemon import LOCK_FILE as COUNTER_LOCK
from terminal.doctor import devices, doors, line, machine
from terminal.doctor.findings import Finding, Part, bad, good, warning
from terminal.doctor.turnstile import look_at_turnstile
from terminal.errors import IdentityError, IdentitySealed
from terminal.gate.access_list import ListRefused
from terminal.gate.daemon import LOCK_FILE as GATE_LOCK
from terminal.gate.list_seal import ListSeal
from terminal.gate.list_store import ListStore
from terminal.identity import Identity, load_identity
from terminal.reader.choice import WantedReader
from terminal.settings import (
    CounterSettings,
    DeskSettings,
    EnrolmentSettings,
    GateSettings,
    TerminalSettings,
    load_settings,
)

KIND_WORDS = {"counter": "caisse", "gate": "portillon", "desk": "guichet"}
LIST_HOURS_GOOD = 24


def examine(config: Path) -> list[Finding]:
    """Return what was found, in the order of `Part`; raises SettingsError for the file itself."""
    base = load_settings(EnrolmentSettings, config)
    try:
        identity = load_identity(base.state_dir)
    except IdentitySealed:
        return [_sealed(), *_without_identity(base)]
    except IdentityError:
        return [_not_enrolled(), *_without_identity(base)]
    settings = load_settings(_SETTINGS_OF[identity.kind], config)
    return [
        good(Part.IDENTITY, f"« {identity.name} », {KIND_WORDS[identity.kind]}, est enregistré."),
        *_look(settings, identity),
    ]


_SETTINGS_OF: dict[str, type[TerminalSettings]] = {
    "counter": CounterSettings,
    "gate": GateSettings,
    "desk": DeskSettings,
}


def _look(settings: TerminalSettings, identity: Identity) -> Iterator[Finding]:
    folder = settings.state_dir
    runs = _is_held(folder / COUNTER_LOCK) or _is_held(folder / GATE_LOCK)
    yield machine.look_at_folder(folder)
    yield machine.look_at_disk(folder)
    if isinstance(settings, CounterSettings):
        yield machine.look_at_counter_journal(folder)
    if isinstance(settings, GateSettings):
        yield machine.look_at_gate_journal(folder)
        yield _look_at_list(folder, identity)
    yield devices.look_at_reader(_wanted_reader(settings), daemon_runs=runs)
    if isinstance(settings, CounterSettings):
        yield devices.look_at_pad(settings, daemon_runs=runs)
        yield from doors.look_at_doors(settings, daemon_runs=runs)
    if isinstance(settings, GateSettings) and settings.door is not None:
        yield look_at_turnstile(settings.door, daemon_runs=runs)
    yield line.look_at_network(settings.backend_url)
    with BackendClient(settings.backend_url, identity, ca_file=settings.backend_ca_file) as backend:
        yield line.look_at_backend(backend, line.now_monotonic)
        yield line.look_at_clock(backend.clock.ahead, is_wrong=backend.clock.is_wrong)


def _without_identity(settings: TerminalSettings) -> Iterator[Finding]:
    yield machine.look_at_folder(settings.state_dir)
    yield devices.look_at_reader(_wanted_reader(settings), daemon_runs=False)
    yield line.look_at_network(settings.backend_url)


def _wanted_reader(settings: TerminalSettings) -> WantedReader:
    return WantedReader(settings.reader, settings.reader_usb_socket)


def _not_enrolled() -> Finding:
    return bad(
        Part.IDENTITY,
        "not_enrolled",
        "Ce poste n'est pas enregistré, ou ses clés sont abîmées ou ouvertes à d'autres.",
        "Demandez un code, puis : pass-terminal enrol --config FICHIER --code CODE",
    )


def _sealed() -> Finding:
    return bad(
        Part.IDENTITY,
        "identity_sealed",
        "Les clés de ce poste sont scellées, et le secret qui les ouvre n'est pas donné ici.",
        "Lancez la commande par systemd-run, avec -p LoadCredentialEncrypted=pass-terminal-seal.",
    )


def _look_at_list(folder: Path, identity: Identity) -> Finding:
    now = datetime.now(UTC)
    seal = ListSeal(identity.secret(), identity.terminal_id)
    store = ListStore(folder, identity.list_verification_key(), identity.terminal_id, seal)
    try:
        held = store.load()
    except ListRefused as refusal:
        return bad(
            Part.ACCESS_LIST,
            f"list_{refusal.fault}",
            "La liste enregistrée n'est pas valable : le portillon n'admet personne.",
            "Rétablissez la liaison : le portillon la redemande de lui-même.",
        )
    if held is None:
        return bad(
            Part.ACCESS_LIST,
            "list_missing",
            "Ce portillon n'a encore reçu aucune liste.",
            "Démarrez-le une première fois avec le réseau.",
        )
    hours = (now - store.confirmed_at(held, now)).total_seconds() / 3600
    said = f"{len(held.cards)} carte(s), liste confirmée il y a {hours:.0f} h."
    if now > held.valid_until or hours > LIST_HOURS_GOOD:
        return warning(
            Part.ACCESS_LIST, "list_old", said, "Rétablissez la liaison pour la rafraîchir."
        )
    return good(Part.ACCESS_LIST, said)


def _is_held(path: Path) -> bool:
    """Say whether a running daemon holds this lock; makes no file."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(file)
    return False
