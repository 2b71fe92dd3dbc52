"""Choosing a code while signed in: the password again, then the same rules as everywhere.

Promise: whoever finds a browser signed in cannot choose a code without the password, nor look for
the present one by trying: wrong passwords and refused codes are both counted, and waits grow. A
parent chooses a child's code only until the child signs in with an account of their own. The digits
are wiped, and are in no error.
"""

import hashlib
from typing import Final
from uuid import UUID

from backend.accounts.families.rights import check_may_choose_code
from backend.accounts.signin.acts import ActKind
from backend.accounts.signin.passwords import is_right
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.signin.tries import door_of_email, give_back, take_try
from backend.holders.errors import PasswordMissing, PasswordWrong
from backend.holders.telling import Acting, record_and_tell
from backend.pins.errors import CodeRefused
from backend.pins.setting import set_code
from backend.pins.weak_codes import Weakness
from backend.services import Services
from backend.vault.values import SecretCode

#: What a refusal of these tells is what others chose, or what this holder had.
TELLING: Final = frozenset({Weakness.PREVIOUS.value, Weakness.SHARED.value})


def choose_code(
    services: Services, account_id: UUID, beneficiary_id: UUID, password: str, code: SecretCode
) -> None:
    """Set a person's code for whoever signs in and types their own password again.

    Raises NotYours, PasswordMissing, PasswordWrong, TooManyTries, CodeRefused, CodeBeingSet.
    """
    try:
        with services.database.reading() as session:
            check_may_choose_code(session, account_id, beneficiary_id)
        _ask_password(services, account_id, password)
        _set(services, account_id, beneficiary_id, code)
    finally:
        code.wipe()


def _ask_password(services: Services, account_id: UUID, password: str) -> None:
    """Compare a password as signing in does: the same tries, the hash while no row is held."""
    with services.database.unit_of_work() as session:
        account = session.get_one(SignInAccount, account_id)
        door, stored = door_of_email(account.email), account.password_hash
        if stored is None:
            raise PasswordMissing
        take_try(session, door, services.now())
    if not is_right(stored, password):
        raise PasswordWrong
    with services.database.unit_of_work() as session:
        give_back(session, door)


def _set(services: Services, account_id: UUID, beneficiary_id: UUID, code: SecretCode) -> None:
    door = _door_of_code(beneficiary_id)
    with services.database.unit_of_work() as session:
        take_try(session, door, services.now())
    try:
        set_code(services, beneficiary_id, code)
    except CodeRefused as refusal:
        if refusal.details["why"] not in TELLING:
            with services.database.unit_of_work() as session:
                give_back(session, door)
        raise
    with services.database.unit_of_work() as session:
        give_back(session, door)
        record_and_tell(
            session,
            Acting(account_id, beneficiary_id),
            ActKind.CODE_CHOSEN,
            "code_chosen",
            services.now(),
            told_already=True,
        )


def _door_of_code(beneficiary_id: UUID) -> bytes:
    return hashlib.sha256(b"code:" + beneficiary_id.bytes).digest()
