"""What the chip knows now: its memory, and what it forgets with the field."""

from collections.abc import Callable
from dataclasses import dataclass, field

from simulator.chip.keys import Key
from simulator.chip.memory import PICC_AID, Application, Memory
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import Ev2Session
from simulator.chip.status import RefusalError, Status, require

MASTER_KEY = 0
Session = Ev1Session | Ev2Session
Random = Callable[[int], bytes]


class PowerLostError(Exception):
    """The card left the field in the middle of a command."""


@dataclass(slots=True)
class ChipState:
    """The chip's state; commands read it, and change its memory through `write` alone."""

    uid: bytes
    random: Random = field(repr=False)
    capabilities: bytes = bytes(6)  # PDcap2
    memory: Memory = field(default_factory=Memory)
    selected: bytes = PICC_AID
    session: Session | None = None
    torn_write: bool | None = None
    committed: Callable[[Memory], None] = field(default=lambda _memory: None, repr=False)

    @property
    def application(self) -> Application:
        """Return the selected application; the PICC level counts as one."""
        return self.memory.applications[self.selected]

    @property
    def at_picc_level(self) -> bool:
        """Say whether no application is selected."""
        return self.selected == PICC_AID

    @property
    def has_master(self) -> bool:
        """Say whether the session is under the master key of the selected level."""
        return self.session is not None and self.session.key_number == MASTER_KEY

    def require_master(self) -> None:
        """Refuse unless the session is under the master key of the selected level."""
        require(self.has_master, Status.AUTHENTICATION_ERROR)

    def key(self, number: int) -> Key:
        """Return a key of the selected level, or refuse."""
        require(number < len(self.application.keys), Status.NO_SUCH_KEY)
        return self.application.keys[number]

    def select(self, aid: bytes) -> None:
        """Enter an application, without a session."""
        self.selected = aid
        self.session = None

    def forget(self) -> None:
        """Lose what does not survive without power."""
        self.select(PICC_AID)

    def write(self, memory: Memory) -> None:
        """Replace the memory in one step; a tear happens before or after it, never within.

        Whoever keeps the card is told of the new memory before the chip goes on to answer. If he
        cannot keep it, the chip does not have it either.
        """
        tear, self.torn_write = self.torn_write, None
        if tear is not False and memory != self.memory:
            try:
                self.committed(memory)
            except OSError as cause:
                raise RefusalError(Status.EEPROM_ERROR) from cause
            self.memory = memory
        if tear is not None:
            raise PowerLostError
