"""Which USB socket a device is plugged into: what tells two readers of one model apart for good.

Promise: the name of a socket (`1-1.2`: bus, then port by port) stays the same over restarts and
replugging, unlike the number PC/SC gives a reader and the address USB gives a device. Linux: read
from `/sys/bus/usb/devices`. Not done here: asking PC/SC for the address.
"""

import re
from pathlib import Path

DEVICES = Path("/sys/bus/usb/devices")
SOCKET_PATTERN = r"^[1-9][0-9]{0,2}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,6}$"
_CHANNEL_USB = 0x20  # PC/SC part 3 §3.1.7: DDDDCCCC; 0x20 is USB, then bus and address (libccid)


def usb_address(channel_id: bytes) -> tuple[int, int] | None:
    """Return bus and address from SCARD_ATTR_CHANNEL_ID, 4 bytes little-endian; None if not USB."""
    if len(channel_id) != 4 or channel_id[2] != _CHANNEL_USB or channel_id[3]:
        return None
    return channel_id[1], channel_id[0]


def socket_of(address: tuple[int, int], devices: Path = DEVICES) -> str | None:
    """Return the socket of the device that has this bus and address now, or None."""
    for device in sorted(devices.glob("*-*")):
        if re.fullmatch(SOCKET_PATTERN, device.name) and _address(device) == address:
            return device.name
    return None


def _address(device: Path) -> tuple[int, int] | None:
    try:
        return int((device / "busnum").read_text()), int((device / "devnum").read_text())
    except (OSError, ValueError):  # it was unplugged since the folder was listed
        return None
