"""What a page reads is found by an index, however many people there are, in few statements.

Every page that a browser can GET is opened on PostgreSQL, each by whom it is for; what it asked is
then planned as if everything that grows had grown. A page that is nobody's here has its reason in
the measure of pages (benchmarks/pages_visits.py), which opens the same ones with a Region in them.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from backend.access.establishments import add_service, enrol_pupil
from backend.access.kitchen import make_kitchen_link
from backend.access.tables import GateAnswer, Passage, PassageCancellation, Reservation, Service
from backend.accounts.families.composition import make_family
from backend.accounts.families.requests import Named, ask_tie
from backend.accounts.outbox import owe_notice
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.sessions import find_session, open_session
from backend.accounts.signin.tables import Stage
from backend.accounts.tables import Beneficiary, NoticeKind
from backend.benefits.tables import Campaign
from backend.cards.order_tables import CardLot, CardRequest, Delivery, LotKind
from backend.operators.tables import OperatorSession
from backend.partners.directory_tables import Commune
from backend.partners.organisations.tables import Organisation, OrganisationMember
from backend.pupils.tables import Pupil
from backend.services import Services
from backend.settings import Settings
from backend.web.signed_in import COOKIE
from benchmarks.pages_visits import FLOOR, LEFT_OUT, VISITS, Visit, Who
from tests.backend.conftest import app_of
from tests.backend.grown import grow, read_through
from tests.backend.web.operator_desk import Desk, build_desk, make_operator, routes_of_app

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ORIGIN: Final = "https://pass.example"
#: How often each page asks the database at most; a page that is not named asks it nothing.
STATEMENTS_MAX: Final = {
    "sign-in with a passkey": 2,
    "at the second factor": 2,
    "at the new terms": 2,
    "sign-up form": 3,
    "sign-up, its link": 1,
    "password, its link": 1,
    "another address": 2,
    "invited to a family": 1,
    "invited to look after": 1,
    "a card's link": 1,
    "directory, all": 7,
    "directory, a name": 7,
    "directory, a part": 7,
    "directory, no such": 7,
    "directory, a later page": 8,
    "directory, near": 7,
    "directory, an activity": 7,
    "directory, a benefit": 7,
    "kitchen": 8,
    "kitchen, its numbers": 8,
    "my space": 8,
    "my account": 4,
    "my passkeys": 2,
    "a new passkey": 6,
    "my second factor": 2,
    "my families": 9,
    "my card to tie": 4,
    "my organisations": 5,
    "a new organisation": 2,
    "suggestions": 3,
    "an organisation": 7,
    "an organisation's form": 3,
    "pass: home": 5,
    "pass: history": 6,
    "pass: history, a year": 6,
    "pass: paper": 6,
    "pass: card": 2,
    "pass: order a card": 2,
    "pass: photo": 2,
    "pass: a lost card": 2,
    "pass: code": 2,
    "pass: agreements": 5,
    "pass: data": 2,
    "somebody else's pass": 1,
    "school: pupils": 5,
    "school: a name": 5,
    "school: a class": 5,
    "school: a later page": 6,
    "school: a pupil": 10,
    "school: a pupil's photo": 7,
    "school: referents": 7,
    "school: cards": 4,
    "school: a parcel": 6,
    "school: reception": 3,
    "school: handing over": 4,
    "school: a class's cards": 4,
    "school: procedure": 3,
    "school: its lines": 3,
    "school: import": 1,
    "school: gates": 9,
    "school: ties": 4,
    "partner: counters": 7,
    "partner: events": 6,
    "operator: morning": 9,
    "operator: a name": 6,
    "operator: two names": 4,
    "operator: the other way": 4,
    "operator: nobody": 4,
    "operator: later people": 4,
    "operator: a card": 2,
    "operator: an address": 3,
    "operator: a partner": 4,
    "operator: a receipt": 5,
    "operator: a person": 14,
    "operator: an account": 11,
    "operator: a payment": 4,
    "operator: a partner's": 9,
    "operator: a school": 7,
    "operator: terminals": 2,
    "operator: later ones": 2,
    "operator: a terminal": 14,
    "operator: trail": 2,
    "operator: a kind's": 2,
    "operator: a rare kind's": 2,
    "operator: a person's": 2,
    "operator: both": 2,
    "operator: keys": 4,
    "operator: mails": 3,
    "operator: campaigns": 2,
    "operator: a campaign": 7,
    "operator: its report": 12,
    "operator: organisations": 5,
    "operator: suggestions": 4,
    "operator: ties": 4,
    "operator: requests": 3,
    "operator: operators": 2,
    "operator: factor again": 1,
}


@dataclass
class World:
    """A desk's world with a pupil, an organisation and a family, and who opens which page."""

    desk: Desk
    operator: UUID
    names: dict[str, str] = field(default_factory=dict)

    def token_for(self, visit: Visit) -> str:
        """Open a session for whom a page is for; nobody has none."""
        stages = {Who.AT_FACTOR: Stage.FACTOR, Who.AT_TERMS: Stage.TERMS}
        accounts = {
            Who.STAFF: self.desk.teacher,
            Who.PARTNER: self.desk.member,
            Who.OPERATOR: self.operator,
        }
        if visit.who is Who.NOBODY or "/cuisine" in visit.route:
            return ""
        account_id = accounts.get(visit.who, self.desk.holder)
        services = self.desk.services
        stage, now = stages.get(visit.who, Stage.FULL), services.now()
        shown = now if stage is Stage.FULL else None
        with services.database.unit_of_work() as session:
            token = open_session(session, account_id, stage, "Firefox", now, factor_at=shown)
            if visit.who is Who.OPERATOR:
                session.add(
                    OperatorSession(
                        session_id=find_session(session, token, now).id,
                        seen_at=now,
                        searched=visit.searched,
                        expires_at=now + timedelta(hours=1),
                    )
                )
        return token


def build_world(services: Services) -> World:
    desk = build_desk(services)
    world = World(desk, make_operator(services, "op@region.example"))
    order = desk.shop.order()
    desk.shop.pay(order)
    desk.shop.void(order.payment_id)  # an empty table would be read through
    with services.database.unit_of_work() as session:
        now, place = services.now(), desk.establishment
        hours = (time(11, 30), time(14))
        add_service(session, place, code="lunch", label="Déjeuner", days=range(1, 8), hours=hours)
        pupil = enrol_pupil(session, place, desk.shop.lea, ["lunch"])
        lot = CardLot(
            id=uuid4(),
            kind=LotKind.SHIPMENT.value,
            number="00000001",
            establishment_id=place,
            made_at=now,
            made_by="import",
        )
        session.add(lot)
        session.flush()
        _fill(session, desk, pupil.id, lot.id)
        lea = session.get_one(Beneficiary, desk.shop.lea)
        family = make_family(session, desk.holder, "Martin", now)
        named = Named(lea.given_name, lea.family_name, lea.birth_date)
        ask_tie(session, desk.holder, named, family, now)
        organisation = _organisation(session, desk.holder, now)
        kitchen = make_kitchen_link(session, place, "Cuisine", now)[1]
        campaign = session.scalars(select(Campaign.id)).first()
    world.names = {name: str(value) for name, value in desk.ids.items()} | {
        "enrolment_id": str(pupil.id),
        "lot_id": str(lot.id),
        "organisation_id": str(organisation),
        "payment_id": str(order.payment_id),
        "campaign_id": str(campaign),
        "operator_id": str(world.operator),
        "outlet": str(desk.ids["outlet_id"]),
        "link": "x" * 43,
        "token": kitchen,
        "commune": "92012",
        "year": str(now.year),
        "version": "1",
        "code": "card_unknown",
        "kind": "librairie",
    }
    return world


def _fill(session: Session, desk: Desk, pupil_id: UUID, lot_id: UUID) -> None:
    """Give each table that grows a row: an empty one would be read through."""
    now, place, card_id = desk.services.now(), desk.establishment, desk.shop.card
    session.add(Pupil(enrolment_id=pupil_id, class_code="C7", updated_at=now))
    session.add(
        CardRequest(
            card_id=card_id,
            delivery=Delivery.ESTABLISHMENT.value,
            establishment_id=place,
            shipment_id=lot_id,
        )
    )
    passage = Passage(
        passage_id=uuid4(),
        terminal_id=desk.gate,
        sequence=1,
        establishment_id=place,
        occurred_at=now,
        local_day=now.date(),
        uid=bytes(7),
        card_id=card_id,
        service="lunch",
        answer=GateAnswer.OK.value,
        received_at=now,
        over_maximum=True,
    )
    session.add(passage)
    session.flush()
    session.add(
        PassageCancellation(
            passage_id=passage.passage_id,
            establishment_id=place,
            reason="erreur",
            cancelled_by="Nora Petit",
            cancelled_at=now,
        )
    )
    service_id = session.scalars(select(Service.id)).one()
    session.add(
        Reservation(enrolment_id=pupil_id, service_id=service_id, day=now.date(), made_at=now)
    )
    record_act(session, ActKind.PERSON_READ, desk.holder, desk.shop.lea, now)
    owe_notice(session, NoticeKind.CARD_ARRIVED, desk.shop.lea, now)


def _organisation(session: Session, account_id: UUID, now: datetime) -> UUID:
    session.add(Commune(code="92012", name="Boulogne", latitude_e6=None, longitude_e6=None))
    row = Organisation(
        id=uuid4(),
        kind="librairie",
        name="Librairie du Port",
        siret="12345678900011",
        address_1="1 rue du Port",
        postcode="92100",
        commune_code="92012",
        created_at=now,
        created_by=account_id,
        state="asked",
        asked_at=now,
    )
    session.add(row)
    session.flush()
    session.add(
        OrganisationMember(id=uuid4(), organisation_id=row.id, account_id=account_id, since=now)
    )
    return row.id


@contextmanager
def heard(services: Services) -> Iterator[list[tuple[str, Any]]]:
    """Give what the database is asked meanwhile."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, bound: Any, *_more: Any) -> None:
        said.append((statement, bound))

    event.listen(services.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(services.database.engine, "before_cursor_execute", note)


def open_all(world: World) -> dict[str, list[tuple[str, Any]]]:
    """Open every page; return what each asked the database."""
    services, said = world.desk.services, dict[str, list[tuple[str, Any]]]()
    answers = dict[str, tuple[int, set[int]]]()
    with TestClient(app_of(services), base_url=ORIGIN) as client:
        for visit in VISITS:
            if visit.route == FLOOR:
                continue
            token = world.token_for(visit)
            names = world.names | ({"beneficiary_id": str(UUID(int=7))} if visit.stranger else {})
            path = f"{visit.route}?{visit.query}".rstrip("?").format_map(names)
            headers = {"Cookie": f"{COOKIE}={token}"} if token else {}
            with heard(services) as asked:
                answer = client.get(path, headers=headers, follow_redirects=False)
            gone = {404, 410} if visit.link else set()
            answers[visit.name] = answer.status_code, {visit.answers, *gone}
            said[visit.name] = asked
    assert {name: status for name, (status, right) in answers.items() if status not in right} == {}
    return said


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_page_reads_what_grows_from_end_to_end_nor_asks_too_often(services: Services) -> None:
    # As an installation has it: passkeys need a name over HTTPS.
    served = replace(services, settings=Settings(public_url=ORIGIN))
    said = open_all(build_world(served))
    asked = {name: len(statements) for name, statements in said.items()}
    more = {name: n for name, n in asked.items() if n > STATEMENTS_MAX.get(name, 0)}
    by_statement: dict[str, tuple[Any, set[str]]] = {}
    for name, statements in said.items():
        for statement, bound in statements:
            if statement.lstrip().startswith(("SELECT", "WITH")):
                by_statement.setdefault(statement, (bound, set()))[1].add(name)
    slow = {}
    with services.database.engine.connect() as connection, connection.begin() as work:
        grow(connection)
        for statement, (bound, names) in by_statement.items():
            through = read_through(connection, statement, bound)
            if through:
                slow[statement] = (sorted(through), sorted(names))
        work.rollback()
    assert not slow
    assert more == {}


def test_each_page_is_measured_or_says_why_not() -> None:
    visited = {visit.route for visit in VISITS}
    assert not visited & set(LEFT_OUT)
    routes = {
        one.path
        for one in routes_of_app()
        if "GET" in (one.methods or ()) and not one.path.startswith(("/v1", "/docs", "/openapi"))
    }
    assert sorted(routes - visited - set(LEFT_OUT)) == []
    assert sorted(visited - routes - {FLOOR}) == []
