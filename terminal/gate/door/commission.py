"""A door by hand: a head's key, once, at the bench or at the door; and a relay let go of.

Promise: `let_go` leaves a door as it is wired to be without us, also when the gate that held it was
killed. The key is on our disk before the head has it; nothing is installed over a key of ours that
the head already speaks. The head must be in its own installation mode; while this runs, the line
is open to who listens at it (SCBK-D is public), so: not on a line that leaves the wall.
"""

from terminal.door_settings import OsdpDoorSettings
from terminal.errors import DoorRefused, DoorUnplugged, SettingsError
from terminal.gate.door.build import build_door
from terminal.gate.door.head_key import make_head_key
from terminal.gate.door.osdp_link import INSTALL_SECONDS_MAX, OsdpLink
from terminal.gate.door.relay_door import guard_arguments
from terminal.gate.door.relay_guard import drop_relay
from terminal.settings import GateSettings


def install_head_key(settings: GateSettings) -> OsdpDoorSettings:
    """Make the key if there is none, bring it into the head, and prove it there.

    Raises SettingsError, or DoorError when the head takes no key.
    """
    door = settings.door
    if not isinstance(door, OsdpDoorSettings):
        raise SettingsError('door install-key needs a [door] of kind = "osdp"')
    key = make_head_key(door.key_file)
    installing = OsdpLink(door.device, door.line, door.address, key, install=True)
    try:
        installing.wait_until_secure(INSTALL_SECONDS_MAX)
        if installing.count_inputs() <= max(door.inputs, default=-1):
            raise DoorRefused(f"the head has {installing.count_inputs()} inputs")
    finally:
        installing.close()
    return door


def let_go(settings: GateSettings) -> None:
    """Drop the relay or the strike of a gate that is not running; nothing without a door.

    Raises DoorError.
    """
    if settings.door is None:
        return
    if isinstance(settings.door, OsdpDoorSettings):
        head = build_door(settings.door)
        head.claim()
        head.let_go()
        return
    device, line, dialect, relay, address = guard_arguments(settings.door)
    try:
        drop_relay(device, line, dialect, int(relay), int(address))
    except OSError as cause:
        raise DoorUnplugged(f"{device}: {cause.strerror or cause}") from cause
