"""What counts as a second factor, in one place: a one-time password in place, or a passkey.

A passkey is made only by a device that recognises its holder, so it is a second factor after a
password, and both factors alone. FranceConnect (eIDAS low) is a first factor, as a password is.
"""

from typing import Any

from sqlalchemy import Row

from backend.accounts.signin.tables import SignInAccount, Stage


def has_second_factor(account: SignInAccount | Row[Any]) -> bool:
    """Say whether somebody has put a second factor in place."""
    return bool(account.factor_confirmed_at is not None or account.passkeys > 0)


def stage_after_first_factor(account: SignInAccount) -> Stage:
    """Return how far a first factor brings somebody: all the way where there is no second."""
    return Stage.FACTOR if has_second_factor(account) else Stage.FULL
