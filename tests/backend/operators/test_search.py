"""People are found by what is typed of their names, by an index, a page at a time."""

import string
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, event, func, literal, select, text

from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.tables import Beneficiary
from backend.folding import PAIRS, SINGLE, fold, fold_name
from backend.operators.errors import SearchTooShort
from backend.operators.search import PEOPLE_PER_PAGE, Cursor, search
from backend.operators.tables import PersonKey
from backend.partners.registry import create_partner
from backend.services import Services

PEOPLE = (
    ("Léa", "Martin"),
    ("Lea-Rose", "MARTINEZ"),
    ("Martin", "Dupré"),
    ("Zoé", "de la Tour"),
    ("Œdipe", "Nuñez"),
    ("Anne", "O’Brien"),
    ("Jean-Éric", "Straße"),
)


def add(services: Services, *people: tuple[str, str], email: str | None = None) -> list[UUID]:
    with services.database.unit_of_work() as session:
        return [
            create_beneficiary(
                session,
                given_name=given,
                family_name=family,
                birth_date=date(2010, 1, 1 + place % 28),
                now=services.now(),
                contact=Contact(email=email),
            ).id
            for place, (given, family) in enumerate(people)
        ]


def found(services: Services, typed: str) -> list[str]:
    with services.database.reading() as session:
        return [one.given_name for one in search(session, typed).people]


def test_the_database_folds_as_the_program_does(services: Services) -> None:
    letters = "".join((*SINGLE, *PAIRS, *string.printable.replace("%", "")))
    with services.database.reading() as session:
        asked = func.fold_name(literal(letters), type_=LargeBinary)
        assert session.scalar(select(asked)) == fold_name(letters).encode()


@pytest.mark.parametrize(
    ("typed", "given"),
    [
        ("martin", ["Léa", "Lea-Rose", "Martin"]),
        ("MARTIN léa", ["Léa", "Lea-Rose"]),
        ("lea martin", ["Léa", "Lea-Rose"]),
        ("lea rose", ["Lea-Rose"]),
        ("De La Tour", ["Zoé"]),
        ("zoe de la t", ["Zoé"]),
        ("nunez oed", ["Œdipe"]),
        ("o'brien", ["Anne"]),
        ("strasse", ["Jean-Éric"]),
        ("jean eric", ["Jean-Éric"]),
        ("martin 02/01/2010", ["Lea-Rose"]),
        ("100%", []),
        ("__", []),
    ],
)
def test_a_person_is_found_however_the_name_is_typed(
    services: Services, typed: str, given: list[str]
) -> None:
    add(services, *PEOPLE)
    assert found(services, typed) == given


def test_a_name_that_changes_is_found_by_the_new_one(services: Services) -> None:
    (person,) = add(services, ("Léa", "Martin"), email="lea.martin@mail.example")
    assert found(services, "lea.mar@") == []
    assert found(services, "lea.martin@mail") == ["Léa"]
    with services.database.unit_of_work() as session:
        session.get_one(Beneficiary, person).family_name = "Ünal"
    assert found(services, "martin") == []
    assert found(services, "unal") == ["Léa"]
    with services.database.unit_of_work() as session:
        session.execute(text("DELETE FROM beneficiary"))
        assert session.scalars(select(PersonKey.beneficiary_id)).all() == []


def test_pages_hold_everybody_once_in_every_way_of_reading(services: Services) -> None:
    families = [("Camille", f"Martin {letter}") for letter in string.ascii_lowercase]
    givens = [(f"Martin {letter}", "Camille") for letter in string.ascii_lowercase]
    both = [("Martin", "Martin")]
    add(services, *families, *givens, *both)
    seen: list[UUID] = []
    after: Cursor | None = None
    for _ in range(10):
        with services.database.reading() as session:
            page = search(session, "martin", after)
        assert len(page.people) <= PEOPLE_PER_PAGE
        seen += [one.beneficiary_id for one in page.people]
        after = page.next_cursor
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 53


@pytest.mark.parametrize("typed", ["", "a", "é", "-", "01/02/2010"])
def test_too_little_is_refused(services: Services, typed: str) -> None:
    with services.database.reading() as session, pytest.raises(SearchTooShort):
        search(session, typed)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("éclair", ["Cinéma Éclair", "Éclair et Fils"]),
        ("ECLAIR ET", ["Éclair et Fils"]),
        ("clair", []),
        ("100 %", ["100 % Vélo"]),
    ],
)
def test_a_place_is_found_by_the_beginning_of_a_word(
    services: Services, typed: str, names: list[str]
) -> None:
    with services.database.unit_of_work() as session:
        for name in ("Cinéma Éclair", "Éclair et Fils", "100 % Vélo"):
            create_partner(session, name)
    with services.database.reading() as session:
        assert sorted(one.name for one in search(session, typed).others) == names


def test_what_is_typed_is_only_text() -> None:
    assert fold("  É’l -a ") == "e l a"


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] in ("Seq Scan", "Sort"):
        yield f"{plan['Node Type']} {plan.get('Relation Name', '')}"
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("typed", ["ma", "martin lea", "lea.m@x"])
def test_an_index_gives_a_page_of_people_in_order(services: Services, typed: str) -> None:
    """Nothing is read through, and one word's people are not sorted: a Region has many."""
    add(services, *PEOPLE)
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, bound: Any, *_more: Any) -> None:
        if "person_key" in statement and "SELECT" in statement:
            said.append((statement, bound))

    event.listen(services.database.engine, "before_cursor_execute", note)
    with services.database.reading() as session:
        search(session, typed)
    event.remove(services.database.engine, "before_cursor_execute", note)
    assert said
    grown = text(
        "WITH grown AS (UPDATE pg_class SET relpages = 1, reltuples = 400000"
        " WHERE relname IN ('beneficiary', 'person_key') RETURNING oid)"
        " DELETE FROM pg_statistic WHERE starelid IN (SELECT oid FROM grown)"
    )
    with services.database.engine.connect() as connection, connection.begin() as work:
        connection.execute(grown)
        for statement, bound in said:
            explain = f"EXPLAIN (FORMAT JSON) {statement}"
            plan = connection.exec_driver_sql(explain, bound).scalar_one()
            found = list(_scanned(plan[0]["Plan"]))
            # Whoever fits two words, read in one way or another, is few enough to be sorted.
            sorts = " " in typed and set(found) == {"Sort "}
            assert sorts or found == [], statement
        work.rollback()


#: One in 676 is a Martin, as seldom as the commonest name of France; one in ten is a Léa.
MANY = text(
    "INSERT INTO beneficiary (id, given_name, family_name, birth_date, email, created_at)"
    " SELECT gen_random_uuid(),"
    " (ARRAY['Léa','Lucas','Chloé','Hugo','Inès','Nathan','Zoé','Adam','Jade','Noé'])"
    "[1 + n / 7 % 10] || ' ' || chr(97 + n / 70 % 26),"
    " chr(65 + n % 26) || chr(97 + n / 26 % 26) || 'rtin ' || n % 997,"
    " date '2005-01-01' + n % 3000, 'p' || n || '@mail.example', now()"
    " FROM generate_series(1, 400000) n"
)
PAGES_MAX = 1_000


def touched(plan: dict[str, Any]) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_page_of_a_region_touches_few_pages_of_the_database(services: Services) -> None:
    with services.database.engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(MANY)
    with services.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("ANALYZE beneficiary")
        connection.exec_driver_sql("ANALYZE person_key")
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, bound: Any, *_more: Any) -> None:
        if "person_key" in statement and statement.lstrip().startswith("SELECT"):
            said.append((statement, bound))

    event.listen(services.database.engine, "before_cursor_execute", note)
    with services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PersonKey)) == 400_000
        for typed in ("ma", "martin", "lea", "lea martin", "martin lea", "p399999@", "zz"):
            page = search(session, typed)
            if page.next_cursor is not None:
                search(session, typed, page.next_cursor)
    event.remove(services.database.engine, "before_cursor_execute", note)
    with services.database.engine.connect() as connection:
        costs = {}
        for statement, bound in said[1:]:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
            plan = connection.exec_driver_sql(explain, bound).scalar_one()
            costs[str(bound)] = touched(plan[0]["Plan"])
    assert {bound: cost for bound, cost in costs.items() if cost > PAGES_MAX} == {}
