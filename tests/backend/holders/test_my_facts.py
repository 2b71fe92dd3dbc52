"""Nothing that is kept of somebody is forgotten when they ask for it: not a table, not a column."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Table, select

import backend.tables  # noqa: F401 - every table must be known
from backend.access.establishments import RightTerms, add_service, create_establishment, enrol_pupil
from backend.access.meals import pay_in
from backend.access.tables import Enrolment, GateAnswer, Passage
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.cards.order_tables import CardPhoto
from backend.database import Base
from backend.holders.data_rights import (
    ask_erasure,
    read_erasure,
    take_away,
    withdraw_erasure,
)
from backend.holders.errors import ErasureAsked
from backend.holders.export import as_json, as_tables
from backend.holders.fact_words import LABELS, for_person, for_program
from backend.holders.kept import Kept
from backend.holders.kept_of_account import OF_ACCOUNT
from backend.holders.my_facts import ABOUT_PERSON, ELSEWHERE, Facts, collect, whose
from backend.holders.telling import Acting
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.payments.orders import Approved
from backend.privacy.facts import OF_PRIVACY
from backend.services import Services
from backend.tabular import safe_cell
from tests.backend.counting import statements
from tests.backend.holders.world import PASSWORD, People

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERY = (*ABOUT_PERSON, *OF_PRIVACY, *OF_ACCOUNT)
#: Columns by which a table may be about somebody though no foreign key says so.
LEADING = {
    "account_id",
    "beneficiary_id",
    "birth_date",
    "browser_hash",
    "card_id",
    "card_number",
    "debit_account_id",
    "email",
    "enrolment_id",
    "family_name",
    "hold_id",
    "passage_id",
    "session_id",
    "uid",
}
PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)


def about_somebody() -> set[str]:
    """Name every table that a person can be found from."""
    tables = Base.metadata.tables
    found = {"beneficiary", "sign_in_account"}
    found |= {name for name, table in tables.items() if LEADING & set(table.c.keys())}
    while True:
        more = {
            name
            for name, table in tables.items()
            for key in table.foreign_keys
            if key.column.table.name in found & {"beneficiary", "sign_in_account", "card"}
        }
        if more <= found:
            return found
        found |= more


def test_every_table_about_somebody_is_collected_or_says_why_not() -> None:
    collected = {one.table.__tablename__ for one in EVERY}
    assert about_somebody() - collected - set(ELSEWHERE) == set(), "decide in backend/holders"
    assert collected & set(ELSEWHERE) == set()
    assert set(ELSEWHERE) <= set(Base.metadata.tables), "no such table any more"


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.table.__tablename__)
def test_every_column_is_shown_or_hidden_on_purpose(one: Kept) -> None:
    table = one.table.__table__
    assert isinstance(table, Table)
    assert sorted((*one.shown, *one.hidden)) == sorted(table.c.keys())
    assert set(one.shown) <= set(LABELS)
    assert one.title
    assert one.why
    assert one.kept_for


def test_what_proves_who_somebody_is_leaves_no_file() -> None:
    secret = {"password_hash", "token_hash", "salt", "tag", "credential", "code_hash", "mark_hash"}
    shown = {name for one in EVERY for name in one.shown}
    assert shown & secret == set()
    assert not {name for name in shown if name.endswith(("_hash", "fingerprint", "ksn"))}


def eat_at_school(services: Services, lea: UUID, card: UUID) -> None:
    """Enrol her, let her meals be paid for, let her pass a gate; keep her photo."""
    now = services.now()
    with services.database.unit_of_work() as session:
        place = create_establishment(session, "Lycée des Tilleuls").id
        add_service(
            session,
            place,
            code="lunch",
            label="Déjeuner",
            days=(1, 2, 3, 4, 5),
            hours=(datetime(2026, 1, 1, 11, 30).time(), datetime(2026, 1, 1, 13, 30).time()),  # noqa: DTZ001
        )
        enrol_pupil(session, place, lea, {"lunch": RightTerms(prepaid=True)})
        enrolment = session.scalars(select(Enrolment.id)).one()
        pay_in(session, enrolment, amount_cents=2_000, transfer_id=uuid4(), now=now)
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Portillon", now=now)
        session.add(
            Passage(
                passage_id=uuid4(),
                terminal_id=gate.terminal_id,
                sequence=1,
                establishment_id=place,
                occurred_at=now,
                local_day=date(2026, 9, 1),
                uid=None,
                card_id=card,
                service="lunch",
                answer=GateAnswer.OK.value,
                detail=None,
                list_version=1,
                received_at=now,
                over_maximum=False,
                intervention=None,
                supervisor=None,
                reason=None,
                note=None,
                cancels=None,
                day_code_id=None,
            )
        )
        session.add(
            CardPhoto(beneficiary_id=lea, image=b"\xff\xd8jpeg", given_at=now, account_id=None)
        )


@pytest.fixture
def lived(people: People) -> People:
    """Léa after a while: payments, a refused one, the canteen, a passage, a photo."""
    shop, services = people.shop, people.services
    order, gone = shop.order(1_250), shop.order(300)
    assert isinstance(shop.pay(order), Approved)
    shop.pay(gone)
    shop.refund(gone.payment_id, 100)
    shop.pay(shop.order(99_999))
    eat_at_school(services, shop.lea, shop.card)
    return people


def facts_of(people: People, beneficiary_id: UUID | None, account_id: UUID | None) -> list[Facts]:
    with people.services.database.reading() as session:
        return collect(session, whose(session, beneficiary_id, account_id))


def rows(facts: list[Facts], table: str) -> list[dict[str, Any]]:
    (one,) = [fact for fact in facts if fact.kept.table.__tablename__ == table]
    return [dict(zip(one.kept.shown, row, strict=True)) for row in one.rows]


def test_everything_of_a_life_is_there(lived: People) -> None:
    facts = facts_of(lived, lived.shop.lea, None)
    assert rows(facts, "beneficiary")[0]["given_name"] == "Léa"
    assert [one["number"] for one in rows(facts, "card")] == [lived.shop.card_number]
    assert sorted(one["amount_cents"] for one in rows(facts, "payment")) == [300, 1_250, 99_999]
    assert {one["partner_id"] for one in rows(facts, "payment")} == {"Librairie du Parc"}
    assert [one["amount_cents"] for one in rows(facts, "payment_return")] == [100]
    moved = sorted(one["amount_cents"] for one in rows(facts, "ledger_transfer"))
    assert moved == [100, 300, 1_250, 2_000, 10_000]
    assert [one["service"] for one in rows(facts, "passage")] == ["lunch"]
    assert [one["establishment_id"] for one in rows(facts, "enrolment")] == ["Lycée des Tilleuls"]
    assert rows(facts, "pin_reference")[0]["state"] == "active"
    assert [one["happening"] for one in rows(facts, "code_record")] == ["set"]
    assert rows(facts, "card_photo")[0]["image"] == b"\xff\xd8jpeg"
    assert len(rows(facts, "family_child")) == len(rows(facts, "tie")) == 1


@SQLITE
def test_nothing_of_anybody_elses_is_there(lived: People) -> None:
    facts = facts_of(lived, lived.noe, None)
    told = str([row for one in facts for row in one.rows])
    assert "Noé" in told
    for other in ("Léa", "Zoé", "Librairie", lived.shop.card_number, "Tilleuls"):
        assert other not in told
    stranger = facts_of(lived, None, lived.stranger)
    told = str([row for one in stranger for row in one.rows])
    assert "paul@autre.example" in told
    assert "martin.example" not in told


@SQLITE
def test_an_accounts_facts_are_its_own_and_never_the_password(lived: People) -> None:
    token = lived.session_of(lived.lea)
    facts = facts_of(lived, None, lived.lea)
    assert rows(facts, "sign_in_account")[0]["email"] == "lea@martin.example"
    assert rows(facts, "sign_in_session")[0]["browser"] == "essai"
    told = as_json(facts, "Léa", lived.services.now()).decode()
    assert token not in told
    assert "argon2" not in told
    assert PASSWORD not in told


@SQLITE
def test_reading_costs_the_same_however_long_the_life(lived: People) -> None:
    def read() -> None:
        facts_of(lived, lived.shop.lea, lived.lea)

    before = statements(lived.services.database, read)
    for _ in range(3):
        lived.shop.pay(lived.shop.order(100))
    assert statements(lived.services.database, read) == before


@SQLITE
def test_taking_away_is_written_down_and_limited(lived: People, clock: object) -> None:
    acting = Acting(lived.mother, lived.noe)
    for _ in range(5):
        take_away(lived.services, acting, with_account=False)
    with pytest.raises(Exception, match="Too many"):
        take_away(lived.services, acting, with_account=False)
    clock.advance(minutes=2)  # type: ignore[attr-defined]
    take_away(lived.services, acting, with_account=False)
    with lived.services.database.reading() as session:
        acts = session.scalars(select(SignInAct).where(SignInAct.kind == "data_exported")).all()
    assert {(one.account_id, one.beneficiary_id) for one in acts} == {(lived.mother, lived.noe)}
    assert len(acts) == 6


@SQLITE
def test_erasure_is_asked_once_withdrawn_and_asked_again(people: People) -> None:
    acting, now = Acting(people.lea, people.shop.lea), people.services.now()
    database = people.services.database
    with database.unit_of_work() as session:
        ask_erasure(session, acting, now)
    with database.unit_of_work() as session, pytest.raises(ErasureAsked):
        ask_erasure(session, Acting(people.mother, people.shop.lea), now)
    with database.unit_of_work() as session:
        found = read_erasure(session, people.shop.lea)
        assert found is not None
        assert (found.asked_at, found.answered_at) == (now, None)
        withdraw_erasure(session, acting, now)
        withdraw_erasure(session, acting, now)
        assert read_erasure(session, people.shop.lea) is None
        ask_erasure(session, acting, now)
    with database.reading() as session:
        kinds = [one.kind for one in session.scalars(select(SignInAct).order_by(SignInAct.at))]
    assert kinds.count("erasure_asked") == 2
    assert kinds.count("erasure_withdrawn") == 1


def tables_of(content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.endswith(".csv"):
                text = archive.read(name).decode("utf-8-sig")
                yield name, list(csv.reader(io.StringIO(text), delimiter=";"))


@SQLITE
def test_both_files_say_the_same_and_no_cell_is_a_formula(lived: People) -> None:
    bad = '=HYPERLINK("http://evil.example";"Léa")'
    with lived.services.database.unit_of_work() as session:
        session.get_one(Beneficiary, lived.shop.lea).given_name = bad
        session.get_one(Beneficiary, lived.shop.lea).family_name = "@SUM(1)\r\n+cmd|' /C calc'!A0"
    facts = facts_of(lived, lived.shop.lea, lived.lea)
    now = lived.services.now()
    told = json.loads(as_json(facts, "Léa Martin", now))
    assert told["le"] == "2026-09-01T10:00:00Z"
    assert {one["table"] for one in told["sujets"]} >= {"card", "payment", "passage", "sign_in_act"}
    packed = as_tables(facts, "Léa Martin", now, PARIS)
    tables = dict(tables_of(packed))
    assert len(tables) == 1 + sum(1 for one in facts if one.rows)
    assert sum(len(table) - 1 for table in tables.values()) == len(facts) + sum(
        len(one["lignes"]) for one in told["sujets"]
    )
    cells = [cell for table in tables.values() for row in table for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
    assert [cell for cell in cells if cell.startswith("-")] == []
    assert f"'{bad}" in cells
    assert "12,50" in cells
    assert "01/09/2026 12:00:00" in cells
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert [name for name in archive.namelist() if name.endswith(".jpg")]


@pytest.mark.parametrize(
    ("name", "value", "person", "program"),
    [
        ("amount_cents", 123_456, "1234,56", 123_456),
        ("amount_cents", -5, "-0,05", -5),
        ("tries", 3, "3", 3),
        ("granted", True, "oui", True),
        ("day", date(2026, 2, 1), "01/02/2026", "2026-02-01"),
        (
            "at",
            datetime(2026, 1, 1, 23, 30, tzinfo=UTC),
            "02/01/2026 00:30:00",
            "2026-01-01T23:30:00Z",
        ),
        ("uid", b"\x04\xab", "04AB", "BKs="),
        ("image", b"\x04\xab", "fichier (2 octets)", "BKs="),
        ("reason", None, "", None),
        ("state", GateAnswer.OK, "OK", "OK"),
    ],
)
def test_a_value_is_written_for_people_and_for_programs(
    name: str, value: object, person: str, program: object
) -> None:
    assert (for_person(name, value, PARIS), for_program(value)) == (person, program)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\n=x"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert safe_cell(text)[0] not in "=+-@\t\r\n"
