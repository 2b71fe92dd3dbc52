"""The door that the settings name. libosdp is loaded only where a head is."""

from collections.abc import Callable
from datetime import datetime

from terminal.door_settings import DoorSettings, OsdpDoorSettings
from terminal.gate.door.keeper import DoorKeeper, DoorRules
from terminal.gate.door.port import Door
from terminal.gate.door.relay_door import RelayDoor
from terminal.gate.passages import PassageJournal
from terminal.gate.state import StateBoard


def build_door(settings: DoorSettings) -> Door:
    """Return the door, not claimed yet."""
    if isinstance(settings, OsdpDoorSettings):
        from terminal.gate.door.osdp_door import OsdpDoor  # noqa: PLC0415 -- see above

        return OsdpDoor(settings)
    return RelayDoor(settings)


def build_keeper(
    settings: DoorSettings,
    journal: PassageJournal,
    board: StateBoard,
    now: Callable[[], datetime],
) -> DoorKeeper:
    """Return the one who keeps that door; it reaches for it when it runs."""
    return DoorKeeper(build_door(settings), journal, board, DoorRules.of(settings), now=now)
