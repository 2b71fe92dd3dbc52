"""Canteen money: apart from benefits, charged once, given back by a counter-entry."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.access.errors import (
    EnrolmentUnknown,
    MealPriceInvalid,
    PassageNotAdmitted,
    PassageUnknown,
    ServiceUnknown,
)
from backend.access.establishments import RightTerms, enrol_pupil
from backend.access.meals import cancel_passage, pay_in, set_price
from backend.access.tables import (
    CanteenAccount,
    Enrolment,
    HolderCategory,
    MealAccount,
    MealCharge,
    Passage,
    PassageCancellation,
    Service,
)
from backend.cards.tables import Card
from backend.ledger.accounts import balance, statement
from backend.ledger.check import check_ledger
from backend.ledger.tables import Transfer
from tests.backend.access.conftest import School

LEA = "04AABBCCDDEE01"
PRICE = 420
TUESDAY = datetime(2026, 9, 1, 9, 45, tzinfo=UTC)


class Canteen:
    """A pupil who pays ahead, and what a test does with them."""

    def __init__(self, school: School, **terms: Any) -> None:
        self.school = school
        self.database = school.services.database
        self.sequence = 0
        self.card_id = school.add_pupil("Léa", LEA)
        with self.database.unit_of_work() as session:
            person = session.get_one(Card, self.card_id).beneficiary_id
            rights = {"lunch": RightTerms(**({"prepaid": True} | terms))}
            enrol_pupil(session, school.establishment_id, person, rights)
            self.enrolment_id = session.scalars(select(Enrolment.id)).one()
            self.service_id = session.scalars(select(Service.id)).one()
            set_price(session, self.service_id, HolderCategory.PUPIL, price_cents=PRICE)

    def pay_in(self, amount_cents: int, transfer_id: UUID | None = None) -> None:
        with self.database.unit_of_work() as session:
            pay_in(
                session,
                self.enrolment_id,
                amount_cents=amount_cents,
                transfer_id=transfer_id or uuid4(),
                now=self.school.services.now(),
            )

    def pass_gate(self, at: datetime = TUESDAY, gate_id: UUID | None = None) -> dict[str, Any]:
        self.sequence += 1
        passage = {
            "passage_id": str(uuid4()),
            "sequence": self.sequence,
            "occurred_at": at.isoformat(),
            "uid": LEA,
            "card_id": str(self.card_id),
            "service": "lunch",
            "answer": "OK",
            "detail": None,
            "list_version": 1,
        }
        answer = self.school.upload(passage, gate_id=gate_id)
        assert answer.json()["recorded"] == [passage["passage_id"]]
        return passage

    def cancel(self, passage_id: object) -> PassageCancellation:
        with self.database.unit_of_work() as session:
            return cancel_passage(
                session,
                UUID(str(passage_id)),
                reason="Plateau rendu",
                cancelled_by="vie scolaire",
                now=self.school.services.now(),
            )

    def meals_left(self) -> object:
        [card] = self.school.fetch_list()["cards"]
        [right] = card["rights"]
        return right.get("meals_left")

    def cents(self) -> int:
        with self.database.reading() as session:
            account_id = session.scalars(select(MealAccount.account_id)).one()
            return balance(session, account_id)


def test_a_meal_paid_ahead_is_used_up_once(school: School) -> None:
    canteen = Canteen(school)
    assert canteen.meals_left() == 0
    once = uuid4()
    canteen.pay_in(1000, once)
    canteen.pay_in(1000, once)
    assert canteen.meals_left() == 2
    passage = canteen.pass_gate()
    again = school.upload(passage)
    assert again.json()["already_recorded"] == [passage["passage_id"]]
    assert (canteen.cents(), canteen.meals_left()) == (1000 - PRICE, 1)
    with canteen.database.reading() as session:
        [line, paid] = statement(session, session.scalars(select(MealAccount.account_id)).one())
        sales = session.scalars(select(CanteenAccount.sales_account_id)).one()
        assert (line.reason, paid.reason) == (
            "Repas du 01/09/2026",
            "Versement pour les repas",
        )
        assert balance(session, sales) == PRICE


def test_meals_that_may_be_owed_count_and_the_book_takes_what_happened(school: School) -> None:
    canteen = Canteen(school)
    with canteen.database.unit_of_work() as session:
        set_price(
            session, canteen.service_id, HolderCategory.PUPIL, price_cents=PRICE, negative_meals=2
        )
    assert canteen.meals_left() == 2
    for day in range(3):
        canteen.pass_gate(TUESDAY + timedelta(days=day))
    assert canteen.cents() == -3 * PRICE
    assert canteen.meals_left() == -1


def test_a_package_pays_on_its_days_and_the_account_on_others(school: School) -> None:
    canteen = Canteen(school, days=frozenset({2}))
    canteen.pay_in(PRICE)
    canteen.pass_gate()
    assert canteen.cents() == PRICE
    canteen.pass_gate(TUESDAY + timedelta(days=1))
    assert canteen.cents() == 0


def test_without_a_prepaid_right_or_a_price_nothing_is_charged(school: School) -> None:
    canteen = Canteen(school, prepaid=False)
    canteen.pass_gate()
    with canteen.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MealCharge)) == 0
        assert session.scalar(select(func.count()).select_from(Transfer)) == 0
    assert canteen.meals_left() is None


def test_a_second_meal_through_two_gates_is_flagged_and_not_charged(school: School) -> None:
    canteen = Canteen(school)
    canteen.pay_in(1000)
    canteen.pass_gate(gate_id=school.gate_id)
    second = canteen.pass_gate(TUESDAY + timedelta(minutes=5), gate_id=school.other_gate_id)
    assert canteen.cents() == 1000 - PRICE
    with canteen.database.reading() as session:
        assert session.get_one(Passage, UUID(second["passage_id"])).over_maximum


def test_a_passage_taken_back_stays_visible_and_gives_the_meal_back(school: School) -> None:
    canteen = Canteen(school)
    canteen.pay_in(1000)
    passage = canteen.pass_gate()
    first = canteen.cancel(passage["passage_id"])
    again = canteen.cancel(passage["passage_id"])
    assert first.transfer_id == again.transfer_id
    assert first.transfer_id is not None
    assert canteen.cents() == 1000
    with canteen.database.reading() as session:
        assert session.get(Passage, UUID(passage["passage_id"])) is not None
        assert session.get(MealCharge, UUID(passage["passage_id"])) is not None
        lines = statement(session, session.scalars(select(MealAccount.account_id)).one())
        assert lines[0].reason == "Annulation : Repas du 01/09/2026"
    # The place is free again: the next passage of the day is no second one.
    third = canteen.pass_gate(TUESDAY + timedelta(minutes=20))
    with canteen.database.reading() as session:
        assert not session.get_one(Passage, UUID(third["passage_id"])).over_maximum
    assert canteen.cents() == 1000 - PRICE


def test_what_cannot_be_taken_back(school: School) -> None:
    canteen = Canteen(school, prepaid=False)
    with pytest.raises(PassageUnknown):
        canteen.cancel(uuid4())
    passage = canteen.pass_gate()
    assert canteen.cancel(passage["passage_id"]).transfer_id is None
    refused = passage | {"passage_id": str(uuid4()), "sequence": 9, "answer": "DEJA_PASSE"}
    school.upload(refused)
    with pytest.raises(PassageNotAdmitted):
        canteen.cancel(refused["passage_id"])


@pytest.mark.parametrize("terms", [(0, 0), (-1, 0), (1, -1), (1, 10_001)])
def test_a_price_that_no_meal_has(school: School, terms: tuple[int, int]) -> None:
    canteen = Canteen(school)
    with canteen.database.unit_of_work() as session, pytest.raises(MealPriceInvalid):
        set_price(
            session,
            canteen.service_id,
            HolderCategory.STAFF,
            price_cents=terms[0],
            negative_meals=terms[1],
        )


def test_what_is_not_there_is_named(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        with pytest.raises(ServiceUnknown):
            set_price(session, uuid4(), HolderCategory.PUPIL, price_cents=1)
        with pytest.raises(EnrolmentUnknown):
            pay_in(session, uuid4(), amount_cents=1, transfer_id=uuid4(), now=school.services.now())


def test_the_books_of_a_canteen_check(school: School) -> None:
    canteen = Canteen(school)
    canteen.pay_in(2000)
    passages = [canteen.pass_gate(TUESDAY + timedelta(days=day)) for day in range(4)]
    canteen.cancel(passages[2]["passage_id"])
    with canteen.database.reading() as session:
        assert check_ledger(session).sound
    assert date(2026, 9, 1) == TUESDAY.date()
    assert canteen.cents() == 2000 - 3 * PRICE
