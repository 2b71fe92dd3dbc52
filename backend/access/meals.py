"""Canteen money: paid in ahead, used up meal by meal, on the same ledger as everything else.

Promise: a meal account is apart from every benefit. A passage is charged in the unit of work that
records it, once, whatever is handed over again; one that a package pays for costs nothing; one
above its maximum (two gates that could not hear each other) is flagged and not charged: a person
decides. A passage taken back is a counter-entry: passage, charge and cancellation all stay.

Not here: how the money comes in (cash desk, bank card), and the limit, which the gate's list holds.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.access.errors import (
    EnrolmentUnknown,
    MealPriceInvalid,
    PassageNotAdmitted,
    PassageUnknown,
    ServiceUnknown,
)
from backend.access.tables import (
    CanteenAccount,
    Enrolment,
    EnrolmentService,
    Establishment,
    GateAnswer,
    HolderCategory,
    MealAccount,
    MealCharge,
    MealPrice,
    Passage,
    PassageCancellation,
    Service,
)
from backend.cards.tables import Card
from backend.ledger.accounts import balances, open_account
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import find_transfer, transfer

MEALS_MAX = 10_000
_CHARGES = uuid5(NAMESPACE_URL, "urn:pass:meal-charge")
_CANCELLATIONS = uuid5(NAMESPACE_URL, "urn:pass:meal-cancellation")


def set_price(
    session: Session,
    service_id: UUID,
    category: HolderCategory,
    *,
    price_cents: int,
    negative_meals: int = 0,
) -> None:
    """Say what a service costs a category from now on, and how many meals they may owe.

    Raises ServiceUnknown, MealPriceInvalid.
    """
    if session.get(Service, service_id) is None:
        raise ServiceUnknown
    if price_cents < 1 or not 0 <= negative_meals <= MEALS_MAX:
        raise MealPriceInvalid
    price = session.get(MealPrice, (service_id, category.value), with_for_update=True)
    if price is None:
        price = MealPrice(service_id=service_id, category=category.value)
        session.add(price)
    price.price_cents, price.negative_meals = price_cents, negative_meals
    session.flush()


def pay_in(
    session: Session, enrolment_id: UUID, *, amount_cents: int, transfer_id: UUID, now: datetime
) -> None:
    """Credit a person's meal account, once per `transfer_id`; raise EnrolmentUnknown.

    Raises also what the ledger does of a transfer (TransferConflict, TransferUnacceptable).
    """
    enrolment = session.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise EnrolmentUnknown
    canteen = _canteen(session, enrolment.establishment_id, now)
    transfer(
        session,
        transfer_id=transfer_id,
        debit_account_id=canteen.received_account_id,
        credit_account_id=_meal_account(session, enrolment_id, now).account_id,
        amount_cents=amount_cents,
        reason="Versement pour les repas",
        reference=f"meals:{enrolment_id}",
        now=now,
    )


def charge(session: Session, passage: Passage, now: datetime) -> None:
    """Debit what an admitted passage costs its holder; nothing if a package or a right pays."""
    assert passage.answer == GateAnswer.OK.value, "only an admission costs"
    terms = _terms(session, passage)
    if terms is None:
        return
    enrolment, right, price = terms
    if right.days is not None and str(passage.local_day.isoweekday()) in right.days:
        return
    charged = transfer(
        session,
        transfer_id=uuid5(_CHARGES, str(passage.passage_id)),
        debit_account_id=_meal_account(session, enrolment.id, now).account_id,
        credit_account_id=_canteen(session, enrolment.establishment_id, now).sales_account_id,
        amount_cents=price.price_cents,
        reason=f"Repas du {passage.local_day:%d/%m/%Y}",
        reference=f"passage:{passage.passage_id}",
        now=now,
    )
    session.add(MealCharge(passage_id=passage.passage_id, transfer_id=charged.id))
    session.flush()


def cancel_passage(
    session: Session, passage_id: UUID, *, reason: str, cancelled_by: str, now: datetime
) -> PassageCancellation:
    """Take a passage back, its meal with it; taken back already, nothing changes.

    Raises PassageUnknown, PassageNotAdmitted.
    """
    passage = session.get(Passage, passage_id, with_for_update=True)
    if passage is None:
        raise PassageUnknown
    if passage.answer != GateAnswer.OK.value:
        raise PassageNotAdmitted
    known = session.get(PassageCancellation, passage_id)
    if known is not None:
        return known
    cancellation = PassageCancellation(
        passage_id=passage_id,
        establishment_id=passage.establishment_id,
        reason=reason,
        cancelled_by=cancelled_by,
        cancelled_at=now,
        transfer_id=_give_back(session, passage, now),
    )
    session.add(cancellation)
    session.flush()
    return cancellation


def read_meals_left(session: Session, place: Establishment) -> dict[tuple[UUID, UUID], int]:
    """Return, by enrolment and service, how many meals a prepaid right still pays for.

    What may be owed counts; a category without a price has none left.
    """
    rows = session.execute(
        select(
            EnrolmentService.enrolment_id,
            EnrolmentService.service_id,
            MealAccount.account_id,
            MealPrice.price_cents,
            MealPrice.negative_meals,
        )
        .join(Enrolment, Enrolment.id == EnrolmentService.enrolment_id)
        .outerjoin(MealAccount, MealAccount.enrolment_id == Enrolment.id)
        .outerjoin(
            MealPrice,
            (MealPrice.service_id == EnrolmentService.service_id)
            & (MealPrice.category == Enrolment.category),
        )
        .where(
            Enrolment.establishment_id == place.id,
            Enrolment.ended_at.is_(None),
            EnrolmentService.prepaid,
        )
    ).all()
    held = _balances(session, place.id) if rows else {}
    left = dict[tuple[UUID, UUID], int]()
    for enrolment_id, service_id, account_id, price_cents, negative_meals in rows:
        meals = 0
        if price_cents is not None:
            meals = held.get(account_id, 0) // price_cents + negative_meals
        left[enrolment_id, service_id] = max(-MEALS_MAX, min(MEALS_MAX, meals))
    return left


def _balances(session: Session, establishment_id: UUID) -> dict[UUID, int]:
    accounts = (
        select(MealAccount.account_id)
        .join(Enrolment, Enrolment.id == MealAccount.enrolment_id)
        .where(Enrolment.establishment_id == establishment_id)
    )
    return balances(session, accounts)


def _terms(
    session: Session, passage: Passage
) -> tuple[Enrolment, EnrolmentService, MealPrice] | None:
    found = session.execute(
        select(Enrolment, EnrolmentService, MealPrice)
        .join(Card, Card.beneficiary_id == Enrolment.beneficiary_id)
        .join(EnrolmentService, EnrolmentService.enrolment_id == Enrolment.id)
        .join(Service, Service.id == EnrolmentService.service_id)
        .join(
            MealPrice,
            (MealPrice.service_id == Service.id) & (MealPrice.category == Enrolment.category),
        )
        .where(
            Card.id == passage.card_id,
            Enrolment.establishment_id == passage.establishment_id,
            Service.code == passage.service,
            EnrolmentService.prepaid,
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1], found[2])


def _give_back(session: Session, passage: Passage, now: datetime) -> UUID | None:
    charged = session.get(MealCharge, passage.passage_id)
    if charged is None:
        return None
    paid = find_transfer(session, charged.transfer_id)
    returned = transfer(
        session,
        transfer_id=uuid5(_CANCELLATIONS, str(passage.passage_id)),
        debit_account_id=paid.credit_account_id,
        credit_account_id=paid.debit_account_id,
        amount_cents=paid.amount_cents,
        reason=f"Annulation : {paid.reason}",
        reference=f"passage:{passage.passage_id}",
        now=now,
    )
    return returned.id


def _canteen(
    session: Session,
    establishment_id: UUID,
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> CanteenAccount:
    """Return an establishment's accounts, opened the first time under its row's lock."""
    known = session.get(CanteenAccount, establishment_id)
    if known is not None:
        return known
    session.get_one(Establishment, establishment_id, with_for_update=True)
    known = session.get(CanteenAccount, establishment_id, populate_existing=True)
    if known is None:
        received = open_account(session, AccountKind.FUNDING, now=now, make_id=make_id)
        sales = open_account(session, AccountKind.PAYABLE, now=now, make_id=make_id)
        known = CanteenAccount(
            establishment_id=establishment_id,
            received_account_id=received.id,
            sales_account_id=sales.id,
        )
        session.add(known)
        session.flush()
    return known


def _meal_account(
    session: Session, enrolment_id: UUID, now: datetime, make_id: Callable[[], UUID] = uuid4
) -> MealAccount:
    """Return a person's meal account, opened the first time under their enrolment's lock."""
    known = session.get(MealAccount, enrolment_id)
    if known is not None:
        return known
    session.get_one(Enrolment, enrolment_id, with_for_update=True)
    known = session.get(MealAccount, enrolment_id, populate_existing=True)
    if known is None:
        account = open_account(session, AccountKind.MEALS, now=now, make_id=make_id)
        known = MealAccount(enrolment_id=enrolment_id, account_id=account.id)
        session.add(known)
        session.flush()
    return known
