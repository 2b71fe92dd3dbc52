"""Signing in as whom the provider identified, and opening an account that way.

Promise: FranceConnect is a first factor, as a password is: who has a second is asked for it. An
account without a password is made only by a link in its mailbox, used in the very browser that was
identified: neither a mailbox nor an identity is enough, nor the two in different hands.
"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from backend.accounts.families.errors import ProofRefused
from backend.accounts.families.own_tie import make_tie
from backend.accounts.names import plain_name
from backend.accounts.signin.errors import LinkGone, SignInRefused
from backend.accounts.signin.federation.linking import (
    Linked,
    await_sign_up,
    find_linked,
    find_pending,
    tie_pending,
)
from backend.accounts.signin.second_factors import stage_after_first_factor
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.sign_up import Asked, ask_to_sign_up, open_by_link
from backend.accounts.signin.signing_in import Started
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tries import door_of_tie, give_back, take_try
from backend.accounts.tables import Beneficiary
from backend.services import Services

#: A birth date that is known in part is said as the first of its year or month.
_PRESUMED_DAY: Final = 1


def enter(services: Services, account_id: UUID, browser: str) -> Started:
    """Open a session for the account that an identity is tied to; raise SignInRefused."""
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        if account.closed_at is not None:
            raise SignInRefused
        stage = stage_after_first_factor(account)
        opened = open_session(session, account_id, stage, browser, services.now())
        return Started(opened, stage)


def ask_to_sign_up_here(services: Services, browser_token: str, asked: Asked, network: str) -> None:
    """Ask for an account for whom this browser was identified as.

    Raises AttemptGone, and what `ask_to_sign_up` raises.
    """
    sign_up_id = ask_to_sign_up(services, asked, network)
    with services.database.unit_of_work() as session:
        await_sign_up(session, browser_token, sign_up_id, services.now())


def opens_here(services: Services, browser_token: str, sign_up_id: UUID) -> bool:
    """Say whether a sign-up is the one that this browser was identified for."""
    with services.database.reading() as session:
        pending = find_pending(session, browser_token, services.now())
        return pending is not None and pending.sign_up_id == sign_up_id


def open_account_here(
    services: Services, link_token: str, sign_up_id: UUID, browser_token: str
) -> UUID:
    """Make the account of a mailed link, without a password, tied to whom was identified here.

    Raises LinkGone, AttemptGone, IdentityTaken.
    """
    if not opens_here(services, browser_token, sign_up_id):
        raise LinkGone
    try:
        with services.database.unit_of_work() as session:
            account_id = open_by_link(session, link_token, None, services.now())
            tie_pending(session, account_id, browser_token, services.now())
            return account_id
    except IntegrityError:
        # Another link for the same address was used at the same moment.
        raise LinkGone from None


def tie_by_identity(
    services: Services, issuer: str, account_id: UUID, beneficiary_id: UUID | None
) -> None:
    """Tie an account to whoever a card's number led to, where the provider says it is they.

    Every name and the birth date must be equal. `beneficiary_id` is None where the number is
    nobody's. Raises ProofRefused, TooManyTries, TieTaken, NotOldEnough.
    """
    with services.database.unit_of_work() as session:
        take_try(session, door_of_tie(account_id), services.now())
    with services.database.unit_of_work() as session:
        linked = find_linked(session, issuer, account_id)
        person = None if beneficiary_id is None else session.get(Beneficiary, beneficiary_id)
        if linked is None or person is None or not is_same_person(linked, person):
            raise ProofRefused
        give_back(session, door_of_tie(account_id))
        make_tie(session, account_id, person.id, account_id, services.now())


def is_same_person(linked: Linked, person: Beneficiary) -> bool:
    """Compare names without accents, case or spaces, and the birth date; a presumed one is none."""
    return (
        linked.birth_date == person.birth_date
        and not _may_be_presumed(person.birth_date)
        and plain_name(linked.family_name) == plain_name(person.family_name) != ""
        and plain_name(person.given_name)
        in {plain_name(linked.given_name), plain_name(first_name(linked.given_name))} - {""}
    )


def first_name(given_names: str) -> str:
    """Return the first of somebody's given names, as they are said with spaces between."""
    return given_names.split(" ", maxsplit=1)[0]


def _may_be_presumed(birth_date: date) -> bool:
    return birth_date.day == _PRESUMED_DAY
