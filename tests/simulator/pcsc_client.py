"""A PC/SC client for tests: JSON questions on stdin, JSON answers on stdout.

Reader names match by prefix, slot 00 first. Codes are PC/SC's, as unsigned numbers.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from smartcard import scard

SLICE_MILLISECONDS = 200


class Client:
    """One context, one connection per reader."""

    def __init__(self) -> None:
        code, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        assert code == scard.SCARD_S_SUCCESS, hex(code)
        self._cards: dict[str, Any] = {}

    def readers(self) -> list[str]:
        """List the readers' names."""
        _, names = scard.SCardListReaders(self._context, [])
        return list(names)

    def wait(self, reader: str, present: bool, seconds_max: float) -> bool:
        """Wait until the card is there, or is not."""
        name, end = self._full(reader), time.monotonic() + seconds_max
        state = scard.SCARD_STATE_UNAWARE
        while time.monotonic() < end:
            _, changes = scard.SCardGetStatusChange(
                self._context, SLICE_MILLISECONDS, [(name, state)]
            )
            state = changes[0][1]
            if bool(state & scard.SCARD_STATE_PRESENT) == present:
                return True
        return False

    def connect(self, reader: str) -> tuple[int, str]:
        """Connect exclusively; return the code and the ATR."""
        self.disconnect(reader)
        code, card, protocol = scard.SCardConnect(
            self._context,
            self._full(reader),
            scard.SCARD_SHARE_EXCLUSIVE,
            scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1,
        )
        if code != scard.SCARD_S_SUCCESS:
            return code & 0xFFFFFFFF, ""
        self._cards[reader] = card, protocol
        code, _, _, _, atr = scard.SCardStatus(card)
        return code & 0xFFFFFFFF, bytes(atr).hex().upper()

    def transmit(self, reader: str, command: str) -> tuple[int, str]:
        """Send a command; return the code and the answer."""
        card, protocol = self._cards[reader]
        pci = {scard.SCARD_PROTOCOL_T0: scard.SCARD_PCI_T0, 2: scard.SCARD_PCI_T1}[protocol]
        code, answer = scard.SCardTransmit(card, pci, list(bytes.fromhex(command)))
        return code & 0xFFFFFFFF, bytes(answer or ()).hex().upper()

    def time(self, reader: str, command: str, count: int) -> float:
        """Return the median seconds of one exchange."""
        spent = []
        for _ in range(count):
            start = time.perf_counter()
            self.transmit(reader, command)
            spent.append(time.perf_counter() - start)
        return sorted(spent)[count // 2]

    def reset(self, reader: str) -> int:
        """Reset the card and connect again; return the code."""
        card, protocol = self._cards[reader]
        code, _ = scard.SCardReconnect(
            card, scard.SCARD_SHARE_EXCLUSIVE, protocol, scard.SCARD_RESET_CARD
        )
        return int(code) & 0xFFFFFFFF

    def disconnect(self, reader: str) -> int:
        """Let go of the card, with a reset."""
        if reader not in self._cards:
            return 0
        card, _ = self._cards.pop(reader)
        return int(scard.SCardDisconnect(card, scard.SCARD_RESET_CARD)) & 0xFFFFFFFF

    def _full(self, reader: str) -> str:
        return min(name for name in self.readers() if name.startswith(reader))


def main() -> None:
    """Answer until stdin closes."""
    client = Client()
    verbs: dict[str, Callable[..., Any]] = {
        verb: getattr(client, verb)
        for verb in ("readers", "wait", "connect", "transmit", "time", "reset", "disconnect")
    }
    for line in sys.stdin:
        verb, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(verbs[verb](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
