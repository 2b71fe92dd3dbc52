"""What an establishment accepts to be told."""

from datetime import time
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from backend.access.errors import (
    EnrolmentUnknown,
    EstablishmentUnknown,
    NotAGate,
    RightInvalid,
    ServiceCodeTaken,
    ServiceInvalid,
    ServiceUnknown,
    TimeZoneUnknown,
)
from backend.access.establishments import (
    RightTerms,
    ServiceTerms,
    add_service,
    assign_gate,
    create_establishment,
    end_enrolment,
    enrol_pupil,
)
from backend.accounts.errors import BeneficiaryUnknown
from backend.accounts.tables import Beneficiary
from backend.partners.enrolment import create_terminal
from backend.partners.errors import TerminalUnknown
from backend.partners.registry import place_of
from backend.partners.tables import TerminalKind
from tests.backend.access.conftest import School


def describe(**changes: Any) -> dict[str, Any]:
    plain = {
        "code": "dinner",
        "label": "Dîner",
        "days": [1],
        "hours": (time(19), time(20)),
    }
    return plain | changes


def test_a_service_that_no_gate_could_hold_is_refused(school: School) -> None:
    impossible: list[dict[str, Any]] = [
        {"code": ""},
        {"code": "Dinner"},
        {"code": "d" * 41},
        {"label": ""},
        {"days": []},
        {"days": [0]},
        {"days": [8]},
        {"hours": (time(20), time(19))},
        {"hours": (time(19), time(19))},
        {"hours": (time(19, 0, 1), time(20))},
        {"terms": ServiceTerms(passages_max=0)},
        {"terms": ServiceTerms(passages_max=21)},
        {"terms": ServiceTerms(week_max=0)},
        {"terms": ServiceTerms(week_max=141)},
    ]
    for changes in impossible:
        with school.services.database.unit_of_work() as session, pytest.raises(ServiceInvalid):
            add_service(session, school.establishment_id, **describe(**changes))


@pytest.mark.parametrize(
    "terms",
    [
        RightTerms(days=frozenset()),
        RightTerms(days=frozenset({0})),
        RightTerms(days=frozenset({5, 8})),
        RightTerms(passages_max=0),
        RightTerms(passages_max=21),
    ],
    ids=str,
)
def test_a_right_that_no_list_could_carry_is_refused(school: School, terms: RightTerms) -> None:
    school.add_pupil("Léa", "04AABBCCDDEE01")
    with school.services.database.unit_of_work() as session:
        person = session.scalars(select(Beneficiary.id)).one()
        with pytest.raises(RightInvalid):
            enrol_pupil(session, school.establishment_id, person, {"lunch": terms})


def test_days_are_kept_in_order_and_once(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        service = add_service(session, school.establishment_id, **describe(days=[5, 1, 1]))
        assert service.days == "15"


def test_a_code_serves_once_in_an_establishment(school: School) -> None:
    with pytest.raises(ServiceCodeTaken), school.services.database.unit_of_work() as session:
        add_service(session, school.establishment_id, **describe(code="lunch"))


def test_what_is_not_there_is_named(school: School) -> None:
    nobody = uuid4()
    now = school.services.now()
    with school.services.database.unit_of_work() as session:
        with pytest.raises(EstablishmentUnknown):
            add_service(session, nobody, **describe())
        with pytest.raises(EstablishmentUnknown):
            enrol_pupil(session, nobody, nobody, [])
        with pytest.raises(BeneficiaryUnknown):
            enrol_pupil(session, school.establishment_id, nobody, [])
        with pytest.raises(EnrolmentUnknown):
            end_enrolment(session, school.establishment_id, nobody, now)
        with pytest.raises(TerminalUnknown):
            assign_gate(session, nobody, school.establishment_id)
        with pytest.raises(EstablishmentUnknown):
            assign_gate(session, school.gate_id, nobody)
        with pytest.raises(TimeZoneUnknown):
            create_establishment(session, "Lycée", time_zone="Europe/Pari")


def test_a_right_to_an_unknown_service_is_refused(school: School) -> None:
    with pytest.raises(ServiceUnknown):
        school.add_pupil("Léa", None, services=["lunch", "dinner"])


def test_only_a_gate_is_assigned_and_it_then_says_where_it_stands(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        counter = create_terminal(
            session, kind=TerminalKind.COUNTER, name="Caisse", now=school.services.now()
        )
        with pytest.raises(NotAGate):
            assign_gate(session, counter.terminal_id, school.establishment_id)
        assert place_of(session, school.gate_id).establishment_name == "Lycée du Parc"
