"""`pass-backend campaigns …`: see campaigns, extend and close them, take back what is left."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.campaigns import CampaignTerms, create_campaign
from backend.benefits.changing import NewDays, changes_of, close_campaign, extend_campaign
from backend.benefits.errors import CampaignNotOver
from backend.benefits.expiry import Returned, due_campaigns, expire_campaign, remaining_of
from backend.benefits.rules import CampaignDays, Phase, day_of
from backend.benefits.tables import Campaign, Purse, Scheme
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


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """What a person types of a campaign; `scheme` is its code or key."""

    code: str
    name: str
    opens_on: date
    closes_on: date
    spend_until: date | None
    partners_until: date | None
    purse: Purse
    scheme: str | None


def create(services: Services, new: NewCampaign) -> str:
    """Record a campaign and return the sentence that says so; raise CommandRefused."""
    with services.database.unit_of_work() as session:
        scheme = None if new.scheme is None else find_scheme(session, new.scheme)
        # Where the declared file would look for it.
        new_id = id_of("campaign", new.code)
        campaign = create_campaign(
            session,
            name=new.name,
            opens_on=new.opens_on,
            closes_on=new.closes_on,
            terms=CampaignTerms(
                code=new.code,
                scheme_id=None if scheme is None else scheme.id,
                spend_until=new.spend_until,
                partners_until=new.partners_until,
                purse=new.purse,
            ),
            now=services.now(),
            make_id=lambda: new_id,
        )
        return _line(session, campaign, services.now()).as_text()


def find_scheme(session: Session, name: str) -> Scheme:
    """Return the programme of this code, or key in a declared file; raise CommandRefused."""
    scheme = session.scalar(select(Scheme).where(Scheme.code == name))
    scheme = scheme or session.get(Scheme, id_of("scheme", name))
    if scheme is None:
        raise CommandRefused(f"no scheme is called {name!r}")
    return scheme


def history(services: Services, name: str) -> list[str]:
    """Return a campaign as it is, then how its days were moved: a sentence each."""
    with services.database.reading() as session:
        campaign = find_campaign(session, name)
        moves = changes_of(session, campaign.id)
        return [
            _line(session, campaign, services.now()).as_text(),
            *(
                f"  le {day_of(one.changed_at):%d/%m/%Y} par {one.changed_by} : "
                f"{one.old_closes_on:%d/%m/%Y}, {one.old_spending_ends_on:%d/%m/%Y}, "
                f"{one.old_partners_end_on:%d/%m/%Y} → {one.new_closes_on:%d/%m/%Y}, "
                f"{one.new_spending_ends_on:%d/%m/%Y}, {one.new_partners_end_on:%d/%m/%Y}"
                for one in moves
            ),
        ]


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
