"""What the chip knows now: its memory, and what it forgets with the field."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulator.chip.drafts import Transaction
from simulator.chip.files import File
from simulator.chip.generation import EV2, Generation
from simulator.chip.keys import Key, KeyKind, aes_key, des_key, with_version
from simulator.chip.memory import PICC_AID, Application, Configuration, Damage, Memory
from simulator.chip.messaging_ev1 import Ev1Session
from simulator.chip.messaging_ev2 import Ev2Session
from simulator.chip.messaging_legacy import LegacySession
from simulator.chip.status import RefusalError, Status, require

MASTER_KEY = 0
# Bit 7 of a file's or key's number: it is of the application that was selected second.
SECONDARY = 0x80
LEGACY_ENDS = frozenset({Status.AUTHENTICATION_ERROR, Status.INTEGRITY_ERROR})
Session = Ev1Session | Ev2Session | LegacySession
Random = Callable[[int], bytes]


class PowerLostError(Exception):
    """The card left the field in the middle of a command."""


@dataclass(slots=True)
class ChipState:
    """The chip's state; commands read it, and change its memory through `write` alone."""

    uid: bytes
    random: Random = field(repr=False)
    memory: Memory = field(default_factory=Memory)
    selected: bytes = PICC_AID
    secondary: bytes | None = None
    session: Session | None = None
    transaction: Transaction = field(default_factory=Transaction)
    generation: Generation = EV2
    # What the last ISO SELECT of a file chose, for READ BINARY and the like.
    current_file: int | None = None
    # A proximity check under way; `proximity` knows what is in it.
    proximity: object | None = None
    # An ISO 7816 authentication under way; `iso_authentication` knows what is in it.
    handshake: object | None = None
    torn_write: bool | None = None
    committed: Callable[[Memory], None] = field(default=lambda _memory: None, repr=False)

    @property
    def application(self) -> Application:
        """Return the selected application; the PICC level counts as one."""
        return self.memory.applications[self.selected]

    def application_of(self, number: int) -> Application:
        """Return the application that the number of a file or a key is of."""
        return self.memory.applications[self._aid_of(number)]

    def _aid_of(self, number: int) -> bytes:
        return self.secondary if number & SECONDARY and self.secondary else self.selected

    @property
    def configuration(self) -> Configuration:
        """Return what SetConfiguration has set."""
        return self.memory.configuration

    @property
    def at_picc_level(self) -> bool:
        """Say whether no application is selected."""
        return self.selected == PICC_AID

    @property
    def has_master(self) -> bool:
        """Say whether the session is under the master key of the selected level."""
        return self.session is not None and self.session.key_number == MASTER_KEY

    def has_master_of(self, number: int) -> bool:
        """Say whether the session is under the master key of the application of that number."""
        return self.session is not None and self.session.key_number == number & SECONDARY

    def require_master(self) -> None:
        """Refuse unless the session is under the master key of the selected level."""
        require(self.has_master, Status.AUTHENTICATION_ERROR)

    def key(self, number: int) -> Key:
        """Return a key of the selected level, or refuse."""
        keys, bare = self.application_of(number).keys, number & ~SECONDARY
        absent = number & SECONDARY and self.secondary is None
        require(not absent and bare < len(keys), Status.NO_SUCH_KEY)
        return keys[bare]

    def default_key(self, kind: KeyKind) -> Key:
        """Return what a new key of this kind is."""
        configuration = self.configuration
        material = configuration.default_key[: kind.key_length]
        if kind is KeyKind.AES:
            return aes_key(material, configuration.default_key_version)
        return des_key(with_version(material, configuration.default_key_version))

    def file(self, number: int) -> File:
        """Return a file of the selected applications, or refuse."""
        require(not self.at_picc_level, Status.PERMISSION_DENIED)
        files, bare = self.application_of(number).files, number & ~SECONDARY
        absent = number & SECONDARY and self.secondary is None
        require(not absent and bare in files, Status.FILE_NOT_FOUND)
        damaged = Damage(self._aid_of(number), bare) in self.memory.damage
        require(not damaged, Status.FILE_INTEGRITY_ERROR)
        return files[bare]

    def select(self, aid: bytes, secondary: bytes | None = None) -> None:
        """Enter an application, or two at once, without a session or a transaction."""
        self.selected, self.secondary = aid, secondary
        self.handshake = None
        self.current_file = None
        self.end_session()

    def end_session(self) -> None:
        """Lose the session and all that is not committed, as any error does."""
        self.session = None
        self.transaction = Transaction()

    def forget(self) -> None:
        """Lose what does not survive without power."""
        self.select(PICC_AID)
        self.proximity = None

    def refuse(self, status: Status) -> None:
        """Lose what an error costs: the transaction, and the session.

        A legacy session of an EV1 goes on, as measured (libfreefare's card tests: after 9D they
        authenticate anew in an AES session and not in a legacy one); after which errors is ours
        to choose. On an EV3 any error was seen to end any session.
        """
        old = isinstance(self.session, LegacySession) and not self.generation.knows_ev2
        survives = old and status not in LEGACY_ENDS
        session = self.session if survives else None
        self.end_session()
        self.session = session
        # A check under way outlives the 0B of what came between.
        if status is not Status.PROXIMITY_CHECK_BUSY:
            self.proximity = None

    def write_file(self, number: int, file: File) -> None:
        """Replace a file of the selected applications in memory."""
        self.write_files({number: file})

    def write_files(self, files: Mapping[int, File]) -> None:
        """Replace files of the selected applications in memory, all in one step."""
        memory = self.memory
        for number, file in files.items():
            aid = self._aid_of(number)
            changed = memory.applications[aid].with_file(number & ~SECONDARY, file)
            memory = memory.with_application(aid, changed)
        self.write(memory)

    def write_application(self, application: Application) -> None:
        """Replace the selected application in memory."""
        self.write(self.memory.with_application(self.selected, application))

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
