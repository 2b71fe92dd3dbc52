"""Supporting documents of an organisation: given before it asks, read by those who answer.

Promise: only those who look after an organisation give and take away its documents, and not while
an answer is awaited; only an operator reads one, of an organisation that asked, and each reading is
written down. Not here: what a document may be (papers.py).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session, undefer

from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.quota import Quota, door_of, take_use
from backend.partners.organisations.errors import (
    DocumentUnknown,
    OrganisationFixed,
    TooManyOfOrganisation,
)
from backend.partners.organisations.papers import Paper
from backend.partners.organisations.profile import CHANGEABLE, find_own
from backend.partners.organisations.tables import (
    DocumentKind,
    Organisation,
    OrganisationDocument,
    OrganisationState,
)

DOCUMENTS_MAX: Final = 6
#: Each is looked into, which costs time: no more of them from one person in a day.
GIVEN_PER_DAY: Final = Quota(20, timedelta(hours=24))
#: What comes first of documents that were given in one instant: the order of the list of kinds.
_BY_KIND: Final = case(
    {kind.value: place for place, kind in enumerate(DocumentKind)}, value=OrganisationDocument.kind
)


def check_may_give(
    session: Session, account_id: UUID, organisation_id: UUID, now: datetime
) -> None:
    """Count one document, before it is looked into.

    Raises NotYours, OrganisationFixed, TooManyOfOrganisation, TooManyRequests.
    """
    row = find_own(session, account_id, organisation_id, lock=True)
    if row.state not in CHANGEABLE:
        raise OrganisationFixed
    if _count(session, organisation_id) >= DOCUMENTS_MAX:
        raise TooManyOfOrganisation
    take_use(session, door_of("document", str(account_id)), GIVEN_PER_DAY, now)


def give_document(
    session: Session,
    account_id: UUID,
    organisation_id: UUID,
    *,
    kind: DocumentKind,
    paper: Paper,
    now: datetime,
) -> UUID:
    """Keep a document of an organisation; return its id.

    Raises NotYours, OrganisationFixed, TooManyOfOrganisation.
    """
    row = find_own(session, account_id, organisation_id, lock=True)
    if row.state not in CHANGEABLE:
        raise OrganisationFixed
    if _count(session, organisation_id) >= DOCUMENTS_MAX:
        raise TooManyOfOrganisation
    document = OrganisationDocument(
        id=uuid4(),
        organisation_id=organisation_id,
        kind=kind.value,
        media_type=paper.media_type,
        bytes_long=len(paper.content),
        content=paper.content,
        given_at=now,
        given_by=account_id,
        counted_from=now,
    )
    session.add(document)
    session.flush()
    record_act(session, ActKind.DOCUMENT_GIVEN, account_id, organisation_id, now)
    return document.id


def take_document_away(
    session: Session, account_id: UUID, organisation_id: UUID, document_id: UUID, now: datetime
) -> None:
    """Forget a document; raise NotYours, OrganisationFixed."""
    row = find_own(session, account_id, organisation_id, lock=True)
    document = session.get(OrganisationDocument, document_id)
    if document is None or document.organisation_id != organisation_id:
        raise NotYours
    if row.state not in CHANGEABLE:
        raise OrganisationFixed
    session.delete(document)
    session.flush()
    record_act(session, ActKind.DOCUMENT_TAKEN_AWAY, account_id, organisation_id, now)


def documents_of(
    session: Session, organisation_ids: Collection[UUID]
) -> dict[UUID, list[OrganisationDocument]]:
    """Return the documents of organisations, as they were given, without their content."""
    rows = session.scalars(
        select(OrganisationDocument)
        .where(OrganisationDocument.organisation_id.in_(organisation_ids))
        .order_by(OrganisationDocument.given_at, _BY_KIND, OrganisationDocument.id)
    )
    found: dict[UUID, list[OrganisationDocument]] = defaultdict(list)
    for one in rows:
        found[one.organisation_id].append(one)
    return found


def read_document(
    session: Session, document_id: UUID, by: UUID, now: datetime
) -> OrganisationDocument:
    """Return a document with its content, and write down who read it; raise DocumentUnknown."""
    row = session.scalar(
        select(OrganisationDocument)
        .join(Organisation, Organisation.id == OrganisationDocument.organisation_id)
        .where(
            OrganisationDocument.id == document_id,
            Organisation.state != OrganisationState.OWN.value,
        )
        .options(undefer(OrganisationDocument.content))
    )
    if row is None:
        raise DocumentUnknown
    record_act(session, ActKind.DOCUMENT_READ, by, row.organisation_id, now)
    return row


def keep_documents_on(session: Session, organisation_id: UUID, now: datetime) -> None:
    """Count the year that an organisation's documents are kept from its answer on."""
    own = OrganisationDocument.organisation_id == organisation_id
    session.execute(update(OrganisationDocument).where(own).values(counted_from=now))


def forget_documents(session: Session, organisation_id: UUID) -> None:
    """Forget the documents of an organisation that nobody looks after any more."""
    own = OrganisationDocument.organisation_id == organisation_id
    session.execute(delete(OrganisationDocument).where(own))


def _count(session: Session, organisation_id: UUID) -> int:
    own = OrganisationDocument.organisation_id == organisation_id
    return session.scalar(select(func.count()).select_from(OrganisationDocument).where(own)) or 0
