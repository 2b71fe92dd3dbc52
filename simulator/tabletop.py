"""What lies in front of somebody who plays: a drawer of cards, readers, a pad.

Promise: a card lies on one reader at most; every call is safe from any thread; what cannot be done
is a `Refusal`. Not done here: HTTP (`control.py`), cards (`cards/`), the wire (`vpcd.py`).
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from simulator.cards.drawer import Drawer, DrawerCard
from simulator.cards.faults import Tear
from simulator.pad.cable import PadCable
from simulator.printer.printer import NetworkPrinter
from simulator.reader_plugs import ReaderPlugs
from simulator.refusals import (
    CardElsewhere,
    CardLies,
    LineUnknown,
    PadAbsent,
    PrinterAbsent,
    ReadersStay,
    ReaderUnknown,
    ReaderUnplugged,
    ReaderUnreachable,
    TurnstileAbsent,
)
from simulator.turnstile.turnstile import SimulatedTurnstile
from simulator.vpcd import ReaderUnreachableError, VirtualCard, VirtualCardSlot
from simulator.wire.card_wire import CardWire
from simulator.wire.feed import Feed, What, Wire, WireEvent
from simulator.wire.http_wire import HttpWire
from simulator.wire.pad_wire import PLACE

SEEN_SECONDS_MAX = 2.0


@dataclass(slots=True)
class Tabletop:
    """The things, and the one pair of hands that moves cards."""

    slots: dict[str, VirtualCardSlot] = field(default_factory=dict)
    cable: PadCable | None = None
    pcscd_socket: Path | None = None
    drawer: Drawer = field(default_factory=Drawer)
    feed: Feed = field(default_factory=Feed)
    plugs: ReaderPlugs | None = None
    lines: dict[str, HttpWire] = field(default_factory=dict)
    printer: NetworkPrinter | None = None
    turnstile: SimulatedTurnstile | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_reader(self, name: str, port: int) -> VirtualCardSlot:
        """Put a reader on the table whose daemon listens at this port, and listen to its wire."""
        wire = CardWire(name, self.feed, self._name_of)
        made = VirtualCardSlot(port, name=name, observe=wire.hear, observe_presence=wire.see)
        self.slots[name] = made
        return made

    def slot(self, name: str) -> VirtualCardSlot:
        """Return the reader of that name."""
        if (found := self.slots.get(name)) is None:
            raise ReaderUnknown
        return found

    def card_on(self, reader: str) -> str | None:
        """Return the name of the card that lies on this reader."""
        return self._name_of(self.slot(reader).card)

    def reader_of(self, one: DrawerCard) -> str | None:
        """Return the name of the reader on which this card lies."""
        return next((name for name, slot in self.slots.items() if slot.card is one.card), None)

    def lay(self, reader: str, card: str, tear: Tear | None = None) -> None:
        """Lay a card on a reader, in the place of what lies there; `tear` is for this tap alone.

        A card that lies there already stays as it is, unless it is to be torn: that is a new tap.
        Returns when PC/SC shows the card, or after SEEN_SECONDS_MAX.
        """
        with self.lock:
            slot, wanted = self.slot(reader), self.drawer.card(card).card
            if not self.is_plugged(reader):
                raise ReaderUnplugged
            if slot.card is wanted and tear is None:
                return
            if any(other.card is wanted for other in self.slots.values() if other is not slot):
                raise CardElsewhere
            slot.remove()
            wanted.tear_once = tear
            try:
                slot.insert(wanted)
            except ReaderUnreachableError as cause:
                raise ReaderUnreachable from cause
        slot.wait_until_seen(SEEN_SECONDS_MAX)

    def is_plugged(self, reader: str) -> bool:
        """Say whether a reader has its cable."""
        return self.plugs is None or self.plugs.is_in(reader)

    def plug_reader(self, reader: str, *, plugged: bool) -> None:
        """Put a reader's cable in or pull it out; a card that lies there falls off."""
        with self.lock:
            slot = self.slot(reader)
            if self.plugs is None:
                raise ReadersStay
            if not plugged:
                slot.remove()
            if self.plugs.change(reader, plugged=plugged):
                words = "the reader's cable is in" if plugged else "the reader's cable is out"
                self.feed.publish(WireEvent(Wire.CARD, reader, What.CABLE, words))

    def line(self, name: str) -> HttpWire:
        """Return the line of that name."""
        if (found := self.lines.get(name)) is None:
            raise LineUnknown
        return found

    def loaded_printer(self) -> NetworkPrinter:
        """Return the printer."""
        if self.printer is None:
            raise PrinterAbsent
        return self.printer

    def throw_away(self, card: str) -> None:
        """Delete a card that lies nowhere."""
        with self.lock:
            if self.reader_of(self.drawer.card(card)) is not None:
                raise CardLies
            self.drawer.delete(card)

    def plug(self, plugged: bool) -> None:
        """Put the pad's cable in or pull it out."""
        cable = self.plugged_cable()
        if plugged and not cable.view().plugged:
            cable.plug()
            self.feed.publish(WireEvent(Wire.PAD, PLACE, What.CABLE, "the cable is in"))
        elif not plugged:
            cable.unplug()

    def standing_turnstile(self) -> SimulatedTurnstile:
        """Return the turnstile."""
        if self.turnstile is None:
            raise TurnstileAbsent
        return self.turnstile

    def plugged_cable(self) -> PadCable:
        """Return the pad's cable."""
        if self.cable is None:
            raise PadAbsent
        return self.cable

    def _name_of(self, card: VirtualCard | None) -> str | None:
        holder = self.drawer.holder_of(card)
        return None if holder is None else holder.name
