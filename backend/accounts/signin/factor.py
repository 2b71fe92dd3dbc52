"""Putting a second factor in place, and taking it away.

The secret is shown once, to whoever is signed in, and serves from the moment a first one-time
password shows that their application has it. Not here: the secret's keeping; the vault derives it.
"""

import base64
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from uuid import UUID

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.signin.errors import SignInRefused
from backend.accounts.signin.passkeys.keeping import remove_every_passkey
from backend.accounts.signin.signing_in import serves
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tries import door_of_factor, give_back, take_try
from backend.accounts.tables import SignInNoticeKind
from backend.services import Services

ISSUER: Final = "Pass"


@dataclass(frozen=True, slots=True)
class NewFactor:
    """What an application needs: an address for its camera, the same for fingers."""

    uri: str = field(repr=False)
    letters: str = field(repr=False)


def begin_factor(services: Services, account_id: UUID) -> NewFactor:
    """Begin a second factor, which replaces one that was begun and not confirmed.

    Raises SignInRefused where one is in place.
    """
    version = services.vault.current_pin_reference_version()
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        if account.factor_confirmed_at is not None:
            raise SignInRefused
        account.factor_generation += 1
        account.factor_key_version = version
        account.factor_last_step = 0
        generation, email = account.factor_generation, account.email
    return _new(services, account_id, email, generation, version)


def begun_factor(services: Services, account_id: UUID) -> NewFactor:
    """Show again a second factor that was begun; raise SignInRefused where none waits."""
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, account_id)
        if account.factor_confirmed_at is not None or account.factor_generation == 0:
            raise SignInRefused
        generation, version = account.factor_generation, account.factor_key_version
        email = account.email
    return _new(services, account_id, email, generation, version)


def confirm_new_factor(services: Services, account_id: UUID, typed: str) -> None:
    """Put a second factor in place with its first one-time password.

    Raises SignInRefused, TooManyTries.
    """
    with services.database.unit_of_work() as session:
        take_try(session, door_of_factor(account_id), services.now())
    if not serves(services, account_id, typed):
        raise SignInRefused
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        account.factor_confirmed_at = services.now()
        give_back(session, door_of_factor(account_id))
        owe_sign_in_notice(session, SignInNoticeKind.FACTOR_SET, account_id, services.now())


def remove_factor(services: Services, account_id: UUID) -> None:
    """Take every second factor away, for whoever lost its device: an operator's act."""
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id, with_for_update=True)
        account.factor_confirmed_at = None
        remove_every_passkey(session, account_id)
        owe_sign_in_notice(session, SignInNoticeKind.FACTOR_REMOVED, account_id, services.now())


def _new(
    services: Services, account_id: UUID, email: str, generation: int, version: int
) -> NewFactor:
    secret = services.vault.second_factor_secret(account_id, generation, key_version=version)
    letters = base64.b32encode(secret.reveal()).decode()
    label = quote(f"{ISSUER}:{email}")
    return NewFactor(f"otpauth://totp/{label}?secret={letters}&issuer={ISSUER}", letters)
