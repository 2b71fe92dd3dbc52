"""A partner's events in its people's space: what they see, and what they may change.

Promise: whatever is asked in somebody's name is looked for among what is theirs; the rest does not
exist for them. What they change is written down with who and when.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from backend.accounts.errors import NotYours
from backend.accounts.signin.acts import ActKind, record_act
from backend.events.endpoints import (
    DeliveryLine,
    EndpointLine,
    EndpointSecret,
    add_endpoint,
    enable_endpoint,
    last_deliveries,
    list_endpoints,
    number_before,
    remove_endpoint,
    replay,
    rotate_secret,
)
from backend.events.tokens import NewToken, TokenLine, give_token, list_tokens, revoke_token
from backend.partners.tables import Partner, PartnerMember
from backend.services import Services

DELIVERIES_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class EventsSpace:
    """What a partner's people see of its events."""

    partner_id: UUID
    partner_name: str
    endpoints: list[EndpointLine]
    deliveries: dict[UUID, list[DeliveryLine]]
    tokens: list[TokenLine]


def read_space(session: Session, account_id: UUID, partner_id: UUID, now: datetime) -> EventsSpace:
    """Return a partner's endpoints, their last tries, and its tokens; raise NotYours."""
    name = _mine(session, account_id, partner_id)
    endpoints = list_endpoints(session, partner_id, now)
    return EventsSpace(
        partner_id,
        name,
        endpoints,
        last_deliveries(session, [one.endpoint_id for one in endpoints], DELIVERIES_SHOWN),
        list_tokens(session, partner_id),
    )


@dataclass(frozen=True, slots=True)
class Changing:
    """Somebody who changes something of a partner's; each method raises NotYours."""

    services: Services
    session: Session
    account_id: UUID
    partner_id: UUID

    def add(self, url: str) -> EndpointSecret:
        """Tell an address from now on; raise EndpointUrlRefused, TooManyEndpoints."""
        self._note("added")
        return add_endpoint(self.services, self.session, self.partner_id, url)

    def rotate(self, endpoint_id: UUID) -> EndpointSecret:
        """Give an endpoint another secret; raise EndpointUnknown."""
        self._note("secret changed")
        return rotate_secret(self.services, self.session, self.partner_id, endpoint_id)

    def enable(self, endpoint_id: UUID) -> None:
        """Begin again where it was left; raise EndpointUnknown."""
        self._note("enabled")
        enable_endpoint(self.session, self.partner_id, endpoint_id, self.services.now())

    def send_again(self, endpoint_id: UUID, since: datetime) -> None:
        """Send everything from a moment on again; raise EndpointUnknown."""
        self._note("sent again")
        after = number_before(self.session, self.partner_id, since)
        replay(self.session, self.partner_id, endpoint_id, after, self.services.now())

    def remove(self, endpoint_id: UUID) -> None:
        """Tell an address nothing more; raise EndpointUnknown."""
        self._note("removed")
        remove_endpoint(self.session, self.partner_id, endpoint_id)

    def give_token(self, name: str) -> NewToken:
        """Make a token to read with; raise TooManyEventTokens."""
        self._note("token made")
        return give_token(self.session, self.partner_id, name, self.services.now())

    def revoke_token(self, token_id: UUID) -> None:
        """Let a token serve no more; raise EventTokenUnknown."""
        self._note("token revoked")
        revoke_token(self.session, self.partner_id, token_id, self.services.now())

    def _note(self, words: str) -> None:
        _mine(self.session, self.account_id, self.partner_id)
        now, kind = self.services.now(), ActKind.EVENTS_CHANGED
        record_act(self.session, kind, self.account_id, self.partner_id, now, words=words)


def _mine(session: Session, account_id: UUID, partner_id: UUID) -> str:
    if session.get(PartnerMember, (account_id, partner_id)) is None:
        raise NotYours
    return session.get_one(Partner, partner_id).name
