"""People who signed up, made without a form: with a session where the password is not tested."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select

from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.signin.terms import note_acceptance
from backend.accounts.tables import Notice, SignInNoticeKind
from backend.services import Services
from tests.backend.web.conftest import Browser

#: What a session is kept in.
SESSION = "__Host-pass"


@dataclass(frozen=True)
class Person:
    """Somebody with an account of their own."""

    account_id: UUID
    email: str


def make_person(
    services: Services,
    email: str,
    given_name: str = "Camille",
    family_name: str = "Durand",
    birth_date: date = date(1985, 2, 1),
    *,
    password_hash: str = "none",
) -> Person:
    now = services.now()
    with services.database.unit_of_work() as session:
        account = SignInAccount(
            id=uuid4(),
            email=email,
            given_name=given_name,
            family_name=family_name,
            password_hash=password_hash,
            password_set_at=now,
            factor_generation=0,
            factor_key_version=0,
            factor_confirmed_at=None,
            factor_last_step=0,
            created_at=now,
            closed_at=None,
            birth_date=birth_date,
        )
        session.add(account)
        session.flush()
        note_acceptance(session, account, 1, now)
        return Person(account.id, email)


def enter(services: Services, browser: Browser, account_id: UUID) -> None:
    """Sign a browser in directly."""
    browser.client.cookies.clear()
    let_in(services, browser, account_id)
    browser.page = ""


def let_in(
    services: Services, browser: Browser, account_id: UUID, stage: Stage = Stage.FULL
) -> None:
    """Open a session as if a password had been right; all else the browser holds stays."""
    with services.database.unit_of_work() as session:
        token = open_session(session, account_id, stage, "test", services.now())
    browser.client.cookies.set(SESSION, token, domain="pass.example", path="/")


def owed(services: Services, kind: SignInNoticeKind) -> int:
    """Count the mails of a kind that were ever owed."""
    with services.database.reading() as session:
        return len(session.scalars(select(Notice).where(Notice.kind == kind.value)).all())
