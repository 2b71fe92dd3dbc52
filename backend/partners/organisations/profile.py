"""What an organisation says of itself: typed, put right field by field, kept.

Promise: whatever is asked in somebody's name is first found among what they look after; the rest
does not exist for them. Nothing changes while an answer is awaited, nor of a partner.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.memberships import begun
from backend.accounts.signin.acts import ActKind, record_act
from backend.folding import fold
from backend.partners.directory import POSTCODE
from backend.partners.directory_tables import Commune
from backend.partners.organisations.errors import (
    OrganisationFixed,
    OrganisationInvalid,
    TooManyOfOrganisation,
)
from backend.partners.organisations.kinds import KINDS, Kind, Numbering
from backend.partners.organisations.numbers import phone_of, rna_of, siret_of
from backend.partners.organisations.tables import (
    Organisation,
    OrganisationMember,
    OrganisationState,
)
from backend.partners.tables import ADDRESS_CHARACTERS_MAX, NAME_CHARACTERS_MAX

ORGANISATIONS_MAX: Final = 10
COMMUNES_MAX: Final = 2_000
#: While it is in one of these, what it says may be put right.
CHANGEABLE: Final = frozenset({OrganisationState.OWN.value, OrganisationState.REFUSED.value})
_LETTER: Final = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form as it was typed."""

    name: str = ""
    number: str = ""
    owner_name: str = ""
    address_1: str = ""
    address_2: str = ""
    postcode: str = ""
    #: A code of INSEE's, or the name of a commune that is known.
    commune: str = ""
    phone: str = ""


def make_organisation(
    session: Session, account_id: UUID, kind: str, typed: Typed, now: datetime
) -> UUID:
    """Make an organisation with its first member.

    Raises NotYours for a kind there is not, OrganisationInvalid, TooManyOfOrganisation.
    """
    if kind not in KINDS:
        raise NotYours
    said = _read(session, KINDS[kind], typed)
    if count_memberships(session, account_id) >= ORGANISATIONS_MAX:
        raise TooManyOfOrganisation
    row = Organisation(
        id=uuid4(),
        kind=kind,
        created_at=now,
        created_by=account_id,
        state=OrganisationState.OWN.value,
        **said,
    )
    session.add(row)
    session.flush()
    session.add(OrganisationMember(organisation_id=row.id, **begun(account_id, None, now)))
    record_act(session, ActKind.ORGANISATION_MADE, account_id, row.id, now)
    return row.id


def change_organisation(
    session: Session, account_id: UUID, organisation_id: UUID, typed: Typed, now: datetime
) -> None:
    """Put right what an organisation says; raise NotYours, OrganisationFixed, -Invalid."""
    row = find_own(session, account_id, organisation_id, lock=True)
    if row.state not in CHANGEABLE:
        raise OrganisationFixed
    for field, value in _read(session, KINDS[row.kind], typed).items():
        setattr(row, field, value)
    record_act(session, ActKind.ORGANISATION_CHANGED, account_id, row.id, now)


def find_own(
    session: Session, account_id: UUID, organisation_id: UUID, *, lock: bool = False
) -> Organisation:
    """Return an organisation that somebody looks after; raise NotYours."""
    chosen = (
        select(Organisation)
        .join(OrganisationMember, OrganisationMember.organisation_id == Organisation.id)
        .where(
            Organisation.id == organisation_id,
            OrganisationMember.account_id == account_id,
            OrganisationMember.ended_at.is_(None),
        )
    )
    if lock:
        chosen = chosen.with_for_update(of=Organisation)
    row = session.scalar(chosen)
    if row is None:
        raise NotYours
    return row


def organisations_of(session: Session, account_id: UUID) -> list[Organisation]:
    """Return the organisations that somebody looks after, by name."""
    return list(
        session.scalars(
            select(Organisation)
            .join(OrganisationMember, OrganisationMember.organisation_id == Organisation.id)
            .where(
                OrganisationMember.account_id == account_id, OrganisationMember.ended_at.is_(None)
            )
            .order_by(Organisation.name, Organisation.id)
            .limit(ORGANISATIONS_MAX)
        )
    )


def count_memberships(session: Session, account_id: UUID) -> int:
    """Count the organisations that somebody looks after, ORGANISATIONS_MAX at most."""
    return len(organisations_of(session, account_id))


def communes(session: Session) -> tuple[tuple[str, str], ...]:
    """Return the communes that may be chosen, each its code and its name, by name."""
    rows = session.execute(
        select(Commune.code, Commune.name).order_by(Commune.name, Commune.code).limit(COMMUNES_MAX)
    )
    return tuple((code, name) for code, name in rows)


def typed_of(row: Organisation) -> Typed:
    """Return what would have to be typed to say the same."""
    return Typed(
        row.name,
        row.rna or row.siret or "",
        row.owner_name or "",
        row.address_1,
        row.address_2 or "",
        row.postcode,
        row.commune_code,
        row.phone or "",
    )


def _read(session: Session, kind: Kind, typed: Typed) -> dict[str, str | None]:
    """Return the columns; raise OrganisationInvalid with every field that is wrong."""
    number = rna_of(typed.number) if kind.numbering is Numbering.RNA else siret_of(typed.number)
    commune = commune_of(session, typed.commune)
    postcode = "".join(typed.postcode.split())
    owner = line_of(typed.owner_name, NAME_CHARACTERS_MAX) if kind.has_owner else None
    second = line_of(typed.address_2, ADDRESS_CHARACTERS_MAX)
    said = {
        "name": line_of(typed.name, NAME_CHARACTERS_MAX),
        "number": number,
        "owner_name": owner if kind.has_owner else "",
        "address_1": line_of(typed.address_1, ADDRESS_CHARACTERS_MAX),
        "address_2": second if typed.address_2.strip() else "",
        "postcode": postcode if POSTCODE.fullmatch(postcode) and postcode.isascii() else None,
        "commune": commune,
        "phone": phone_of(typed.phone),
    }
    wrong = [field for field, value in said.items() if value is None]
    if wrong:
        words = {"number": kind.numbering.value}
        raise OrganisationInvalid({field: words.get(field, field) for field in wrong})
    return {
        "name": said["name"],
        "rna": number if kind.numbering is Numbering.RNA else None,
        "siret": number if kind.numbering is Numbering.SIRET else None,
        "owner_name": said["owner_name"] or None,
        "address_1": said["address_1"],
        "address_2": said["address_2"] or None,
        "postcode": said["postcode"],
        "commune_code": commune,
        "phone": said["phone"],
    }


def line_of(typed: str, characters_max: int) -> str | None:
    """Read one line with at least a letter or a digit, and nothing that is not printed."""
    line = unicodedata.normalize("NFC", " ".join(typed.split()))
    if len(line) > characters_max or not line.isprintable() or not _LETTER.search(line):
        return None
    return line


def commune_of(session: Session, typed: str) -> str | None:
    """Return the code of the commune that is meant; None where none is, or more than one."""
    wanted = typed.strip()
    known, folded = communes(session), fold(wanted)
    by_code = [code for code, _ in known if code == wanted.upper()]
    by_name = [code for code, name in known if fold(name) == folded]
    meant = by_code or by_name
    return meant[0] if len(meant) == 1 else None
