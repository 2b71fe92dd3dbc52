"""Which driver stands for which kind of pad: one row each.

Promise: a driver that encrypts in this terminal is opened only where the configuration says that it
may. Not done here: driving.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from terminal.errors import PadRefused, PadUnplugged, SettingsError
from terminal.pin import keypad, visa_pad
from terminal.pin.dialects import DIALECTS
from terminal.pin.key_file import NO_KEY, KeypadKeys
from terminal.pin.pad import PinPad, PinPadCaps
from terminal.pin.serial_link import LineSettings


class PadSettings(Protocol):
    """The settings that choose a pad; `terminal.settings.CounterSettings` has them."""

    @property
    def pad_driver(self) -> str: ...  # noqa: D102 -- a name of `DRIVERS`
    @property
    def pad_device(self) -> Path: ...  # noqa: D102 -- the serial device
    @property
    def pad_dialect(self) -> str: ...  # noqa: D102 -- a name of `DIALECTS`
    @property
    def pad_line(self) -> str: ...  # noqa: D102 -- such as 9600 8N1
    @property
    def allow_terminal_encryption(self) -> bool: ...  # noqa: D102 -- see `open_pad`
    @property
    def state_dir(self) -> Path: ...  # noqa: D102 -- where a keypad's keys lie


@dataclass(frozen=True, slots=True)
class Driver:
    """A kind of pad: what it can do, and how it is opened."""

    caps: PinPadCaps
    open: Callable[[PadSettings], PinPad]


def _open_visa_pad(settings: PadSettings) -> PinPad:
    if settings.pad_dialect not in DIALECTS:
        raise SettingsError(f"pad_dialect must be one of: {', '.join(sorted(DIALECTS))}")
    line = LineSettings.parse(settings.pad_line)
    return visa_pad.open_visa_pad(str(settings.pad_device), line, DIALECTS[settings.pad_dialect])


def _open_keypad(settings: PadSettings) -> PinPad:
    line = LineSettings.parse(settings.pad_line)
    return keypad.open_keypad(str(settings.pad_device), line, settings.state_dir)


DRIVERS: Mapping[str, Driver] = MappingProxyType(
    {
        "visa-packets": Driver(visa_pad.CAPS, _open_visa_pad),
        "keypad": Driver(keypad.CAPS, _open_keypad),
    }
)


def find_driver(settings: PadSettings) -> Driver:
    """Return the driver that the settings name; SettingsError says what to change."""
    if settings.pad_driver not in DRIVERS:
        raise SettingsError(f"pad_driver must be one of: {', '.join(sorted(DRIVERS))}")
    driver = DRIVERS[settings.pad_driver]
    if driver.caps.keypad_in_clear and not settings.allow_terminal_encryption:
        raise SettingsError(
            f'pad_driver = "{settings.pad_driver}" has codes encrypted by this terminal, not by a '
            "secure pad: set allow_terminal_encryption = true to accept that, or use a secure pad"
        )
    return driver


def check_pad(settings: PadSettings) -> None:
    """Raise PadError unless the device is there and has the key it needs; it is not spoken to."""
    if not settings.pad_device.exists():
        raise PadUnplugged("the pad's device is not there", device=str(settings.pad_device))
    if find_driver(settings).caps.keypad_in_clear:
        try:
            KeypadKeys(settings.state_dir).check()
        except SettingsError as cause:
            raise PadRefused(NO_KEY, str(cause)) from cause


def open_pad(settings: PadSettings) -> PinPad:
    """Return the pad, not yet claimed; raise SettingsError."""
    return find_driver(settings).open(settings)
