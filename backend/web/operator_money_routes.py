"""An operator's pages about a payment and about campaigns, and what is done from them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from fastapi.responses import HTMLResponse, Response

from backend.benefits.changing import NewDays
from backend.benefits.counting import count_campaign
from backend.benefits.errors import CampaignDatesUnacceptable, CampaignNeedsCode
from backend.benefits.tables import CODE_CHARACTERS_MAX, NAME_CHARACTERS_MAX, Purse
from backend.operators import running
from backend.operators.errors import ReasonMissing
from backend.operators.money import list_campaigns, read_campaign, read_payment, read_report
from backend.payments.reasons import DeclineReason
from backend.payments.words import SENTENCES
from backend.web.languages import is_english
from backend.web.operator_pages import date_of
from backend.web.operator_who import Looking, Operating, OperatorRoute, Proving, Reason
from backend.web.signed_in import OPERATION, OwnForm, go

PAYMENTS: Final = f"{OPERATION}/paiements"
CAMPAIGNS: Final = f"{OPERATION}/campagnes"
ACTIVITIES_MAX: Final = 40
router = APIRouter(include_in_schema=False, route_class=OperatorRoute)
Name = Annotated[str, Form(max_length=4 * NAME_CHARACTERS_MAX)]
Code = Annotated[str, Form(max_length=4 * CODE_CHARACTERS_MAX)]
Day = Annotated[str, Form(max_length=10)]


def _last_days(closes_on: Day = "", spend_until: Day = "", partners_until: Day = "") -> NewDays:
    return NewDays(date_of(closes_on), date_of(spend_until), date_of(partners_until))


LastDays = Annotated[NewDays, Depends(_last_days)]


@router.get(f"{PAYMENTS}/{{payment_id}}")
def payment(payment_id: UUID, frame: Looking) -> HTMLResponse:
    """Show a payment, why it was refused if it was, and what came back of it."""
    with frame.services.database.reading() as session:
        view = read_payment(session, payment_id)
    return frame.show("payment", view=view, help=_help(view.payment.reason, frame.voice.language))


@router.get(CAMPAIGNS)
def campaigns(frame: Looking) -> HTMLResponse:
    """List the campaigns."""
    with frame.services.database.reading() as session:
        lines = list_campaigns(session, frame.now)
    return frame.show("campaigns", lines=lines)


@router.post(CAMPAIGNS, dependencies=[OwnForm])
def open_one(
    frame: Proving,
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
    with frame.services.database.unit_of_work() as session:
        made = running.open_campaign(session, frame.acting, new, frame.now)
    return frame.back(f"{CAMPAIGNS}/{made}", "campagne")


@router.get(f"{CAMPAIGNS}/{{campaign_id}}")
def campaign(campaign_id: UUID, frame: Looking) -> HTMLResponse:
    """Show a campaign."""
    with frame.services.database.reading() as session:
        view = read_campaign(session, campaign_id, frame.now)
    return frame.show("campaign", view=view)


@router.get(f"{CAMPAIGNS}/{{campaign_id}}/bilan")
def report(campaign_id: UUID, frame: Looking) -> HTMLResponse:
    """Show what became of a campaign's money when it was last counted; now, the first time."""
    with frame.services.database.reading() as session:
        campaign, found = read_report(session, campaign_id)
    counted = found or count_campaign(frame.services.database, campaign_id, frame.now)
    return frame.show("report", campaign=campaign, report=counted.report, counted_at=counted.at)


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/bilan", dependencies=[OwnForm])
def count_again(campaign_id: UUID, frame: Operating) -> Response:
    """Add every wallet of a campaign up, which takes seconds in a Region."""
    with frame.services.database.reading() as session:
        read_report(session, campaign_id)
    count_campaign(frame.services.database, campaign_id, frame.now)
    return go(f"{CAMPAIGNS}/{campaign_id}/bilan")


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/prolongation", dependencies=[OwnForm])
def extend(
    campaign_id: UUID,
    frame: Proving,
    *,
    days: LastDays,
    reason: Reason = "",
) -> Response:
    """Move a campaign's last days later."""
    way = f"{CAMPAIGNS}/{campaign_id}"
    act = running.extend
    return frame.do(act, way, "prolongation", campaign_id, days, frame.now, reason=reason)


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/cloture", dependencies=[OwnForm])
def close(campaign_id: UUID, frame: Proving, reason: Reason = "") -> Response:
    """Make today the last day of grants."""
    way = f"{CAMPAIGNS}/{campaign_id}"
    return frame.do(running.close, way, "close", campaign_id, reason, frame.now)


@router.post(f"{CAMPAIGNS}/{{campaign_id}}/avantages", dependencies=[OwnForm])
def add_benefit(
    campaign_id: UUID,
    frame: Proving,
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
    return frame.do(running.add_benefit, f"{CAMPAIGNS}/{campaign_id}", "avantage", new, frame.now)


def _said(text: str, characters_max: int) -> str:
    return " ".join(text.split())[:characters_max]


def _help(reason: str | None, language: str) -> str:
    """Return what the till said of a refusal: what happened, and what would work."""
    known = {one.value for one in SENTENCES}
    if reason not in known:
        return ""
    sentence = SENTENCES[DeclineReason(reason)]
    return sentence.en if is_english(language) else sentence.fr
