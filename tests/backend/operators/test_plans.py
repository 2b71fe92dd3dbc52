"""What an operator's page reads is found by an index, however many people there are."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from backend.accounts.signin.acts import ActKind
from backend.holders.history import HistoryWish, read_history
from backend.holders.wallets import read_wallets
from backend.operators.accounts import read_account
from backend.operators.devices import TerminalsAsked, list_terminals
from backend.operators.entering import Acting
from backend.operators.money import read_payment
from backend.operators.people import read_person
from backend.operators.places import read_establishment, read_partner, read_terminal
from backend.operators.tables import OperatorRole
from backend.operators.trail import Place, Wanted, read_trail
from backend.operators.watching import read_books, read_outbox
from backend.services import Services
from tests.backend.grown import grow, read_through
from tests.backend.web.operator_desk import Desk, build_desk, make_operator

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def said_by(services: Services, read: Callable[[Session], object]) -> list[tuple[str, Any]]:
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, bound: Any, *_more: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            said.append((statement, bound))

    event.listen(services.database.engine, "before_cursor_execute", note)
    with services.database.unit_of_work() as session:
        read(session)
    event.remove(services.database.engine, "before_cursor_execute", note)
    return said


def views(desk: Desk, acting: Acting) -> dict[str, Callable[[Session], object]]:
    now, lea = desk.services.now(), desk.shop.lea
    place = Place(now, uuid4())
    order = desk.shop.order()
    desk.shop.pay(order)
    desk.shop.void(order.payment_id)  # an empty table would be read through
    terminal = desk.ids["terminal_id"]
    wishes = {
        "all": Wanted(),
        "actor": Wanted(actor_id=desk.member),
        "person": Wanted(person_id=lea),
        "subject": Wanted(subject_id=lea),
        "kind": Wanted(kind=ActKind.CARD_BLOCKED.value),
        "day": Wanted(day=now.date()),
    }

    def trail_of(wish: Wanted) -> Callable[[Session], object]:
        return lambda session: read_trail(session, wish, after=place)

    trails = {f"trail of {name}": trail_of(wish) for name, wish in wishes.items()}
    return trails | {
        "person": lambda session: read_person(session, acting, lea, now),
        "account": lambda session: read_account(session, acting, desk.holder, now),
        "payment": lambda session: read_payment(session, order.payment_id),
        "terminal": lambda session: read_terminal(session, terminal, now),
        "partner": lambda session: read_partner(session, desk.shop.partner, now),
        "establishment": lambda session: read_establishment(session, desk.establishment),
        "history of a holder": lambda session: read_history(
            session, HistoryWish(tuple(read_wallets(session, lea, now)))
        ),
        "outbox": lambda session: read_outbox(session, now),
        "terminals": lambda session: list_terminals(session, TerminalsAsked(), now),
        "books": lambda session: read_books(session, None),
    }


def test_no_page_reads_a_growing_table_through(services: Services) -> None:
    desk = build_desk(services)
    operator = make_operator(services, "op@region.example")
    role = OperatorRole.OPERATOR
    acting = Acting(
        operator, uuid4(), "Ada", "op@region.example", role, proved=True, fresh=True, searched=None
    )
    said = {name: said_by(services, read) for name, read in views(desk, acting).items()}
    assert all(said.values())
    with services.database.engine.connect() as connection, connection.begin() as work:
        grow(connection)
        for name, statements in said.items():
            for statement, bound in statements:
                through = read_through(connection, statement, bound)
                assert not through, (name, through, statement)
        work.rollback()
