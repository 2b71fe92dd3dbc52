"""What the outbox would send, kept: the letters of a run, and the links in them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from backend.accounts.delivery import deliver_notices
from backend.mail import Letter
from backend.services import Services


@dataclass
class Mailbox:
    """Every letter that left, the newest last."""

    services: Services
    letters: list[Letter] = field(default_factory=list)

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    @contextmanager
    def open_post(self) -> Iterator["Mailbox"]:
        yield self

    def empty(self) -> list[Letter]:
        """Send what is owed, and return it."""
        known = len(self.letters)
        deliver_notices(self.services, self.open_post)
        return self.letters[known:]

    def link(self, place: str) -> str:
        """Send what is owed, and return the path of the last link to a place."""
        self.empty()
        pattern = re.compile(rf"https?://[^/\s]+({re.escape(place)}/[\w-]{{43}})")
        found = [match[1] for one in self.letters for match in pattern.finditer(one.text)]
        return str(found[-1])
