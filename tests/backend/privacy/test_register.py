"""The register names every table once, and says what people may read."""

import backend.tables  # noqa: F401 - every table must be known
from backend.database import Base
from backend.privacy.register import NOBODYS, REGISTER


def test_every_table_has_one_place() -> None:
    named = [table for one in REGISTER for table in one.tables]
    assert len(named) == len(set(named))
    assert not set(named) & NOBODYS
    assert set(named) | NOBODYS == set(Base.metadata.tables)


def test_what_refers_to_a_person_is_not_nobodys() -> None:
    people = {"beneficiary", "sign_in_account", "card", "enrolment"}
    referring = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in people
    }
    assert not referring & NOBODYS


def test_each_processing_says_why_and_how_long() -> None:
    for one in REGISTER:
        assert all((one.name, one.purpose, one.basis, one.kept, one.tables)), one.name
