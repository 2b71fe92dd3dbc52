"""A drawer's cards for tests: made, asked, and read again from their folder."""

from typing import Any

from simulator.cards.drawer import Drawer, DrawerCard
from simulator.cards.folder import CardFolder
from simulator.cards.record import (
    CardKind,
    NewCard,
)

CREATE_APPLICATION = "90CA000005{}0B8100"
SELECT = "905A000003{}00"
LIST = "906A000000"


def reopened(folder: CardFolder) -> Drawer:
    """A drawer over the same files, as another run of the program would have it."""
    return Drawer(CardFolder(folder.path))


def ask(one: DrawerCard, command: str) -> str:
    return one.card.transmit(bytes.fromhex(command)).hex().upper()


def new(name: str, kind: str = "blank", **more: Any) -> NewCard:
    return NewCard(name=name, kind=CardKind(kind), **more)
