"""Telling endpoints: one round of the job, or one after another.

    due ──taken──▶ the next event, at once        due ──not taken──▶ the same event, later each time
                                                      └── for GIVE_UP_AFTER, or 410 ──▶ disabled

Promise: in order, each event after the one before was taken; at least once, under the same id. No
row is locked while an endpoint is waited for. An endpoint is one sender's at a time, and a slow one
holds up nobody but itself. Signed anew at each try (Standard Webhooks 1.0), with both secrets while
a partner changes them.
"""

import base64
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from backend.accounts.outbox import owe_sign_in_notice
from backend.accounts.tables import SignInNoticeKind
from backend.benefits.tables import PartnerAccount
from backend.events.addresses import Place, read_url
from backend.events.content import Event
from backend.events.endpoints import sweep_deliveries
from backend.events.feed import read_events, sealed_up_to
from backend.events.post import TOTAL_SECONDS_MAX, Posted
from backend.events.tables import EndpointState, EventDelivery, EventEndpoint
from backend.ledger.tables import Transfer
from backend.partners.tables import PartnerMember
from backend.services import Services

LOG = logging.getLogger(__name__)

#: How long after a try the next one comes; the last again and again, until it is given up.
RETRY_SECONDS: Final = (5, 30, 120, 600, 1800, 3600, 7200, 14_400)
GIVE_UP_AFTER: Final = timedelta(days=5)
GONE: Final = 410
ENDPOINTS_CLAIMED_MAX: Final = 50
SENDERS_MAX: Final = 4
EVENTS_IN_A_ROW_MAX: Final = 50
#: A claimed endpoint is nobody else's for this long.
CLAIM: Final = timedelta(minutes=5)
#: After this long in a row an endpoint waits for the next round: well within its claim.
ROW_SECONDS_MAX: Final = 120
MEMBERS_TOLD_MAX: Final = 50
USER_AGENT: Final = "pass-backend"


class Posting(Protocol):
    """What sends."""

    def send(self, place: Place, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is a `Posted` too."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did."""

    taken: int = 0
    put_off: int = 0
    disabled: int = 0

    def __add__(self, other: "Delivered") -> "Delivered":
        return Delivered(
            self.taken + other.taken, self.put_off + other.put_off, self.disabled + other.disabled
        )

    @property
    def words(self) -> str:
        """Say it for a person."""
        said = f"{self.taken} events taken, {self.put_off} put off"
        return f"{said}, {self.disabled} endpoints disabled" if self.disabled else said


@dataclass(frozen=True, slots=True)
class _Claimed:
    """An endpoint that is this sender's until `until`."""

    endpoint_id: UUID
    partner_id: UUID
    url: str
    reached: int
    until: datetime
    #: Generation and key version of each secret that signs.
    secrets: tuple[tuple[int, int], ...]


def deliver_events(services: Services, post: Posting) -> Delivered:
    """Send what is due to every endpoint; return when each took it or was put off."""
    with services.database.unit_of_work() as session:
        claimed = _claim(session, services.now())
    if not claimed:
        return Delivered()
    with ThreadPoolExecutor(min(SENDERS_MAX, len(claimed))) as senders:
        done = list(senders.map(lambda one: _tell(services, post, one), claimed))
    with services.database.unit_of_work() as session:
        sweep_deliveries(session, services.now())
    return sum(done, Delivered())


def _claim(session: Session, now: datetime) -> list[_Claimed]:
    """Take the endpoints that something is owed to now."""
    sealed = sealed_up_to(session)
    owed = exists().where(
        PartnerAccount.partner_id == EventEndpoint.partner_id,
        or_(*(_newer(side, sealed) for side in ("credit_account_id", "debit_account_id"))),
    )
    due = (
        select(EventEndpoint)
        .where(
            EventEndpoint.state == EndpointState.ACTIVE.value,
            EventEndpoint.next_try_at <= now,
            EventEndpoint.reached < sealed,
            owed,
        )
        .order_by(EventEndpoint.next_try_at, EventEndpoint.id)
        .limit(ENDPOINTS_CLAIMED_MAX)
        .with_for_update(skip_locked=True, of=EventEndpoint)
    )
    rows = session.scalars(due).all()
    for row in rows:
        row.next_try_at = now + CLAIM
    session.flush()
    return [
        _Claimed(row.id, row.partner_id, row.url, row.reached, now + CLAIM, _secrets(row, now))
        for row in rows
    ]


def _newer(side: str, sealed: int) -> "exists":  # type: ignore[valid-type]
    return exists().where(
        getattr(Transfer, side) == PartnerAccount.account_id,
        Transfer.sequence > EventEndpoint.reached,
        Transfer.sequence <= sealed,
    )


def _secrets(row: EventEndpoint, now: datetime) -> tuple[tuple[int, int], ...]:
    current = (row.generation, row.key_version)
    if row.previous_until is None or row.previous_until <= now or row.previous_key_version is None:
        return (current,)
    return (current, (row.generation - 1, row.previous_key_version))


def _tell(services: Services, post: Posting, claimed: _Claimed) -> Delivered:
    """Send to one endpoint, event after event, until one is not taken or nothing is left."""
    with services.database.reading() as session:
        page = read_events(session, claimed.partner_id, claimed.reached, EVENTS_IN_A_ROW_MAX)
    done, place = Delivered(), read_url(claimed.url)
    end = services.now() + timedelta(seconds=ROW_SECONDS_MAX - TOTAL_SECONDS_MAX)
    for event in page.events:
        if services.now() >= end:
            break
        body = event.as_bytes()
        posted = post.send(place, _headers(services, claimed, event, body), body)
        with services.database.unit_of_work() as session:
            kept = _note(session, claimed, event, posted, services.now())
        done += kept
        if kept.taken == 0:
            return done
    else:
        # Transfers that are none of its business are behind it too.
        _finish(services, claimed, page.reached)
        return done
    _finish(services, claimed, None)
    return done


def _headers(services: Services, claimed: _Claimed, event: Event, body: bytes) -> Mapping[str, str]:
    stamp = int(services.now().timestamp())
    signed = f"{event.event_id}.{stamp}.".encode() + body
    signatures = [
        services.vault.sign_event(claimed.endpoint_id, generation, signed, key_version=version)
        for generation, version in claimed.secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(event.event_id),
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(each).decode()}" for each in signatures
        ),
    }


def _note(
    session: Session, claimed: _Claimed, event: Event, posted: Posted, now: datetime
) -> Delivered:
    """Write down what became of a try, and what follows."""
    session.add(
        EventDelivery(
            endpoint_id=claimed.endpoint_id,
            event_id=event.event_id,
            sequence=event.sequence,
            kind=event.kind.value,
            tried_at=now,
            status=posted.status,
            outcome=posted.outcome,
            milliseconds=posted.milliseconds,
        )
    )
    row = _still_ours(session, claimed)
    if row is None:
        return Delivered()
    if posted.is_taken:
        row.reached = event.sequence
        row.tries, row.failing_since = 0, None
        return Delivered(taken=1)
    row.tries += 1
    row.failing_since = row.failing_since or now
    row.next_try_at = now + timedelta(seconds=_wait(row.tries))
    if posted.status != GONE and now - row.failing_since < GIVE_UP_AFTER:
        return Delivered(put_off=1)
    row.state, row.disabled_at = EndpointState.DISABLED.value, now
    _tell_members(session, row, now)
    LOG.warning("endpoint %s disabled: %s", row.id, posted.outcome)
    return Delivered(disabled=1)


def _wait(tries: int) -> int:
    return RETRY_SECONDS[min(tries, len(RETRY_SECONDS)) - 1]


def _still_ours(session: Session, claimed: _Claimed) -> EventEndpoint | None:
    """Return the endpoint, unless it was removed, replayed or claimed by another meanwhile."""
    row = session.get_one(EventEndpoint, claimed.endpoint_id, with_for_update=True)
    is_ours = row.state == EndpointState.ACTIVE.value and row.next_try_at == claimed.until
    return row if is_ours else None


def _finish(services: Services, claimed: _Claimed, reached: int | None) -> None:
    with services.database.unit_of_work() as session:
        row = _still_ours(session, claimed)
        if row is not None:
            row.reached = row.reached if reached is None else reached
            row.next_try_at = services.now()


def _tell_members(session: Session, endpoint: EventEndpoint, now: datetime) -> None:
    """Owe the partner's people a mail: nothing is sent there any more."""
    query = (
        select(PartnerMember.account_id)
        .where(PartnerMember.partner_id == endpoint.partner_id)
        .order_by(PartnerMember.since, PartnerMember.account_id)
        .limit(MEMBERS_TOLD_MAX)
    )
    host = read_url(endpoint.url).host
    for account_id in session.scalars(query):
        kind = SignInNoticeKind.EVENTS_STOPPED
        owe_sign_in_notice(session, kind, account_id, now, about=host)
