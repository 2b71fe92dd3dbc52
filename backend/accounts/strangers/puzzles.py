"""A sum for a machine: to find which number below a limit was hashed with this salt.

Promise: finding it takes `WORK_MAX` hashes at most, half of that on the average, and nobody's
hands; checking it takes one. Pure. Not here: who is asked, and that a puzzle serves once.
"""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from backend.accounts.strangers import seals
from backend.accounts.strangers.seals import SALT_BYTES, Door, Sealed

#: Meant to take a telephone of some years ago about a second; no such telephone was measured.
WORK_MAX: Final = 250_000
NUMBER_DIGITS_MAX: Final = len(str(WORK_MAX))


class NoSolution(ValueError):
    """No number below the limit was hashed: this is no puzzle of ours."""


def make_puzzle(
    key: bytes,
    door: Door,
    now: datetime,
    random: Callable[[int], bytes] = secrets.token_bytes,
    below: Callable[[int], int] = secrets.randbelow,
) -> str:
    """Return a puzzle as a page carries it; its number is not kept."""
    salt = random(SALT_BYTES).hex()
    return seals.seal(key, door, now, salt, told=_hash(salt, below(WORK_MAX)))


def solve(puzzle: str) -> int:
    """Find a puzzle's number, as the page's own script does; raise NoSolution."""
    found = seals.read(puzzle)
    if found is not None:
        begun, target = hashlib.sha256(found.salt.encode()), found.told
        for number in range(WORK_MAX):
            tried = begun.copy()
            tried.update(b"%d" % number)
            if tried.hexdigest() == target:
                return number
    raise NoSolution


def is_solved(key: bytes, door: Door, puzzle: Sealed, number: str, now: datetime) -> bool:
    """Say whether a puzzle is one of ours, for this door, in time, and the number the right one."""
    if len(number) > NUMBER_DIGITS_MAX or not (number.isascii() and number.isdecimal()):
        return False
    right = _hash(puzzle.salt, int(number)) == puzzle.told
    return right and seals.is_ours(key, door, puzzle, "", now)


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode()).hexdigest()
