"""The turnstile or door of a gate: does it answer, is it locked, what do its sensors say.

It is claimed and let go at once, so it locks, or comes free, as it is wired; beside a gate that
runs it is left alone. Nobody is released.
"""

from pathlib import Path

from terminal.doctor.findings import Finding, Part, bad, good, warning
from terminal.door_settings import DoorSettings
from terminal.errors import DoorError, DoorRefused, DoorUnplugged, SettingsError
from terminal.gate.door.build import build_door


def look_at_turnstile(settings: DoorSettings, *, daemon_runs: bool) -> Finding:
    """Say whether the door answers on its line, and how its sensors stand."""
    if daemon_runs:
        there = Path(settings.device).exists()
        return good(Part.DOOR, "Le portillon en marche s'en sert.") if there else _absent(settings)
    try:
        door = build_door(settings)
    except SettingsError as error:
        return bad(
            Part.DOOR,
            "door_key",
            f"La clé de la tête n'est pas utilisable : {error}.",
            "pass-terminal door install-key --config FICHIER, la tête en mode installation.",
        )
    try:
        door.claim()
        seen = door.state()
    except DoorError as error:
        return _fault(error, settings)
    finally:
        door.let_go()
    if seen.emergency:
        return warning(
            Part.DOOR,
            "door_emergency_active",
            "Le passage répond, mais le contact de l'alarme incendie l'ouvrirait à tous.",
            "Attendez la fin de l'alarme ; s'il n'y en a pas, voyez emergency_normally_closed.",
        )
    if seen.rotating or seen.stands_open:
        return warning(
            Part.DOOR,
            "door_sensor_active",
            "Le passage répond, mais un capteur dit que quelqu'un passe ou qu'il est ouvert.",
            "Fermez-le ; s'il l'est, voyez le câblage ou inputs_normally_closed.",
        )
    return good(
        Part.DOOR, f"Le passage répond sur {settings.device} et ses capteurs sont au repos."
    )


def _fault(error: DoorError, settings: DoorSettings) -> Finding:
    if isinstance(error, DoorUnplugged):
        return _absent(settings)
    if isinstance(error, DoorRefused):
        return bad(
            Part.DOOR,
            "door_refused",
            "La carte de relais ou la tête répond, et refuse le relais ou les entrées demandés.",
            "Corrigez relay, output ou les entrées (…_input) dans la configuration.",
        )
    return bad(
        Part.DOOR,
        "door_silent",
        f"Rien ne répond comme il faut sur {settings.device}.",
        "Vérifiez dialect, line, l'adresse et l'alimentation ; d'une tête OSDP, sa clé.",
    )


def _absent(settings: DoorSettings) -> Finding:
    return bad(
        Part.DOOR,
        "door_absent",
        f"{settings.device} n'est pas là, ou un autre programme le tient.",
        "Branchez le câble de la carte de relais ou de la tête, puis relancez.",
    )
