"""Reading a secret from the file that the settings name, for no longer than it is used."""

from pathlib import Path

from passcard.secret import Secret


def read_secret_file(path: Path, bytes_max: int) -> Secret:
    """Return what a file holds, its first `bytes_max` bytes; raise OSError."""
    with path.open("rb") as file:
        return Secret(file.read(bytes_max))
