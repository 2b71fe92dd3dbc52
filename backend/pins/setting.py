"""Setting a code: the holder chooses it, we refuse the easy ones, the vault makes a reference.

Promise: the digits are wiped when this is over, and are in no error. Setting a code opens a locked
one. Not here: who may ask (an activation token, or the web room's signed-in holder).
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.activation import find_activation, use_activation
from backend.accounts.beneficiaries import find_beneficiary
from backend.pins.errors import CodeBeingSet, CodeRefused
from backend.pins.states import CodeEvent, CodeState, next_state
from backend.pins.tables import TRIES_MAX, PinReferenceRow
from backend.pins.weak_codes import Weakness, find_weakness
from backend.services import Services
from backend.vault.values import PinReference, SecretCode


@dataclass(frozen=True, slots=True)
class _Holder:
    beneficiary_id: UUID
    birth_date: date
    reference: PinReference | None


def activate_code(services: Services, activation_token: str, code: SecretCode) -> None:
    """Set the code of whoever holds this activation token, which then has served.

    Raises ActivationUnknown, ActivationUsed, ActivationExpired, CodeRefused (the token stays).
    """
    try:
        with services.database.reading() as session:
            beneficiary_id = find_activation(session, activation_token, services.now())
        reference = _make_reference(services, beneficiary_id, code)
    finally:
        code.wipe()
    with services.database.unit_of_work() as session:
        use_activation(session, activation_token, services.now())
        _store(session, beneficiary_id, reference, services.now())


def set_code(services: Services, beneficiary_id: UUID, code: SecretCode) -> None:
    """Set a beneficiary's code, who has just proved who they are; raise CodeRefused."""
    try:
        reference = _make_reference(services, beneficiary_id, code)
    finally:
        code.wipe()
    with services.database.unit_of_work() as session:
        _store(session, beneficiary_id, reference, services.now())


def code_state(session: Session, beneficiary_id: UUID) -> CodeState:
    """Return the state of a beneficiary's code; a code without a try left is locked."""
    row = session.get(PinReferenceRow, beneficiary_id)
    if row is None:
        return CodeState.UNSET
    return CodeState(row.state) if row.tries_left else CodeState.LOCKED


def _make_reference(services: Services, beneficiary_id: UUID, code: SecretCode) -> PinReference:
    """Refuse an easy code, else return what is to be stored of it; the vault is asked here."""
    with services.database.reading() as session:
        holder = _read_holder(session, beneficiary_id)
    _refuse_easy(services, holder, code)
    generation = holder.reference.generation + 1 if holder.reference else 1
    return services.vault.make_pin_reference(beneficiary_id, generation, code)


def _read_holder(session: Session, beneficiary_id: UUID) -> _Holder:
    person = find_beneficiary(session, beneficiary_id)
    row = session.get(PinReferenceRow, beneficiary_id)
    reference = reference_of(row) if row is not None else None
    return _Holder(person.id, person.birth_date, reference)


def _refuse_easy(services: Services, holder: _Holder, code: SecretCode) -> None:
    weakness = find_weakness(code.reveal().decode("ascii"), holder.birth_date)
    if weakness is not None:
        raise CodeRefused(why=weakness.value)
    if holder.reference is not None and services.vault.matches_reference(
        holder.beneficiary_id, holder.reference, code
    ):
        raise CodeRefused(why=Weakness.PREVIOUS.value)


def _store(session: Session, account_id: UUID, reference: PinReference, now: datetime) -> None:
    row = session.get(PinReferenceRow, account_id, with_for_update=True)
    state = CodeState(row.state) if row is not None else CodeState.UNSET
    after = next_state(state, CodeEvent.SET)
    assert after is not None
    if (row.generation if row is not None else 0) != reference.generation - 1:
        raise CodeBeingSet
    if row is None:
        row = PinReferenceRow(account_id=account_id)
        session.add(row)
    row.generation = reference.generation
    row.key_version = reference.key_version
    row.salt = reference.salt
    row.tag = reference.tag
    row.tries_left = TRIES_MAX
    row.state = after.value
    row.set_at = now
    row.locked_at = None
    session.flush()


def reference_of(row: PinReferenceRow) -> PinReference:
    """Return the stored reference as the vault wants it."""
    return PinReference(row.generation, row.key_version, row.salt, row.tag)
