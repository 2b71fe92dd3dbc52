"""Time python-desfire: select, authenticate, read. Takes the rounds, gives JSON seconds."""

import json
import sys
import time
from typing import Any

from desfire import DESFire  # type: ignore[import-not-found]
from desfire.devices.pcsc import PCSCDevice  # type: ignore[import-not-found]
from desfire.enums import DESFireCommunicationMode  # type: ignore[import-not-found]
from desfire.schemas import FileSettings  # type: ignore[import-not-found]

from tests.peers.programs.python_desfire_ev1 import AID, aes_key
from tests.peers.programs.reader import connection

LETTER = FileSettings(encryption=DESFireCommunicationMode.ENCRYPTED, file_size=32)


def one_round(card: Any) -> float:
    """Return the seconds of one round."""
    began = time.perf_counter()
    card.select_application(AID)
    card.authenticate(0, aes_key())
    assert card.read_file_data(1, LETTER) == list(range(LETTER.file_size))
    return time.perf_counter() - began


def main() -> None:
    """Warm up once, then time each round."""
    with connection() as made:
        card = DESFire(PCSCDevice(made))
        one_round(card)
        taken = [one_round(card) for _ in range(int(sys.argv[1]))]
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main()
