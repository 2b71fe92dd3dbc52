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
ADDRESS, NOTE, POSTCODE = "7 allée des Mimosas", "cousine de Zoëlle", "3109Z"
#: What must be nowhere once she is erased, in any clothes the database gives it.
IDENTITY: Final = (GIVEN, FAMILY, EMAIL, PHONE, INE, BORN.isoformat(), ADDRESS, POSTCODE)
MARKS: Final = (*IDENTITY, NOTE, "sans porc", "quenneville")


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
        postcode=POSTCODE,
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
    _of_the_person(session, person, account, parent)
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
        state_reason=NOTE,
    )
    words = {"event": "blocked", "state": "blocked", "command": "vie-scolaire"}
    fill(session, "card_history", card_id=card, reason=NOTE, **words)
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
    passage = fill(
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
    )["passage_id"]
    fill(
        session,
        "passage_cancellation",
        passage_id=passage,
        establishment_id=place,
        reason=NOTE,
    )
    return _meals(session, place, enrolment)


def _meals(session: Session, place: UUID, enrolment: UUID) -> UUID:
    meals = open_account(session, AccountKind.MEALS, now=NOW).id
    fill(session, "meal_account", enrolment_id=enrolment, account_id=meals)
    till = open_account(session, AccountKind.FUNDING, now=NOW).id
    paid = uuid4()
    transfer(
        session,
        transfer_id=paid,
        debit_account_id=till,
        credit_account_id=meals,
        amount_cents=100,
        reason="Versement pour les repas",
        reference=f"meals:{enrolment}",
        now=NOW,
    )
    transfer(
        session,
        transfer_id=uuid4(),
        debit_account_id=meals,
        credit_account_id=till,
        amount_cents=100,
        reason="Repas",
        reference="passage:1",
        now=NOW,
    )
    fill(
        session,
        "meal_payment",
        enrolment_id=enrolment,
        establishment_id=place,
        reference=NOTE,
        means="cash",
        transfer_id=paid,
    )
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
    family = fill(session, "family", created_by=parent, name=f"Famille {FAMILY}")["id"]
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
    # Another parent's, typed in other letters and never answered.
    asked = identity | {"given_name": "ZOËLLE", "family_name": "quenneville"}
    wanted = {"relation": "child", "family_id": family, "state": "asked"}
    fill(session, "tie_request", account_id=parent, **wanted, **asked)


def _of_the_organisation(session: Session, account: UUID, parent: UUID) -> UUID:
    fill(session, "commune", code="31999", name="Castanet")
    place = fill(
        session,
        "organisation",
        siret="73282932000074",
        name=f"Librairie {FAMILY}",
        owner_name=f"{GIVEN} {FAMILY}",
        address_1=ADDRESS,
        phone=PHONE,
        state="refused",
        asked_at=NOW,
        decided_at=NOW,
        reason=NOTE,
        commune_code="31999",
        created_by=account,
    )["id"]
    fill(
        session,
        "organisation_document",
        organisation_id=place,
        kind="statutes",
        media_type="application/pdf",
        content=FAMILY.encode(),
        given_by=account,
    )
    suggested = {"name": NOTE, "commune_code": "31999", "state": "waiting"}
    fill(session, "partner_suggestion", account_id=account, **suggested)
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


def _of_the_person(session: Session, person: UUID, account: UUID, parent: UUID) -> None:
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
    refused = {"answered_at": NOW, "answer": NOTE}
    fill(session, "erasure_request", beneficiary_id=person, account_id=parent, **refused)
    _typed_about(session, person, account, parent)


def _typed_about(session: Session, person: UUID, account: UUID, operator: UUID) -> None:
    """Write down what people typed about her, and she about herself."""
    by = {"happening": "change_forced", "by": "Nadia"}
    fill(session, "code_record", account_id=person, reason=NOTE, **by)
    acts = ({"beneficiary_id": person}, {"subject": str(person)}, {"subject": str(account)})
    for act in acts:
        fill(session, "sign_in_act", account_id=operator, kind="card_blocked", words=NOTE, **act)
    fill(session, "sign_in_act", account_id=account, kind="card_blocked", words=NOTE)
    seen = {"operator_id": operator, "account_id": account}
    fill(session, "impersonation", reason=NOTE, **seen)
    funding = open_account(session, AccountKind.FUNDING, now=NOW).id
    given = {"funding_account_id": funding, "purse": "separate", "closes_on": date(2020, 1, 1)}
    given |= {"opens_on": date(2019, 9, 1)}
    campaign = fill(session, "campaign", **given)["id"]
    benefit = fill(session, "benefit", campaign_id=campaign)["id"]
    decided = {"granted": True, "amount_cents": 100, "slot": "base"}
    whose = {"beneficiary_id": person, "benefit_id": benefit, "campaign_id": campaign}
    fill(session, "grant_decision", words=NOTE, reason="named", **whose, **decided)


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
