"""The process that is killed: reads JSON orders, forks a child for each, says how it ended.

    order:  {"task": "sale" | "recover", "journal": path, "point": n}
    answer: {"signal": number or null, "exit": number or null}

The parent loads the program once; every child is a process of its own, killed by a real SIGKILL.
"""

import json
import os
import sys
import threading
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from terminal.backend_client import BackendClient
from terminal.counter.counter import Counter
from terminal.counter.daemon import SystemClock
from terminal.counter.journal import SaleJournal, open_sale_journal
from terminal.counter.limits import Limits
from terminal.counter.ports import Collaborators
from terminal.counter.recovery import recover
from terminal.counter.view import SaleView
from tests.terminal.counter.effects import KillAt, counter_effects
from tests.terminal.counter.fakes import WRONG_BLOCK, FakeClock, FakePad, FakeReader, typed

AMOUNT_CENTS = 1250
LIMITS = Limits(wrong_code_shown_seconds=0.0)


class NoIdentity:
    def client_assertion(self, now: datetime) -> str:
        return f"assertion {now}"


def build(journal: SaleJournal, backend: BackendClient) -> Collaborators:
    """A holder who types a wrong code first, then the right one."""
    return Collaborators(
        reader=FakeReader(FakeClock()),
        pad=FakePad(typed(WRONG_BLOCK), typed()),
        backend=backend,
        journal=journal,
        clock=SystemClock(),
        new_id=uuid4,
    )


def sell(collaborators: Collaborators, journal: SaleJournal) -> None:
    ended = threading.Event()

    def observe(view: SaleView | None) -> None:
        if view is not None and not view.active:
            ended.set()

    Counter(collaborators, journal, observe, uuid4, LIMITS).start_sale(AMOUNT_CENTS)
    assert ended.wait(20), "the sale must come to rest"


def obey(order: dict[str, str | int], backend: BackendClient) -> None:
    journal = open_sale_journal(Path(str(order["journal"])))
    wrap = counter_effects(KillAt(int(order["point"])))
    collaborators = wrap(build(journal, backend))
    if order["task"] == "sale":
        sell(collaborators, journal)
    else:
        recover(collaborators)
    journal.close()


def obey_in_a_child(order: dict[str, str | int], backend: BackendClient) -> dict[str, int | None]:
    child = os.fork()
    if child == 0:
        try:
            obey(order, backend)
        except BaseException:  # noqa: BLE001 -- whatever it is, this copy of the parent ends here
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status), "exit": None}
    return {"signal": None, "exit": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    # Not connected yet, so that every child makes connections of its own.
    client = BackendClient(sys.argv[1], NoIdentity())
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey_in_a_child(json.loads(line), client)) + "\n")
        sys.stdout.flush()
