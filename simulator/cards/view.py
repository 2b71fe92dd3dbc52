"""A card as it is shown, over HTTP and on the command line: everything but its chip."""

from pydantic import BaseModel, ConfigDict

from simulator.cards.drawer import DrawerCard
from simulator.cards.faults import CardFaults
from simulator.cards.record import CardKind


class CardView(BaseModel):
    """A card in the drawer, and the reader it lies on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    uid: str
    kind: CardKind
    of: str | None
    colour: str | None
    note: str
    faults: CardFaults
    reader: str | None


def view_of(one: DrawerCard, reader: str | None) -> CardView:
    """Show a card."""
    kept = one.record
    return CardView(
        name=kept.name,
        uid=one.uid,
        kind=kept.kind,
        of=kept.of,
        colour=kept.colour,
        note=kept.note,
        faults=kept.faults,
        reader=reader,
    )
