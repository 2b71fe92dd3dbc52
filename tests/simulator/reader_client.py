"""The terminal's reader in a process of its own: JSON questions on stdin, JSON answers on stdout.

A question is [reader, commands in hex]: one tap, each command in turn until one fails. The answer
is [UID or null, answers in hex, the error's name or null].
"""

import json
import sys

from terminal.errors import TerminalError
from terminal.reader.pcsc import PcscReader

ARRIVAL_SECONDS_MAX = 10.0


def tap(reader: PcscReader, commands: list[str]) -> list[object]:
    """Take the next tap and say everything; only the reader's own errors are caught."""
    uid: str | None = None
    answers: list[str] = []
    try:
        connection = reader.wait_for_card(ARRIVAL_SECONDS_MAX)
        if connection is None:
            return [None, answers, None]
        with connection:
            uid = connection.uid().hex().upper()
            # Not a comprehension: what was answered before an error is part of the answer.
            for command in map(bytes.fromhex, commands):
                answers += [connection.transmit(command).hex().upper()]
    except TerminalError as error:
        return [uid, answers, type(error).__name__]
    return [uid, answers, None]


def main() -> None:
    """Answer until stdin closes."""
    readers: dict[str, PcscReader] = {}
    for line in sys.stdin:
        name, commands = json.loads(line)
        reader = readers.setdefault(name, PcscReader(name))
        sys.stdout.write(json.dumps(tap(reader, commands)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
