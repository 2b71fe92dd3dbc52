"""Reports from a replica: a real one that streams, stands still, comes back, and goes away."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from backend import schema
from backend.__main__ import main
from backend.accounts.beneficiaries import create_beneficiary
from backend.benefits.campaigns import CampaignTerms, create_benefit, create_campaign
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit
from backend.commands.replica import Behind, require_fresh
from backend.database import Base, Database
from backend.services import utc_now
from backend.vault.key_file import OpenKeyFile, make_keys, write_keys
from benchmarks.postgres import Cluster, PostgresNotInstallable, Standby

GRANT_CENTS = 1000


@dataclass
class Office:
    """A database, its replica, and a person who types."""

    primary: Database
    standby: Standby
    database: str
    benefit: UUID
    person: UUID
    type: Callable[..., tuple[int, str, str]]

    def give(self) -> None:
        with self.primary.unit_of_work() as session:
            grant(
                session,
                beneficiary_id=self.person,
                benefit=session.get_one(Benefit, self.benefit),
                amount_cents=GRANT_CENTS,
                reason="Dotation",
                grant_id=uuid4(),
                now=utc_now(),
            )

    def report(self) -> tuple[int, str]:
        """Return the cents that the report says were granted, and what else was said."""
        status, out, err = self.type("grants", "report", "--campaign", "annee", "--json")
        assert status == 0, err
        money = json.loads(out)["money"]
        parts = money["spent_cents"], money["left_cents"], money["expired_cents"]
        assert money["granted_cents"] == sum(parts)
        return money["granted_cents"], err


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    try:
        made = Cluster()
    except PostgresNotInstallable:
        pytest.skip("no PostgreSQL here, and no wheel that holds one")
    with made:
        yield made


@pytest.fixture
def office(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Office]:
    name = cluster.create_database()
    primary = Database(cluster.url(name))
    Base.metadata.create_all(primary.engine)
    with primary.engine.begin() as connection:
        scripts = ScriptDirectory(str(schema.MIGRATIONS))
        MigrationContext.configure(connection).stamp(scripts, "head")
    today = utc_now().date()
    with primary.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="Année",
            opens_on=today - timedelta(days=1),
            closes_on=today + timedelta(days=9),
            terms=CampaignTerms(code="annee"),
            now=utc_now(),
        )
        benefit = create_benefit(session, code="culture", label="Culture", campaign_id=campaign.id)
        person = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2010, 1, 2),
            now=utc_now(),
        )
    keys = tmp_path / "keys.json"
    write_keys(keys, OpenKeyFile(make_keys(secrets.token_bytes)))
    with cluster.standby() as standby:
        monkeypatch.setenv("PASS_BACKEND_DATABASE_URL", cluster.url(name))
        monkeypatch.setenv("PASS_BACKEND_REPORTS_DATABASE_URL", standby.url(name))
        monkeypatch.setenv("PASS_BACKEND_VAULT_KEY_FILE", str(keys))

        def type_(*words: str) -> tuple[int, str, str]:
            status = main(list(words))
            said = capsys.readouterr()
            return status, said.out, said.err

        yield Office(primary, standby, name, benefit.id, person.id, type_)
    primary.close()


def test_a_copy_that_follows_nobody_has_no_age(database: Database) -> None:
    behind = require_fresh(database, 1)
    assert behind == Behind(None)
    assert behind.in_words() == "Lu sur une copie dont l'âge est inconnu."
    assert (Behind(0).in_words(), Behind(7).in_words()[:20]) == ("", "Chiffres d'il y a 7 ")


@pytest.mark.slow
def test_reports_follow_the_replica_wherever_it_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.give()
    office.standby.wait_until_it_has_all()
    assert office.report() == (GRANT_CENTS, "")
    # It stands still: what is paid meanwhile is not in the report, which says how old it is.
    office.standby.sql("SELECT pg_wal_replay_pause()")
    office.give()
    office.standby.wait_until("clock_timestamp() > pg_last_xact_replay_timestamp() + '1.1 s'")
    granted, said = office.report()
    assert granted == GRANT_CENTS
    assert said.startswith("Chiffres d'il y a ")
    # What writes asks the database itself all the while.
    assert office.type("campaigns", "close", "--campaign", "annee", "--by", "A. Morel")[0] == 0
    monkeypatch.setenv("PASS_BACKEND_REPORTS_LAG_SECONDS_MAX", "1")
    status, _, said = office.type("grants", "report", "--campaign", "annee")
    assert (status, "s behind, more than reports_lag_seconds_max = 1" in said) == (1, True)
    office.standby.sql("SELECT pg_wal_replay_resume()")
    office.standby.wait_until_it_has_all()
    assert office.report() == (2 * GRANT_CENTS, "")
    _the_books_are_sound_there_too(office, monkeypatch)
    # It goes away: reports fail with a sentence, and nothing else does.
    office.standby.kill()
    status, _, said = office.type("grants", "report", "--campaign", "annee")
    assert (status, said.startswith("pass-backend: the database did not do it")) == (1, True)
    with office.primary.reading() as session:
        assert session.get_one(Benefit, office.benefit).code == "culture"


def _the_books_are_sound_there_too(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        there.setenv("PASS_BACKEND_DATABASE_URL", office.standby.url(office.database))
        status, out, _ = office.type("ledger", "check")
        assert (status, out.startswith("Ledger sound")) == (0, True)
        # A replica takes nothing, whoever asks.
        status, _, said = office.type("campaigns", "close", "--campaign", "annee", "--by", "X")
        assert (status, "read-only" in said) == (1, True)
