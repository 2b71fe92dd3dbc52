"""A shop that sells, seals behind its payments, and a server of the partner's own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from backend.events.delivery import Delivered, deliver_events
from backend.events.endpoints import EndpointSecret, add_endpoint
from backend.events.post import HttpsPost
from backend.events.tables import EventEndpoint
from backend.ledger.sealing import seal
from backend.services import Services
from tests.backend.events.receiver import Receiver, make_certificate, serving
from tests.backend.payments.conftest import Shop, build_shop


@dataclass
class World:
    """The shop and its partner's server."""

    shop: Shop
    services: Services
    receiver: Receiver
    post: HttpsPost
    clock: Any
    certificate: Path

    def sell(self, *amounts: int) -> list[UUID]:
        """Sell, and seal behind it."""
        sold = []
        for amount in amounts:
            order = self.shop.order(amount)
            self.shop.pay(order)
            sold.append(order.payment_id)
        self.seal()
        return sold

    def seal(self) -> None:
        seal(self.services.database, self.services.now)

    def add(self, url: str | None = None) -> EndpointSecret:
        with self.services.database.unit_of_work() as session:
            return add_endpoint(self.services, session, self.shop.partner, url or self.receiver.url)

    def deliver(self) -> Delivered:
        return deliver_events(self.services, self.post)

    def endpoint(self, made: EndpointSecret) -> EventEndpoint:
        with self.services.database.reading() as session:
            return session.get_one(EventEndpoint, made.endpoint_id)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """SQLite, but where a test asks for both."""
    url: str = request.getfixturevalue(getattr(request, "param", "sqlite_url"))
    return url


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Receiver]:
    with serving(certificate) as receiver:
        yield receiver


@pytest.fixture
def world(services: Services, receiver: Receiver, certificate: Path, clock: Any) -> World:
    settings = services.settings.model_copy(update={"events_private_addresses": True})
    services = replace(services, settings=settings)
    shop = build_shop(services)
    shop.give(5000)
    post = HttpsPost(private=True, ca_file=certificate)
    return World(shop, services, receiver, post, clock, certificate)
