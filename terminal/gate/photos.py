"""Photos that the list names, kept sealed beside it: fetched once, dropped when no longer named.

Promise: a photo is shown only while the list held names it, and is on the disk only under the
terminal's seal. A photo that is missing or damaged is no photo; nothing waits for one.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from terminal.errors import BackendRefused
from terminal.gate.list_seal import ListSeal, SealBroken
from terminal.gate.state import StateBoard

FOLDER: Final = "photos"
PHOTO_BYTES_MAX: Final = 64 * 1024
FETCHED_AT_ONCE_MAX: Final = 20
_NAME: Final = re.compile(r"[0-9a-f]{64}")


class PhotoShelf:
    """The photos of one gate."""

    def __init__(
        self, folder: Path, seal: ListSeal, board: StateBoard, fetch: Callable[[str], bytes]
    ) -> None:
        self._folder = folder / FOLDER
        self._seal = seal
        self._board = board
        self._fetch = fetch
        self._seen: object = None  # the list whose photos are all here

    def find(self, sha256: str) -> bytes | None:
        """Return a photo that the list held names, if it is here and whole."""
        if _NAME.fullmatch(sha256) is None or sha256 not in self._named():
            return None
        try:
            image = self._seal.open((self._folder / sha256).read_bytes())
        except (OSError, SealBroken):
            return None
        return image if hashlib.sha256(image).hexdigest() == sha256 else None

    def tidy(self) -> None:
        """Fetch some photos that are missing, drop those not named; raises BackendError."""
        held = self._board.current.access_list
        if held is None or held is self._seen:
            return
        named = self._named()
        if named:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        here = {path.name for path in self._folder.glob("*")} if self._folder.exists() else set()
        for name in here - named:
            (self._folder / name).unlink(missing_ok=True)
        missing = sorted(named - here)
        for name in missing[:FETCHED_AT_ONCE_MAX]:
            self._keep(name)
        if len(missing) <= FETCHED_AT_ONCE_MAX:
            self._seen = held

    def _keep(self, name: str) -> None:
        try:
            image = self._fetch(name)
        except BackendRefused:
            return  # withdrawn meanwhile: the next list says so
        if len(image) > PHOTO_BYTES_MAX or hashlib.sha256(image).hexdigest() != name:
            return
        aside = self._folder / f"{name}.new"
        aside.write_bytes(self._seal.close(image))
        aside.chmod(0o600)
        aside.replace(self._folder / name)

    def _named(self) -> set[str]:
        held = self._board.current.access_list
        if held is None:
            return set()
        return {card.photo for card in held.cards.values() if card.photo is not None}
