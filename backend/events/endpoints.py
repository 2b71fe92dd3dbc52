"""A partner's endpoints: add one and get its secret, change the secret, replay, enable, remove.

Promise: a secret is given once, when it is made; the one before signs beside it for a day, so that
a partner changes it without losing an event. What is not the partner's does not exist for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from backend.benefits.tables import PartnerAccount
from backend.events.addresses import check_url
from backend.events.errors import EndpointUnknown, TooManyEndpoints
from backend.events.feed import sealed_up_to
from backend.events.tables import EndpointState, EventDelivery, EventEndpoint
from backend.ledger.tables import Transfer
from backend.services import Services
from backend.vault.event_secret import secret_text

ENDPOINTS_PER_PARTNER_MAX: Final = 3
#: How long two secrets sign side by side.
OVERLAP: Final = timedelta(hours=24)
DELIVERIES_SHOWN_MAX: Final = 50
DELIVERIES_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class EndpointSecret:
    """What a partner checks signatures with, shown once."""

    endpoint_id: UUID
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """An endpoint as it stands."""

    endpoint_id: UUID
    url: str
    state: EndpointState
    created_at: datetime
    failing_since: datetime | None
    tries: int
    #: The secret before it still signs until then.
    previous_until: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One try."""

    event_id: UUID
    kind: str
    tried_at: datetime
    status: int | None
    outcome: str
    milliseconds: int


def add_endpoint(
    services: Services, session: Session, partner_id: UUID, url: str
) -> EndpointSecret:
    """Tell an address of what happens from now on.

    Raises EndpointUrlRefused, TooManyEndpoints.
    """
    check_url(url, private=services.settings.events_private_addresses)
    query = select(func.count()).where(
        EventEndpoint.partner_id == partner_id,
        EventEndpoint.state != EndpointState.REMOVED.value,
    )
    if (session.scalar(query) or 0) >= ENDPOINTS_PER_PARTNER_MAX:
        raise TooManyEndpoints(endpoints_max=ENDPOINTS_PER_PARTNER_MAX)
    now, version = services.now(), services.vault.current_pin_reference_version()
    made = EventEndpoint(
        id=uuid4(),
        partner_id=partner_id,
        url=url,
        state=EndpointState.ACTIVE.value,
        generation=1,
        key_version=version,
        previous_until=None,
        previous_key_version=None,
        reached=sealed_up_to(session),
        tries=0,
        failing_since=None,
        next_try_at=now,
        created_at=now,
        disabled_at=None,
    )
    session.add(made)
    session.flush()
    return _secret(services, made)


def rotate_secret(
    services: Services, session: Session, partner_id: UUID, endpoint_id: UUID
) -> EndpointSecret:
    """Give an endpoint another secret; the one before signs too for OVERLAP.

    Raises EndpointUnknown.
    """
    found = _of_partner(session, partner_id, endpoint_id)
    found.previous_until = services.now() + OVERLAP
    found.previous_key_version = found.key_version
    found.generation += 1
    found.key_version = services.vault.current_pin_reference_version()
    session.flush()
    return _secret(services, found)


def list_endpoints(session: Session, partner_id: UUID, now: datetime) -> list[EndpointLine]:
    """Return a partner's endpoints, oldest first."""
    query = (
        select(EventEndpoint)
        .where(
            EventEndpoint.partner_id == partner_id,
            EventEndpoint.state != EndpointState.REMOVED.value,
        )
        .order_by(EventEndpoint.created_at, EventEndpoint.id)
    )
    return [_line(one, now) for one in session.scalars(query)]


def list_deliveries(
    session: Session, partner_id: UUID, endpoint_id: UUID, limit: int = DELIVERIES_SHOWN_MAX
) -> list[DeliveryLine]:
    """Return the last tries of an endpoint, newest first; raise EndpointUnknown."""
    _find(session, partner_id, endpoint_id, lock=False)
    return last_deliveries(session, [endpoint_id], limit)[endpoint_id]


def last_deliveries(
    session: Session, endpoint_ids: Sequence[UUID], limit: int
) -> dict[UUID, list[DeliveryLine]]:
    """Return the last tries of each endpoint, newest first; one statement for all of them."""
    place = func.row_number().over(
        partition_by=EventDelivery.endpoint_id, order_by=EventDelivery.number.desc()
    )
    numbered = (
        select(EventDelivery.number, place.label("place"))
        .where(EventDelivery.endpoint_id.in_(endpoint_ids))
        .subquery()
    )
    query = (
        select(EventDelivery)
        .join(numbered, numbered.c.number == EventDelivery.number)
        .where(numbered.c.place <= min(limit, DELIVERIES_SHOWN_MAX))
        .order_by(EventDelivery.number.desc())
    )
    found: dict[UUID, list[DeliveryLine]] = {one: [] for one in endpoint_ids}
    for one in session.scalars(query):
        line = DeliveryLine(
            one.event_id, one.kind, one.tried_at, one.status, one.outcome, one.milliseconds
        )
        found[one.endpoint_id].append(line)
    return found


def remove_endpoint(session: Session, partner_id: UUID, endpoint_id: UUID) -> None:
    """Tell an address nothing more; raise EndpointUnknown."""
    found = _of_partner(session, partner_id, endpoint_id)
    found.state = EndpointState.REMOVED.value


def enable_endpoint(session: Session, partner_id: UUID, endpoint_id: UUID, now: datetime) -> None:
    """Begin again where an endpoint was left, at once; raise EndpointUnknown."""
    found = _of_partner(session, partner_id, endpoint_id)
    _begin_again(found, now)


def replay(
    session: Session, partner_id: UUID, endpoint_id: UUID, after: int, now: datetime
) -> None:
    """Send everything after a number again, with the same ids; raise EndpointUnknown.

    A number that the endpoint has not reached yet changes nothing: nothing is ever left out.
    """
    found = _of_partner(session, partner_id, endpoint_id)
    found.reached = max(0, min(found.reached, after))
    _begin_again(found, now)


def number_before(session: Session, partner_id: UUID, moment: datetime) -> int:
    """Return the number after which all of a partner's events from a moment on come."""
    account = select(PartnerAccount.account_id).where(PartnerAccount.partner_id == partner_id)
    own = or_(
        Transfer.credit_account_id == account.scalar_subquery(),
        Transfer.debit_account_id == account.scalar_subquery(),
    )
    query = select(func.min(Transfer.sequence)).where(own, Transfer.recorded_at >= moment)
    first = session.scalar(query)
    return sealed_up_to(session) if first is None else first - 1


def sweep_deliveries(session: Session, now: datetime) -> None:
    """Forget tries of long ago."""
    old = EventDelivery.tried_at < now - DELIVERIES_KEPT
    session.execute(delete(EventDelivery).where(old))


def _begin_again(found: EventEndpoint, now: datetime) -> None:
    found.state = EndpointState.ACTIVE.value
    found.disabled_at = None
    found.failing_since = None
    found.tries = 0
    found.next_try_at = now


def _of_partner(session: Session, partner_id: UUID, endpoint_id: UUID) -> EventEndpoint:
    """Return a partner's endpoint, to change it; raise EndpointUnknown."""
    return _find(session, partner_id, endpoint_id, lock=True)


def _find(session: Session, partner_id: UUID, endpoint_id: UUID, *, lock: bool) -> EventEndpoint:
    found = session.get(EventEndpoint, endpoint_id, with_for_update=lock or None)
    if (
        found is None
        or found.partner_id != partner_id
        or found.state == EndpointState.REMOVED.value
    ):
        raise EndpointUnknown
    return found


def _secret(services: Services, endpoint: EventEndpoint) -> EndpointSecret:
    secret = services.vault.event_secret(
        endpoint.id, endpoint.generation, key_version=endpoint.key_version
    )
    return EndpointSecret(endpoint.id, secret_text(secret.reveal()))


def _line(one: EventEndpoint, now: datetime) -> EndpointLine:
    until = one.previous_until
    return EndpointLine(
        endpoint_id=one.id,
        url=one.url,
        state=EndpointState(one.state),
        created_at=one.created_at,
        failing_since=one.failing_since,
        tries=one.tries,
        previous_until=until if until is not None and until > now else None,
    )
