"""The talk between gates, without any socket: what to say to whom, what to make of what is heard.

Promise: each gate ends up holding every admission of the last LOOK_BACK of each sibling it can
reach, whatever is lost, doubled or out of order: a sibling says how far it holds, and is sent what
comes after. A datagram that is not newer than the last of its sender is dropped; heard twice after
a restart it changes nothing, because a passage is noted once by its id. Memory is bounded by the
number of siblings. Nobody is believed about anybody else's passages.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from terminal.gate.access_list import AccessList
from terminal.gate.gossip.book import GossipBook
from terminal.gate.gossip.packets import (
    LINES_MAX,
    Admitted,
    Packet,
    PacketRefused,
    open_packet,
    seal_packet,
)

LOOK_BACK: Final = timedelta(hours=20)
"""The services of the day."""
HEARD_FOR: Final = timedelta(seconds=10)
"""A sibling that said nothing for so long is not within hearing."""
AHEAD_MAX: Final = timedelta(minutes=10)
BEHIND_MAX: Final = timedelta(days=9)
STARTED: Final = (0, 0)

Sent = tuple[str, bytes]
"""An address and a datagram for it."""


@dataclass(slots=True)
class _Peer:
    """What is known of one sibling. `acknowledged`: how far it holds our lines; `held`: we its."""

    address: str | None = None
    acknowledged: int = 0
    held: int = 0
    number: tuple[int, int] = STARTED
    heard_at: datetime | None = None


@dataclass(slots=True)
class _Count:
    refused: int = 0
    stale: int = 0
    news: int = 0


class Talk:
    """One gate's side of the talk with its siblings."""

    def __init__(
        self,
        own: str,
        key: Ed25519PrivateKey,
        book: GossipBook,
        held: Callable[[], AccessList | None],
        now: Callable[[], datetime],
    ) -> None:
        self._own, self._key, self._book, self._held, self._now = own, key, book, held, now
        self._epoch, self._number = book.next_epoch(), 0
        self._peers = {gate: _Peer(address) for gate, address in book.addresses().items()}
        self._floor = book.last_sequence_before(now() - LOOK_BACK)
        self.counted = _Count()

    def hear_addresses(self, addresses: Mapping[str, str]) -> None:
        """Note where the backend says that siblings listen."""
        changed = {
            gate: address
            for gate, address in addresses.items()
            if gate != self._own and self._peer(gate).address != address
        }
        for gate, address in changed.items():
            self._peer(gate).address = address
        if changed:
            self._keep_addresses()

    def tell_all(self) -> list[Sent]:
        """Return a datagram for each sibling whose address is known."""
        siblings = self._siblings()
        told = (self._tell(gate) for gate in siblings)
        return [sent for sent in told if sent is not None]

    def hear(self, datagram: bytes, source: str) -> list[Sent]:
        """Take a datagram in; return what to answer."""
        try:
            packet = open_packet(datagram, self._siblings(), self._own)
        except PacketRefused:
            self.counted.refused += 1
            return []
        peer = self._peer(packet.gate)
        if packet.number <= peer.number:
            self.counted.stale += 1
            return []
        peer.number, peer.heard_at = packet.number, self._now()
        if peer.address != source:
            peer.address = source
            self._keep_addresses()
        self._take(peer, packet)
        peer.acknowledged = min(packet.holds, self._book.last_sequence())
        lacks = bool(self._book.lines_after(max(peer.acknowledged, self._floor), 1))
        answer = self._tell(packet.gate) if packet.lines or lacks else None
        return [] if answer is None else [answer]

    def within_hearing(self) -> tuple[int, int]:
        """Return how many siblings the list names, and how many were heard just now."""
        siblings, now = self._siblings(), self._now()
        heard = (self._peers[gate].heard_at for gate in siblings if gate in self._peers)
        fresh = [at for at in heard if at is not None and abs(now - at) <= HEARD_FOR]
        return len(siblings), len(fresh)

    def _take(self, peer: _Peer, packet: Packet) -> None:
        now = self._now()
        lines = [
            line
            for line in packet.lines
            if not isinstance(line, Admitted)
            or (now - BEHIND_MAX <= line.occurred_at <= now + AHEAD_MAX and self._knows(line))
        ]
        self.counted.news += self._book.note(packet.gate, lines, now)
        if packet.after <= peer.held:
            peer.held = max(peer.held, packet.upto)

    def _knows(self, line: Admitted) -> bool:
        """Tell whether a line is about a card of this place, or a guest."""
        held = self._held()
        return line.card_id is None or (
            held is not None and held.card_of(str(line.card_id)) is not None
        )

    def _tell(self, gate: str) -> Sent | None:
        peer = self._peer(gate)
        if peer.address is None:
            return None
        last = self._book.last_sequence()
        after = max(peer.acknowledged, self._floor)
        lines = self._book.lines_after(after, LINES_MAX)
        if len(lines) == LINES_MAX:
            upto = lines[-1].sequence
        else:  # one may have been written since `last` was read
            upto = max([last, *(line.sequence for line in lines)])
        self._number += 1
        packet = Packet(
            gate=self._own,
            to=gate,
            number=(self._epoch, self._number),
            # What is older than the look-back nobody needs: it counts as told.
            after=0 if peer.acknowledged <= self._floor else peer.acknowledged,
            upto=max(upto, after),
            holds=peer.held,
            lines=tuple(lines),
        )
        return peer.address, seal_packet(packet, self._key)

    def _siblings(self) -> Mapping[str, Ed25519PublicKey]:
        held = self._held()
        return {} if held is None else {each.gate: each.key for each in held.siblings}

    def _peer(self, gate: str) -> _Peer:
        return self._peers.setdefault(gate, _Peer())

    def _keep_addresses(self) -> None:
        known = {
            gate: peer.address for gate, peer in self._peers.items() if gate in self._siblings()
        }
        self._book.keep_addresses(
            {gate: address for gate, address in known.items() if address is not None}
        )
