"""Who may agree at which age, what that does at the gates, and taking it back."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from backend.access.office_tables import HolderPhoto
from backend.accounts.errors import NotYours
from backend.accounts.families.tables import FamilyMember
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.tables import Beneficiary
from backend.cards.order_tables import CardPhoto
from backend.privacy.consents import agree, read_standing, show_photo, withdraw
from backend.privacy.errors import ConsentNotYours
from backend.privacy.tables import Consent, Purpose
from backend.services import Services
from tests.backend.privacy.conftest import NOW, Whole

#: The smallest JPEG of one grey pixel that a gate takes.
PIXEL = bytes.fromhex(
    "ffd8ffdb004300" + "01" * 64 + "ffc0000b080001000101011100"
    "ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f0054dfffd9"
)
GATE = Purpose.GATE_PHOTO


@pytest.fixture
def family(services: Services, whole: Whole) -> Whole:
    """The parent of a child of fourteen, with a photo for the card and nothing agreed."""
    with services.database.unit_of_work() as session:
        members = update(FamilyMember).values(account_id=whole.parent_id)
        session.execute(members)
        session.execute(delete(Consent))
        session.execute(delete(HolderPhoto))
        session.execute(update(CardPhoto).values(image=PIXEL))
        born(session, whole, date(2012, 3, 14))
    return whole


def born(session: Session, whole: Whole, day: date) -> None:
    mine = Beneficiary.id == whole.person_id
    session.execute(update(Beneficiary).where(mine).values(birth_date=day))


def turn_fifteen(services: Services, whole: Whole) -> None:
    with services.database.unit_of_work() as session:
        born(session, whole, date(2011, 9, 1))


def say_yes(
    services: Services, account_id: UUID, whole: Whole, *, child_agrees: bool = True
) -> None:
    with services.database.unit_of_work() as session:
        agree(session, account_id, whole.person_id, GATE, NOW, child_agrees=child_agrees)


def shown(services: Services) -> bool:
    with services.database.reading() as session:
        return session.scalar(select(HolderPhoto.noted_by)) == "accord en ligne"


def test_before_fifteen_a_parent_and_the_child(services: Services, family: Whole) -> None:
    with pytest.raises(ConsentNotYours):
        say_yes(services, family.account_id, family)
    with pytest.raises(ConsentNotYours):
        say_yes(services, family.parent_id, family, child_agrees=False)
    assert not shown(services)
    say_yes(services, family.parent_id, family)
    say_yes(services, family.parent_id, family)
    assert shown(services)
    with services.database.reading() as session:
        assert len(session.scalars(select(Consent.id)).all()) == 1
        given = SignInAct.kind != "card_blocked"
        acts = [
            (one.kind, one.beneficiary_id)
            for one in session.scalars(select(SignInAct).where(given))
        ]
    assert acts == [("consent_given", family.person_id)]


def test_at_fifteen_a_parent_s_word_counts_no_longer(services: Services, family: Whole) -> None:
    say_yes(services, family.parent_id, family)
    turn_fifteen(services, family)
    with services.database.reading() as session:
        account = family.account_id
        standing = read_standing(session, account, family.person_id, GATE, NOW)
        assert (standing.agreed, standing.may_agree, standing.may_withdraw) == (False, True, True)
        assert not show_photo(session, family.person_id, NOW)
    with pytest.raises(ConsentNotYours):
        say_yes(services, family.parent_id, family)
    say_yes(services, family.account_id, family, child_agrees=False)
    with services.database.reading() as session:
        standing = read_standing(session, family.parent_id, family.person_id, GATE, NOW)
    assert (standing.agreed, standing.may_agree, standing.since) == (True, False, NOW)


@pytest.mark.parametrize("who", ["parent_id", "account_id"])
def test_one_no_is_enough_and_ends_it_at_the_gates(
    services: Services, family: Whole, who: str
) -> None:
    say_yes(services, family.parent_id, family)
    with services.database.unit_of_work() as session:
        withdraw(session, getattr(family, who), family.person_id, GATE, NOW)
    assert not shown(services)
    with services.database.reading() as session:
        standing = read_standing(session, family.parent_id, family.person_id, GATE, NOW)
    assert (standing.agreed, standing.may_withdraw) == (False, False)


def test_without_a_photo_nothing_is_shown_until_there_is_one(
    services: Services, family: Whole
) -> None:
    with services.database.unit_of_work() as session:
        session.execute(delete(CardPhoto))
    say_yes(services, family.parent_id, family)
    assert not shown(services)


def test_somebody_else_s_child(services: Services, family: Whole) -> None:
    with services.database.unit_of_work() as session:
        session.execute(delete(FamilyMember))
    with pytest.raises(NotYours):
        say_yes(services, family.parent_id, family)
    with services.database.unit_of_work() as session, pytest.raises(NotYours):
        withdraw(session, family.parent_id, family.person_id, GATE, NOW)
    with services.database.reading() as session, pytest.raises(NotYours):
        read_standing(session, family.parent_id, family.person_id, GATE, NOW)
