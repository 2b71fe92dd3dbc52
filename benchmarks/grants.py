"""Grants a second: a file of people imported, a rule for everybody, on a PostgreSQL of its own.

What is measured is what `pass-backend grants import`, `run`, `report` and `ledger check` do, with
their progress on standard error; every commit is on disk. The floor is the server alone, writing
the very rows of a run (account, wallet, transfer, decision) by one statement a table and batch.

`python -m benchmarks grants --people 400000` measures a Region; without it, fewer.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.benefits.campaigns import CampaignTerms, create_benefit, create_campaign
from backend.benefits.eligibility import Conditions, Rule, Track
from backend.benefits.granting import PEOPLE_PER_BATCH, create_rule
from backend.commands import grants, ledger
from backend.database import Base, Database
from backend.ledger.money import Cents
from backend.services import Services, utc_now
from backend.settings import Settings
from backend.vault.keys import make_keys
from backend.vault.local import LocalVault
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds

T = TypeVar("T")

PEOPLE = 50_000
CAMPAIGN = "mesure"
COLUMNS = "reference;nom;prenom;date_naissance;code_postal;filiere;niveau;boursier;justificatif"
POSTCODES = ("92000", "92100", "75001", "69001")
TRACKS = ("général", "apprenti", "professionnel")
YES = Conditions(age_min=12)
#: Of one benefit: a base grant for most, and a top-up for a third of them.
RULES = (
    Rule("apprentis", "Apprentis", Cents(20_000), False, replace(YES, tracks=(Track.APPRENTICE,))),
    Rule("lyceens", "Lycéens", Cents(8_000), False, replace(YES, departments=("92", "75", "69"))),
    Rule("bourse", "Boursiers", Cents(2_000), True, Conditions(scholarship=True)),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work took: seconds in all, of our processor time and of the server's."""

    seconds: float
    ours: float
    server: float

    def in_words(self, count: int, things: str) -> str:
        """Write it with a rate, per second and for each thing."""
        each = 1_000_000 / max(count, 1)
        return (
            f"{count} {things} in {self.seconds:.1f} s: {count / self.seconds:.0f}/s; processor"
            f" \N{MICRO SIGN}s each: ours {self.ours * each:.0f}, server {self.server * each:.0f}"
        )


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    file = folder / "eleves.csv"
    _write_file(file, asked.people)
    with Cluster() as cluster:
        name = cluster.create_database()
        database = Database(cluster.url(name))
        services = Services(Settings(), database, LocalVault(make_keys(random.randbytes)))
        sport = _furnish(database)
        yield f"grants to {asked.people} people, {PEOPLE_PER_BATCH} in a batch"
        yield from _measure_grants(cluster, services, file, sport)
        yield from _measure_floor(cluster, name, asked.people)
        yield from _measure_reading(cluster, services)
        database.close()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks grants")
    parser.add_argument("--people", type=int, default=PEOPLE)
    return parser.parse_args(list(arguments))


def _write_file(path: Path, people: int) -> None:
    draw = random.Random(1)  # noqa: S311 - the same file each time
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{COLUMNS}\n")
        for n in range(people):
            born = f"{n % 28 + 1:02}/{n % 12 + 1:02}/{2005 + n % 9}"
            school = f"{draw.choice(TRACKS)};2nde;{draw.choice(('oui', 'non', 'non'))};attestation"
            home = draw.choice(POSTCODES)
            file.write(f"INE{n:09};Nom{n};Prénom;{born};{home};{school}\n")


def _furnish(database: Database) -> UUID:
    """Make a campaign of two benefits, one with rules; return the other."""
    Base.metadata.create_all(database.engine)
    today: date = utc_now().date()
    with database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Mesure",
            opens_on=today - timedelta(days=1),
            closes_on=today + timedelta(days=300),
            terms=CampaignTerms(code=CAMPAIGN),
            now=utc_now(),
        )
        made = [
            create_benefit(session, code=code, label=code.title(), campaign_id=campaign.id).id
            for code in ("culture", "sport")
        ]
        for position, rule in enumerate(RULES):
            create_rule(session, made[0], rule, position=position)
    return made[1]


def _measure_grants(cluster: Cluster, services: Services, file: Path, sport: UUID) -> Iterator[str]:
    def bring_in(commit: bool) -> grants.Outcome:
        return grants.import_file(
            services, file, CAMPAIGN, commit=commit, refusals=None, progress=_progress()
        )

    outcome, spent = _spend(cluster, lambda: bring_in(False))
    yield f"  import, only looking  {spent.in_words(outcome.tally.people, 'people')}"
    outcome, spent = _spend(cluster, lambda: bring_in(True))
    yield f"  import                {spent.in_words(outcome.tally.granted, 'grants')}"
    outcome, spent = _spend(cluster, lambda: bring_in(True))
    yield f"  the same file again   {spent.in_words(outcome.tally.already, 'recognised')}"
    with services.database.unit_of_work() as session:
        create_rule(session, sport, Rule("tous", "Tous", Cents(3_000), False, YES))
    outcome, spent = _spend(
        cluster, lambda: grants.run(services, CAMPAIGN, commit=True, progress=_progress())
    )
    yield f"  run                   {spent.in_words(outcome.tally.granted, 'grants')}"


def _measure_floor(cluster: Cluster, name: str, people: int) -> Iterator[str]:
    cluster.sql(_FLOOR_TABLES, name)
    _, spent = _spend(cluster, lambda: cluster.sql(_FLOOR, name))
    yield f"  floor: SQL alone      {spent.in_words(people, 'grants')}"


def _measure_reading(cluster: Cluster, services: Services) -> Iterator[str]:
    _, spent = _spend(cluster, lambda: grants.report(services, CAMPAIGN))
    yield f"  report                in {spent.seconds:.1f} s"
    report, spent = _spend(cluster, lambda: ledger.check(services.database))
    verdict = "sound" if report.sound else f"NOT sound: {report.problems_count} problems"
    yield f"  ledger check          {spent.in_words(report.transfers, 'transfers')}; {verdict}"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    yield f"  memory of the program, at most {most} MB"


def _spend(cluster: Cluster, work: Callable[[], T]) -> tuple[T, Spent]:
    began, ours, server = time.monotonic(), time.process_time(), cpu_seconds(cluster.server_pid)
    done = work()
    return done, Spent(
        time.monotonic() - began,
        time.process_time() - ours,
        cpu_seconds(cluster.server_pid) - server,
    )


def _progress() -> grants.Progress:
    return grants.Progress(lambda words: sys.stderr.write(f"    {words}\n"))


_FLOOR_TABLES = """
CREATE TABLE bench_given AS
  SELECT row_number() OVER (ORDER BY id) AS n, id AS person, gen_random_uuid() AS account,
    gen_random_uuid() AS wallet, gen_random_uuid() AS transfer
  FROM beneficiary;
CREATE UNIQUE INDEX ON bench_given (n);
ANALYZE bench_given;
INSERT INTO ledger_account (id, kind, normal_side, limited, debits_posted, credits_posted,
    rolled_up_to, debits_held, credits_held, opened_at)
  VALUES ('f0000000-0000-4000-8000-000000000000', 'funding', 'debit', false, 0, 0, 0, 0, 0, now());
INSERT INTO campaign (id, name, opens_on, closes_on, purse, funding_account_id)
  VALUES ('c0000000-0000-4000-8000-000000000000', 'Plancher', current_date, current_date,
    'separate', 'f0000000-0000-4000-8000-000000000000');
INSERT INTO benefit (id, code, label, campaign_id)
  VALUES ('b0000000-0000-4000-8000-000000000000', 'plancher', 'Plancher',
    'c0000000-0000-4000-8000-000000000000');
"""
_FLOOR = f"""
DO $$ DECLARE place bigint := 1; BEGIN
  WHILE place <= (SELECT max(n) FROM bench_given) LOOP
    INSERT INTO ledger_account (id, kind, normal_side, limited, debits_posted, credits_posted,
        rolled_up_to, debits_held, credits_held, opened_at)
      SELECT account, 'wallet', 'credit', true, 0, 0, 0, 0, 0, now()
      FROM bench_given WHERE n >= place AND n < place + {PEOPLE_PER_BATCH} ORDER BY account;
    INSERT INTO wallet (id, beneficiary_id, campaign_id, benefit_id, account_id)
      SELECT wallet, person, 'c0000000-0000-4000-8000-000000000000',
        'b0000000-0000-4000-8000-000000000000', account
      FROM bench_given WHERE n >= place AND n < place + {PEOPLE_PER_BATCH};
    INSERT INTO ledger_transfer (id, debit_account_id, credit_account_id, amount_cents, reason,
        reference, recorded_at)
      SELECT transfer, 'f0000000-0000-4000-8000-000000000000', account, 3000, 'Dotation : Tous',
        'grant:' || transfer, now()
      FROM bench_given WHERE n >= place AND n < place + {PEOPLE_PER_BATCH} ORDER BY account;
    INSERT INTO grant_decision (beneficiary_id, benefit_id, slot, campaign_id, rule_code, granted,
        reason, amount_cents, words, decided_at)
      SELECT person, 'b0000000-0000-4000-8000-000000000000', 'base',
        'c0000000-0000-4000-8000-000000000000', 'tous', true, 'rule', 3000,
        'Accordé : 30,00 € par la règle « Tous » (16 ans au 01/09/2026).', now()
      FROM bench_given WHERE n >= place AND n < place + {PEOPLE_PER_BATCH};
    COMMIT;
    place := place + {PEOPLE_PER_BATCH};
  END LOOP;
END $$
"""
