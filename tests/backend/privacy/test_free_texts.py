"""Every column that can hold a text is emptied with its person, or cannot name one.

A new column of text fails here until somebody has said which.
"""

import pytest
from sqlalchemy import JSON, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

import backend.tables  # noqa: F401 - every table must be known
from backend.accounts.act_guards import KEPT as ACTS
from backend.database import Base
from backend.pins.tables import CODE_RECORD_KEPT
from backend.privacy.register import NOBODYS, REGISTER, Erasing
from backend.privacy.retention import RULES
from backend.services import Services
from tests.backend.privacy.conftest import MARKS, Whole
from tests.backend.privacy.test_erasing import rows_of

ENDS = {table: how for one in REGISTER for table, how in one.tables.items()}
#: A program chose it from a list, or made it of numbers, codes and the names of places.
CHOSEN = {
    "card": {"number", "state"},
    "card_history": {"event", "state"},
    "card_lot": {"kind", "number"},
    "card_request": {"delivery", "charter_version"},
    "code_alarm": {"kind"},
    "code_record": {"happening"},
    "beneficiary": {"kind", "unreachable_code"},
    "enrolment": {"category"},
    "forgetting_run": {"rule"},
    "grant_decision": {"slot", "rule_code", "reason"},
    "job_run": {"job", "words"},
    "ledger_account": {"kind", "normal_side"},
    "ledger_hold": {"reason", "reference"},
    "ledger_settlement": {"outcome", "reason", "reference"},
    "ledger_transfer": {"reason", "reference"},
    "meal_payment": {"means"},
    "operator": {"role"},
    "organisation": {"kind", "commune_code", "state", "postcode", "address_2", "rna", "siret"},
    "passage": {"service", "answer", "detail", "intervention", "reason"},
    "payment": {
        "benefit_code",
        "ksn",
        "fingerprint",
        "status",
        "reason",
        "advice",
        "authorisation_number",
    },
    "payment_return": {"kind", "authorisation_number"},
    "sign_in_account": {"language", "password_hash", "unreachable_code"},
    "sign_in_act": {"kind", "subject"},
}
#: Who did it, in the course of their work: told for as long as what they did.
STAFF = {
    "card_history": {"command"},
    "card_lot": {"made_by"},
    "code_alarm": {"released_by"},
    "code_record": {"by"},
    "day_code": {"made_by"},
    "erased_person": {"by"},
    "meal_payment": {"received_by"},
    "passage": {"supervisor"},
    "passage_cancellation": {"cancelled_by"},
}
#: Nobody can be found from it; gone within ninety days.
PASSING = {
    "balance_enquiry": {"fingerprint", "status", "reason", "balances"},
    "card_challenge": {"application"},
    "card_personalisation": {"purpose"},
    "quarantined_passage": {"content", "reason"},
}
#: Of an office, for everybody to read.
PUBLISHED = {"card_procedure": {"place", "email", "phone", "note"}}
LEFT = (CHOSEN, STAFF, PASSING, PUBLISHED)


def texts() -> dict[str, set[str]]:
    """Name the columns of text of every table whose rows outlive their person."""
    kinds = (String, JSON, JSONB)
    found = {
        name: {column.name for column in table.columns if isinstance(column.type, kinds)}
        for name, table in Base.metadata.tables.items()
        if name not in NOBODYS and ENDS[name] is not Erasing.REMOVED
    }
    return {name: columns for name, columns in found.items() if columns}


def holding(services: Services) -> dict[str, set[str]]:
    """Name the columns in which a mark of hers stands."""
    found: dict[str, set[str]] = {}
    for name, rows in rows_of(services.database).items():
        columns = Base.metadata.tables[name].columns.keys()
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                if isinstance(value, str) and any(mark in value for mark in MARKS):
                    found.setdefault(name, set()).add(column)
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_text_is_emptied_or_names_nobody(services: Services, whole: Whole) -> None:
    marked = holding(services)
    left = {
        name: columns
        - marked.get(name, set())
        - set().union(*(one.get(name, set()) for one in LEFT))
        for name, columns in texts().items()
    }
    assert {name: columns for name, columns in left.items() if columns} == {}
    # What is emptied is in no list of what stays: test_erasing.py finds no mark afterwards.
    twice = {
        (name, column)
        for name, columns in marked.items()
        for column in columns
        if any(column in one.get(name, set()) for one in LEFT)
    }
    assert twice == set()
    for one in LEFT:
        assert {name: columns - texts()[name] for name, columns in one.items()} == {
            name: set[str]() for name in one
        }


def test_what_passes_is_forgotten_by_a_rule() -> None:
    days = {rule.table.__tablename__: rule.days for rule in RULES} | {"quarantined_passage": 90}
    assert all(days[name] <= 90 for name in PASSING)


def test_nothing_but_the_words_of_a_story_can_be_emptied() -> None:
    for kept in (ACTS, CODE_RECORD_KEPT):
        columns = Base.metadata.tables[kept.name].columns.keys()
        assert {kept.words, *kept.fixed} == set(columns)


def test_the_database_lets_words_be_emptied_and_nothing_be_changed(
    services: Services, whole: Whole
) -> None:
    """Words alone, to nothing, whoever asks; the row else as it was."""
    for kept in (ACTS, CODE_RECORD_KEPT):
        for change in (f"{kept.words} = 'autre'", f"{kept.words} = NULL, at = at"):
            refused = f"UPDATE {kept.name} SET {change}"
            with pytest.raises(DBAPIError), services.database.unit_of_work() as session:
                session.execute(text(refused))
        with services.database.unit_of_work() as session:
            session.execute(text(f"UPDATE {kept.name} SET {kept.words} = NULL"))
