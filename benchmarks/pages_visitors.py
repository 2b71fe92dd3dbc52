"""Who opens a page that is measured: a session of their own, and what its address names of theirs.

Links and sessions are made by the use cases themselves, a moment before; the rest is what the
world was filled with (pages_world). Not here: which pages (pages_visits).
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.activation import invite
from backend.accounts.families.tables import FamilyInvitation
from backend.accounts.signin.address_links import give_address_link
from backend.accounts.signin.links import give_link
from backend.accounts.signin.sessions import find_session, open_session
from backend.accounts.signin.sign_up_tables import AddressLinkKind, EmailChange, SignUp
from backend.accounts.signin.tables import SignInLinkKind, Stage
from backend.benefits.tables import Campaign
from backend.cards.tables import Card
from backend.operators.tables import OperatorSession
from backend.partners.organisations.tables import OrganisationInvitation
from backend.partners.tables import PartnerMember
from backend.services import Services
from benchmarks.pages_visits import Visit, Who
from benchmarks.pages_world import COMMUNES, PARTNERS, SCHOOLS_WITH_PASSAGES, schools
from passcard.layout import make_card_number

VISITORS: Final = 50
WITHOUT_CARD: Final = range(1, 4)
OPERATORS: Final = 30
LIFE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a browser, and what the addresses of their pages need."""

    token: str
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is needed to seat somebody: a unit of work, the page, how many people there are."""

    services: Services
    session: Session
    visit: Visit
    people: int

    def open(self, account_id: UUID) -> str:
        """Open a session, and return its token."""
        stages = {Who.AT_FACTOR: Stage.FACTOR, Who.AT_TERMS: Stage.TERMS}
        stage = stages.get(self.visit.who, Stage.FULL)
        now = self.services.now()
        shown = now if stage is Stage.FULL else None
        return open_session(self.session, account_id, stage, "mesure", now, factor_at=shown)


def seat(services: Services, visit: Visit, people: int) -> list[Visitor]:
    """Return those who open a page, in the order in which they do."""
    makers: dict[Who, Callable[[_Asked], Iterator[Visitor]]] = {
        Who.STAFF: _staff,
        Who.PARTNER: _members,
        Who.OPERATOR: _operators,
    }
    with services.database.unit_of_work() as session:
        return list(makers.get(visit.who, _holders)(_Asked(services, session, visit, people)))


def make_card_numbers_right(services: Services, people: int) -> None:
    """Give the cards that are looked at their check digits: the years were written without."""
    with services.database.unit_of_work() as session:
        for n in _drawn(people):
            session.get_one(Card, _id("c0000000", n)).number = make_card_number(n)


def _id(prefix: str, number: int) -> UUID:
    return UUID(f"{prefix}-0000-4000-8000-{number:012x}")


def _drawn(people: int) -> list[int]:
    draw = random.Random(1)  # noqa: S311 - the same people each time
    # The first of each fifty wait for their card, or it is on its way (pages_world).
    with_card = [n for n in range(1, people + 1) if n % 50 not in WITHOUT_CARD]
    return draw.sample(with_card, min(VISITORS, len(with_card)))


def _holders(asked: _Asked) -> Iterator[Visitor]:
    """Give those who open their own pages, and those who are nobody yet."""
    for place, n in enumerate(_drawn(asked.people)):
        names = {
            "beneficiary_id": str(_id("b0000000", n)),
            "card_id": str(_id("c0000000", n)),
            "commune": f"{10_000 + n % COMMUNES:05d}",
            "outlet": str(_id("2c000000", 1 + n % PARTNERS)),
            "year": str(asked.services.now().year - 1),
            "version": "1",
            "code": "card_unknown",
            "kind": "librairie",
            "organisation_id": str(_id("72000000", 1 + place)),
        }
        if asked.visit.stranger:
            names["beneficiary_id"] = str(_id("b0000000", (n + 6) % asked.people + 1))
        if asked.visit.who is Who.NOBODY:
            link = _LINKS[asked.visit.link](asked, n) if asked.visit.link else ""
            yield Visitor("", {**names, "link": link, "token": link})
            continue
        # The first accounts look after an organisation each.
        of_organisation = "{organisation_id}" in asked.visit.route
        yield Visitor(asked.open(_id("1a000000", 1 + place if of_organisation else n)), names)


def _staff(asked: _Asked) -> Iterator[Visitor]:
    for place in range(VISITORS):
        k = 1 + place % min(SCHOOLS_WITH_PASSAGES, schools(asked.people))
        pupil = 1 + place if k == 1 else 3_000 + (k - 2) * 800 + 1 + place
        names = {
            "establishment_id": str(_id("5c000000", k)),
            "enrolment_id": str(_id("5e000000", pupil)),
            "lot_id": str(_id("10000000", k * 16 + place % 12)),
            "token": f"cuisine-{k}",
        }
        token = "" if "cuisine" in asked.visit.route else asked.open(_id("5a000000", k))
        yield Visitor(token, names)


def _members(asked: _Asked) -> Iterator[Visitor]:
    members = select(PartnerMember.account_id, PartnerMember.partner_id)
    for account_id, partner_id in asked.session.execute(members.limit(VISITORS)).all():
        yield Visitor(asked.open(account_id), {"partner_id": str(partner_id)})


def _operators(asked: _Asked) -> Iterator[Visitor]:
    campaign = asked.session.scalars(select(Campaign.id)).first()
    now = asked.services.now()
    for place, n in enumerate(_drawn(asked.people)):
        operator = _id("0a000000", 1 + place % OPERATORS)
        token = asked.open(operator)
        row = find_session(asked.session, token, now)
        asked.session.add(
            OperatorSession(
                session_id=row.id, seen_at=now, searched=asked.visit.searched, expires_at=now + LIFE
            )
        )
        school = 1 + place % schools(asked.people)
        names = {
            "person_id": str(_id("b0000000", n)),
            "account_id": str(_id("1a000000", n)),
            "payment_id": str(_id("e0000000", n * 7)),
            "partner_id": str(_id("2a000000", 1 + place % 3)),
            "establishment_id": str(_id("5c000000", school)),
            "terminal_id": str(_id("6b000000", 4 + place * 4)),
            "campaign_id": str(campaign),
            "operator_id": str(operator),
        }
        yield Visitor(token, names)


def _signs_up(asked: _Asked, n: int) -> str:
    now = asked.services.now()
    row = SignUp(
        id=uuid4(),
        email=f"nouveau{n}@exemple.example",
        given_name="Camille",
        family_name="Durand",
        birth_date=date(1985, 2, 1),
        language="fr",
        terms_version=1,
        created_at=now,
        expires_at=now + LIFE,
    )
    asked.session.add(row)
    return give_address_link(asked.session, AddressLinkKind.SIGN_UP, row.id, now + LIFE, now)


def _changes(asked: _Asked, n: int) -> str:
    now, account = asked.services.now(), _id("1a000000", n)
    row = EmailChange(
        id=uuid4(),
        account_id=account,
        old_email=f"p{n}@exemple.example",
        new_email=f"autre{n}@exemple.example",
        asked_by=_id("0a000000", 1),
        asked_at=now,
        expires_at=now + LIFE,
    )
    asked.session.add(row)
    return give_address_link(asked.session, AddressLinkKind.OLD_ADDRESS, row.id, now + LIFE, now)


def _invited(asked: _Asked, n: int) -> dict[str, object]:
    now = asked.services.now()
    return {
        "id": uuid4(),
        "email": f"invite{n}@exemple.example",
        "language": "fr",
        "invited_by": _id("1a000000", n),
        "created_at": now,
        "expires_at": now + LIFE,
    }


def _joins_family(asked: _Asked, n: int) -> str:
    now, family = asked.services.now(), _id("1f000000", n + n % 2)
    row = FamilyInvitation(**_invited(asked, n), relation="parent", family_id=family)
    asked.session.add(row)
    return give_address_link(asked.session, AddressLinkKind.FAMILY, row.id, now + LIFE, now)


def _joins_organisation(asked: _Asked, n: int) -> str:
    now, organisation = asked.services.now(), _id("72000000", 1 + n % 200)
    row = OrganisationInvitation(**_invited(asked, n), organisation_id=organisation)
    asked.session.add(row)
    return give_address_link(asked.session, AddressLinkKind.ORGANISATION, row.id, now + LIFE, now)


def _forgot(asked: _Asked, n: int) -> str:
    account = _id("1a000000", n)
    return give_link(asked.session, account, SignInLinkKind.PASSWORD, asked.services.now())


def _has_card(asked: _Asked, n: int) -> str:
    return invite(asked.session, _id("b0000000", n), asked.services.now())


#: What a link in an address is for, and who gives it.
_LINKS: Final[dict[str, Callable[[_Asked, int], str]]] = {
    "sign_up": _signs_up,
    "change": _changes,
    "family": _joins_family,
    "organisation": _joins_organisation,
    "password": _forgot,
    "activation": _has_card,
}
