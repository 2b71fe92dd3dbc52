"""Putting a keypad's initial key here, from its key block and the components of two people.

Promise: the key is in this machine's memory for one call, and in no answer; what was installed is
named by its identifier. Not done here: the console at which they type.
"""

from collections.abc import Callable
from pathlib import Path

from terminal.errors import SettingsError
from terminal.pin.key_block import BLOCK_CHARACTERS_MAX, COMPONENTS, combine, read_initial_key
from terminal.pin.key_file import KeypadKeys

Ask = Callable[[str], str]
"""Ask a person for one line, unseen."""


def install_key(block_file: Path, state_dir: Path, ask: Ask) -> str:
    """Install the key of `block_file`; return its identifier in hex. Raises SettingsError."""
    try:
        with block_file.open(encoding="ascii", errors="replace") as file:
            block = file.read(BLOCK_CHARACTERS_MAX + 2)
    except OSError as cause:
        raise SettingsError(f"{block_file}: {cause.strerror}") from cause
    held = [ask(f"Composante {number} sur {COMPONENTS} : ") for number in range(1, COMPONENTS + 1)]
    initial = read_initial_key(block, combine(*held))
    KeypadKeys(state_dir).install(initial)
    return initial.key_id.hex().upper()
