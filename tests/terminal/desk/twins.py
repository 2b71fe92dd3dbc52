"""A backend, chips and a reader for the desk's tests: in process, and cut wherever a test wants."""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from passcard.card_keys import MasterKeys, PersonalisationKeys
from passcard.dialogue import Dialogue
from passcard.errors import PassCardError
from passcard.layout import Application, CardNumber, make_card_number
from passcard.personalise import personalise
from passcard.retire import retire
from passcard.secret import Secret
from passcard.session import authenticate
from simulator.chip.chip import Chip
from terminal.api_values import PersonalisationBegun, PersonalisationStep, RetirementBegun
from terminal.desk.relay import DeskConnection
from terminal.errors import BackendRefused, BackendUnreachable, CardRemoved

UID = bytes.fromhex("04A1B2C3D4E5F6")
NUMBER = make_card_number(1)


def seeded(seed: str) -> Callable[[int], bytes]:
    """Return a repeatable `random(n)`."""
    numbers: Iterator[int] = itertools.count()
    return lambda length: hashlib.shake_128(f"{seed}{next(numbers)}".encode()).digest(length)


def keys_of(uid: bytes, version: int = 1) -> PersonalisationKeys:
    """Return a card's keys under the test masters of a version."""
    masters = (Secret(seeded(f"master {version} {purpose}")(16)) for purpose in range(5))
    return MasterKeys(*masters).for_card(uid, version=version)


def numbers(count: int) -> list[CardNumber]:
    """Return that many card numbers on order."""
    return [make_card_number(serial) for serial in range(1, count + 1)]


class DrivingBackend:
    """What the real backend does, without HTTP: orders, cards, and the dialogues of passcard."""

    def __init__(
        self,
        fail_at: int | None = None,
        *,
        version: int = 1,
        orders: Sequence[CardNumber] = (NUMBER,),
    ) -> None:
        self.answered = 0
        self.fail_at = fail_at
        self.version = version
        self.ordered = set(orders)
        self.made: dict[CardNumber, bytes] = {}
        self.refusals: dict[str, BackendRefused] = {}

    def begin_personalisation(self, uid: bytes, card_number: str | None) -> PersonalisationBegun:
        owner = next((number for number, chip in self.made.items() if chip == uid), None)
        number = owner if card_number is None else CardNumber(card_number)
        self._tick()
        if number is None or not (number in self.ordered or number in self.made):
            raise BackendRefused(404, "card_unknown")
        if number in self.refusals:
            raise self.refusals[number]
        if self.made.get(number, uid) != uid:
            raise BackendRefused(409, "card_state_refused", details={"state": "active"})
        if owner not in (None, number):
            raise BackendRefused(409, "uid_taken")
        older = [keys_of(uid, version) for version in range(1, self.version)]
        wanted = keys_of(uid, self.version)
        talk = personalise(uid, wanted, seeded("random"), older=older)
        self._talk, self._ending = talk, lambda: self._give(number, uid)
        return PersonalisationBegun(
            personalisation_id="p-1", command=next(self._talk), card_number=number
        )

    def continue_personalisation(
        self, personalisation_id: str, response: bytes
    ) -> PersonalisationStep:
        assert personalisation_id == "p-1"
        return self._answer(response)

    def begin_retirement(self, uid: bytes) -> RetirementBegun:
        self._tick()
        number = next((one for one, chip in self.made.items() if chip == uid), None)
        if number is None:
            raise BackendRefused(404, "card_unknown")
        known = [keys_of(uid, version) for version in range(1, self.version + 1)]
        self._talk, self._ending = retire(uid, known, seeded("random")), lambda: self._free(number)
        return RetirementBegun(retirement_id="r-1", command=next(self._talk), card_number=number)

    def continue_retirement(self, retirement_id: str, response: bytes) -> PersonalisationStep:
        assert retirement_id == "r-1"
        return self._answer(response)

    _talk: Dialogue[None]
    _ending: Callable[[], None]

    def _answer(self, response: bytes) -> PersonalisationStep:
        self._tick()
        try:
            return PersonalisationStep(command=self._talk.send(response), done=False)
        except StopIteration:
            self._ending()
            return PersonalisationStep(command=None, done=True, card_number=NUMBER)
        except PassCardError as error:
            details = {"reason": type(error).__name__}
            raise BackendRefused(409, "personalisation_failed", details=details) from error

    def _give(self, number: CardNumber, uid: bytes) -> None:
        self.ordered.discard(number)
        self.made[number] = uid

    def _free(self, number: CardNumber) -> None:
        del self.made[number]

    def _tick(self) -> None:
        self.answered += 1
        if self.answered == self.fail_at:
            raise BackendUnreachable("cut")


class ChipLink:
    """A chip in process, perhaps pulled at one command; taken away once it is let go."""

    def __init__(self, chip: Chip, pull_at: int | None = None) -> None:
        self.chip = chip
        self.pull_at = pull_at
        self.sent = 0
        self.let_go = 0
        chip.power_on()

    def uid(self) -> bytes:
        return self.chip.uid

    def transmit(self, command: bytes) -> bytes:
        self.sent += 1
        if self.sent == self.pull_at:
            self.chip.power_off()
            raise CardRemoved("pulled")
        return self.chip.transmit(command)

    def disconnect(self) -> None:
        self.let_go += 1
        self.chip.power_off()

    def wait_for_removal(self, seconds_max: float) -> bool:
        return seconds_max >= 0


@dataclass
class BoxReader:
    """A reader on which somebody puts one card after the other; after the last, nobody comes."""

    links: list[DeskConnection]
    came: int = field(default=0)

    def wait_for_card(self, seconds_max: float) -> DeskConnection | None:
        assert seconds_max >= 0
        if not self.links:
            return None
        self.came += 1
        link = self.links.pop(0)
        if isinstance(link, ChipLink):
            link.chip.power_on()
        return link


def blank(uid: bytes = UID) -> Chip:
    """Take a factory blank from the box."""
    return Chip(uid, seeded(f"chip {uid.hex()}"))


def box(count: int) -> list[Chip]:
    """Take that many blanks from the box."""
    return [blank((0x04000000000000 + n).to_bytes(7, "big")) for n in range(1, count + 1)]


def is_personalised(chip: Chip, version: int = 1) -> bool:
    """See both keys proved; raises otherwise."""
    chip.power_on()
    keys = keys_of(chip.uid, version)
    for application in Application:
        authenticate(chip.transmit, application, keys.authenticate(application), bytes(16))
    return True
