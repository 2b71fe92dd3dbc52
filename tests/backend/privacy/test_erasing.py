"""Once somebody is erased no table says who it was, and no cent has moved."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.accounts.errors import BeneficiaryUnknown
from backend.accounts.tables import Beneficiary
from backend.cards.tables import Card
from backend.database import Base, Database
from backend.privacy.erasing import erase_person
from backend.privacy.errors import MoneyLeft
from backend.privacy.register import REGISTER, Erasing
from backend.services import Services
from tests.backend.privacy.conftest import MARKS, NOW, Whole, pay_ahead

#: Removed or emptied with time, not with a person: nothing in them leads to one.
BY_TIME = {"address_link", "federation_pending", "federated_visit", "passkey_challenge"}
BY_TIME |= {"code_link_request", "operator_session"}


def rows_of(database: Database) -> dict[str, list[Any]]:
    with database.reading() as session:
        return {
            name: [tuple(row) for row in session.execute(select(table))]
            for name, table in Base.metadata.tables.items()
        }


def found_in(rows: list[Any]) -> list[str]:
    said = "\n".join(
        cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)
        for row in rows
        for cell in row
    )
    return [mark for mark in MARKS if mark in said]


def erase(services: Services, person_id: UUID) -> bool:
    with services.database.unit_of_work() as session:
        return erase_person(session, person_id, NOW, by="dpo@example.fr")


def test_nothing_says_who_it_was(services: Services, whole: Whole) -> None:
    told = {table: how for one in REGISTER for table, how in one.tables.items()}
    goes = {table for table, how in told.items() if how is not Erasing.KEPT} - BY_TIME
    before = rows_of(services.database)
    # She is in every table that says it lets her go: a table that is new fails here first.
    assert {table for table in goes if not before[table]} == set()
    assert len([table for table, rows in before.items() if found_in(rows)]) >= 25
    assert erase(services, whole.person_id)
    after = rows_of(services.database)
    assert {table: found_in(rows) for table, rows in after.items() if found_in(rows)} == {}
    removed = {table for table, how in told.items() if how is Erasing.REMOVED} - BY_TIME
    assert {table for table in removed if after[table]} == set()
    kept = {table for table, how in told.items() if how is Erasing.KEPT}
    gone = {table for table in kept if len(after[table]) < len(before[table])}
    assert gone == set()


def test_her_card_opens_nothing_and_her_account_is_closed(services: Services, whole: Whole) -> None:
    erase(services, whole.person_id)
    with services.database.reading() as session:
        assert session.get_one(Card, whole.card_id).state == "withdrawn"
        row = session.execute(
            select(Base.metadata.tables["sign_in_account"]).where(
                Base.metadata.tables["sign_in_account"].c.id == whole.account_id
            )
        ).one()
        assert row.closed_at == NOW
        assert row.password_hash is None
        assert row.email.endswith("@erased.invalid")
        other = session.execute(
            select(Base.metadata.tables["sign_in_account"].c.email).where(
                Base.metadata.tables["sign_in_account"].c.id == whole.parent_id
            )
        ).scalar_one()
        assert other == "parent@example.fr"


def test_again_changes_nothing(services: Services, whole: Whole) -> None:
    assert erase(services, whole.person_id)
    before = rows_of(services.database)
    assert not erase(services, whole.person_id)
    assert rows_of(services.database) == before


def test_a_family_s_money_is_given_back_first(services: Services, whole: Whole) -> None:
    pay_ahead(services, whole, 350)
    before = rows_of(services.database)
    with pytest.raises(MoneyLeft) as refused:
        erase(services, whole.person_id)
    assert refused.value.details == {"cents": 350}
    assert rows_of(services.database) == before


def test_nobody_is_unknown(services: Services) -> None:
    with pytest.raises(BeneficiaryUnknown):
        erase(services, uuid4())


def test_whoever_asked_reads_the_answer(services: Services, whole: Whole) -> None:
    erase(services, whole.person_id)
    asked = Base.metadata.tables["erasure_request"]
    with services.database.reading() as session:
        rows = session.execute(select(asked)).all()
    # An earlier no was typed by somebody, and goes.
    assert [row.answered_at for row in rows] == [NOW, NOW]
    assert all("effacées" in row.answer for row in rows)


def test_a_restored_copy_is_erased_again(services: Services, whole: Whole) -> None:
    erase(services, whole.person_id)
    with services.database.unit_of_work() as session:
        person = session.get_one(Beneficiary, whole.person_id)
        person.given_name, person.birth_date = "Zoëlle", (NOW - timedelta(days=5000)).date()
    assert erase(services, whole.person_id)
    with services.database.reading() as session:
        assert session.get_one(Beneficiary, whole.person_id).given_name == "Personne"
