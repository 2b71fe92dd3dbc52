"""Passkeys of those who sign in, and the challenges that wait for an answer.

A passkey is a public key: a stolen table opens nothing. A challenge is kept as its SHA-256, with
that of the browser's or session's token that it was given to, and goes as soon as it is answered.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

PASSKEY_NAME_CHARACTERS_MAX = 40


class ChallengeKind(StrEnum):
    """What a challenge was given for."""

    ADDING = "adding"
    SIGN_IN = "sign_in"
    FACTOR = "factor"


class Passkey(Base):
    """A key that somebody's device keeps, and uses after it has recognised them."""

    __tablename__ = "passkey"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("sign_in_account.id"), index=True)
    #: What the device names it by (at most 1,023 bytes: WebAuthn §4, credential id).
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    #: Attested credential data (WebAuthn §6.5.1): model, id and public key.
    credential: Mapped[bytes]
    name: Mapped[str] = mapped_column(String(PASSKEY_NAME_CHARACTERS_MAX))
    #: 0: the device does not count.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    #: Whether its maker keeps a copy, so that it outlives the device.
    backed_up: Mapped[bool]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    #: When its counter last went backwards: there may be a copy.
    regressed_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """Random bytes that a device is asked to sign, once, within minutes."""

    __tablename__ = "passkey_challenge"
    __table_args__ = (CheckConstraint("kind in ('adding', 'sign_in', 'factor')", name="kind"),)

    challenge_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    #: The hash of the token of the session, or of the browser, that it was given to.
    bearer_hash: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
