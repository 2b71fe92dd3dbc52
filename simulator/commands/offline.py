"""A folder of cards without a simulator that runs: make, list, show, clone, throw away."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from simulator.cards.drawer import Drawer
from simulator.cards.errors import FolderError
from simulator.cards.folder import CardFolder
from simulator.cards.record import NewCard
from simulator.cards.view import view_of
from simulator.commands.outcome import CommandError, Json, WrongUse
from simulator.refusals import Refusal

T = TypeVar("T")


class OfflineCards:
    """The cards of a folder. Reading is always possible, writing while no simulator has it."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()

    def cards(self) -> list[Json]:
        """Return every card."""
        return self._reading(lambda drawer: [_json(drawer, one.name) for one in drawer.cards()])

    def card(self, name: str) -> Json:
        """Return one card."""
        return self._reading(lambda drawer: _json(drawer, name))

    def add_card(self, wanted: Json) -> Json:
        """Make a card."""
        try:
            checked = NewCard(**wanted)
        except ValidationError as error:
            wrong = ", ".join(str(each["loc"][0]) for each in error.errors(include_url=False))
            raise WrongUse(f"Not possible as it is: {wrong}. See `card new --help`.") from None
        return self._writing(lambda drawer: _json(drawer, drawer.add(checked).name))

    def delete_card(self, name: str) -> None:
        """Throw a card away."""
        self._writing(lambda drawer: drawer.delete(name))

    def _reading(self, act: Callable[[Drawer], T]) -> T:
        def read() -> T:
            if not self._path.is_dir():
                raise FolderError(f"{self._path}: there is no such folder.")
            return act(Drawer(CardFolder(self._path)))

        return _translated(read)

    def _writing(self, act: Callable[[Drawer], T]) -> T:
        def write() -> T:
            with CardFolder(self._path) as folder:
                return act(Drawer(folder.hold()))

        return _translated(write)


def _json(drawer: Drawer, name: str) -> Json:
    return view_of(drawer.card(name), reader=None).model_dump(mode="json")


def _translated(act: Callable[[], T]) -> T:
    try:
        return act()
    except Refusal as refusal:
        raise CommandError(refusal.code, str(refusal)) from refusal
