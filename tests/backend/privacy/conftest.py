"""Somebody of whom everything is kept that may be: a row in each table that tells of a person."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from backend.database import Base
from backend.ledger.accounts import open_account
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import transfer
from backend.services import Services

NOW: Final = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
GIVEN, FAMILY = "Zoëlle", "Quenneville"
EMAIL, PHONE, INE = "zoelle.quenneville@example.fr", "+33600000042", "120892437KD"
BORN: Final = date(2010, 3, 14)
ADDRESS, NOTE = "7 allée des Mimosas", "cousine de Zoëlle"
#: What must be nowhere once she is erased, in any clothes the database gives it.
MARKS: Final = (GIVEN, FAMILY, EMAIL, PHONE, INE, BORN.isoformat(), ADDRESS, NOTE, "quenneville")


def fill(session: Session, table: str, **given: Any) -> dict[str, Any]:
    """Add a row; columns that must have something and were not given get anything."""
    columns = Base.metadata.tables[table].columns
    anything: dict[type, Any] = {
        str: "x",
        int: 1,
        bool: False,
        bytes: uuid4().bytes,
        date: NOW.date(),
        datetime: NOW,
        object: NOW,  # UtcDateTime does not say what it gives
        time: time(12),
    }
    row = dict(given)
    for column in columns:
        needed = not column.nullable and column.default is None and column.identity is None
        if column.name not in row and needed:
            kind = column.type.python_type
            row[column.name] = uuid4() if kind is UUID else anything[kind]
    session.execute(insert(Base.metadata.tables[table]), [row])
    return row


@dataclass(frozen=True)
class Whole:
    """She, her account, and what hangs on them."""

    person_id: UUID
    account_id: UUID
    parent_id: UUID
    card_id: UUID
    enrolment_id: UUID
    meal_account_id: UUID
    organisation_id: UUID


def make_whole(session: Session) -> Whole:
    """Write down everything that the database can hold of her."""
    person = uuid4()
    fill(
        session,
        "beneficiary",
        id=person,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=BORN,
        email=EMAIL,
        phone=PHONE,
        postcode="31000",
        created_at=NOW - timedelta(days=400),
    )
    account, parent = _accounts(session)
    place = fill(session, "establishment", time_zone="Europe/Paris")["id"]
    enrolment = uuid4()
    fill(
        session,
        "enrolment",
        id=enrolment,
        establishment_id=place,
        beneficiary_id=person,
        category="pupil",
        diet="sans porc",
    )
    card = _card(session, person, place)
    meals = _at_the_establishment(session, place, enrolment, card)
    _of_the_account(session, account)
    _of_the_family(session, person, account, parent)
    organisation = _of_the_organisation(session, account, parent)
    _of_the_person(session, person, parent)
    return Whole(person, account, parent, card, enrolment, meals, organisation)


def _accounts(session: Session) -> tuple[UUID, UUID]:
    account, parent = uuid4(), uuid4()
    common = {"factor_generation": 0, "factor_key_version": 0, "factor_last_step": 0}
    fill(
        session,
        "sign_in_account",
        id=account,
        email=EMAIL,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=BORN,
        password_hash="x",
        password_set_at=NOW,
        **common,
    )
    fill(session, "sign_in_account", id=parent, email="parent@example.fr", **common)
    return account, parent


def _card(session: Session, person: UUID, place: UUID) -> UUID:
    card = uuid4()
    fill(
        session,
        "card",
        id=card,
        beneficiary_id=person,
        number="9250000000000016",
        uid=bytes(7),
        state="active",
    )
    fill(
        session,
        "card_request",
        card_id=card,
        delivery="home",
        establishment_id=place,
        address=ADDRESS,
    )
    fill(session, "card_photo", beneficiary_id=person, image=GIVEN.encode())
    return card


def _at_the_establishment(session: Session, place: UUID, enrolment: UUID, card: UUID) -> UUID:
    hours = {"opens": time(11), "closes": time(14), "days": "12345"}
    service = fill(session, "access_service", establishment_id=place, **hours)
    service_id = service["id"]
    fill(session, "enrolment_service", enrolment_id=enrolment, service_id=service_id)
    fill(session, "reservation", enrolment_id=enrolment, service_id=service_id)
    fill(session, "pupil", enrolment_id=enrolment, class_code="3B")
    fill(session, "holder_photo", enrolment_id=enrolment, image=FAMILY.encode())
    fill(session, "day_code", service_id=service_id, card_id=card, label=f"{GIVEN} {FAMILY}")
    gate = fill(session, "terminal", kind="gate")["id"]
    fill(
        session,
        "passage",
        terminal_id=gate,
        establishment_id=place,
        card_id=card,
        service="lunch",
        answer="OK",
        intervention="let_pass",
        supervisor="Nadia",
        note=NOTE,
    )
    meals = open_account(session, AccountKind.MEALS, now=NOW).id
    fill(session, "meal_account", enrolment_id=enrolment, account_id=meals)
    return meals


def _of_the_account(session: Session, account: UUID) -> None:
    fill(session, "sign_in_session", account_id=account, stage="full", browser=GIVEN)
    fill(session, "sign_in_link", account_id=account, kind="password")
    fill(session, "sign_in_browser", account_id=account)
    fill(session, "sign_in_visit", account_id=account)
    fill(session, "passkey", account_id=account, name=f"téléphone de {GIVEN}")
    identity = {"given_name": GIVEN, "family_name": FAMILY, "birth_date": BORN}
    fill(session, "federated_identity", account_id=account, **identity)
    fill(session, "federation_attempt", account_id=account)
    fill(session, "email_change", account_id=account, old_email="old@example.fr", new_email=EMAIL)
    fill(session, "sign_up", email=EMAIL, language="fr", **identity)
    facts = {"about": GIVEN}
    fill(
        session,
        "notice",
        account_id=account,
        kind="signin_password_set",
        facts=str(facts),
        state="waiting",
    )


def _of_the_family(session: Session, person: UUID, account: UUID, parent: UUID) -> None:
    identity = {"given_name": GIVEN, "family_name": FAMILY, "birth_date": BORN}
    family = fill(session, "family", created_by=parent)["id"]
    fill(session, "family_member", family_id=family, account_id=account)
    fill(session, "family_child", family_id=family, beneficiary_id=person)
    fill(
        session,
        "family_invitation",
        relation="self",
        beneficiary_id=person,
        email=EMAIL,
        language="fr",
        invited_by=parent,
    )
    fill(session, "tie", account_id=account, beneficiary_id=person)
    fill(
        session,
        "tie_request",
        account_id=parent,
        relation="child",
        family_id=family,
        beneficiary_id=person,
        state="approved",
        decided_at=NOW,
        **identity,
    )


def _of_the_organisation(session: Session, account: UUID, parent: UUID) -> UUID:
    fill(session, "commune", code="31999", name="Castanet")
    place = fill(
        session,
        "organisation",
        siret="73282932000074",
        phone=PHONE,
        state="own",
        commune_code="31999",
        created_by=account,
    )["id"]
    fill(session, "organisation_member", organisation_id=place, account_id=account)
    fill(
        session,
        "organisation_invitation",
        organisation_id=place,
        email=EMAIL,
        language="fr",
        invited_by=parent,
    )
    return UUID(str(place))


def _of_the_person(session: Session, person: UUID, parent: UUID) -> None:
    fill(session, "activation", beneficiary_id=person, kind="new_code")
    fill(session, "notice", beneficiary_id=person, kind="code_set", facts="{}", state="waiting")
    fill(session, "pin_reference", account_id=person, state="active", tries_left=3)
    miss = fill(session, "terminal", kind="desk")["id"]
    fill(session, "code_miss", account_id=person, terminal_id=miss)
    fill(session, "eligibility", beneficiary_id=person, reference=INE, commune="31555")
    fill(session, "national_number", beneficiary_id=person, ine=INE)
    fill(
        session, "consent", beneficiary_id=person, purpose="gate_photo", account_id=parent, own=True
    )
    fill(session, "erasure_request", beneficiary_id=person, account_id=parent)


def pay_ahead(services: Services, whole: Whole, cents: int) -> None:
    """Let her family pay for meals."""
    with services.database.unit_of_work() as session:
        till = open_account(session, AccountKind.FUNDING, now=NOW).id
        transfer(
            session,
            transfer_id=uuid4(),
            debit_account_id=till,
            credit_account_id=whole.meal_account_id,
            amount_cents=cents,
            reason="meal_payment",
            reference="1",
            now=NOW,
        )


@pytest.fixture
def whole(services: Services) -> Whole:
    """She, in the database."""
    with services.database.unit_of_work() as session:
        return make_whole(session)
