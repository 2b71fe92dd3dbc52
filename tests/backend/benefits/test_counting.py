"""A campaign's report is kept with its moment: the page shows the last count, not a new one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from backend.benefits.counting import count_campaign, read_count
from backend.benefits.errors import CampaignUnknown
from backend.benefits.report import report_campaign

from .conftest import NOW, Region


def test_what_is_kept_is_the_whole_report_of_its_moment(region: Region) -> None:
    database, campaign_id = region.database, region.campaign.id
    with database.reading() as session:
        assert read_count(session, campaign_id) is None
    region.give(region.lea, region.culture, 5_000)
    counted = count_campaign(database, campaign_id, NOW)
    with database.reading() as session:
        assert read_count(session, campaign_id) == counted
        assert counted.report == report_campaign(session, region.campaign)
    assert counted.report.money.granted_cents == 5_000


def test_it_stays_as_it_was_until_it_is_counted_again(region: Region) -> None:
    database, campaign_id = region.database, region.campaign.id
    before = count_campaign(database, campaign_id, NOW)
    region.give(region.lea, region.culture, 5_000)
    with database.reading() as session:
        assert read_count(session, campaign_id) == before
    again = count_campaign(database, campaign_id, NOW + timedelta(hours=1))
    assert again.report.money.left_cents == before.report.money.left_cents + 5_000
    with database.reading() as session:
        assert read_count(session, campaign_id) == again


def test_a_campaign_that_is_none_is_not_counted(region: Region) -> None:
    with pytest.raises(CampaignUnknown):
        count_campaign(region.database, uuid4(), NOW)
