"""Somebody's own passkeys: added, listed, named, removed. Each change is mailed and written down.

Promise: nothing is added or removed in a session that was opened long ago, so that a browser left
open is not a way in for good; an account's last passkey may be removed, and then its password, or
FranceConnect, opens it again as before. Not here: what a browser is asked.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.passkeys.ceremonies import (
    NewCredential,
    Site,
    challenge_of,
    check_creation,
    creation_options,
    site_of,
)
from backend.accounts.signin.passkeys.challenges import give_challenge, use_challenge
from backend.accounts.signin.passkeys.errors import (
    PasskeyKnown,
    PasskeysNotOffered,
    SignedInTooLongAgo,
    TooManyPasskeys,
)
from backend.accounts.signin.passkeys.tables import (
    PASSKEY_NAME_CHARACTERS_MAX,
    ChallengeKind,
    Passkey,
)
from backend.accounts.signin.sessions import find_session
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services
from backend.settings import Settings

PASSKEYS_MAX: Final = 10
FRESH_MINUTES_MAX: Final = 15


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """One line of the list of somebody's passkeys."""

    passkey_id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None
    backed_up: bool
    regressed_at: datetime | None


def check_fresh(session: Session, token: str, now: datetime) -> None:
    """Raise SignedInTooLongAgo unless this session was opened a moment ago; NotSignedIn."""
    opened_at = find_session(session, token, now).created_at
    if now >= opened_at + timedelta(minutes=FRESH_MINUTES_MAX):
        raise SignedInTooLongAgo


def site_here(settings: Settings) -> Site:
    """Return where passkeys are good; raise PasskeysNotOffered."""
    site = site_of(settings)
    if site is None:
        raise PasskeysNotOffered
    return site


def list_passkeys(session: Session, account_id: UUID) -> list[OwnPasskey]:
    """Return somebody's passkeys, the oldest first: at most PASSKEYS_MAX."""
    rows = session.scalars(
        select(Passkey)
        .where(Passkey.account_id == account_id)
        .order_by(Passkey.created_at, Passkey.id)
        .limit(PASSKEYS_MAX)
    )
    return [
        OwnPasskey(row.id, row.name, row.created_at, row.used_at, row.backed_up, row.regressed_at)
        for row in rows
    ]


def begin_passkey(services: Services, account_id: UUID, token: str) -> str:
    """Return what the browser is asked to make a passkey with, as JSON.

    Raises PasskeysNotOffered, SignedInTooLongAgo, TooManyPasskeys.
    """
    site = site_here(services.settings)
    with services.database.unit_of_work() as session:
        now = services.now()
        check_fresh(session, token, now)
        account = session.get_one(SignInAccount, account_id)
        if account.passkeys >= PASSKEYS_MAX:
            raise TooManyPasskeys
        of_them = select(Passkey.credential_id).where(Passkey.account_id == account_id)
        known = list(session.scalars(of_them))
        challenge = give_challenge(session, ChallengeKind.ADDING, token, now)
        return json.dumps(creation_options(site, account_id, account.email, known, challenge))


def add_passkey(
    services: Services, account_id: UUID, token: str, *, answer: str, name: str
) -> None:
    """Keep the passkey that a device has made for this session's challenge.

    Raises PasskeyRefused, PasskeyKnown, PasskeysNotOffered, SignedInTooLongAgo, TooManyPasskeys.
    """
    site = site_here(services.settings)
    challenge = challenge_of(answer)
    with services.database.unit_of_work() as session:
        check_fresh(session, token, services.now())
        use_challenge(session, ChallengeKind.ADDING, token, challenge, services.now())
    made = check_creation(site, challenge, answer)
    with services.database.unit_of_work() as session:
        now = services.now()
        # Held, so that two at once do not pass the limit.
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        if account.passkeys >= PASSKEYS_MAX:
            raise TooManyPasskeys
        passkey_id = _keep(session, account_id, made, name, now)
        account.passkeys += 1
        owe_sign_in_notice(session, SignInNoticeKind.PASSKEY_ADDED, account_id, now)
        record_act(session, ActKind.PASSKEY_ADDED, account_id, passkey_id, now)


def name_passkey(session: Session, account_id: UUID, passkey_id: UUID, name: str) -> None:
    """Give one of somebody's passkeys another name; raise NotYours."""
    _own(session, account_id, passkey_id).name = clean_name(name)
    session.flush()


def remove_passkey(services: Services, account_id: UUID, token: str, passkey_id: UUID) -> None:
    """Remove one of somebody's passkeys; raise NotYours, SignedInTooLongAgo."""
    with services.database.unit_of_work() as session:
        now = services.now()
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        row = _own(session, account_id, passkey_id)
        check_fresh(session, token, now)
        session.delete(row)
        account.passkeys -= 1
        owe_sign_in_notice(session, SignInNoticeKind.PASSKEY_REMOVED, account_id, now)
        record_act(session, ActKind.PASSKEY_REMOVED, account_id, passkey_id, now)


def remove_every_passkey(session: Session, account_id: UUID) -> None:
    """Take every passkey away, for whoever lost their devices: an operator's act."""
    account = session.get_one(SignInAccount, account_id, with_for_update=True)
    session.execute(delete(Passkey).where(Passkey.account_id == account_id))
    account.passkeys = 0
    session.flush()


def clean_name(typed: str) -> str:
    """Return a name fit for a list: one line, printable, never empty."""
    words = "".join(letter if letter.isprintable() else " " for letter in typed).split()
    return " ".join(words)[:PASSKEY_NAME_CHARACTERS_MAX].strip() or "Clé d’accès"


def _keep(
    session: Session, account_id: UUID, made: NewCredential, name: str, now: datetime
) -> UUID:
    row = Passkey(
        id=uuid4(),
        account_id=account_id,
        credential_id=made.credential_id,
        credential=made.credential,
        name=clean_name(name),
        sign_count=made.sign_count,
        backed_up=made.backed_up,
        created_at=now,
        used_at=None,
        regressed_at=None,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise PasskeyKnown from None
    return row.id


def _own(session: Session, account_id: UUID, passkey_id: UUID) -> Passkey:
    row = session.get(Passkey, passkey_id, with_for_update=True)
    if row is None or row.account_id != account_id:
        raise NotYours
    return row
