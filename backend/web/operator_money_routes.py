"""An operator's pages about a payment and about campaigns, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from backend.benefits.changing import NewDays
from backend.benefits.errors import CampaignDatesUnacceptable, CampaignNeedsCode
from backend.benefits.tables import CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, Purse
from backend.http import ServicesDependency
from backend.operators import running
from backend.operators.errors import ReasonMissing
from backend.operators.money import list_campaigns, read_campaign, read_payment, read_report
from backend.snapshot import hold_still
from backend.web.operator_pages import date_of, render
from backend.web.operator_who import Looking, OperatorRoute, Proving
from backend.web.signed_in import OPERATION, OwnForm, Token, go

PAYMENTS: Final = f"{OPERATION}/paiements"
CAMPAIGNS: Final = f"{OPERATION}/campagnes"
ACTIVITIES_MAX: Final = 40
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Reason = Annotated[str, Form(max_length=400)]
Name = Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)]
Code = Annotated[str, Form(max_length=4 * CODE_CHARACTERS_MAX)]
Day = Annotated[str, Form(max_length=10)]


def _last_days(closes_on: Day = "", spend_until: Day = "", partners_until: Day = "") -> NewDays:
    return NewDays(date_of(closes_on), date_of(spend_until), date_of(partners_until))


LastDays = Annotated[NewDays, Depends(_last_days)]


@router.get(f"{PAYMENTS}/{{payment_id}}")
def payment(
    payment_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show a payment and what came back of it."""
    with services.database.reading() as session:
        view = read_payment(session, payment_id)
    return render(services, token, acting, "payment", view=view)


@router.get(CAMPAIGNS)
def campaigns(services: ServicesDependency, token: Token, acting: Looking) -> HTMLResponse:
    """List the campaigns."""
    with services.database.reading() as session:
        lines = list_campaigns(session, services.now())
    return render(services, token, acting, "campaigns", lines=lines)


@router.post(CAMPAIGNS, dependencies=[OwnForm])
def open_one(
    services: ServicesDependency,
    acting: Proving,
    *,
    name: Name = "",
    code: Code = "",
    opens_on: Day = "",
    days: LastDays,
    purse: Day = "",
) -> Response:
    """Record a campaign; its benefits and rules come after."""
    first, last = date_of(opens_on), days.closes_on
    if first is None or last is None:
        raise CampaignDatesUnacceptable
    if not _said(name, NAME_CHARACTERS_MAX) or not _said(code, CODE_CHARACTERS_MAX):
        raise CampaignNeedsCode
    new = running.NewCampaign(
        _said(name, NAME_CHARACTERS_MAX),
        _said(code, CODE_CHARACTERS_MAX),
        first,
        last,
        days.spend_until,
        days.partners_until,
        Purse.SINGLE if purse == Purse.SINGLE.value else Purse.SEPARATE,
    )
    with services.database.unit_of_work() as session:
        made = running.open_campaign(session, acting, new, services.now())
    return go(f"{CAMPAIGNS}/{made}")


@router.get(f"{CAMPAIGNS}/{{campaign_id}}")
def campaign(
    campaign_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show a campaign."""
    with services.database.reading() as session:
        view = read_campaign(session, campaign_id, services.now())
    return render(services, token, acting, "campaign", view=view)


@router.get(f"{CAMPAIGNS}/{{campaign_id}}/bilan")
def report(
    campaign_id: UUID, services: ServicesDependency, token: Token, acting: Looking
) -> HTMLResponse:
    """Show what became of a campaign's money: it adds every wallet up, and so is asked for."""
    with services.database.reading() as session:
        hold_still(session)
        campaign, found = read_report(session, campaign_id)
    return render(services, token, acting, "report", campaign=campaign, report=found)


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/prolongation", dependencies=[OwnForm])
def extend(
    campaign_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    *,
    days: LastDays,
    reason: Reason = "",
) -> Response:
    """Move a campaign's last days later."""
    with services.database.unit_of_work() as session:
        running.extend(session, acting, campaign_id, days, services.now(), reason=reason)
    return go(f"{CAMPAIGNS}/{campaign_id}")


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/cloture", dependencies=[OwnForm])
def close(
    campaign_id: UUID, services: ServicesDependency, acting: Proving, reason: Reason = ""
) -> Response:
    """Make today the last day of grants."""
    with services.database.unit_of_work() as session:
        running.close(session, acting, campaign_id, reason, services.now())
    return go(f"{CAMPAIGNS}/{campaign_id}")


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/avantages", dependencies=[OwnForm])
def add_benefit(
    campaign_id: UUID,
    services: ServicesDependency,
    acting: Proving,
    *,
    code: Code = "",
    label: Name = "",
    activities: Name = "",
) -> Response:
    """Add a benefit, and who takes it."""
    if not _said(code, CODE_CHARACTERS_MAX) or not _said(label, NAME_CHARACTERS_MAX):
        raise ReasonMissing
    named = [part.strip()[:CODE_CHARACTERS_MAX] for part in activities.split(",")]
    new = running.NewBenefit(
        campaign_id,
        _said(code, CODE_CHARACTERS_MAX),
        _said(label, NAME_CHARACTERS_MAX),
        tuple(part for part in named[:ACTIVITIES_MAX] if part),
    )
    with services.database.unit_of_work() as session:
        running.add_benefit(session, acting, new, services.now())
    return go(f"{CAMPAIGNS}/{campaign_id}")


def _said(text: str, characters_max: int) -> str:
    return " ".join(text.split())[:characters_max]
