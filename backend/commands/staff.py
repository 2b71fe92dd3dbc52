"""Who signs in for an establishment, from the command line: let somebody in, list, end."""

import json
from dataclasses import asdict, dataclass

from sqlalchemy import select

from backend.access.staff import add_staff, end_staff
from backend.access.staff_tables import EstablishmentMember
from backend.access.tables import Establishment
from backend.accounts.beneficiaries import normal_email
from backend.accounts.errors import NotYours
from backend.accounts.signin.signing_in import find_by_email
from backend.accounts.signin.tables import SignInAccount
from backend.commands.letting_in import Name, account_for, link_for
from backend.commands.pupils import place_called
from backend.commands.refusal import CommandRefused
from backend.services import Services

LISTED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class StaffLine:
    """One line of the list."""

    email: str
    establishment: str
    since: str
    ended: bool
    second_factor: bool

    def as_text(self) -> str:
        """Write it for a person."""
        facts = {"no second factor yet": not self.second_factor, "ended": self.ended}
        said = (k for k, v in facts.items() if v)
        return ", ".join((f"{self.email}: {self.establishment}", f"since {self.since}", *said))


def invite(services: Services, email: str, name: Name, establishment: str) -> str:
    """Let somebody look after an establishment; return the link to hand over, mailed too.

    Somebody who has an account keeps it. Raises CommandRefused, EmailInvalid.
    """
    place_id = place_called(establishment)
    try:
        with services.database.unit_of_work() as session:
            account_id = account_for(services, session, email, name)
            add_staff(session, account_id, place_id, services.now())
            return link_for(services, session, account_id)
    except NotYours:
        msg = f"no establishment {establishment}"
        raise CommandRefused(msg) from None


def list_staff(services: Services) -> list[StaffLine]:
    """Return everybody who may look after an establishment, or might, by address."""
    query = (
        select(SignInAccount, EstablishmentMember, Establishment.name)
        .join(EstablishmentMember, EstablishmentMember.account_id == SignInAccount.id)
        .join(Establishment, Establishment.id == EstablishmentMember.establishment_id)
        .order_by(SignInAccount.email, Establishment.name)
        .limit(LISTED_MAX)
    )
    with services.database.reading() as session:
        return [
            StaffLine(
                account.email,
                name,
                f"{member.since:%Y-%m-%d}",
                member.ended_at is not None,
                account.factor_confirmed_at is not None,
            )
            for account, member, name in session.execute(query)
        ]


def as_json(lines: list[StaffLine]) -> str:
    """Write the list for a program."""
    return json.dumps([asdict(line) for line in lines], ensure_ascii=False)


def end(services: Services, email: str, establishment: str) -> None:
    """Let somebody look after an establishment no more; their account stays."""
    place_id = place_called(establishment)
    with services.database.unit_of_work() as session:
        account = find_by_email(session, normal_email(email))
        member = None if account is None else (account.id, place_id)
        if member is None or session.get(EstablishmentMember, member) is None:
            msg = "nobody with this address looks after this establishment"
            raise CommandRefused(msg)
        end_staff(session, *member, services.now())
