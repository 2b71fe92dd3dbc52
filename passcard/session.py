"""A session with a card in a reader, over one callable that carries an APDU there and back.

Promise: an `AuthenticatedSession` that exists was selected and authenticated; its methods are verbs
of the card; after the first error it only raises SessionEnded. Errors carry the card's status.
Not here: how bytes travel, and what a lost card is called: what `transmit` raises passes through.
"""

from collections.abc import Callable, Generator
from typing import TypeAlias, TypeVar

from passcard import dialogue, proof
from passcard.dialogue import Version
from passcard.layout import Application
from passcard.secure_messaging import CommunicationMode

_Result = TypeVar("_Result")
Transmit: TypeAlias = Callable[[bytes], bytes]


def run(talk: Generator[bytes, bytes, _Result], transmit: Transmit) -> _Result:
    """Carry a talk's commands through `transmit` to its end; return what it learnt."""
    try:
        command = next(talk)
        while True:
            command = talk.send(transmit(command))
    except StopIteration as finished:
        result: _Result = finished.value
        return result
    finally:
        talk.close()


def select_application(transmit: Transmit, aid: bytes) -> None:
    """Select `aid` (3 bytes, wire order). Raises CardRefused, with A0 when it is absent."""
    run(dialogue.select_application(aid), transmit)


def get_version(transmit: Transmit) -> Version:
    """Read the chip's kind and UID, outside any session; neither proves anything."""
    return run(dialogue.get_version(), transmit)


def select_pass_application(transmit: Transmit, application: Application) -> None:
    """Select an application of a Pass card. Raises NotAPassCard when the card has none."""
    run(proof.select_pass_application(application), transmit)


def authenticate(transmit: Transmit, application: Application, key: bytes, rnd_a: bytes) -> None:
    """Select `application` and prove its key 1: the card is genuine if this returns.

    Raises NotAPassCard when the card is of another kind, CardNotGenuine when it cannot prove `key`.
    """
    run(proof.prove_genuine(application, key, rnd_a), transmit)


class AuthenticatedSession:
    """Selects `aid`, opens `key_number` with `key` (16 bytes), and speaks until the first error.

    `rnd_a` is 16 fresh random bytes. Raises CardRefused when the application is absent,
    CardNotGenuine when the card does not hold `key`.
    """

    def __init__(
        self, transmit: Transmit, aid: bytes, *, key_number: int, key: bytes, rnd_a: bytes
    ) -> None:
        run(dialogue.select_application(aid), transmit)
        opening = dialogue.open_channel(aid, key_number=key_number, key=key, rnd_a=rnd_a)
        self._channel = run(opening, transmit)
        self._key_number = key_number
        self._transmit = transmit

    @property
    def ended(self) -> bool:
        """True once the session is over and every verb raises SessionEnded."""
        return self._channel.ended

    def get_card_uid(self) -> bytes:
        """Return the chip's true UID, 7 bytes (51)."""
        return run(self._channel.get_card_uid(), self._transmit)

    def get_key_version(self, key_number: int) -> int:
        """Return the version byte stored with a key (64)."""
        return run(self._channel.get_key_version(key_number), self._transmit)

    def get_key_settings(self) -> tuple[int, int]:
        """Return KS1 and KS2 of the selected application (45)."""
        return run(self._channel.get_key_settings(), self._transmit)

    def change_key_settings(self, settings: int) -> None:
        """Set KS1 (54). Clearing bit 0 or bit 3 cannot be undone."""
        run(self._channel.change_key_settings(settings), self._transmit)

    def get_application_ids(self) -> tuple[bytes, ...]:
        """Return every application's AID (6A); at PICC level only."""
        return run(self._channel.get_application_ids(), self._transmit)

    def create_application(self, aid: bytes, *, settings: int, key_kinds: int) -> None:
        """Create `aid` with KS1 `settings` and KS2 `key_kinds` (CA); at PICC level only."""
        talk = self._channel.create_application(aid, settings=settings, key_kinds=key_kinds)
        run(talk, self._transmit)

    def delete_application(self, aid: bytes) -> None:
        """Delete `aid`, its keys and files (DA); at PICC level only."""
        run(self._channel.delete_application(aid), self._transmit)

    def read_data(
        self, file_number: int, *, length: int, offset: int = 0, mode: CommunicationMode
    ) -> bytes:
        """Return bytes of a data file (AD) whose communication mode is `mode`.

        Plain is also the mode of a file that anybody may read, whatever its own.
        """
        talk = self._channel.read_data(file_number, length=length, offset=offset, mode=mode)
        return run(talk, self._transmit)

    def write_data(
        self, file_number: int, written: bytes, *, offset: int = 0, mode: CommunicationMode
    ) -> None:
        """Write into a data file (8D): at once, or with `commit_transaction` in a backup file.

        More than `dialogue.DATA_PART_MAX` bytes are several commands, which a tear can part.
        """
        talk = self._channel.write_data(file_number, written, offset=offset, mode=mode)
        run(talk, self._transmit)

    def commit_transaction(self) -> None:
        """Let what was written into backup files take effect, all or nothing (C7).

        If the card leaves before it answers, only reading again tells whether it did.
        """
        run(self._channel.commit_transaction(), self._transmit)

    def change_key(
        self, key_number: int, new_key: bytes, *, version: int, old_key: bytes | None = None
    ) -> None:
        """Replace a key (C4). The session's own: no `old_key`, and the session is then over."""
        if key_number == self._key_number:
            talk = self._channel.change_own_key(new_key, version=version)
        elif old_key is None:
            raise ValueError("another key is changed against its old value")
        else:
            talk = self._channel.change_other_key(
                key_number, new_key, old_key=old_key, version=version
            )
        run(talk, self._transmit)
