"""How the words of a file are read: names, dates, numbers, regimes, days."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.pupils.names import as_called, name_keys
from backend.pupils.rows import (
    Diet,
    Problem,
    PupilRow,
    Refused,
    Regime,
    RowReader,
    is_uai,
    read_date,
    read_days,
    read_regime,
)

WORDS = {"nom": "MARTIN", "prenom": "Léa", "date_naissance": "04/05/2011"}


def take(**words: str) -> tuple[PupilRow | Refused, list[str]]:
    problems: list[Problem] = []
    taken = RowReader(7, WORDS | words, problems).take()
    return taken, [one.code for one in problems]


def pupil(**words: str) -> PupilRow:
    taken, _ = take(**words)
    assert isinstance(taken, PupilRow)
    return taken


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Léa", "Martin"), ("LEA", "MARTIN")),
        (("Jean-Luc", "Le Gall"), ("JEAN LUC", "LE-GALL")),
        (("Jeanluc", "Legall"), ("Jean-Luc", "Le Gall")),
        (("Anaïs", "D'Arc"), ("Anais", "D\u2019ARC")),
        (("Martin", "Léa"), ("Léa", "Martin")),
        (("Zoé", "Lefèvre Œuvrard"), ("ZOE", "OEUVRARD LEFEVRE")),
        (("Łucja", "Größe"), ("Lucja", "GROSSE")),
    ],
)
def test_two_spellings_of_a_name_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert name_keys(*one) & name_keys(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("Léa", "Martin"), ("Lea", "Martins")), (("Léa", "Martin"), ("Léo", "Martin"))],
)
def test_two_names_share_none(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert not name_keys(*one) & name_keys(*other)


def test_a_name_without_letters_has_no_key() -> None:
    assert not name_keys("---", "Martin")
    assert not name_keys("Léa", "", None)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_has_keys_or_none(given_name: str, family_name: str) -> None:
    assert name_keys(given_name, family_name) == name_keys(given_name.upper(), family_name.upper())


def test_a_first_name_in_capitals_is_written_as_one_is_called() -> None:
    assert as_called("MARIE-ANGE") == "Marie-Ange"
    assert as_called("ÉLÉA D'ARC") == "Éléa D'Arc"
    assert as_called("Léa") == "Léa"
    assert pupil(prenom="LÉA").given_name == "Léa"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/08/2011", date(2011, 8, 31)),
        ("2011-08-31", date(2011, 8, 31)),
        ("31/02/2011", None),
        ("31/08/1811", None),
        ("31/8/2011", None),
        ("\u0663\u0661/08/2011", None),
    ],
)
def test_dates(text: str, day: date | None) -> None:
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "ine", "code"),
    [
        ("123456789ab", "123456789AB", None),
        ("0123456789 K", "0123456789K", None),
        ("2023A12345Z", "2023A12345Z", None),
        ("0ABCDEFGHI1", "0ABCDEFGHI1", None),
        ("2023D12345Z", None, "ine_provisional"),
        ("123456789A", None, "ine_unreadable"),
        ("123456789II", None, "ine_unreadable"),
        ("\u0661\u0662\u066345678901", None, "ine_unreadable"),
        ("", None, None),
    ],
)
def test_an_ine_has_one_of_its_forms_or_is_left_out(
    text: str, ine: str | None, code: str | None
) -> None:
    taken, codes = take(ine=text)
    assert isinstance(taken, PupilRow)
    assert taken.ine == ine
    assert codes == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("text", "regime"),
    [
        ("0", Regime("externe", "externe")),
        ("1", Regime("externe", "externe")),
        ("2", Regime("demi-pensionnaire", "demi-pensionnaire")),
        ("24", Regime("demi-pensionnaire 24", "demi-pensionnaire")),
        ("3", Regime("interne", "interne")),
        (
            "6",
            Regime("demi-pensionnaire hors établissement", "demi-pensionnaire hors établissement"),
        ),
        ("9", Regime("régime 9", None)),
        (
            "DEMI-PENSIONNAIRE DANS L'ETABLISSEMENT",
            Regime("demi-pensionnaire", "demi-pensionnaire"),
        ),
        ("DP 4 JOURS", Regime("dp 4 jours", "demi-pensionnaire")),
        ("Interne externé", Regime("interne externé", "interne externé")),
        ("Au ticket", Regime("au ticket", None)),
        (" ", None),
    ],
)
def test_regimes_are_read_by_code_and_by_label(text: str, regime: Regime | None) -> None:
    assert read_regime(text) == regime


@pytest.mark.parametrize("text", ["2", "24", "3", "9", "DP 4 JOURS", "Au ticket", "externe"])
def test_the_name_of_a_regime_reads_as_the_same_regime(text: str) -> None:
    regime = read_regime(text)
    assert regime is not None
    assert read_regime(regime.name) == regime


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1245", "1245"),
        ("5421", "1245"),
        ("lun mar jeu ven", "1245"),
        ("Lundi, Jeudi", "14"),
        ("L M Me J V", "12345"),
        ("08", None),
        ("demain", None),
    ],
)
def test_the_days_of_a_package(text: str, days: str | None) -> None:
    assert read_days(text) == days


def test_a_code_of_an_establishment_has_its_key_letter() -> None:
    assert is_uai("0750655E")
    assert not is_uai("0750655F")
    assert not is_uai("750655E")


def test_what_cannot_be_read_is_left_out_and_noted() -> None:
    taken, codes = take(
        courriel="sans arobase", telephone="appeler", repas="halal", jours="x", sortie="bientôt"
    )
    assert isinstance(taken, PupilRow)
    assert (taken.email, taken.phone, taken.diet, taken.days, taken.left_on) == (None,) * 5
    assert sorted(codes) == [
        "days_unreadable",
        "diet_unknown",
        "email_unreadable",
        "leaving_unreadable",
        "phone_unreadable",
    ]


def test_a_diet_is_one_of_a_closed_list() -> None:
    assert pupil(repas="Sans porc").diet is Diet.NO_PORK
    assert pupil(repas="PAI").diet is Diet.CARE_PLAN
    assert pupil().diet is None


def test_pronote_says_that_a_pupil_stays_to_the_end() -> None:
    taken, codes = take(sortie="Fin d'année")
    assert isinstance(taken, PupilRow)
    assert taken.left_on is None
    assert codes == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"date_naissance": "hier"}, "date_unreadable"),
        ({"date_naissance": ""}, "identity_missing"),
        ({"nom": " - "}, "identity_missing"),
        ({"nom": "x" * 101}, "name_too_long"),
    ],
)
def test_a_line_that_names_nobody_for_certain_is_refused(words: dict[str, str], code: str) -> None:
    taken, _ = take(**words)
    assert isinstance(taken, Refused)
    assert taken.problem.line == 7
    assert taken.problem.code == code


def test_a_refused_line_may_still_say_whose_it_is() -> None:
    taken, _ = take(date_naissance="hier", ine="123456789AB")
    assert isinstance(taken, Refused)
    assert taken.ine == "123456789AB"
    assert taken.keys == name_keys("Léa", "Martin")
    assert not taken.is_anybody
    nobody, _ = take(nom="", ine="")
    assert isinstance(nobody, Refused)
    assert nobody.is_anybody


def test_nothing_of_a_pupil_is_in_a_repr() -> None:
    shown = repr(pupil(ine="123456789AB", courriel="lea@exemple.fr"))
    for secret in ("MARTIN", "Léa", "2011", "123456789AB", "exemple"):
        assert secret not in shown
