"""Who the beneficiaries are, and how to reach them. Not here: wallets, cards, codes."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from backend.accounts.errors import BeneficiaryUnknown, EmailInvalid
from backend.accounts.holder_kinds import HolderKind
from backend.accounts.tables import EMAIL_CHARACTERS_MAX, Beneficiary

# RFC 5322 §3.2.3, without quotes and comments: nothing that could begin another header or address.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
#: RFC 5321 §4.5.3.1.1.
LOCAL_PART_CHARACTERS_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a person: what is not known is None. Never printed."""

    email: str | None = None
    phone: str | None = None
    postcode: str | None = None

    def __repr__(self) -> str:
        return "Contact(hidden)"


NO_CONTACT: Final = Contact()


def create_beneficiary(
    session: Session,
    *,
    given_name: str,
    family_name: str,
    birth_date: date,
    now: datetime,
    contact: Contact = NO_CONTACT,
    kind: HolderKind = HolderKind.YOUNG,
    make_id: Callable[[], UUID] = uuid4,
) -> Beneficiary:
    """Record a person and return them; raise EmailInvalid."""
    person = Beneficiary(
        id=make_id(),
        given_name=given_name,
        family_name=family_name,
        birth_date=birth_date,
        email=None,
        phone=None,
        postcode=None,
        created_at=now,
        kind=kind.value,
    )
    set_contact(person, contact)
    session.add(person)
    session.flush()
    return person


def set_contact(person: Beneficiary, contact: Contact) -> None:
    """Write down how to reach a person; raise EmailInvalid."""
    email = None if contact.email is None else normal_email(contact.email)
    if email != person.email:
        person.unreachable_since = person.unreachable_code = None
    person.email = email
    person.phone = contact.phone
    person.postcode = contact.postcode


def normal_email(text: str) -> str:
    """Return an address as it is kept and compared; raise EmailInvalid."""
    email = text.strip().lower()
    if len(email) > EMAIL_CHARACTERS_MAX or not _EMAIL.fullmatch(email):
        raise EmailInvalid
    if len(email.partition("@")[0]) > LOCAL_PART_CHARACTERS_MAX:
        raise EmailInvalid
    return email


def find_beneficiary(session: Session, beneficiary_id: UUID) -> Beneficiary:
    """Return a person; raise BeneficiaryUnknown."""
    person = session.get(Beneficiary, beneficiary_id)
    if person is None:
        raise BeneficiaryUnknown
    return person
