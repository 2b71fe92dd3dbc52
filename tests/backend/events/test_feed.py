"""A partner's events, read from the sealed books by its own system."""

from typing import Any
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from backend.app import build_app
from backend.cursors import write_cursor
from backend.events.content import EVENTS_LIST
from backend.events.errors import TooManyEventTokens
from backend.events.feed import read_events
from backend.events.tokens import (
    TOKENS_PER_PARTNER_MAX,
    give_token,
    list_tokens,
    revoke_token,
)
from backend.partners.registry import create_partner
from tests.backend.events.conftest import World
from tests.backend.payments.conftest import build_shop


def kinds(world: World, after: int = 0) -> list[tuple[str, int, int]]:
    with world.services.database.reading() as session:
        page = read_events(session, world.shop.partner, after, 100)
    return [(one.kind.value, one.amount_cents, one.left_cents) for one in page.events]


@pytest.mark.parametrize("database_url", ["sqlite_url", "postgres_url"], indirect=True)
def test_each_movement_is_an_event_in_order(world: World) -> None:
    sold = world.sell(100, 200, 300)
    world.shop.void(sold[0])
    world.shop.refund(sold[1], 50)
    world.shop.refund(sold[1], 30)
    world.shop.reverse(sold[2])
    declined = world.shop.order(100, code="6183")
    world.shop.pay(declined)
    world.shop.restore_tries()
    paid = [("payment.approved", amount, amount) for amount in (100, 200, 300)]
    assert kinds(world) == paid  # what is not sealed is not told yet
    world.seal()
    assert kinds(world)[3:] == [
        ("payment.voided", 100, 0),
        ("payment.refunded", 50, 150),
        ("payment.refunded", 30, 120),
        ("payment.reversed", 300, 0),
    ]


def test_each_partner_sees_its_own(world: World) -> None:
    world.sell(100)
    other = build_shop(world.services)
    other.add_counter()
    other.give(500)
    other.pay(other.order(70))
    world.seal()
    assert [amount for _, amount, _ in kinds(world)] == [100]
    with world.services.database.unit_of_work() as session:
        stranger = create_partner(session, "Cinéma").id
    with world.services.database.reading() as session:
        [event] = read_events(session, other.partner, 0, 10).events
        assert event.amount_cents == 70
        assert read_events(session, stranger, 0, 10).events == ()


@pytest.fixture
def client(world: World) -> Any:
    with TestClient(build_app(world.services), raise_server_exceptions=False) as client:
        yield client


def token_of(world: World) -> dict[str, str]:
    with world.services.database.unit_of_work() as session:
        made = give_token(session, world.shop.partner, "Comptabilité", world.services.now())
    assert made.token not in repr(made)
    return {"Authorization": f"Bearer {made.token}"}


def test_a_partner_reads_page_by_page_and_goes_on(world: World, client: TestClient) -> None:
    headers = token_of(world)
    sold = world.sell(100, 200, 300)
    first = client.get("/v1/events", params={"limit": 2}, headers=headers).json()
    assert [one["data"]["payment_id"] for one in first["events"]] == [str(id_) for id_ in sold[:2]]
    assert first["has_more"]
    assert first["cursor"] == first["events"][-1]["cursor"]
    again = client.get("/v1/events", params={"limit": 2}, headers=headers).json()
    assert again == first
    after = {"after": first["cursor"]}
    rest = client.get("/v1/events", params=after, headers=headers).json()
    assert [one["data"]["amount_cents"] for one in rest["events"]] == [300]
    assert not rest["has_more"]
    after = {"after": rest["cursor"]}
    assert client.get("/v1/events", params=after, headers=headers).json()["events"] == []
    world.sell(40)
    [new] = client.get("/v1/events", params=after, headers=headers).json()["events"]
    assert new["data"]["amount_cents"] == 40
    # Nothing of the holder, whoever the partner's system tells.
    assert "Léa" not in str(first)
    assert world.shop.card_number not in str(first)
    assert str(world.shop.lea) not in str(first)


def test_who_may_not_read(world: World, client: TestClient) -> None:
    def code(headers: dict[str, str]) -> tuple[int, str]:
        answer = client.get("/v1/events", headers=headers)
        return answer.status_code, answer.json()["code"]

    headers = token_of(world)
    assert client.get("/v1/events", headers=headers).status_code == 200
    assert code({}) == (401, "event_token_missing")
    assert code({"Authorization": "Bearer passevt_00"}) == (401, "event_token_invalid")
    assert code(world.shop.token()) == (401, "event_token_invalid")
    assert client.get("/v1/terminals/me", headers=headers).status_code == 401
    now = world.services.now()
    with world.services.database.unit_of_work() as session:
        [line] = list_tokens(session, world.shop.partner)
        revoke_token(session, world.shop.partner, line.token_id, now)
    assert code(headers) == (401, "event_token_invalid")
    with world.services.database.unit_of_work() as session:
        for _ in range(TOKENS_PER_PARTNER_MAX):
            give_token(session, world.shop.partner, "x", now)
        with pytest.raises(TooManyEventTokens):
            give_token(session, world.shop.partner, "x", now)


def test_a_cursor_of_another_kind_is_refused(world: World, client: TestClient) -> None:
    headers = token_of(world)
    for cursor in ("x", write_cursor("gate-news", "1"), write_cursor(EVENTS_LIST, str(uuid4()))):
        answer = client.get("/v1/events", params={"after": cursor}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "cursor_invalid")
