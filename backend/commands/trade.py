"""Stopping partners and outlets, setting limits, and a terminal's day: what is at the counters."""

import json
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select

from backend.commands.declared import id_of
from backend.partners.standing import (
    close_outlet,
    reopen_outlet,
    resume_partner,
    suspend_partner,
)
from backend.partners.tables import Partner
from backend.payments.limits import LimitRule, limit_benefit, limit_partner
from backend.payments.tables import PaymentLimit
from backend.payments.totals import DayTotals, Total, day_totals
from backend.payments.words import euros
from backend.services import Services
from backend.snapshot import hold_still


@dataclass(frozen=True, slots=True)
class LimitLine:
    """Limits of a benefit (its code) or a partner (its name), in cents."""

    benefit: str | None
    partner: str | None
    rule: LimitRule

    def as_text(self) -> str:
        """Write it for a person."""
        named = {
            "a payment": self.rule.per_payment_cents,
            "a holder's day": self.rule.per_day_cents,
            "a holder's day at one partner": self.rule.per_partner_day_cents,
        }
        given = [f"{words} {euros(cents)}" for words, cents in named.items() if cents is not None]
        whose = f"benefit {self.benefit}" if self.benefit else f"partner {self.partner}"
        return f"{whose}: {', '.join(given) or 'no limit'}"


@dataclass(frozen=True, slots=True)
class TerminalDay:
    """What a terminal took and gave back on a day."""

    totals: DayTotals

    def as_text(self) -> str:
        """Write it for a person, a line a sum."""
        return "\n".join(
            f"{word}: {total.count} · {euros(total.amount_cents)}"
            for word, total in self._sums().items()
        )

    def as_json(self) -> str:
        """Write it for a program."""
        sums = {
            word: {"count": total.count, "amount_cents": total.amount_cents}
            for word, total in self._sums().items()
        }
        head = {"terminal_id": str(self.totals.terminal_id), "day": self.totals.day.isoformat()}
        return json.dumps(head | sums)

    def _sums(self) -> dict[str, Total]:
        totals = self.totals
        return {
            "approved": totals.approved,
            "voided": totals.voided,
            "refunded": totals.refunded,
            "reversed": totals.reversed,
        }


def suspend(services: Services, partner: str) -> None:
    """Suspend a partner, named by its id or its key in the declared file."""
    with services.database.unit_of_work() as session:
        suspend_partner(session, id_named("partner", partner), services.now())


def resume(services: Services, partner: str) -> None:
    """End a partner's suspension."""
    with services.database.unit_of_work() as session:
        resume_partner(session, id_named("partner", partner))


def close(services: Services, outlet: str) -> None:
    """Close an outlet, named by its id or its key in the declared file."""
    with services.database.unit_of_work() as session:
        close_outlet(session, id_named("outlet", outlet), services.now())


def reopen(services: Services, outlet: str) -> None:
    """Open an outlet again."""
    with services.database.unit_of_work() as session:
        reopen_outlet(session, id_named("outlet", outlet))


def limit(services: Services, rule: LimitRule, *, benefit: str | None, partner: str | None) -> None:
    """Set all limits of a benefit or a partner; no value at all lifts them."""
    with services.database.unit_of_work() as session:
        if benefit is not None:
            limit_benefit(session, benefit, rule)
        if partner is not None:
            limit_partner(session, id_named("partner", partner), rule)


def list_limits(services: Services) -> list[LimitLine]:
    """Return every limit, benefits first."""
    query = (
        select(PaymentLimit, Partner.name)
        .outerjoin(Partner, Partner.id == PaymentLimit.partner_id)
        .order_by(PaymentLimit.benefit_code.is_(None), PaymentLimit.benefit_code, Partner.name)
    )
    with services.database.reading() as session:
        return [
            LimitLine(
                row.benefit_code,
                name,
                LimitRule(row.per_payment_cents, row.per_day_cents, row.per_partner_day_cents),
            )
            for row, name in session.execute(query)
        ]


def terminal_day(services: Services, terminal: str, day: date) -> TerminalDay:
    """Add up a terminal's day; the terminal is named by its id or its key in the file."""
    with services.database.reading() as session:
        hold_still(session)
        return TerminalDay(day_totals(session, id_named("terminal", terminal), day))


def id_named(kind: str, text: str) -> UUID:
    """Return the id that a person named: itself, or by its key in the declared file."""
    try:
        return UUID(text)
    except ValueError:
        return id_of(kind, text)
