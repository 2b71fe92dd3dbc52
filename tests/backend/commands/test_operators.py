"""Who runs the service, from the command line: the first of them, and the trail."""

from typing import Any

import pytest
from sqlalchemy import select

from backend.accounts.signin.links import find_account
from backend.commands import ledger, operators
from backend.commands.refusal import CommandRefused
from backend.operators.errors import LastOperator
from backend.operators.roles import Newcomer
from backend.operators.tables import JobRun, OperatorRole
from backend.services import Services

ADA = Newcomer("Ada@region.example", "Ada", "Noir")


def test_the_first_operator_is_let_in_and_stays(services: Services) -> None:
    link = operators.invite(services, ADA, OperatorRole.OPERATOR)
    with services.database.reading() as session:
        token = link.rpartition("/")[2]
        assert find_account(session, token, services.now()).given_name == "Ada"
    (line,) = operators.lines(services)
    assert operators.as_text(line) == (
        "ada@region.example: operator, no password yet, no second factor yet"
    )
    assert '"role": "operator"' in operators.as_json([line])
    with pytest.raises(LastOperator):
        operators.remove(services, "ada@region.example")
    with pytest.raises(LastOperator):
        operators.set_role(services, "ada@region.example", OperatorRole.AUDITOR)
    operators.invite(services, Newcomer("b@region.example", "B", "C"), OperatorRole.OPERATOR)
    operators.remove(services, "ada@region.example")
    assert [one.email for one in operators.lines(services)] == ["b@region.example"]
    with pytest.raises(CommandRefused):
        operators.remove(services, "nobody@region.example")


def test_the_trail_is_a_table(services: Services) -> None:
    operators.invite(services, ADA, OperatorRole.OPERATOR)
    operators.invite(services, Newcomer("b@region.example", "B", "C"), OperatorRole.AUDITOR)
    nothing: Any = {"person": None, "actor": None, "kind": None, "day": None}
    rows = list(operators.trail(services, **nothing))
    assert rows[0].startswith("moment;act;code;by;")
    assert len(rows) == 3
    chosen = list(operators.trail(services, **(nothing | {"actor": "ada@region.example"})))
    assert len(chosen) == 2
    assert "operator (pass-backend)" in chosen[1]


def test_what_a_check_of_the_books_said_is_kept(services: Services) -> None:
    report = ledger.check(services.database)
    ledger.note_check(services.database, report, services.now())
    with services.database.reading() as session:
        (run,) = session.scalars(select(JobRun))
        assert (run.job, run.good, run.words) == (
            "ledger check",
            True,
            "0 mouvements, 0 problèmes",
        )
