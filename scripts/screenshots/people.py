"""Pictures of the pages that people sign in to: a partner's space, and what others are for.

The people are made in the demonstration's own database, as the operator's commands would; a session
is opened for each, because a password and a second factor are not what is looked at.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

from playwright.sync_api import Cookie
from sqlalchemy.orm import Session

from backend.access.staff import add_staff
from backend.accounts.families.tables import Tie
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.commands.declared import id_of
from backend.commands.verbs.invocation import open_services
from backend.operators.tables import Operator, OperatorRole
from backend.partners.space import add_member
from backend.services import Services
from backend.settings import load_settings
from backend.web.signed_in import COOKIE
from scripts.demo.story import Story
from scripts.screenshots.studio import Studio

PHONE, DESK = (390, 844), (1200, 900)

Part = Callable[[Session, UUID, Services], str]
"""Give an account its part; return the page to look at."""


def take_people(studio: Studio, story: Story) -> None:
    """Take a picture for each part that somebody may have."""
    services = open_services(load_settings(Path(story.world.config("backend"))))
    with closing(services.database):
        for name, (part, size) in PARTS.items():
            path, cookie = _signed_in(services, name, part)
            page = studio.open(f"{story.world.backend}{path}", size, (cookie,))
            assert page.locator("h1").count() == 1, page.url
            studio.take(name, page)
            page.context.close()


def _signed_in(services: Services, name: str, part: Part) -> tuple[str, Cookie]:
    now = services.now()
    with services.database.unit_of_work() as session:
        email = f"{name}@exemple.example"
        account_id = invite_to_sign_in(services, session, email, "Nadia", "Bernard")
        path = part(session, account_id, services)
        session.flush()
        account = session.get_one(SignInAccount, account_id)
        account.factor_generation, account.factor_confirmed_at = 1, now
        token = open_session(session, account_id, Stage.FULL, "pictures", now, factor_at=now)
    cookie: Cookie = {
        "name": COOKIE,
        "value": token,
        "domain": "127.0.0.1",
        "path": "/",
        "secure": True,
    }
    return path, cookie


def _of_a_partner(session: Session, account_id: UUID, services: Services) -> str:
    partner_id = id_of("partner", "librairie")
    add_member(session, account_id, partner_id, services.now())
    return f"/espace/partenaire/{partner_id}"


def _of_a_school(session: Session, account_id: UUID, services: Services) -> str:
    establishment_id = id_of("establishment", "lycee")
    add_staff(session, account_id, establishment_id, services.now())
    return f"/espace/etablissement/{establishment_id}"


def _a_holder(session: Session, account_id: UUID, services: Services) -> str:
    beneficiary_id = id_of("beneficiary", "lea")
    now = services.now()
    session.add(Tie(id=uuid4(), account_id=account_id, beneficiary_id=beneficiary_id, since=now))
    return f"/espace/pass/{beneficiary_id}"


def _an_operator(session: Session, account_id: UUID, services: Services) -> str:
    session.add(
        Operator(account_id=account_id, role=OperatorRole.OPERATOR.value, since=services.now())
    )
    return "/exploitation"


PARTS: Mapping[str, tuple[Part, tuple[int, int]]] = {
    "partner": (_of_a_partner, DESK),
    "establishment": (_of_a_school, DESK),
    "holder": (_a_holder, PHONE),
    "operator": (_an_operator, DESK),
}
