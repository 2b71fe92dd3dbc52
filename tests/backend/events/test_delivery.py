"""Events sent to a partner's server: signed, in order, at least once, and given up with a word."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update
from standardwebhooks import Webhook, WebhookVerificationError

from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.tables import Notice, SignInNoticeKind
from backend.events import delivery
from backend.events.addresses import read_url
from backend.events.delivery import GIVE_UP_AFTER, Delivered, deliver_events
from backend.events.endpoints import (
    DELIVERIES_KEPT,
    OVERLAP,
    EndpointSecret,
    enable_endpoint,
    list_deliveries,
    list_endpoints,
    number_before,
    remove_endpoint,
    replay,
    rotate_secret,
)
from backend.events.errors import EndpointUnknown, EndpointUrlRefused, TooManyEndpoints
from backend.events.post import HttpsPost
from backend.events.tables import EventDelivery, EventEndpoint
from backend.partners.space import add_member
from tests.backend.events.conftest import World
from tests.backend.events.receiver import Received, make_certificate, serving


def verified(one: Received, secret: str, monkeypatch: pytest.MonkeyPatch, at: float) -> Any:
    """Open it as a receiver does, with the specification's own library, at a moment."""
    with monkeypatch.context() as now:
        now.setattr("standardwebhooks.webhooks.datetime", _Now(at))
        return Webhook(secret).verify(one.body, one.headers)


class _Now:
    """The library's clock, where ours is a test's."""

    def __init__(self, at: float) -> None:
        from datetime import datetime as real  # noqa: PLC0415

        self._real, self._at = real, at

    def now(self, tz: Any = None) -> Any:
        return self._real.fromtimestamp(self._at, tz)

    def fromtimestamp(self, at: float, tz: Any = None) -> Any:
        return self._real.fromtimestamp(at, tz)


@pytest.mark.parametrize("database_url", ["sqlite_url", "postgres_url"], indirect=True)
def test_events_arrive_signed_and_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.sell(50)  # before anybody asked for it
    made = world.add()
    assert made.secret not in repr(made)
    sold = world.sell(100, 200)
    world.shop.void(sold[0])
    world.seal()
    assert world.deliver() == Delivered(taken=3)
    at = world.services.now().timestamp()
    bodies = [verified(one, made.secret, monkeypatch, at) for one in world.receiver.got]
    assert [(one["type"], one["data"]["amount_cents"]) for one in bodies] == [
        ("payment.approved", 100),
        ("payment.approved", 200),
        ("payment.voided", 100),
    ]
    first = world.receiver.got[0]
    assert first.path == "/pass/events?shop=1"
    assert first.headers["webhook-id"] == bodies[0]["id"]
    assert "authorization" not in first.headers
    with pytest.raises(WebhookVerificationError):
        verified(replace(first, body=first.body + b" "), made.secret, monkeypatch, at)
    assert world.deliver() == Delivered()
    with world.services.database.reading() as session:
        lines = list_deliveries(session, world.shop.partner, made.endpoint_id)
    assert [(line.status, line.outcome) for line in lines] == [(204, "taken")] * 3


def test_what_is_not_taken_comes_again_before_what_follows(world: World) -> None:
    made = world.add()
    world.sell(100, 200)
    world.receiver.answers = [500, None, 429]
    waits = []
    for _ in range(3):
        assert world.deliver() == Delivered(put_off=1)
        assert world.deliver() == Delivered()  # not before its time
        row = world.endpoint(made)
        waits.append(int((row.next_try_at - world.services.now()).total_seconds()))
        world.clock.moment = row.next_try_at
    assert waits == list(delivery.RETRY_SECONDS[:3])
    assert world.deliver() == Delivered(taken=2)
    first, second = dict.fromkeys(world.receiver.ids)
    assert world.receiver.ids == [first] * 4 + [second]
    bodies = {one.body for one in world.receiver.got if one.headers["webhook-id"] == first}
    assert len(bodies) == 1  # the same event, word for word
    row = world.endpoint(made)
    assert (row.tries, row.failing_since) == (0, None)


def test_an_answer_that_was_lost_means_the_same_event_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add()
    world.sell(100)
    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_note", _die)
        with pytest.raises(RuntimeError):
            world.deliver()
    assert world.deliver() == Delivered()  # claimed by the one that died
    world.clock.moment += delivery.CLAIM
    assert world.deliver() == Delivered(taken=1)
    assert len(world.receiver.ids) == 2
    assert len(set(world.receiver.ids)) == 1


def _die(*_: object) -> Any:
    raise RuntimeError


def test_it_is_given_up_after_days_and_its_people_are_told(world: World) -> None:
    with world.services.database.unit_of_work() as session:
        account = invite_to_sign_in(world.services, session, "a@exemple.fr", "Anne", "Roy")
        add_member(session, account, world.shop.partner, world.services.now())
    made = world.add()
    world.sell(100)
    world.receiver.answers = [503] * 99
    began, tries = world.services.now(), 0
    while world.endpoint(made).state == "active":
        done = world.deliver()
        tries += 1
        assert done in (Delivered(put_off=1), Delivered(disabled=1))
        world.clock.moment = max(world.endpoint(made).next_try_at, world.services.now())
    assert GIVE_UP_AFTER <= world.services.now() - began <= GIVE_UP_AFTER + timedelta(hours=9)
    assert tries < 50
    kind = SignInNoticeKind.EVENTS_STOPPED.value
    with world.services.database.reading() as session:
        [told] = session.scalars(select(Notice).where(Notice.kind == kind)).all()
    assert told.account_id == account
    assert json.loads(told.facts) == {"about": "127.0.0.1"}
    assert world.deliver() == Delivered()
    # Nothing is lost: it goes on where it was left.
    world.receiver.answers = []
    with world.services.database.unit_of_work() as session:
        enable_endpoint(session, world.shop.partner, made.endpoint_id, world.services.now())
    world.sell(60)
    assert world.deliver() == Delivered(taken=2)


def test_who_is_gone_says_so(world: World) -> None:
    made = world.add()
    world.sell(100)
    world.receiver.answers = [410]
    assert world.deliver() == Delivered(disabled=1)
    assert world.endpoint(made).state == "disabled"


def _redirect(elsewhere: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", elsewhere)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_a_redirection_is_not_followed(world: World, certificate: Path) -> None:
    world.add()
    world.sell(100)
    with serving(certificate) as elsewhere:
        world.receiver.answers = [_redirect(elsewhere.url)]
        assert world.deliver() == Delivered(put_off=1)
        assert elsewhere.got == []


def test_a_long_answer_and_a_slow_one_end(world: World) -> None:
    def flood(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        for _ in range(1000):
            handler.wfile.write(b"x" * 65536)

    def dribble(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for _ in range(500):
            if world.receiver.let_go.wait(0.02):
                return
            handler.wfile.write(b"H")

    world.add()
    world.sell(100, 200)
    world.receiver.answers = [flood, dribble]
    world.post = HttpsPost(private=True, ca_file=world.certificate, total_seconds_max=0.5)
    began = time.monotonic()
    assert world.deliver() == Delivered(taken=1, put_off=1)
    assert time.monotonic() - began < 8
    with world.services.database.reading() as session:
        last = session.scalars(select(EventDelivery).order_by(EventDelivery.number.desc())).first()
    assert last is not None
    assert last.outcome in ("silent", "unreachable")


def test_only_who_it_should_be_is_sent_to(world: World, tmp_path: Path) -> None:
    body, headers = b"{}", {"Content-Type": "application/json"}
    place = read_url(world.receiver.url)
    # Without the setting, no private address, whatever name leads there.
    assert HttpsPost(ca_file=world.certificate).send(place, headers, body).outcome == (
        "private_address"
    )
    # A certificate that nobody we trust signed.
    stranger = HttpsPost(private=True, ca_file=make_certificate(tmp_path))
    assert stranger.send(place, headers, body).outcome == "tls_failed"
    # A certificate of another name.
    post = HttpsPost(
        private=True, ca_file=world.certificate, resolve=lambda _host, _port: ["127.0.0.1"]
    )
    named = replace(place, host="shop.example")
    assert post.send(named, headers, body).outcome == "tls_failed"
    assert world.receiver.got == []
    assert post.send(replace(place, port=1024), headers, body).status is None
    posted = post.send(place, headers, body)
    assert (posted.status, posted.is_taken) == (204, True)


def test_two_secrets_sign_while_one_is_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = world.add()
    with world.services.database.unit_of_work() as session:
        new = rotate_secret(world.services, session, world.shop.partner, made.endpoint_id)
    assert new.secret != made.secret
    world.sell(100)
    world.deliver()
    at = world.services.now().timestamp()
    for secret in (made.secret, new.secret):
        assert verified(world.receiver.got[0], secret, monkeypatch, at)
    world.clock.moment += OVERLAP + timedelta(seconds=1)
    world.sell(200)
    world.deliver()
    at = world.services.now().timestamp()
    assert verified(world.receiver.got[1], new.secret, monkeypatch, at)
    with pytest.raises(WebhookVerificationError):
        verified(world.receiver.got[1], made.secret, monkeypatch, at)


def test_what_was_sent_is_sent_again_from_a_cursor_or_a_moment(world: World) -> None:
    made = world.add()
    world.sell(100, 200)
    world.clock.moment += timedelta(hours=1)
    world.sell(300)
    world.deliver()
    before = world.receiver.ids
    partner, now = world.shop.partner, world.services.now()
    with world.services.database.unit_of_work() as session:
        moment = number_before(session, partner, now - timedelta(minutes=1))
        replay(session, partner, made.endpoint_id, moment, now)
    assert world.deliver() == Delivered(taken=1)
    assert world.receiver.ids[3:] == before[2:]
    with world.services.database.unit_of_work() as session:
        replay(session, partner, made.endpoint_id, 0, now)
    # Everything of this partner, what was before the endpoint too; nothing is left out ahead.
    assert world.deliver() == Delivered(taken=3)
    assert world.receiver.ids[4:] == before
    with world.services.database.unit_of_work() as session:
        replay(session, partner, made.endpoint_id, 10**9, now)
    world.sell(50)
    assert world.deliver() == Delivered(taken=1)


def test_a_replay_meanwhile_is_not_undone(world: World) -> None:
    made = world.add()
    world.sell(100)

    class Replaying:
        def send(self, *asked: Any) -> Any:
            with world.services.database.unit_of_work() as session:
                now = world.services.now()
                replay(session, world.shop.partner, made.endpoint_id, 0, now)
            return world.post.send(*asked)

    deliver_events(world.services, Replaying())
    assert world.endpoint(made).reached == 0
    assert world.deliver() == Delivered(taken=1)


def test_a_slow_endpoint_holds_up_nobody_else(world: World, certificate: Path) -> None:
    with serving(certificate) as other:
        world.add()
        world.add(other.url)
        world.sell(100)
        seen = other.let_go

        def wait_for_the_other(handler: BaseHTTPRequestHandler) -> None:
            assert seen.wait(10)
            handler.send_response(204)
            handler.end_headers()

        def go(handler: BaseHTTPRequestHandler) -> None:
            seen.set()
            handler.send_response(204)
            handler.end_headers()

        world.receiver.answers, other.answers = [wait_for_the_other], [go]
        assert world.deliver() == Delivered(taken=2)


def test_a_partner_has_so_many_and_only_its_own(world: World) -> None:
    made = [world.add() for _ in range(3)]
    with pytest.raises(TooManyEndpoints):
        world.add()
    now = world.services.now()
    with world.services.database.unit_of_work() as session:
        for ask in (
            lambda: remove_endpoint(session, uuid4(), made[0].endpoint_id),
            lambda: replay(session, uuid4(), made[0].endpoint_id, 0, now),
            lambda: enable_endpoint(session, uuid4(), made[0].endpoint_id, now),
            lambda: list_deliveries(session, uuid4(), made[0].endpoint_id),
            lambda: rotate_secret(world.services, session, uuid4(), made[0].endpoint_id),
        ):
            with pytest.raises(EndpointUnknown):
                ask()
        remove_endpoint(session, world.shop.partner, made[0].endpoint_id)
        assert len(list_endpoints(session, world.shop.partner, now)) == 2
        with pytest.raises(EndpointUnknown):
            enable_endpoint(session, world.shop.partner, made[0].endpoint_id, now)
    assert world.add() != made[0]
    with pytest.raises(EndpointUrlRefused):
        world.add("http://shop.example/")
    world.sell(100)
    assert world.deliver() == Delivered(taken=3)


def test_old_tries_are_forgotten(world: World) -> None:
    made: EndpointSecret = world.add()
    world.sell(100)
    world.deliver()
    old = world.services.now() - DELIVERIES_KEPT - timedelta(seconds=1)
    with world.services.database.unit_of_work() as session:
        session.execute(update(EventDelivery).values(tried_at=old))
    world.sell(100)
    world.deliver()
    with world.services.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EventDelivery)) == 1
        columns = {str(one.name) for one in EventEndpoint.__table__.columns}
    assert not {one for one in columns if "secret" in one}, made
