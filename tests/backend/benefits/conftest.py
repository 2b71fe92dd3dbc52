"""A Region with one campaign, two partners and two young people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from backend.accounts.beneficiaries import create_beneficiary
from backend.benefits.campaigns import allow_at, create_benefit, create_campaign
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit, Campaign
from backend.benefits.wallets import usable_benefits
from backend.database import Database
from backend.ledger.check import check_ledger
from backend.partners.registry import create_partner

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=UTC)


@dataclass
class Region:
    """Names for the rows, and the doors with the usual words filled in."""

    database: Database
    campaign: Campaign
    culture: Benefit
    sport: Benefit
    bookshop: UUID
    club: UUID
    lea: UUID
    tom: UUID

    def give(
        self,
        to: UUID,
        benefit: Benefit,
        amount_cents: int,
        *,
        grant_id: UUID | None = None,
        now: datetime = NOW,
    ) -> None:
        with self.database.unit_of_work() as session:
            grant(
                session,
                beneficiary_id=to,
                benefit=benefit,
                amount_cents=amount_cents,
                reason="Dotation de rentrée",
                grant_id=grant_id or uuid4(),
                now=now,
            )

    def usable(self, who: UUID, partner: UUID | None, now: datetime = NOW) -> list[str]:
        with self.database.reading() as session:
            return [b.code for b in usable_benefits(session, who, partner, now)]

    def assert_sound(self) -> None:
        with self.database.reading() as session:
            assert check_ledger(session).problems == ()


@pytest.fixture
def region(database: Database) -> Region:
    with database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="2026-2027",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            now=NOW,
        )
        culture, sport = (
            create_benefit(session, code=code, label=label, campaign_id=campaign.id)
            for code, label in (("culture", "Culture"), ("sport", "Sport"))
        )
        bookshop = create_partner(session, "Librairie du Parc").id
        club = create_partner(session, "Judo Club").id
        allow_at(session, culture, bookshop, now=NOW)
        allow_at(session, sport, club, now=NOW)
        allow_at(session, culture, club, now=NOW)
        lea, tom = (
            create_beneficiary(
                session,
                given_name=name,
                family_name="Martin",
                birth_date=date(2010, 1, 2),
                now=NOW,
            ).id
            for name in ("Léa", "Tom")
        )
    return Region(database, campaign, culture, sport, bookshop, club, lea, tom)
