"""The API is what its description says: Schemathesis, with all of its checks, finds nothing wrong.

Every operation is asked by whoever may, with what the description allows and what it forbids, then
from link to link. The everyday run is short and always the same; the slow one asks everything as
everybody, and further.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import strategies as st

from backend.access.establishments import assign_gate, create_establishment
from backend.access.routes import NEWS_LIST
from backend.app import build_app
from backend.cards.routes import ORDERS_LIST
from backend.cursors import write_cursor
from backend.events.content import EVENTS_LIST
from backend.events.tokens import give_token
from backend.ledger.sealing import seal
from backend.partners.tables import TerminalKind
from backend.payments.enquiry_routes import CARD_LIST
from backend.services import Services
from tests import conformance as api
from tests.backend.payments.conftest import Shop, build_shop
from tests.conformance import PHASES, Asked, Asking

MOMENT = "2026-09-01T10:00:00+00:00"
#: A cursor is no text that could be made up: these are of the form that each list gives.
PLACES = {
    ORDERS_LIST: "9250000000000018",
    NEWS_LIST: MOMENT,
    CARD_LIST: f"{MOMENT} {UUID(int=7)}",
    EVENTS_LIST: "0",
}
#: Who asks what in the everyday run; what is not named needs nobody.
ASKED_BY = {
    "gate": ("access-list", "gate", "passages"),
    "desk": ("personalisations", "retirements", "card-orders", "code-changes"),
    "partner": ("events",),
    "counter": (
        "payments",
        "card-challenges",
        "card-proofs",
        "balance-enquiries",
        "totals",
        "terminals/me",
    ),
}
EVERYBODY = (*ASKED_BY, "nobody")


@pytest.fixture(scope="module", autouse=True)
def formats() -> None:
    """Tell the generator how texts of our own formats are made."""
    for of, place in PLACES.items():
        schemathesis.openapi.format(f"{of}-cursor", st.just(write_cursor(of, place)))


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No statement is asked here that a database could answer another way."""
    return sqlite_url


class World:
    """A shop that sold, a gate that stands somewhere, a desk, and who asks."""

    def __init__(self, services: Services, sign_in: Any) -> None:
        self.app = build_app(services)
        shop: Shop = build_shop(services)
        sold = [shop.order(100) for _ in range(3)]
        for order in sold:
            shop.pay(order)
        seal(services.database, services.now)
        gate, desk = sign_in(TerminalKind.GATE), sign_in(TerminalKind.DESK)
        with services.database.unit_of_work() as session:
            school = create_establishment(session, "Lycée du Parc")
            assign_gate(session, gate.terminal.terminal_id, school.id)
            token = give_token(session, shop.partner, "x", services.now()).token
        self.headers: dict[str, dict[str, str]] = {
            "counter": shop.token(),
            "gate": gate.headers,
            "desk": desk.headers,
            "partner": {"Authorization": f"Bearer {token}"},
            "nobody": {},
        }
        #: What exists, where a made up id would only ever be answered with 404.
        self.existing = {
            "read_payment": {"payment_id": str(sold[0].payment_id)},
            "list_card_payments": {"proof_id": str(shop.prove())},
        }

    def ask(
        self, who: str, paths: str, *, examples: int, seed: int, phases: Sequence[str]
    ) -> Asked:
        """Ask the operations whose path matches, with all checks; name what is wrong."""
        operations: list[dict[str, Any]] = [
            {"exclude-path-regex": paths, "enabled": False},
            *(
                {"include-operation-id": name, "parameters": given}
                for name, given in self.existing.items()
            ),
        ]
        asking = Asking(
            seed=seed,
            examples=examples,
            phases=phases,
            headers=self.headers[who],
            operations=operations,
        )
        return api.ask(self.app, asking)


@pytest.fixture
def world(services: Services, sign_in: Any) -> World:
    return World(services, sign_in)


def test_all_that_is_described_is_so(world: World) -> None:
    every = {path.removeprefix("/v1/") for path in world.app.openapi()["paths"]}
    named = [one for parts in ASKED_BY.values() for one in parts]
    calls, wrong = 0, list[str]()
    for who in EVERYBODY:
        parts = ASKED_BY.get(who) or [one for one in every if not one.startswith(tuple(named))]
        paths = f"^/v1/({'|'.join(parts)})"
        # The form of what is sent, each way once: that the phases make up more is for the slow run.
        asked = world.ask(who, paths, examples=1, seed=1, phases=["coverage"])
        calls, wrong = calls + asked.calls, wrong + asked.wrong
    assert not wrong, "\n\n".join(wrong[:5])
    assert calls > 800


def test_what_one_answer_leads_to_is_so(world: World) -> None:
    asked = world.ask("counter", "^/v1/", examples=3, seed=1, phases=["stateful"])
    assert not asked.wrong, asked.words()
    assert asked.calls > 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", EVERYBODY)
def test_everything_as_everybody(world: World, who: str) -> None:
    for seed in (2, 3):
        asked = world.ask(who, "^/v1/", examples=60, seed=seed, phases=PHASES)
        assert not asked.wrong, asked.words()
        assert asked.calls > 2000
