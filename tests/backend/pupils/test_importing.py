"""Importing for real, on both databases: what is written, what never is, what a gate then says."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, select

from backend.access.enrolling import end_roster
from backend.access.establishments import (
    RightTerms,
    create_establishment,
    end_enrolment,
    enrol_pupil,
    find_establishment,
)
from backend.access.rights import read_rights
from backend.access.tables import Enrolment, EnrolmentService
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.tables import Beneficiary
from backend.cards.life import order_card
from backend.cards.ordering import order_cards, without_card
from backend.cards.tables import Card
from backend.pupils.errors import OtherEstablishment, TooManyDepartures
from backend.pupils.importing import Outcome
from backend.pupils.matching import Decisions, Doubt
from backend.pupils.tables import NationalNumber, Pupil, PupilImport, SchoolClass
from tests.backend.pupils.conftest import Lycee
from tests.backend.pupils.files import Eleve, eleves_xml, read, structures_xml, zipped

#: One database is enough where nothing in it depends on which.
EMBEDDED = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LEA = Eleve("MARTIN", "Léa", "04/05/2011", ine="123456789AB")
ZOE = Eleve("LE GALL", "Zoé", "30/11/2010", ine="123456789CD", division="4 B", regime="0")
NOE = Eleve("ROUX", "Noé", "01/02/2012", division="4 B", regime="3")


def rights_of(lycee: Lycee, given_name: str) -> dict[str, object]:
    """Return what a gate's list says of a pupil, by service."""
    with lycee.services.database.reading() as session:
        enrolment = session.scalars(
            select(Enrolment.id)
            .join(Beneficiary, Beneficiary.id == Enrolment.beneficiary_id)
            .where(
                Beneficiary.given_name == given_name,
                Enrolment.establishment_id == lycee.id,
                Enrolment.ended_at.is_(None),
            )
        ).one_or_none()
        place = find_establishment(session, lycee.id)
        found = read_rights(session, place, lycee.services.now().date())
        return {code: terms.get("days") for code, terms in found.get(enrolment or uuid4(), [])}


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    found = outcome.difference
    return len(found.created), len(found.updated), len(found.same), len(found.departed)


def count(lycee: Lycee, table: type) -> int:
    with lycee.services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def person_id(lycee: Lycee, given_name: str) -> UUID:
    with lycee.services.database.reading() as session:
        return session.scalars(
            select(Beneficiary.id).where(Beneficiary.given_name == given_name)
        ).one()


@EMBEDDED
def test_a_trial_writes_nothing(lycee: Lycee) -> None:
    outcome = lycee.siecle(LEA, ZOE, NOE, apply=False)
    assert counts(outcome) == (3, 0, 0, 0)
    assert not outcome.applied
    assert outcome.without_card == 3
    assert [(one.name, one.pupils, one.known_as) for one in outcome.regimes] == [
        ("demi-pensionnaire", 1, "demi-pensionnaire"),
        ("externe", 1, "externe"),
        ("interne", 1, "interne"),
    ]
    assert [count(lycee, table) for table in (Beneficiary, Enrolment, PupilImport)] == [0, 0, 0]


def test_pupils_get_class_number_and_the_rights_of_their_regime(lycee: Lycee) -> None:
    assert counts(lycee.siecle(LEA, ZOE, NOE)) == (3, 0, 0, 0)
    assert rights_of(lycee, "Léa") == {"lunch": None}
    assert rights_of(lycee, "Zoé") == {}
    assert rights_of(lycee, "Noé") == {"lunch": None, "dinner": None}
    with lycee.services.database.reading() as session:
        pupils = session.scalars(select(Pupil).order_by(Pupil.class_code)).all()
        assert [one.class_code for one in pupils] == ["3 A", "4 B", "4 B"]
        assert session.scalars(select(NationalNumber.ine)).all()
        (record,) = session.scalars(select(PupilImport)).all()
    assert (record.imported_by, record.source, record.created) == ("test", "siecle", 3)


def test_the_same_file_again_changes_nothing(lycee: Lycee) -> None:
    lycee.siecle(LEA, ZOE, NOE)
    spelled = (
        replace(LEA, nom="Martin", prenom="LEA"),
        ZOE,
        replace(NOE, nom="Roux", prenom="NOÉ"),
    )
    outcome = lycee.siecle(*spelled)
    assert counts(outcome) == (0, 0, 3, 0)
    assert outcome.difference.is_empty
    assert count(lycee, Beneficiary) == 3
    assert count(lycee, EnrolmentService) == 3


def test_a_change_of_class_and_regime_moves_the_rights(lycee: Lycee) -> None:
    lycee.siecle(LEA, ZOE)
    outcome = lycee.siecle(replace(LEA, division="2 A"), replace(ZOE, regime="24"))
    assert counts(outcome) == (0, 2, 0, 0)
    assert sum(one.moves for one in outcome.difference.updated) == 1
    assert rights_of(lycee, "Léa") == {"lunch": None}
    # A variant nobody defined has the rights of its base.
    assert rights_of(lycee, "Zoé") == {"lunch": None}


@EMBEDDED
def test_rights_given_by_hand_stay_while_the_regime_does(lycee: Lycee) -> None:
    lycee.siecle(LEA)
    with lycee.services.database.unit_of_work() as session:
        terms = {"lunch": RightTerms(days=frozenset({1, 2}))}
        enrol_pupil(session, lycee.id, person_id(lycee, "Léa"), terms)
    lycee.siecle(LEA)
    assert rights_of(lycee, "Léa") == {"lunch": [1, 2]}
    lycee.siecle(LEA, renew_rights=True)
    assert rights_of(lycee, "Léa") == {"lunch": None}


@EMBEDDED
def test_a_regime_nobody_defined_leaves_rights_alone_and_gives_none(lycee: Lycee) -> None:
    lycee.siecle(LEA)
    outcome = lycee.siecle(replace(LEA, regime="9"), replace(NOE, regime="9"))
    assert [one.known_as for one in outcome.regimes] == [None]
    assert rights_of(lycee, "Léa") == {"lunch": None}
    assert rights_of(lycee, "Noé") == {}


@EMBEDDED
def test_a_pupils_own_days_and_diet(lycee: Lycee, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    header = "nom;prenom;date_naissance;classe;regime;jours;repas\n"
    path.write_text(header + "MARTIN;Léa;04/05/2011;3 A;demi-pensionnaire;1245;sans porc\n")
    lycee.take(read(path))
    assert rights_of(lycee, "Léa") == {"lunch": [1, 2, 4, 5]}
    with lycee.services.database.reading() as session:
        assert session.scalars(select(Enrolment.diet)).all() == ["sans porc"]
    assert lycee.take(read(path)).difference.is_empty
    # SIECLE knows neither: both stay.
    lycee.siecle(replace(LEA, ine=""))
    assert rights_of(lycee, "Léa") == {"lunch": [1, 2, 4, 5]}


def test_whoever_leaves_keeps_everything_but_the_rights(lycee: Lycee) -> None:
    lycee.siecle(LEA, ZOE)
    with lycee.services.database.unit_of_work() as session:
        card = order_card(session, person_id(lycee, "Léa"), 1, lycee.services.now())
    outcome = lycee.siecle(ZOE)
    assert counts(outcome) == (0, 0, 1, 1)
    assert rights_of(lycee, "Léa") == {}
    with lycee.services.database.reading() as session:
        assert session.get_one(Card, card.id).state == "ordered"
        assert session.scalars(select(Pupil.left_on).where(Pupil.left_on.is_not(None))).one()
    assert count(lycee, Beneficiary) == 2
    back = lycee.siecle(LEA, ZOE)
    assert [one.returns for one in back.difference.updated] == [True]
    assert rights_of(lycee, "Léa") == {"lunch": None}
    assert count(lycee, Beneficiary) == 2
    with lycee.services.database.reading() as session:
        assert session.scalars(select(Pupil.left_on)).all() == [None, None]


@EMBEDDED
def test_one_by_one_and_all_at_once_end_in_the_same(lycee: Lycee) -> None:
    """The bulk way must not drift from `end_enrolment`."""
    lycee.siecle(LEA, NOE)
    lea, noe, now = person_id(lycee, "Léa"), person_id(lycee, "Noé"), lycee.services.now()
    with lycee.services.database.unit_of_work() as session:
        for one in session.scalars(select(Enrolment)):
            one.diet = "sans porc"
        session.flush()
        end_enrolment(session, lycee.id, lea, now)
        end_roster(session, lycee.id, [noe], now)
    with lycee.services.database.reading() as session:
        ended = session.scalars(select(Enrolment)).all()
        assert [(one.ended_at, one.diet) for one in ended] == [(now, None)] * 2
        assert session.scalars(select(EnrolmentService)).all() == []


def test_somebody_known_elsewhere_joins_with_their_account(lycee: Lycee) -> None:
    with lycee.services.database.unit_of_work() as session:
        other = create_establishment(session, "Collège du Port")
        person = create_beneficiary(
            session,
            given_name="Lea",
            family_name="Martin",
            birth_date=date(2011, 5, 4),
            now=lycee.services.now(),
        )
        enrol_pupil(session, other.id, person.id, [])
    outcome = lycee.siecle(LEA)
    assert [one.joins for one in outcome.difference.updated] == [True]
    assert count(lycee, Beneficiary) == 1
    assert rights_of(lycee, "Lea") == {"lunch": None}
    with lycee.services.database.reading() as session:
        # The other establishment's own file will say that she left it.
        assert session.scalar(select(func.count()).select_from(Enrolment)) == 2
        assert session.get_one(NationalNumber, person.id).ine == LEA.ine


@EMBEDDED
def test_a_doubtful_line_waits_for_a_decision(lycee: Lycee) -> None:
    lycee.siecle(LEA)
    namesake = replace(LEA, ine="987654321EF")
    outcome = lycee.siecle(namesake)
    (doubt,) = outcome.difference.doubtful
    assert doubt.doubt is Doubt.INE_DIFFERS
    assert counts(outcome) == (0, 0, 0, 0)
    assert rights_of(lycee, "Léa") == {"lunch": None}
    same = Decisions(same={doubt.row.line: person_id(lycee, "Léa")})
    lycee.siecle(namesake, decisions=same)
    assert lycee.siecle(namesake).difference.is_empty
    assert count(lycee, Beneficiary) == 1


@EMBEDDED
def test_another_establishments_file_is_refused(lycee: Lycee, tmp_path: Path) -> None:
    lycee.siecle(LEA)
    path = tmp_path / "other.xml"
    path.write_bytes(eleves_xml([ZOE], uai="0310053P"))
    for apply in (False, True):
        with pytest.raises(OtherEstablishment):
            lycee.take(read(path), apply=apply)
    assert count(lycee, Beneficiary) == 1


@EMBEDDED
def test_many_departures_must_be_confirmed_by_their_number(lycee: Lycee) -> None:
    many = [Eleve(f"NOM{chr(65 + n)}", "Léa", "04/05/2011") for n in range(12)]
    lycee.siecle(*many)
    for departures in (None, 10):
        with pytest.raises(TooManyDepartures):
            lycee.siecle(many[0], departures=departures)
    assert counts(lycee.siecle(many[0], departures=11)) == (0, 0, 1, 11)


def test_cards_are_ordered_for_those_who_have_none(lycee: Lycee) -> None:
    lycee.siecle(LEA)
    with lycee.services.database.unit_of_work() as session:
        order_card(session, person_id(lycee, "Léa"), 1, lycee.services.now())
    outcome = lycee.siecle(LEA, ZOE, NOE, order_cards=True)
    assert (outcome.without_card, outcome.cards_ordered) == (2, 2)
    assert count(lycee, Card) == 3
    assert lycee.siecle(LEA, ZOE, NOE, order_cards=True).cards_ordered == 0


@EMBEDDED
def test_a_card_number_that_is_taken_is_drawn_again(lycee: Lycee) -> None:
    lycee.siecle(LEA, ZOE)
    lea, zoe = person_id(lycee, "Léa"), person_id(lycee, "Zoé")
    serials = iter([7, 7, 8])
    with lycee.services.database.unit_of_work() as session:
        order_card(session, lea, 7, lycee.services.now())
        order_cards(session, [zoe], lycee.services.now(), draw_serial=lambda: next(serials))
        assert without_card(session, [lea, zoe]) == []


@EMBEDDED
def test_classes_get_their_long_names(lycee: Lycee, tmp_path: Path) -> None:
    for label in ("TROISIEME A", "3e A"):
        structures = structures_xml({"3 A": label})
        path = zipped(tmp_path / "z.zip", E_xml=eleves_xml([LEA]), S_xml=structures)
        lycee.take(read(path))
        with lycee.services.database.reading() as session:
            assert session.scalars(select(SchoolClass.label)).all() == [label]


@EMBEDDED
def test_an_import_that_fails_leaves_nothing(lycee: Lycee, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("backend.pupils.importing.order_cards", fail)
    with pytest.raises(RuntimeError):
        lycee.siecle(LEA, ZOE, order_cards=True)
    tables = (Beneficiary, Enrolment, Pupil, NationalNumber, PupilImport)
    assert [count(lycee, table) for table in tables] == [0] * len(tables)


@EMBEDDED
def test_ten_times_the_pupils_take_the_same_number_of_statements(lycee: Lycee) -> None:
    def statements(count: int, first: int) -> int:
        seen: list[object] = []

        def note(*arguments: object) -> None:
            seen.append(arguments[2])

        engine = lycee.services.database.engine
        event.listen(engine, "before_cursor_execute", note)
        pupils = [
            Eleve(f"N{chr(65 + n % 26)}{n}", "Léa", "04/05/2011") for n in range(first, count)
        ]
        assert counts(lycee.siecle(*pupils, order_cards=True, partial=True))[0] == count - first
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    first = statements(20, 0)
    assert statements(220, 20) <= first < 40


@EMBEDDED
def test_the_day_is_the_establishments(lycee: Lycee, monkeypatch: pytest.MonkeyPatch) -> None:
    leaving = replace(LEA, more={"DATE_SORTIE": "02/09/2026"})
    lycee.siecle(LEA)
    # Just past midnight of the second in Paris, still the first in UTC.
    late = datetime(2026, 9, 1, 22, 30, tzinfo=UTC)
    lycee.services = replace(lycee.services, now=lambda: late)
    assert counts(lycee.siecle(leaving)) == (0, 0, 0, 1)
