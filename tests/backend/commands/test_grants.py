"""A campaign from its file to its end, as an operator types it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.__main__ import _parser
from backend.benefits.errors import CampaignNotOver
from backend.commands.apply import apply_file
from backend.commands.grants import Progress
from backend.commands.refusal import CommandRefused
from backend.commands.verbs.invocation import Invocation
from backend.ledger.check import check_ledger
from backend.services import Services
from tests.backend.conftest import Clock

SCHEME = """
[scheme.pass-jeunes]
name = "Pass Jeunes"
authority = "Département des Hauts-de-Seine"

[campaign.annee]
scheme = "pass-jeunes"
name = "Pass 2026-2027"
opens_on = 2026-09-01
closes_on = 2027-03-31
spend_until = 2027-06-30
partners_until = 2028-06-30

[benefit.culture]
campaign = "annee"
label = "Culture"
activities = ["librairie", "cinema"]

[[benefit.culture.rule]]
code = "lyceens"
label = "Lycéens du département"
amount_cents = 6000
age_min = 15
age_max = 18
age_on = 2026-12-31
departments = ["92"]
tracks = ["general", "professional"]

[[benefit.culture.rule]]
code = "bourse"
label = "Boursiers"
amount_cents = 2000
top_up = true
scholarship = true

[partner.parc]
name = "Librairie du Parc"
activities = ["librairie"]

[beneficiary.lea]
given_name = "Léa"
family_name = "Exemple"
birth_date = 2010-03-14

[beneficiary.lea.eligibility]
reference = "INE-1"
postcode = "92000"
track = "general"
"""
FILE = (
    "reference;nom;prenom;date_naissance;code_postal;filiere;boursier;justificatif\n"
    "INE-1;;;;;;oui;attestation du 12/10\n"
    "INE-2;Petit;Tom;02/11/2009;75001;général;non;\n"
    "INE-3;=cmd;Zoé;31/02/2010;92000;général;non;\n"
)

Type = Callable[..., tuple[int, str]]


@pytest.fixture
def type_(services: Services, tmp_path: Path) -> Type:
    """Type a command; gives its exit status and what it said."""
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME)
    for _ in range(2):
        apply_file(services, file)

    def run(*words: str) -> tuple[int, str]:
        said: list[str] = []
        options = _parser().parse_args(list(words))
        asked = Invocation(options, services.settings, said.append, lambda: services)
        status = options.command(asked) or 0
        return status, "\n".join(said).replace("\u00a0", " ")

    return run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eleves.csv"
    path.write_text(FILE, encoding="iso8859-15")
    return path


def test_a_campaign_from_its_file_to_its_end(
    services: Services, clock: Clock, type_: Type, file: Path
) -> None:
    clock.moment = datetime(2026, 9, 15, 10, tzinfo=UTC)
    _import_with_its_refusals(type_, file)
    _run_again_and_explain(type_)
    _report(type_)
    _extend_then_close(type_)
    clock.moment = datetime(2028, 7, 1, 10, tzinfo=UTC)
    assert type_("campaigns", "expire")[1] == "Pass 2026-2027 : 80,00 € à rendre, 1 porte-monnaie"
    _, said = type_("campaigns", "expire", "--commit")
    assert said == "Pass 2026-2027 : 80,00 € rendus, 1 porte-monnaie"
    assert "terminée" in type_("campaigns", "list")[1]
    with services.database.reading() as session:
        assert check_ledger(session).problems == ()


def _import_with_its_refusals(type_: Type, file: Path) -> None:
    status, said = type_("grants", "import", str(file), "--campaign", "annee")
    assert (status, "rien n'a été enregistré" in said) == (1, True)
    status, said = type_("grants", "import", str(file), "--campaign", "annee", "--commit")
    refused = file.with_name("eleves-rejets.csv")
    assert said.splitlines() == [
        "3 lignes lues, 2 prises, 1 refusées",
        "1 personnes nouvelles",
        "2 dotations accordées, 80,00 €",
        "1 refusées, 0 déjà accordées",
        f"Lignes refusées, avec la raison : {refused}",
    ]
    assert status == 1
    assert (
        refused.read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith(
            "4;date_naissance_unreadable;date_naissance : date illisible, attendue comme 31/01/2010"
        )
    )
    assert "'=cmd" in refused.read_text()


def _run_again_and_explain(type_: Type) -> None:
    _, said = type_("grants", "run", "--campaign", "annee", "--commit", "--json")
    assert json.loads(said) == {
        "committed": True,
        "people": 2,
        "granted": 0,
        "granted_cents": 0,
        "refused": 0,
        "already_granted": 2,
    }
    _, said = type_("grants", "explain", "--campaign", "annee", "--reference", "INE-2")
    assert said == (
        "culture : Refusé : résidence hors du territoire (75001) "
        "(règle « Lycéens du département »)."
    )


def _report(type_: Type) -> None:
    _, said = type_("grants", "report", "--campaign", "annee")
    assert said.splitlines() == [
        "avantage;regle;decision;raison;nombre;centimes",
        "culture;bourse;accordé;rule;1;2000",
        "culture;lyceens;accordé;rule;1;6000",
        "culture;lyceens;refusé;residence_outside;1;0",
        ";;total accordé;;1;8000",
        ";;total dépensé;;1;0",
        ";;total restant;;1;8000",
        ";;total expiré;;1;0",
    ]
    _, said = type_("grants", "report", "--campaign", "annee", "--json")
    assert json.loads(said)["money"]["left_cents"] == 8000


def _extend_then_close(type_: Type) -> None:
    extend = ("campaigns", "extend", "--campaign", "annee", "--by", "A. Morel")
    _, said = type_(*extend, "--closes-on", "2027-04-30")
    assert said == (
        "annee · Pass 2026-2027 · ouverte, prolongée · du 01/09/2026 au 30/04/2027, "
        "à dépenser jusqu'au 30/06/2027, partenaires jusqu'au 30/06/2028"
    )
    type_("campaigns", "close", "--campaign", "annee", "--by", "A. Morel")
    _, said = type_("campaigns", "list", "--json")
    assert json.loads(said)[0]["closes_on"] == "2026-09-15"
    with pytest.raises(CampaignNotOver):
        type_("campaigns", "expire", "--campaign", "annee", "--commit")
    assert type_("campaigns", "expire")[1] == "Aucune campagne terminée n'a de solde à rendre."


def test_what_is_not_there_is_refused_with_a_sentence(type_: Type) -> None:
    for words in (
        ("grants", "report", "--campaign", "annees"),
        ("grants", "explain", "--campaign", "annee", "--reference", "INE-9"),
        ("grants", "import", "absent.csv", "--campaign", "annee"),
    ):
        with pytest.raises(CommandRefused):
            type_(*words)


def test_the_refused_lines_are_corrected_and_imported(type_: Type, file: Path) -> None:
    commit = ("--campaign", "annee", "--commit", "--json")
    type_("grants", "import", str(file), *commit)
    refused = file.with_name("eleves-rejets.csv")
    text = refused.read_text(encoding="utf-8-sig")
    refused.write_text(text.replace("31/02/2010", "30/02/2010"), encoding="utf-8-sig")
    status, said = type_("grants", "import", str(refused), *commit)
    again = Path(json.loads(said)["refusals_file"])
    assert (status, again.name) == (1, "eleves-rejets-rejets.csv")
    text = again.read_text(encoding="utf-8-sig")
    again.write_text(text.replace("30/02/2010", "28/02/2010"), encoding="utf-8-sig")
    status, said = type_("grants", "import", str(again), *commit)
    assert (status, json.loads(said)["people"], json.loads(said)["lines"]) == (0, 1, 1)


def test_the_file_that_is_read_is_not_written_over(type_: Type, file: Path) -> None:
    with pytest.raises(CommandRefused):
        type_("grants", "import", str(file), "--campaign", "annee", "--report", str(file))
    assert file.read_text(encoding="iso8859-15") == FILE


def test_progress_is_told_about_once_a_second() -> None:
    seconds, said = [0.0], list[str]()
    progress = Progress(said.append, clock=lambda: seconds[0])
    for tenth in range(1, 31):
        seconds[0] = tenth / 10
        progress.tell(tenth * 100, "lignes", tenth / 40)
    assert said == [
        "1000 lignes · 1000 par seconde · 25% · encore 3 s",
        "2000 lignes · 1000 par seconde · 50% · encore 2 s",
        "3000 lignes · 1000 par seconde · 75% · encore 1 s",
    ]
