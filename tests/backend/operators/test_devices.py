"""The list of terminals: which are asked for, in what order, and who was not heard of for a day."""

from collections.abc import Callable
from typing import Any

from backend.operators.devices import (
    TERMINALS_PER_PAGE,
    Order,
    Standing,
    TerminalsAsked,
    list_terminals,
    select_silent,
)
from backend.operators.places import read_terminal
from backend.partners.enrolment import create_terminal
from backend.partners.registry import revoke_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services


def listed(services: Services, **asked: Any) -> list[str]:
    with services.database.reading() as session:
        lines, _ = list_terminals(session, TerminalsAsked(**asked), services.now())
        return [line.terminal.name for line in lines]


def test_a_terminal_is_heard_by_its_token_and_silent_after_a_day(
    services: Services, sign_in: Callable[..., Any], clock: Any
) -> None:
    desk = sign_in(TerminalKind.DESK).terminal.terminal_id
    with services.database.unit_of_work() as session:
        create_terminal(session, kind=TerminalKind.GATE, name="porte", now=services.now())
    assert listed(services) == ["desk", "porte"]
    assert listed(services, standing=Standing.SILENT) == []
    clock.advance(hours=25)
    counter = sign_in(TerminalKind.COUNTER).terminal.terminal_id
    assert listed(services, standing=Standing.SILENT) == ["desk"]
    assert listed(services, standing=Standing.WORKING) == ["counter", "desk"]
    assert listed(services, standing=Standing.WAITING) == ["porte"]
    assert listed(services, kind=TerminalKind.COUNTER) == ["counter"]
    assert listed(services, order=Order.HEARD) == ["porte", "desk", "counter"]
    assert listed(services, order=Order.PLACE)[-1] == "counter"
    with services.database.unit_of_work() as session:
        assert session.scalars(select_silent(services.now())).all() == [desk]
        assert read_terminal(session, counter, services.now()).heard_at == services.now()
        # Whoever is revoked is silent for good, and no longer asked after.
        revoke_terminal(session, desk, services.now())
    assert listed(services, standing=Standing.SILENT) == []
    assert listed(services, standing=Standing.REVOKED) == ["desk"]


def test_pages_leave_nobody_out(services: Services) -> None:
    with services.database.unit_of_work() as session:
        for number in range(TERMINALS_PER_PAGE + 3):
            name = f"porte {number:03}"
            create_terminal(session, kind=TerminalKind.GATE, name=name, now=services.now())
    with services.database.reading() as session:
        pages = [
            list_terminals(session, TerminalsAsked(page=page), services.now()) for page in (1, 2, 3)
        ]
    assert [(len(lines), more) for lines, more in pages] == [(50, True), (3, False), (0, False)]
    names = [line.terminal.name for lines, _ in pages for line in lines]
    assert names == [f"porte {number:03}" for number in range(TERMINALS_PER_PAGE + 3)]
