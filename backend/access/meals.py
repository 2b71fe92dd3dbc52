"""Canteen money: paid in ahead, used up meal by meal, on the same ledger as everything else.

Promise: a meal account is apart from every benefit. A passage is charged in the unit of work that
records it, once, whatever is handed over again; one that a package pays for costs nothing; one
above its maximum (two gates that could not hear each other) is flagged and not charged: a person
decides. A passage taken back is a counter-entry: passage, charge and cancellation all stay.

Not here: how the money comes in (cash desk, bank card), and the limit, which the gate's list holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import insert, select
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
from backend.ledger.accounts import balances, open_account, open_accounts
from backend.ledger.tables import AccountKind
from backend.ledger.transfers import Movement, find_transfer, transfer, transfer_all_covered

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


@dataclass(frozen=True, slots=True)
class MealTerms:
    """By what a passage may cost its holder: whose right, on which days it is free, the price."""

    enrolment_id: UUID
    free_days: str | None
    price_cents: int
    account_id: UUID | None  # None: nobody has paid anything in yet

    def cost_on(self, day: date) -> bool:
        """Tell whether a passage of a day costs: no package pays for it."""
        return self.free_days is None or str(day.isoweekday()) not in self.free_days


def charge_all(
    session: Session, passages: Sequence[tuple[Passage, MealTerms]], now: datetime
) -> None:
    """Debit what admitted passages of one place cost their holders: a few statements for all."""
    owed = [(passage, terms) for passage, terms in passages if terms.cost_on(passage.local_day)]
    if not owed:
        return
    sales = _canteen(session, owed[0][0].establishment_id, now).sales_account_id
    accounts = _meal_accounts(session, [terms for _, terms in owed], now)
    movements, charges = dict[UUID, Movement](), []
    for passage, terms in owed:
        transfer_id = uuid5(_CHARGES, str(passage.passage_id))
        charges.append({"passage_id": passage.passage_id, "transfer_id": transfer_id})
        movements[transfer_id] = Movement(
            debit_account_id=accounts[terms.enrolment_id],
            credit_account_id=sales,
            amount_cents=terms.price_cents,
            reason=f"Repas du {passage.local_day:%d/%m/%Y}",
            reference=f"passage:{passage.passage_id}",
        )
    # Neither account is limited: there is nothing to lock, and nothing to run out of.
    transfer_all_covered(session, movements, now)
    session.execute(insert(MealCharge), charges)


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
    if known is None:
        _open_accounts(session, [enrolment_id], now, make_id)
        known = session.get_one(MealAccount, enrolment_id)
    return known


def _meal_accounts(
    session: Session,
    terms: Sequence[MealTerms],
    now: datetime,
    make_id: Callable[[], UUID] = uuid4,
) -> dict[UUID, UUID]:
    """Return people's meal accounts by their enrolment, those opened that nobody has yet."""
    known = {each.enrolment_id: each.account_id for each in terms if each.account_id is not None}
    lacking = {each.enrolment_id for each in terms} - known.keys()
    return known | _open_accounts(session, sorted(lacking), now, make_id) if lacking else known


def _open_accounts(
    session: Session, enrolment_ids: Sequence[UUID], now: datetime, make_id: Callable[[], UUID]
) -> dict[UUID, UUID]:
    """Open the accounts that are lacking, under their enrolments' locks; return all of them."""
    chosen = select(Enrolment.id).where(Enrolment.id.in_(enrolment_ids)).order_by(Enrolment.id)
    session.execute(chosen.with_for_update())
    rows = session.execute(
        select(MealAccount.enrolment_id, MealAccount.account_id).where(
            MealAccount.enrolment_id.in_(enrolment_ids)
        )
    )
    known = {row.enrolment_id: row.account_id for row in rows}
    fresh = {each: make_id() for each in enrolment_ids if each not in known}
    if fresh:
        open_accounts(session, AccountKind.MEALS, list(fresh.values()), now=now)
        pairs = [{"enrolment_id": each, "account_id": fresh[each]} for each in fresh]
        session.execute(insert(MealAccount), pairs)
    return known | fresh
