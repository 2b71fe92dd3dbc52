"""Importing and granting by rule: everything once, whatever is killed, and nothing lost."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text

from backend.accounts.tables import Beneficiary
from backend.benefits.campaigns import CampaignTerms, create_benefit, create_campaign
from backend.benefits.eligibility import Conditions, Rule, Track
from backend.benefits.errors import CampaignClosed, RuleUnacceptable
from backend.benefits.expiry import remaining_of
from backend.benefits.grant_file import open_grant_file
from backend.benefits.granting import Run, Tally, batch, create_rule, explain, run_grants
from backend.benefits.importing import ImportTally, Refusal, import_grants
from backend.benefits.report import MoneyReport, report_campaign
from backend.benefits.tables import Benefit, Campaign, Eligibility, GrantDecision, Purse, Wallet
from backend.database import Database
from backend.ledger.money import Cents
from backend.ledger.tables import Account, Transfer

from .conftest import NOW, Region

HEADER = "reference;nom;prenom;date_naissance;code_postal;filiere;boursier;justificatif"
LEA = "A1;Martin;Léa;14/03/2010;92000;général;oui;attestation"
TOM = "A2;Petit;Tom;02/11/2009;92100;apprenti;non;"
ZOE = "A3;Durand;Zoé;21/06/2014;75001;collège;;"


class Killed(BaseException):
    """The program is gone: nothing it had not committed is kept."""


@contextmanager
def killed_at(database: Database, statement: int) -> Iterator[Callable[[], int]]:
    """Kill the program at its n-th statement; tells how many there were."""
    count = 0

    def before(*_: object) -> None:
        nonlocal count
        count += 1
        if count == statement:
            raise Killed

    event.listen(database.engine, "before_cursor_execute", before)
    try:
        yield lambda: count
    finally:
        event.remove(database.engine, "before_cursor_execute", before)


@pytest.fixture
def ruled(region: Region) -> Region:
    """Culture for the département's young people by track, and a top-up for scholars."""
    with region.database.unit_of_work() as session:
        for position, rule in enumerate(
            (
                Rule(
                    "apprentis",
                    "Apprentis",
                    Cents(20000),
                    top_up=False,
                    conditions=Conditions(departments=("92",), tracks=(Track.APPRENTICE,)),
                ),
                Rule(
                    "lyceens",
                    "Lycéens",
                    Cents(8000),
                    top_up=False,
                    conditions=Conditions(age_min=15, departments=("92",)),
                ),
                Rule(
                    "bourse",
                    "Boursiers",
                    Cents(2000),
                    top_up=True,
                    conditions=Conditions(scholarship=True),
                ),
            )
        ):
            create_rule(session, region.culture.id, rule, position=position)
    return region


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def put(*lines: str, header: str = HEADER) -> Path:
        path = tmp_path / "dotations.csv"
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    return put


def _import(
    region: Region,
    path: Path,
    *,
    commit: bool = True,
    campaign: Campaign | None = None,
    now: datetime = NOW,
) -> tuple[ImportTally, list[Refusal]]:
    refused: list[Refusal] = []
    tally = import_grants(
        region.database,
        (campaign or region.campaign).id,
        open_grant_file(path),
        lambda: now,
        run=Run(commit=commit, people_per_batch=2),
        refuse=refused.append,
    )
    return tally, refused


def _run(region: Region, *, commit: bool = True) -> Tally:
    chosen = Run(commit=commit, people_per_batch=2)
    return run_grants(region.database, region.campaign.id, lambda: NOW, chosen)


def _wallets(region: Region) -> dict[tuple[str, str], int]:
    """What each reference holds of each benefit."""
    query = (
        select(Eligibility.reference, Benefit.code, Account.credits_posted - Account.debits_posted)
        .join(Wallet, Wallet.beneficiary_id == Eligibility.beneficiary_id)
        .join(Account, Account.id == Wallet.account_id)
        .outerjoin(Benefit, Benefit.id == Wallet.benefit_id)
    )
    with region.database.reading() as session:
        return {(ref or "", code or ""): cents for ref, code, cents in session.execute(query)}


def _decisions(region: Region) -> dict[tuple[str, str], tuple[int, str]]:
    query = select(
        Eligibility.reference,
        GrantDecision.slot,
        GrantDecision.amount_cents,
        GrantDecision.reason,
    ).join(GrantDecision, GrantDecision.beneficiary_id == Eligibility.beneficiary_id)
    with region.database.reading() as session:
        return {(ref or "", slot): (cents, why) for ref, slot, cents, why in session.execute(query)}


def _money(region: Region) -> MoneyReport:
    with region.database.reading() as session:
        return report_campaign(session, session.get_one(Campaign, region.campaign.id)).money


def test_a_file_makes_people_and_the_rules_give(ruled: Region, write: Callable[..., Path]) -> None:
    tally, refused = _import(ruled, write(LEA, TOM, ZOE))
    assert refused == []
    assert (tally.lines, tally.people, tally.refused_lines) == (3, 3, 0)
    assert (tally.granted, tally.granted_cents, tally.refused) == (3, 30000, 1)
    assert _wallets(ruled) == {("A1", "culture"): 10000, ("A2", "culture"): 20000}
    assert _decisions(ruled) == {
        ("A1", "base"): (8000, "rule"),
        ("A1", "+bourse"): (2000, "rule"),
        ("A2", "base"): (20000, "rule"),
        ("A3", "base"): (0, "residence_outside"),
    }
    ruled.assert_sound()


def test_the_same_file_again_changes_nothing(ruled: Region, write: Callable[..., Path]) -> None:
    path = write(LEA, TOM, ZOE)
    _import(ruled, path)
    before = _wallets(ruled), _decisions(ruled)
    tally, refused = _import(ruled, path)
    assert (tally.people, tally.granted, tally.refused, tally.already) == (0, 0, 0, 3)
    assert (_wallets(ruled), _decisions(ruled), refused) == (*before, [])
    assert _run(ruled).already == 3
    assert (_wallets(ruled), _decisions(ruled)) == before


def test_a_dry_run_says_the_same_and_keeps_nothing(
    ruled: Region, write: Callable[..., Path]
) -> None:
    path = write(LEA, TOM, ZOE)
    tried, _ = _import(ruled, path, commit=False)
    with ruled.database.reading() as session:
        for table in (Eligibility, GrantDecision, Wallet, Transfer):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    done, _ = _import(ruled, path)
    assert tried == done


def test_what_comes_later_tops_up_and_what_is_refused_is_looked_at_again(
    ruled: Region, write: Callable[..., Path]
) -> None:
    _import(ruled, write("A2;Petit;Tom;02/11/2009;;apprenti;non;", ZOE))
    assert _decisions(ruled)["A2", "base"] == (0, "residence_unknown")
    _import(ruled, write("A2;;;;92100;;;", "A3;;;;92000;;;"))
    assert _wallets(ruled) == {("A2", "culture"): 20000}
    assert _decisions(ruled)["A3", "base"] == (0, "track_not_covered")
    _import(ruled, write("A2;;;;;;oui;attestation du 12/10"))
    assert _wallets(ruled) == {("A2", "culture"): 22000}
    moved, _ = _import(ruled, write("A2;;;;75001;;;"))
    assert (moved.refused, moved.already, _decisions(ruled)["A2", "base"]) == (
        0,
        1,
        (20000, "rule"),
    )
    _import(ruled, write("A2;;;;92100;;;"))
    with ruled.database.reading() as session:
        tom = session.scalars(select(Eligibility).where(Eligibility.reference == "A2")).one()
        said = explain(session, ruled.campaign.id, tom.beneficiary_id)
    assert [(code, one.slot) for code, one in said] == [("culture", "base"), ("culture", "+bourse")]
    assert "attestation du 12/10" in said[1][1].words


def test_a_run_gives_to_whoever_the_rules_fit_now(
    region: Region, write: Callable[..., Path]
) -> None:
    _import(region, write(LEA, TOM, ZOE))
    assert _wallets(region) == {}
    with region.database.unit_of_work() as session:
        rule = Rule("tous", "Tous", Cents(500), top_up=False, conditions=Conditions(age_min=13))
        create_rule(session, region.sport.id, rule)
    tried = _run(region, commit=False)
    assert (tried.people, tried.granted, tried.refused) == (3, 2, 1)
    assert _wallets(region) == {}
    done = _run(region)
    assert (done, _run(region).already) == (tried, 2)
    assert _wallets(region) == {("A1", "sport"): 500, ("A2", "sport"): 500}


NAMED = "reference;nom;prenom;date_naissance;avantage;montant;motif;versement"


def test_a_row_that_names_an_amount_is_given_it(ruled: Region, write: Callable[..., Path]) -> None:
    rows = (
        "A1;Martin;Léa;14/03/2010;culture;12,50;Concours;",
        "A1;;;;culture;12,50;Concours;",
        "A1;;;;sport;3;;",
        "A1;;;;culture;1;;deuxieme",
        "A1;;;;culture;2;;",
        "A1;;;;poney;2;;",
        "A9;;;;culture;2;;",
        "A1;;;15/03/2010;culture;2;;trois",
        "A1;;;;culture;;;",
    )
    rows = (*rows[:7], "A1;Martin;Léa;15/03/2010;culture;2;;trois", rows[8])
    path = write(*rows, header=NAMED)
    for _ in range(2):
        _, refused = _import(ruled, path)
        assert [(one.line.number, one.code) for one in refused] == [
            (6, "amount_conflict"),
            (7, "benefit_unknown"),
            (8, "person_unknown"),
            (9, "other_person"),
            (10, "grant_incomplete"),
        ]
        assert _wallets(ruled) == {("A1", "culture"): 1350, ("A1", "sport"): 300}
    with ruled.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Eligibility)) == 1
    ruled.assert_sound()


def test_a_single_purse_takes_every_benefit_s_grant(
    region: Region, write: Callable[..., Path]
) -> None:
    with region.database.unit_of_work() as session:
        pot = create_campaign(
            session,
            name="Pass libre",
            opens_on=NOW.date(),
            closes_on=date(2026, 12, 31),
            terms=CampaignTerms(code="libre", purse=Purse.SINGLE),
            now=NOW,
        )
        for code in ("cinema", "judo"):
            create_benefit(session, code=code, label=code, campaign_id=pot.id)
    path = write("A1;M;L;14/03/2010;cinema;10;;", "A1;;;;judo;5;;", header=NAMED)
    for _ in range(2):
        _import(region, path, campaign=pot)
        assert _wallets(region) == {("A1", ""): 1500}
    region.assert_sound()


def test_after_its_last_day_a_campaign_gives_nothing(
    ruled: Region, write: Callable[..., Path]
) -> None:
    late = datetime(2027, 7, 1, tzinfo=UTC)
    with pytest.raises(CampaignClosed):
        _import(ruled, write(LEA), now=late)
    with pytest.raises(CampaignClosed):
        run_grants(ruled.database, ruled.campaign.id, lambda: late, Run(commit=True))


@pytest.mark.parametrize("commit", [True, False])
def test_a_batch_may_take_longer_than_a_payment(postgres_url: str, *, commit: bool) -> None:
    database = Database(postgres_url)
    shown = text("SHOW statement_timeout")
    with batch(database, commit=commit) as session:
        assert session.scalar(shown) == "10min"
    with database.reading() as session:
        assert session.scalar(shown) != "10min"
    database.close()


def test_a_rule_nobody_can_meet_is_refused(region: Region) -> None:
    ages = Conditions(age_min=18, age_max=17)
    with region.database.unit_of_work() as session:
        for rule in (
            Rule("x", "X", Cents(1), top_up=False, conditions=ages),
            Rule("x", "X", Cents(0), top_up=False, conditions=Conditions()),
        ):
            with pytest.raises(RuleUnacceptable):
                create_rule(session, region.culture.id, rule)


def _rows(seed: int, count: int) -> list[str]:
    """Rows of a random file: some people twice, some unreadable."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        number = draw.randrange(count)
        born = f"{number % 28 + 1:02}/0{number % 9 + 1}/{2006 + number % 8}"
        place = draw.choice(("92000", "75001", "", "abc"))
        track = draw.choice(("général", "apprenti", ""))
        rows.append(f"R{number};N;P;{born};{place};{track};{draw.choice(('oui', 'non', ''))};")
    return rows


def test_killed_at_any_statement_and_run_again_it_comes_to_the_same(
    ruled: Region, write: Callable[..., Path]
) -> None:
    path = write(*_rows(1, 5))
    statement = 0
    while True:
        statement += 1
        try:
            with killed_at(ruled.database, statement):
                _, refused = _import(ruled, path)
                break
        except Killed:
            ruled.assert_sound()
            _check_money(ruled)
    # Each try went at least one statement further, and left what it had committed.
    assert statement > 10
    wallets, decisions = _wallets(ruled), _decisions(ruled)
    again, refused_again = _import(ruled, path)
    assert (again.granted, again.people) == (0, 0)
    assert refused_again == refused
    assert (_wallets(ruled), _decisions(ruled)) == (wallets, decisions)
    assert sum(wallets.values()) == sum(cents for cents, _ in decisions.values())
    with ruled.database.reading() as session:
        people = session.scalar(select(func.count()).select_from(Eligibility))
        assert session.scalar(select(func.count()).select_from(Beneficiary)) == (people or 0) + 2
    ruled.assert_sound()


def test_a_run_killed_at_any_statement_comes_to_the_same(
    region: Region, write: Callable[..., Path]
) -> None:
    rows = [row for row in _rows(2, 6) if ";abc;" not in row]
    _import(region, write(*rows))
    with region.database.unit_of_work() as session:
        rule = Rule("tous", "Tous", Cents(500), top_up=False, conditions=Conditions(age_min=14))
        create_rule(session, region.sport.id, rule)
    expected = _run(region, commit=False)
    statement = 0
    while True:
        statement += 1
        try:
            with killed_at(region.database, statement):
                _run(region)
                break
        except Killed:
            region.assert_sound()
    assert sum(_wallets(region).values()) == expected.granted_cents > 0
    assert _run(region).granted == 0


def _check_money(region: Region) -> None:
    money = _money(region)
    with region.database.reading() as session:
        assert remaining_of(session, region.campaign.id).cents == money.left_cents
        recorded = session.scalar(select(func.coalesce(func.sum(GrantDecision.amount_cents), 0)))
    assert money.granted_cents == recorded
    assert money.granted_cents == money.left_cents + money.spent_cents + money.expired_cents
    assert money.spent_cents >= 0
