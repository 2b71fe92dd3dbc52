"""Somebody who runs the service at their desk, and a world to look after."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from fastapi.routing import APIRoute
from sqlalchemy import select

from backend.access.establishments import assign_gate, create_establishment
from backend.access.staff_tables import EstablishmentMember
from backend.accounts.beneficiaries import normal_email
from backend.accounts.families.tables import Tie
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.sessions import open_session
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount, Stage
from backend.accounts.signin.tokens import form_token
from backend.accounts.tables import Beneficiary
from backend.app import build_app
from backend.operators.tables import Operator, OperatorRole
from backend.partners.enrolment import create_terminal
from backend.partners.space import add_member
from backend.partners.tables import TerminalKind
from backend.services import Services
from tests.backend.payments.conftest import Shop, build_shop
from tests.backend.web.conftest import Browser

SESSION = "__Host-pass"


@dataclass
class Desk:
    """A world with one of each, and the ids that addresses are made of."""

    services: Services
    shop: Shop
    holder: UUID
    member: UUID
    teacher: UUID
    establishment: UUID
    gate: UUID
    ids: dict[str, UUID]

    @property
    def person(self) -> str:
        return f"/exploitation/personnes/{self.shop.lea}"

    def path(self, template: str) -> str:
        """Fill an address with what there is."""
        for name, value in self.ids.items():
            template = template.replace(f"{{{name}}}", str(value))
        return re.sub(r"\{\w+\}", str(uuid4()), template)


def make_account(services: Services, email: str, *, factor: bool = False) -> UUID:
    with services.database.unit_of_work() as session:
        account_id = invite_to_sign_in(services, session, email, "Nora", "Petit")
        if factor:
            account = session.get_one(SignInAccount, account_id)
            account.factor_generation, account.factor_key_version = 1, 1
            account.factor_confirmed_at = services.now()
    return account_id


def make_operator(
    services: Services, email: str, role: OperatorRole = OperatorRole.OPERATOR
) -> UUID:
    account_id = make_account(services, email, factor=True)
    with services.database.unit_of_work() as session:
        now = services.now()
        session.add(Operator(account_id=account_id, role=role.value, since=now, ended_at=None))
    return account_id


def sit_down(
    services: Services, browser: Browser, account_id: UUID, *, proved: bool = True, **more: Any
) -> str:
    """Sign a browser in, and return what its forms carry."""
    with services.database.unit_of_work() as session:
        now = services.now()
        shown = now if proved else None
        token = open_session(
            session, account_id, Stage.FULL, "Firefox", now, factor_at=shown, **more
        )
    browser.client.cookies.clear()
    browser.client.cookies.set(SESSION, token)
    return form_token(token)


def one_time_password(services: Services, account_id: UUID) -> str:
    secret = services.vault.second_factor_secret(account_id, 1, key_version=1)
    raw = base64.b32decode(base64.b32encode(secret.reveal()))
    return TOTP(raw, 6, SHA1(), 30).generate(int(services.now().timestamp())).decode()


def build_desk(services: Services) -> Desk:
    shop = build_shop(services)
    holder = make_account(services, "lea@lycee.example")
    member = make_account(services, "nadia@librairie.example")
    teacher = make_account(services, "cpe@lycee.example", factor=True)
    with services.database.unit_of_work() as session:
        now = services.now()
        session.get_one(Beneficiary, shop.lea).email = normal_email("lea@lycee.example")
        session.add(
            Tie(
                id=uuid4(),
                account_id=holder,
                beneficiary_id=shop.lea,
                since=now,
                ended_at=None,
                ended_by=None,
            )
        )
        add_member(session, member, shop.partner, now)
        place = create_establishment(session, "Lycée Jean-Moulin")
        session.add(
            EstablishmentMember(
                account_id=teacher, establishment_id=place.id, since=now, ended_at=None
            )
        )
        gate = create_terminal(session, kind=TerminalKind.GATE, name="Portillon", now=now)
        assign_gate(session, gate.terminal_id, place.id)
        place_id = place.id
    ids = {
        "person_id": shop.lea,
        "beneficiary_id": shop.lea,
        "card_id": shop.card,
        "account_id": holder,
        "partner_id": shop.partner,
        "outlet_id": shop.outlet,
        "terminal_id": shop.counters[0].terminal.terminal_id,
        "establishment_id": place_id,
        "campaign_id": shop.benefit.campaign_id,
    }
    return Desk(services, shop, holder, member, teacher, place_id, gate.terminal_id, ids)


def routes_of_app() -> Iterator[APIRoute]:
    """Give every route of the application, however it was gathered."""
    waiting: list[Any] = list(build_app(None).router.routes)
    while waiting:
        one = waiting.pop()
        if isinstance(one, APIRoute):
            yield one
        inner = getattr(one, "original_router", one)
        if inner is not one:
            waiting += inner.routes


def operator_routes() -> list[tuple[str, str]]:
    """Return the method and the address of every route of the operator's pages."""
    return sorted(
        (method, route.path)
        for route in routes_of_app()
        if route.path.startswith("/exploitation")
        for method in route.methods or ()
    )


def acts(desk: Desk) -> list[tuple[str, str | None]]:
    with desk.services.database.reading() as session:
        rows = session.scalars(select(SignInAct).order_by(SignInAct.at, SignInAct.kind))
        return [(row.kind, row.words) for row in rows]


def search(browser: Browser, text: str) -> None:
    browser.open("/exploitation")
    assert browser.press("/exploitation/recherche", wanted=text) == 200
