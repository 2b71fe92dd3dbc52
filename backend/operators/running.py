"""What an operator does to a partner, a device, a campaign or the service itself, with a reason.

The rules are those of the rooms it is done in; each is written down in the unit of work that does
it. Not here: who may ask.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind
from backend.accounts.tables import NOT_DELIVERED, Notice, NoticeState
from backend.benefits.campaigns import (
    CampaignTerms,
    create_benefit,
    create_campaign,
    set_activities_of_benefit,
)
from backend.benefits.changing import NewDays, close_campaign, extend_campaign
from backend.benefits.tables import Campaign, Purse
from backend.operators.acting import note, reason_of
from backend.operators.entering import Acting
from backend.operators.errors import AlreadyDone
from backend.partners.registry import revoke_terminal
from backend.partners.standing import (
    close_outlet,
    reopen_outlet,
    resume_partner,
    suspend_partner,
)
from backend.partners.tables import Outlet, Partner, Terminal
from backend.pins.alarms import release_alarm
from backend.pins.guard import lift_suspension


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to be opened, all its days included."""

    name: str
    code: str
    opens_on: date
    closes_on: date
    spend_until: date | None
    partners_until: date | None
    purse: Purse


@dataclass(frozen=True, slots=True)
class NewBenefit:
    """A benefit of a campaign, and the categories of partner that take it."""

    campaign_id: UUID
    code: str
    label: str
    activities: tuple[str, ...]


def suspend(session: Session, acting: Acting, partner_id: UUID, reason: str, now: datetime) -> None:
    """Let a partner take and give back nothing.

    Raises ReasonMissing, PartnerUnknown, AlreadyDone.
    """
    said = reason_of(reason)
    partner = session.get(Partner, partner_id, with_for_update=True)
    if partner is not None and partner.suspended_at is not None:
        raise AlreadyDone
    suspend_partner(session, partner_id, now)
    note(session, acting, ActKind.PARTNER_SUSPENDED, partner_id, now, words=said)


def resume(session: Session, acting: Acting, partner_id: UUID, reason: str, now: datetime) -> None:
    """End a partner's suspension; raise ReasonMissing, PartnerUnknown, AlreadyDone."""
    said = reason_of(reason)
    partner = session.get(Partner, partner_id, with_for_update=True)
    if partner is not None and partner.suspended_at is None:
        raise AlreadyDone
    resume_partner(session, partner_id)
    note(session, acting, ActKind.PARTNER_RESUMED, partner_id, now, words=said)


def close_place(
    session: Session,
    acting: Acting,
    place: tuple[UUID, UUID],
    reason: str,
    now: datetime,
    *,
    closed: bool,
) -> None:
    """Let a partner's outlet (both ids) take no payment, or take them again.

    Raises ReasonMissing, AlreadyDone, and NotYours for an outlet that is not that partner's.
    """
    said = reason_of(reason)
    partner_id, outlet_id = place
    outlet = session.get(Outlet, outlet_id, with_for_update=True)
    if outlet is None or outlet.partner_id != partner_id:
        raise NotYours
    if closed is (outlet.closed_at is not None):
        raise AlreadyDone
    if closed:
        close_outlet(session, outlet_id, now)
    else:
        reopen_outlet(session, outlet_id)
    kind = ActKind.OUTLET_CLOSED if closed else ActKind.OUTLET_REOPENED
    note(session, acting, kind, partner_id, now, words=f"{outlet.name} : {said}")


def revoke(session: Session, acting: Acting, terminal_id: UUID, reason: str, now: datetime) -> None:
    """Revoke a terminal, for good and at once.

    Raises ReasonMissing, TerminalUnknown, AlreadyDone.
    """
    said = reason_of(reason)
    terminal = session.get(Terminal, terminal_id, with_for_update=True)
    if terminal is not None and terminal.revoked_at is not None:
        raise AlreadyDone
    revoke_terminal(session, terminal_id, now)
    note(session, acting, ActKind.TERMINAL_REVOKED, terminal_id, now, words=said)


def open_campaign(session: Session, acting: Acting, new: NewCampaign, now: datetime) -> UUID:
    """Record a campaign and return its id.

    Raises CampaignDatesUnacceptable, CampaignNeedsCode, CampaignCodeTaken.
    """
    made = create_campaign(
        session,
        name=new.name,
        opens_on=new.opens_on,
        closes_on=new.closes_on,
        terms=CampaignTerms(
            code=new.code or None,
            spend_until=new.spend_until,
            partners_until=new.partners_until,
            purse=new.purse,
        ),
        now=now,
        make_id=uuid4,
    )
    note(session, acting, ActKind.CAMPAIGN_OPENED, made.id, now, words=new.name)
    return made.id


def add_benefit(session: Session, acting: Acting, new: NewBenefit, now: datetime) -> None:
    """Record a benefit; raise CampaignUnknown, BenefitCodeTaken, BenefitOverlaps."""
    made = create_benefit(session, code=new.code, label=new.label, campaign_id=new.campaign_id)
    set_activities_of_benefit(session, made.id, new.activities)
    note(session, acting, ActKind.BENEFIT_ADDED, new.campaign_id, now, words=new.code)


def extend(
    session: Session,
    acting: Acting,
    campaign_id: UUID,
    new: NewDays,
    now: datetime,
    *,
    reason: str,
) -> None:
    """Move a campaign's last days later.

    Raises ReasonMissing, CampaignDatesUnacceptable, BenefitOverlaps, CampaignExpired,
    CampaignUnknown.
    """
    said = reason_of(reason)
    extend_campaign(session, campaign_id, new, by=acting.name, now=now)
    note(session, acting, ActKind.CAMPAIGN_EXTENDED, campaign_id, now, words=said)


def close(session: Session, acting: Acting, campaign_id: UUID, reason: str, now: datetime) -> None:
    """Make today the last day of grants.

    Raises ReasonMissing, CampaignClosed, CampaignDatesUnacceptable, CampaignUnknown, AlreadyDone.
    """
    said = reason_of(reason)
    campaign = session.get(Campaign, campaign_id, with_for_update=True)
    before = None if campaign is None else campaign.days
    if close_campaign(session, campaign_id, by=acting.name, now=now) == before:
        raise AlreadyDone
    note(session, acting, ActKind.CAMPAIGN_CLOSED, campaign_id, now, words=said)


def release(session: Session, acting: Acting, alarm_id: UUID, now: datetime) -> None:
    """Say that an alarm was dealt with; its terminal checks codes again.

    Raises AlarmUnknown, AlarmReleased.
    """
    alarm = release_alarm(session, alarm_id, acting.name, now)
    if alarm.terminal_id is not None:
        lift_suspension(session, alarm.terminal_id)
    note(session, acting, ActKind.ALARM_RELEASED, alarm_id, now)


def try_mail_again(session: Session, acting: Acting, notice_id: UUID, now: datetime) -> None:
    """Let a mail that was given up be tried anew; raise NotYours for any other."""
    row = session.get(Notice, notice_id, with_for_update=True)
    if row is None or row.state not in NOT_DELIVERED:
        raise NotYours
    row.sent_at = row.bounce_code = None
    row.state, row.tries, row.next_try_at = NoticeState.WAITING.value, 0, now
    session.flush()
    note(
        session,
        acting,
        ActKind.MAIL_TRIED_AGAIN,
        notice_id,
        now,
        person_id=row.beneficiary_id,
        words=row.kind,
    )
