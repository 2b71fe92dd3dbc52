"""People who sign in, from the command line: let one in, list them, help one, close an account."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select

from backend.accounts.signin.factor import remove_factor
from backend.accounts.signin.sessions import end_all
from backend.accounts.signin.tables import SignInAccount
from backend.commands.declared import id_of
from backend.commands.letting_in import Name, account_called, account_for, link_for
from backend.commands.refusal import CommandRefused
from backend.partners.space import add_member
from backend.partners.tables import Partner, PartnerMember
from backend.services import Services

LISTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One line of the list."""

    email: str
    partner: str
    password: bool
    second_factor: bool
    closed: bool

    def as_text(self) -> str:
        """Write it for a person."""
        facts = {
            "no password yet": not self.password,
            "second factor": self.second_factor,
            "closed": self.closed,
        }
        return ", ".join((f"{self.email}: {self.partner}", *(k for k, v in facts.items() if v)))


def invite(services: Services, email: str, name: Name, partner: str) -> str:
    """Let somebody into a partner's space; return the link to hand over, which is mailed too.

    Somebody who has an account keeps it, and gets the partner besides.
    Raises CommandRefused, EmailInvalid.
    """
    partner_id = _named(partner)
    with services.database.unit_of_work() as session:
        if session.get(Partner, partner_id) is None:
            msg = f"no partner {partner}"
            raise CommandRefused(msg)
        account_id = account_for(services, session, email, name)
        add_member(session, account_id, partner_id, services.now())
        return link_for(services, session, account_id)


def list_members(services: Services) -> list[MemberLine]:
    """Return everybody who may see a partner's space, by address."""
    query = (
        select(SignInAccount, Partner.name)
        .join(PartnerMember, PartnerMember.account_id == SignInAccount.id)
        .join(Partner, Partner.id == PartnerMember.partner_id)
        .order_by(SignInAccount.email, Partner.name)
        .limit(LISTED_MAX)
    )
    with services.database.reading() as session:
        return [
            MemberLine(
                account.email,
                partner,
                account.password_hash is not None,
                account.factor_confirmed_at is not None,
                account.closed_at is not None,
            )
            for account, partner in session.execute(query)
        ]


def as_json(lines: list[MemberLine]) -> str:
    """Write the list for a program."""
    return json.dumps([asdict(line) for line in lines], ensure_ascii=False)


def reset_factor(services: Services, email: str) -> None:
    """Take away the second factor of somebody who lost its device, and end their sessions."""
    account_id = account_called(services, email)
    remove_factor(services, account_id)
    with services.database.unit_of_work() as session:
        end_all(session, account_id)


def close(services: Services, email: str) -> None:
    """Close an account: its sessions end, and it signs in no more."""
    account_id = account_called(services, email)
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        account.closed_at = account.closed_at or services.now()
        end_all(session, account_id)


def _named(partner: str) -> UUID:
    try:
        return UUID(partner)
    except ValueError:
        return id_of("partner", partner)
