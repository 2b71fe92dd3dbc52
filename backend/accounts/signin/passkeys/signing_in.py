"""Signing in with a passkey: alone, where it is both factors, or after a password.

Promise: a challenge is used up before the answer is looked at; what is refused does not say why; a
counter that goes backwards is written down and mailed, for there may be a copy of the passkey.
"""

import json
import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.errors import SignInRefused
from backend.accounts.signin.passkeys.ceremonies import (
    Answer,
    Holding,
    check_answer,
    read_answer,
    request_options,
)
from backend.accounts.signin.passkeys.challenges import give_challenge, use_challenge
from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.accounts.signin.passkeys.keeping import site_here
from backend.accounts.signin.passkeys.tables import ChallengeKind, Passkey
from backend.accounts.signin.sessions import end_by_token, find_session, open_session
from backend.accounts.signin.signing_in import Started
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services

LOG: Final = logging.getLogger(__name__)


def begin_sign_in(services: Services, browser_token: str) -> str:
    """Return what a browser is asked, where nobody has said who they are; as JSON.

    Raises PasskeysNotOffered.
    """
    site = site_here(services.settings)
    with services.database.unit_of_work() as session:
        kind, now = ChallengeKind.SIGN_IN, services.now()
        challenge = give_challenge(session, kind, browser_token, now)
    return json.dumps(request_options(site, None, challenge))


def begin_factor(services: Services, token: str) -> str:
    """Return what a browser is asked after the password, as JSON.

    Raises NotSignedIn, PasskeysNotOffered, SignInRefused where there is no passkey.
    """
    site = site_here(services.settings)
    with services.database.unit_of_work() as session:
        now = services.now()
        account_id = find_session(session, token, now).account_id
        of_them = select(Passkey.credential_id).where(Passkey.account_id == account_id)
        known = list(session.scalars(of_them))
        if not known:
            raise SignInRefused
        challenge = give_challenge(session, ChallengeKind.FACTOR, token, now)
    return json.dumps(request_options(site, known, challenge))


def sign_in_with_passkey(
    services: Services, browser_token: str, answer: str, browser: str
) -> Started:
    """Open a session for whoever's passkey this is; raise SignInRefused, PasskeysNotOffered."""
    said = _take(services, ChallengeKind.SIGN_IN, browser_token, answer)
    with services.database.reading() as session:
        row = session.scalar(select(Passkey).where(Passkey.credential_id == said.credential_id))
        if row is None:
            raise SignInRefused
        passkey_id, account_id, credential = row.id, row.account_id, row.credential
    if said.holder is not None and said.holder != account_id.bytes:
        raise SignInRefused
    holding = _check(services, said, credential)
    with services.database.unit_of_work() as session:
        now = services.now()
        _note_use(session, passkey_id, holding, now)
        if session.get_one(SignInAccount, account_id).closed_at is not None:
            raise SignInRefused
        opened = open_session(session, account_id, Stage.FULL, browser, now, factor_at=now)
        return Started(opened, Stage.FULL)


def confirm_with_passkey(services: Services, token: str, answer: str) -> Started:
    """Finish signing in after the password; the session gets another token.

    Raises NotSignedIn, SignInRefused, PasskeysNotOffered.
    """
    with services.database.reading() as session:
        account_id = find_session(session, token, services.now()).account_id
    said = _take(services, ChallengeKind.FACTOR, token, answer)
    with services.database.reading() as session:
        row = session.scalar(
            select(Passkey).where(
                Passkey.credential_id == said.credential_id, Passkey.account_id == account_id
            )
        )
        if row is None:
            raise SignInRefused
        passkey_id, credential = row.id, row.credential
    holding = _check(services, said, credential)
    with services.database.unit_of_work() as session:
        now = services.now()
        waiting = find_session(session, token, now)
        browser, kept = waiting.browser, waiting.kept
        _note_use(session, passkey_id, holding, now)
        end_by_token(session, token)
        opened = open_session(
            session, account_id, Stage.FULL, browser, now, kept=kept, factor_at=now
        )
        return Started(opened, Stage.FULL)


def _take(services: Services, kind: ChallengeKind, token: str, answer: str) -> Answer:
    try:
        said = read_answer(answer)
        with services.database.unit_of_work() as session:
            use_challenge(session, kind, token, said.challenge, services.now())
    except PasskeyRefused as refusal:
        raise _told(refusal) from None
    return said


def _check(services: Services, said: Answer, credential: bytes) -> Holding:
    try:
        return check_answer(site_here(services.settings), said, credential)
    except PasskeyRefused as refusal:
        raise _told(refusal) from None


def _told(refusal: PasskeyRefused) -> SignInRefused:
    LOG.info("passkey refused: %s", refusal.details.get("why"))
    return SignInRefused()


def _note_use(session: Session, passkey_id: UUID, holding: Holding, now: datetime) -> None:
    """Write down that a passkey served; raise SignInRefused if it was removed meanwhile."""
    row = session.get(Passkey, passkey_id, with_for_update=True)
    if row is None:
        raise SignInRefused
    counts = row.sign_count > 0 or holding.sign_count > 0
    if counts and holding.sign_count <= row.sign_count:
        row.regressed_at = now
        owe_sign_in_notice(session, SignInNoticeKind.PASSKEY_COPIED, row.account_id, now)
        record_act(session, ActKind.PASSKEY_COUNTER_REGRESSED, row.account_id, row.id, now)
    row.sign_count = max(row.sign_count, holding.sign_count)
    row.backed_up = holding.backed_up
    row.used_at = now
    session.flush()
