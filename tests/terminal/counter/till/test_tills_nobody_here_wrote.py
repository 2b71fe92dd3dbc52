"""Two tills under their own licences, unmodified, each a process of its own, on our counter."""

import json
import os
import pty
import subprocess
import tty
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from terminal.counter.tills.caisse_ap import TillService
from terminal.counter.tills.concert import ConcertDoor
from terminal.counter.tills.ticket import ticket_of
from terminal.pin.serial_link import SerialLink
from tests.peers.environment import ROOT, PeersNotInstallable
from tests.peers.till_environment import till_python
from tests.terminal.counter.fakes import HOLDER_CANCELS
from tests.terminal.counter.till.conftest import LIMITS, PLACE, TillStand

TILL_SECONDS_MAX = 30
PROGRAMS = ROOT / "tests" / "peers" / "programs"


@pytest.fixture(scope="session")
def interpreter() -> Path:
    try:
        return till_python()
    except PeersNotInstallable as reason:
        pytest.skip(f"tills not installable: Odoo's addon, pypostelium ({reason})")


def run(interpreter: Path, program: str, *arguments: object) -> tuple[Any, str]:
    done = subprocess.run(
        [interpreter, PROGRAMS / program, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=TILL_SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


class OdooTill:
    def __init__(self, interpreter: Path, stand: TillStand) -> None:
        self._interpreter = interpreter
        self._port = stand.door.port

    def pay(self, amount: str, currency: str = "EUR", mode: str = "card") -> dict[str, Any]:
        asked = ("127.0.0.1", self._port, amount, currency, mode)
        answer, _ = run(self._interpreter, "odoo_till.py", *asked)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def odoo(interpreter: Path, stand: TillStand) -> OdooTill:
    return OdooTill(interpreter, stand)


def test_odoo_sells(odoo: OdooTill, stand: TillStand) -> None:
    answer = odoo.pay("12.50")
    assert answer["payment_status"] == "success"
    assert answer["transaction_id"] == "AA-9250********0018|AC-A1B2C3|CD-0"
    assert odoo.pay("0.05")["payment_status"] == "success"
    assert stand.debits() == [1250, 5]


def test_odoo_is_told_why_not(odoo: OdooTill, stand: TillStand) -> None:
    stand.shop.world.backend.balance_cents = 100
    refused = odoo.pay("12.50")
    assert refused["payment_status"] == "failure"
    assert refused["error_message"].endswith("Refusée")
    stand.shop.world.pad.entries = [HOLDER_CANCELS]
    assert odoo.pay("1.00")["error_message"].endswith("Abandon")
    assert odoo.pay("1.00", currency="USD")["error_message"].endswith("Devise non supportée")
    assert odoo.pay("1.00", mode="check")["error_message"].endswith("erreur sélection")
    assert stand.debits() == []


def test_pypostelium_sells_on_a_serial_line(
    interpreter: Path, stand: TillStand, tmp_path: Path
) -> None:
    ours, its = pty.openpty()
    tty.setraw(its)
    device = tmp_path / "line"
    device.symlink_to(os.ttyname(its))
    # Two pseudo-terminals back to back are a cable: what one end writes the other reads.
    other_ours, other_its = pty.openpty()
    tty.setraw(other_its)
    cable = subprocess.Popen(
        ["python3", "-c", _CABLE, str(ours), str(other_ours)], pass_fds=(ours, other_ours)
    )
    service = TillService(
        stand.teller,
        partial(ticket_of, PLACE),
        lambda: False,
        LIMITS,
    )
    try:
        with ConcertDoor(partial(SerialLink, str(device)), service):
            answer, log = run(interpreter, "telium_till.py", os.ttyname(other_its), "12.45")
            assert answer is True
            assert "'transaction_result': '0'" in log
            assert "Answer received from Terminal" in log
            assert "WARNING" not in log
            assert "ERROR" not in log
            stand.shop.wait_for_rest()
    finally:
        cable.kill()
        cable.wait()
        for each in (ours, its, other_ours, other_its):
            os.close(each)
    assert stand.debits() == [1245]


_CABLE = """
import os, select, sys
one, two = map(int, sys.argv[1:])
other = {one: two, two: one}
while True:
    for end in select.select([one, two], [], [])[0]:
        os.write(other[end], os.read(end, 4096))
"""
