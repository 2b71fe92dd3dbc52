"""A campaign's report, counted now and then and kept: a page shows the last with its moment.

Promise: what is kept is a whole report of one moment, never parts of two. Counting reads every
wallet of the campaign, seconds for a Region, and nobody waits for it but who asked. Not here: what
is counted (report.py).
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.benefits.count_tables import CampaignCount
from backend.benefits.errors import CampaignUnknown
from backend.benefits.report import CampaignReport, DecisionCount, MoneyReport, report_campaign
from backend.benefits.tables import Campaign
from backend.database import Database
from backend.snapshot import hold_still


@dataclass(frozen=True, slots=True)
class Counted:
    """A report, and the moment it is of."""

    report: CampaignReport
    at: datetime


def read_count(session: Session, campaign_id: UUID) -> Counted | None:
    """Return the last count of a campaign; None before the first."""
    row = session.get(CampaignCount, campaign_id)
    return None if row is None else Counted(_read(row.report), row.counted_at)


def count_campaign(database: Database, campaign_id: UUID, now: datetime) -> Counted:
    """Count a campaign, keep what it came to and return it; raise CampaignUnknown.

    Of two that count at once, the one that ends last is kept.
    """
    with database.reading() as session:
        hold_still(session)
        campaign = session.get(Campaign, campaign_id)
        if campaign is None:
            raise CampaignUnknown
        found = report_campaign(session, campaign)
    written = json.dumps(asdict(found))
    try:
        _keep(database, campaign_id, written, now)
    except IntegrityError:
        # Somebody else kept the first count meanwhile.
        _keep(database, campaign_id, written, now)
    return Counted(found, now)


def _keep(database: Database, campaign_id: UUID, written: str, now: datetime) -> None:
    with database.unit_of_work() as session:
        row = session.get(CampaignCount, campaign_id, with_for_update=True)
        if row is None:
            session.add(CampaignCount(campaign_id=campaign_id, counted_at=now, report=written))
        else:
            row.counted_at, row.report = now, written


def _read(written: str) -> CampaignReport:
    said = json.loads(written)
    return CampaignReport(
        decisions=tuple(DecisionCount(**one) for one in said["decisions"]),
        money=MoneyReport(**said["money"]),
    )
