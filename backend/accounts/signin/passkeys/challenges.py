"""Challenges given to a browser: random, good for minutes, for one bearer, and once."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from backend.accounts.signin.passkeys.ceremonies import CHALLENGE_BYTES, CHALLENGE_SECONDS_MAX
from backend.accounts.signin.passkeys.errors import PasskeyRefused
from backend.accounts.signin.passkeys.tables import ChallengeKind, PasskeyChallenge
from backend.accounts.signin.tokens import token_hash
from backend.expiry import sweep_expired


def give_challenge(session: Session, kind: ChallengeKind, token: str, now: datetime) -> bytes:
    """Return a new challenge (32 bytes) for whoever bears this token, and nobody else."""
    sweep_expired(session, PasskeyChallenge, PasskeyChallenge.expires_at, now)
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    session.add(
        PasskeyChallenge(
            challenge_hash=_hash(challenge),
            kind=kind.value,
            bearer_hash=token_hash(token),
            expires_at=now + timedelta(seconds=CHALLENGE_SECONDS_MAX),
        )
    )
    session.flush()
    return challenge


def use_challenge(
    session: Session, kind: ChallengeKind, token: str, challenge: bytes, now: datetime
) -> None:
    """Let a challenge serve, once and for all; commit before anything else. PasskeyRefused."""
    row = session.get(PasskeyChallenge, _hash(challenge), with_for_update=True)
    if row is None:
        raise PasskeyRefused(why="challenge")
    ours = row.kind == kind.value and hmac.compare_digest(row.bearer_hash, token_hash(token))
    if not ours or now >= row.expires_at:
        raise PasskeyRefused(why="challenge")
    session.delete(row)
    session.flush()


def _hash(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()
