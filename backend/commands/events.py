"""`pass-backend events …`: a partner's endpoints and tokens, the job that sends, what it did."""

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Event
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from backend.commands.declared import id_of
from backend.commands.refusal import CommandRefused
from backend.cursors import write_cursor
from backend.events.content import EVENTS_LIST
from backend.events.delivery import Delivered, Posting, deliver_events
from backend.events.endpoints import (
    EndpointSecret,
    add_endpoint,
    enable_endpoint,
    list_deliveries,
    list_endpoints,
    number_before,
    remove_endpoint,
    replay,
    rotate_secret,
)
from backend.events.errors import EndpointUrlRefused
from backend.events.feed import EVENTS_PER_PAGE_MAX, read_events
from backend.events.post import HttpsPost
from backend.events.routes import read_place
from backend.events.tables import EventEndpoint
from backend.events.tokens import NewToken, give_token, list_tokens, revoke_token
from backend.partners.tables import Partner
from backend.services import Services
from backend.vault.errors import VaultUnavailable

LOG = logging.getLogger(__name__)
PAUSE_SECONDS = 5.0
URL_RULES: Final = {
    "characters": "the address is too long, or has characters that belong in none",
    "form": "this is no address of a server: https://host/path",
    "https_only": "events are sent over HTTPS only: https://…",
    "port": "events are sent to port 443, or one above 1023",
    "host": "the address names no server of the Internet",
    "private_address": "the address is one of a private network",
}


@dataclass(frozen=True, slots=True)
class Since:
    """From where events are sent again: a cursor of theirs, or a moment."""

    cursor: str | None = None
    moment: datetime | None = None


def add(services: Services, partner: str, url: str) -> EndpointSecret:
    """Tell an address of a partner's events from now on."""
    partner_id = _partner(services, partner)
    try:
        with services.database.unit_of_work() as session:
            return add_endpoint(services, session, partner_id, url)
    except EndpointUrlRefused as refusal:
        raise CommandRefused(URL_RULES[str(refusal.details["why"])]) from None


def rotate(services: Services, endpoint: str) -> EndpointSecret:
    """Give an endpoint another secret; both sign for a day."""
    partner_id, endpoint_id = _endpoint(services, endpoint)
    with services.database.unit_of_work() as session:
        return rotate_secret(services, session, partner_id, endpoint_id)


def remove(services: Services, endpoint: str) -> None:
    """Tell an address nothing more."""
    partner_id, endpoint_id = _endpoint(services, endpoint)
    with services.database.unit_of_work() as session:
        remove_endpoint(session, partner_id, endpoint_id)


def enable(services: Services, endpoint: str) -> None:
    """Begin again where an endpoint was left."""
    partner_id, endpoint_id = _endpoint(services, endpoint)
    with services.database.unit_of_work() as session:
        enable_endpoint(session, partner_id, endpoint_id, services.now())


def send_again(services: Services, endpoint: str, since: Since) -> None:
    """Send everything after a cursor, or from a moment on, again."""
    partner_id, endpoint_id = _endpoint(services, endpoint)
    with services.database.unit_of_work() as session:
        if since.cursor is not None:
            after = read_place(since.cursor)
        elif since.moment is not None:
            after = number_before(session, partner_id, since.moment)
        else:
            raise CommandRefused("from where? Give --after a cursor, or --since a moment")
        replay(session, partner_id, endpoint_id, after, services.now())


def give(services: Services, partner: str, name: str) -> NewToken:
    """Make a token to read a partner's events with."""
    partner_id = _partner(services, partner)
    with services.database.unit_of_work() as session:
        return give_token(session, partner_id, name, services.now())


def revoke(services: Services, partner: str, token: str) -> None:
    """Let a token serve no more."""
    partner_id = _partner(services, partner)
    with services.database.unit_of_work() as session:
        revoke_token(session, partner_id, _id(token, "token"), services.now())


def show(services: Services, partner: str) -> dict[str, object]:
    """Return a partner's endpoints and tokens, for a program."""
    partner_id = _partner(services, partner)
    with services.database.reading() as session:
        endpoints = list_endpoints(session, partner_id, services.now())
        tokens = list_tokens(session, partner_id)
    return {"endpoints": [asdict(one) for one in endpoints], "tokens": [asdict(t) for t in tokens]}


def log(services: Services, endpoint: str) -> list[dict[str, object]]:
    """Return an endpoint's last tries, newest first, for a program."""
    partner_id, endpoint_id = _endpoint(services, endpoint)
    with services.database.reading() as session:
        return [asdict(one) for one in list_deliveries(session, partner_id, endpoint_id)]


def read(services: Services, partner: str, after: str | None, limit: int) -> dict[str, object]:
    """Return a partner's events after a cursor, as the API does."""
    partner_id = _partner(services, partner)
    begin = 0 if after is None else read_place(after)
    with services.database.reading() as session:
        page = read_events(session, partner_id, begin, min(limit, EVENTS_PER_PAGE_MAX))
    return {
        "events": [one.as_json() for one in page.events],
        "cursor": write_cursor(EVENTS_LIST, str(page.reached)),
        "has_more": page.has_more,
    }


def deliver_once(services: Services, post: Posting | None = None) -> Delivered:
    """Do one round."""
    return deliver_events(services, post or open_post(services))


def deliver_until(
    services: Services, stopping: Event, *, pause_seconds: float = PAUSE_SECONDS
) -> None:
    """Do one round after another until told to stop; what is away is waited for."""
    post = open_post(services)
    while not stopping.is_set():
        try:
            done = deliver_events(services, post)
            if done != Delivered():
                LOG.info("%s", done.words)
        except OperationalError:
            LOG.warning("the database is away: no event is sent")
        except VaultUnavailable:
            LOG.warning("the vault cannot be asked: no event is signed")
        stopping.wait(pause_seconds)


def open_post(services: Services) -> HttpsPost:
    """Return what sends, as the settings say."""
    settings = services.settings
    return HttpsPost(private=settings.events_private_addresses, ca_file=settings.events_ca_file)


def as_json(found: object) -> str:
    """Write what was found for a program."""
    return json.dumps(found, default=str, ensure_ascii=False, indent=2)


def _partner(services: Services, partner: str) -> UUID:
    try:
        partner_id = UUID(partner)
    except ValueError:
        partner_id = id_of("partner", partner)
    with services.database.reading() as session:
        if session.get(Partner, partner_id) is None:
            msg = f"no partner {partner}"
            raise CommandRefused(msg)
    return partner_id


def _endpoint(services: Services, endpoint: str) -> tuple[UUID, UUID]:
    endpoint_id = _id(endpoint, "endpoint")
    query = select(EventEndpoint.partner_id).where(EventEndpoint.id == endpoint_id)
    with services.database.reading() as session:
        partner_id = session.scalar(query)
    if partner_id is None:
        msg = f"no endpoint {endpoint}"
        raise CommandRefused(msg)
    return partner_id, endpoint_id


def _id(text: str, what: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        msg = f"{text} is no id of a {what}"
        raise CommandRefused(msg) from None
