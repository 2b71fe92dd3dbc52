"""`pass-backend campaigns …`: see campaigns, extend and close them, take back what is left."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.changing import NewDays, changes_of, close_campaign, extend_campaign
from backend.benefits.errors import CampaignNotOver
from backend.benefits.expiry import Returned, due_campaigns, expire_campaign, remaining_of
from backend.benefits.rules import CampaignDays, Phase, day_of
from backend.benefits.tables import Campaign, Purse
from backend.commands.declared import id_of
from backend.commands.refusal import CommandRefused
from backend.ledger.money import Cents
from backend.services import Services

PHASES = {
    Phase.PLANNED: "à venir",
    Phase.OPEN: "ouverte",
    Phase.CLOSED: "close, encore dépensable",
    Phase.PARTNERS_ONLY: "close, remboursements seulement",
    Phase.OVER: "terminée",
}


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign as the list shows it."""

    code: str
    name: str
    phase: Phase
    extended: bool
    days: CampaignDays

    def as_row(self) -> dict[str, object]:
        """Write it for a program."""
        return {
            "campaign": self.code,
            "name": self.name,
            "phase": self.phase.value,
            "extended": self.extended,
            "opens_on": self.days.opens_on.isoformat(),
            "closes_on": self.days.closes_on.isoformat(),
            "spend_until": self.days.spending_ends_on.isoformat(),
            "partners_until": self.days.partners_end_on.isoformat(),
        }

    def as_text(self) -> str:
        """Write it for a person."""
        moved = ", prolongée" if self.extended else ""
        days = self.days
        return (
            f"{self.code} · {self.name} · {PHASES[self.phase]}{moved} · "
            f"du {days.opens_on:%d/%m/%Y} au {days.closes_on:%d/%m/%Y}, "
            f"à dépenser jusqu'au {days.spending_ends_on:%d/%m/%Y}, "
            f"partenaires jusqu'au {days.partners_end_on:%d/%m/%Y}"
        )


def find_campaign(session: Session, name: str) -> Campaign:
    """Return the campaign of this code, id, or key in a declared file; raise CommandRefused."""
    campaign = session.scalar(select(Campaign).where(Campaign.code == name))
    if campaign is None:
        campaign = session.get(Campaign, _id(name) or id_of("campaign", name))
    if campaign is None:
        msg = f"no campaign is called {name!r}; `pass-backend campaigns list` names them"
        raise CommandRefused(msg)
    return campaign


def list_campaigns(services: Services) -> list[CampaignLine]:
    """Return every campaign, the earliest first."""
    with services.database.reading() as session:
        query = select(Campaign).order_by(Campaign.opens_on, Campaign.name)
        return [_line(session, one, services.now()) for one in session.scalars(query)]


def extend(services: Services, name: str, new: NewDays, by: str) -> str:
    """Move a campaign's last days and return the sentence that says so."""
    with services.database.unit_of_work() as session:
        campaign = find_campaign(session, name)
        extend_campaign(session, campaign.id, new, by=by, now=services.now())
        return _line(session, campaign, services.now()).as_text()


def close(services: Services, name: str, by: str) -> str:
    """Make today the last day of grants and return the sentence that says so."""
    with services.database.unit_of_work() as session:
        campaign = find_campaign(session, name)
        close_campaign(session, campaign.id, by=by, now=services.now())
        return _line(session, campaign, services.now()).as_text()


def expire(
    services: Services, name: str | None, *, commit: bool, progress: Callable[[Returned], None]
) -> list[str]:
    """Take back what is left in one campaign, or in every one that is over: a sentence each.

    Raises CommandRefused, CampaignNotOver; nothing is moved without `commit`.
    """
    now = services.now()
    with services.database.reading() as session:
        chosen = due_campaigns(session, now) if name is None else [find_campaign(session, name)]
        left = {campaign.id: remaining_of(session, campaign.id) for campaign in chosen}
        if any(one.days.phase(day_of(now)) is not Phase.OVER for one in chosen):
            raise CampaignNotOver
    sentences = []
    for campaign in chosen:
        returned, verb = left[campaign.id], "à rendre"
        if commit:
            returned = expire_campaign(
                services.database, campaign.id, services.now, progress=progress
            )
            verb = "rendus"
        amount = Cents(returned.cents).in_words()
        sentences.append(f"{campaign.name} : {amount} {verb}, {returned.wallets} porte-monnaie")
    return sentences or ["Aucune campagne terminée n'a de solde à rendre."]


def as_json(lines: list[CampaignLine]) -> str:
    """Write campaigns for a program."""
    return json.dumps([line.as_row() for line in lines], ensure_ascii=False)


def _line(session: Session, campaign: Campaign, now: datetime) -> CampaignLine:
    days = campaign.days
    before = changes_of(session, campaign.id)
    extended = any(change.new_closes_on > change.old_closes_on for change in before)
    purse = " (porte-monnaie unique)" if campaign.purse == Purse.SINGLE else ""
    return CampaignLine(
        code=campaign.code or str(campaign.id),
        name=f"{campaign.name}{purse}",
        phase=days.phase(day_of(now)),
        extended=extended,
        days=days,
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
