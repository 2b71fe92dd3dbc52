"""What is said of how long something is kept is what the nightly job does, on every page."""

import re
from pathlib import Path

import pytest

from backend.access.retention import RETENTION_DAYS
from backend.holders import terms
from backend.holders.kept import Kept
from backend.holders.kept_of_account import OF_ACCOUNT
from backend.holders.my_facts import ABOUT_PERSON
from backend.operators.trail import KEPT_DAYS as ACTS_KEPT_DAYS
from backend.payments.enquiry import KEPT as ENQUIRY_KEPT
from backend.privacy import departures
from backend.privacy.facts import OF_PRIVACY
from backend.privacy.register import REGISTER, Erasing
from backend.privacy.retention import CLOSED_DAYS, RULES

ROOT = Path(__file__).parents[3]
#: What the register says of each table.
SAID = {table: stay.term for one in REGISTER for stay in one.stays for table in stay.tables}
ENDS = {table: how for one in REGISTER for table, how in one.tables.items()}
#: Forgotten by jobs of their own, which the same command runs.
BY_OTHERS = {
    "passage": RETENTION_DAYS,
    "quarantined_passage": RETENTION_DAYS,
    "sign_in_act": ACTS_KEPT_DAYS,
}
EVERY = (*ABOUT_PERSON, *OF_PRIVACY, *OF_ACCOUNT)
WITH_SOMEBODY = {terms.WHILE_ENTITLED, terms.WHILE_OPEN, terms.WITH_BOOKS}
WITH_AN_ACT = {terms.UNTIL_REMOVED, terms.WHILE_AGREED, terms.WHILE_LISTED}


def test_each_rule_is_said_in_the_register() -> None:
    assert {rule.name: SAID[rule.table.__tablename__] for rule in RULES} == {
        rule.name: rule.term for rule in RULES
    }


def test_each_number_of_days_that_is_said_has_a_rule() -> None:
    ruled = {rule.table.__tablename__: rule.days for rule in RULES} | BY_OTHERS
    assert {table: term.days for table, term in SAID.items() if term.days is not None} == ruled


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.table.__tablename__)
def test_a_holder_reads_what_the_register_says(one: Kept) -> None:
    assert one.kept_for == SAID[one.table.__tablename__]


def test_a_year_after_somebody_left_is_the_year_of_the_job() -> None:
    assert departures.KEPT_DAYS == CLOSED_DAYS == terms.YEAR.days
    assert all("puis un an" in term.words or "ensuite" in term.words for term in WITH_SOMEBODY)
    assert ENQUIRY_KEPT.days == terms.NEXT_DAY.days


def test_what_no_rule_counts_ends_with_somebody_or_never() -> None:
    for table, term in SAID.items():
        if term.days is None:
            assert term in WITH_SOMEBODY | WITH_AN_ACT | {terms.BOOKS, terms.ALWAYS}, table
        if term in {terms.BOOKS, terms.ALWAYS}:
            assert ENDS[table] is not Erasing.REMOVED, table
        if term == terms.WHILE_ENTITLED:
            assert ENDS[table] is not Erasing.KEPT, table


#: Where people and those who run the service read how long something is kept.
PAGES = sorted((ROOT / "backend/web/templates").rglob("*.html"))
WRITTEN = (*PAGES, *sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md")
KEEPS = re.compile(r"gard|conserv|oubli|effac|forg|kept|keep|eras|resten|deviennent", re.IGNORECASE)
NUMBERS = {"dix": 10, "douze": 12, "un": 1, "ten": 10, "twelve": 12, "a": 1, "ninety": 90}
UNITS = {"jour": 1, "day": 1, "mois": 30, "month": 30, "an": 366, "year": 366}
LASTS = re.compile(
    rf"\b(\d+|{'|'.join(NUMBERS)})\s+({'|'.join(UNITS)})s?\b(?! (?:old|by its))", re.IGNORECASE
)
BOOKS_DAYS = 10 * 366
#: Every duration that stands in a sentence about keeping, and the table whose term it says.
SPOKEN = {
    ("holder_data.html", 10 * 366): "ledger_transfer",
    ("privacy.html", 10 * 366): "ledger_transfer",
    ("holder_home.html", 90): "passage",
    ("organisation.html", 366): "organisation_document",
    ("guide-cantine.md", 90): "passage",
    ("guide-titulaire.md", 90): "passage",
    ("guide-titulaire.md", 10 * 366): "ledger_transfer",
    ("guide-exploitant.md", 90): "passage",
    ("guide-exploitant.md", 366): "beneficiary",
    ("0020-a-till-that-practises-and-a-balance-with-the-code.md", 1): "balance_enquiry",
    ("0032-an-operators-page-and-looking-as-somebody-else.md", 12 * 30): "sign_in_act",
    ("0036-a-mark-that-moves-with-what-a-list-is-made-of.md", 90): "quarantined_passage",
    ("0039-forgotten-by-rule-erased-by-one-code.md", 10 * 366): "ledger_transfer",
    ("0039-forgotten-by-rule-erased-by-one-code.md", 366): "sign_in_act",
    ("0039-forgotten-by-rule-erased-by-one-code.md", 90): "passage",
}
#: Of nobody: what else is said in such a sentence.
BESIDES = {
    ("0015-one-postgresql-first.md", 10 * 366): "how much ten years of payments weigh",
    ("0034-events-are-the-sealed-books.md", 30): "tries to reach a partner's own system",
    ("api-events.md", 30): "tries to reach a partner's own system",
    ("operator_home.html", 1): "terminals not heard of for a day",
    (
        "0043-few-strangers-are-asked-a-machine-answers-for-the-rest.md",
        1,
    ): "how often a key is made",
}


def durations(path: Path) -> set[int]:
    """Return how many days each sentence about keeping names."""
    text = re.sub(r"<[^>]+>|&nbsp;", " ", path.read_text(encoding="utf-8"))
    found = set()
    for sentence in re.split(r"[.;|]\s|\n\n|\n[-#|]", text):
        if KEEPS.search(sentence):
            for number, unit in LASTS.findall(sentence):
                value = NUMBERS.get(number.lower()) or int(number)
                found.add(value * UNITS[unit.lower()])
    return found


def test_every_page_and_document_says_the_term_of_the_job() -> None:
    spoken = {(path.name, days) for path in WRITTEN for days in durations(path)}
    assert spoken == set(SPOKEN) | set(BESIDES)
    for (name, days), table in SPOKEN.items():
        term = SAID[table]
        applied = {terms.WHILE_ENTITLED: departures.KEPT_DAYS, terms.BOOKS: BOOKS_DAYS}
        # « 12 mois » is told of a year that the job counts as 366 days.
        assert days in {applied.get(term, term.days), 360 if term == terms.YEAR else 0}, name
