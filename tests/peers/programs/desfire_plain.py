"""Stories of desfire 0.2 (BSD, wrapped frames, no keys at all) with the card in the reader.

Run as `python -m tests.peers.programs.desfire_plain STORY`; the last line out is JSON. What it
does, anybody may: the rights it meets are free.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from desfire.pcsc import PCSCDevice  # type: ignore[import-not-found]
from desfire.protocol import DESFire, DESFireCommunicationError  # type: ignore[import-not-found]

from tests.peers.programs.reader import connection

AID = 0xF59250
WALLET, LETTER = 1, 2
LETTER_LENGTH = 300


def look(card: Any) -> Any:
    """List the applications, enter ours, and be refused another."""
    found = [f"{aid:06X}" for aid in card.get_applications()]
    card.select_application(AID)
    try:
        card.select_application(0x010203)
    except DESFireCommunicationError as refusal:
        return {"applications": found, "refusal": refusal.status_code}
    return None


def spend(card: Any) -> Any:
    """Make a value file, credit and debit it, and see it move at the commit alone."""
    card.select_application(AID)
    card.create_value_file(WALLET, 0x00, 0xEEEE, 0, 1000, 100, 0)
    card.credit_value(WALLET, 30)
    card.debit_value(WALLET, 7)
    values = [card.get_value(WALLET)]
    card.commit()
    values.append(card.get_value(WALLET))
    files = card.get_file_ids()
    card.delete_file(WALLET)
    return {"values": values, "files": files, "left": card.get_file_ids()}


def write(card: Any) -> Any:
    """Fill a file that takes many frames each way, and read it back."""
    card.select_application(AID)
    letter = [number % 251 for number in range(LETTER_LENGTH)]
    card.write_data_file(LETTER, letter)
    told = card.get_file_settings(LETTER)
    return {"same": card.read_data_file(LETTER) == letter, "length": told["file_length"]}


STORIES: dict[str, Callable[[Any], Any]] = {"look": look, "spend": spend, "write": write}


def main() -> None:
    """Tell one story."""
    with connection() as card:
        told = STORIES[sys.argv[1]](DESFire(PCSCDevice(card)))
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
