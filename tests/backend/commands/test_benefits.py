"""A campaign typed from nothing: its benefits, who takes them, its rules, a grant by hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.__main__ import main
from backend.benefits.errors import (
    BenefitCodeTaken,
    CampaignCodeTaken,
    RuleCodeTaken,
    RuleUnknown,
)
from backend.commands.apply import apply_file
from backend.commands.refusal import CommandRefused
from backend.ledger.check import check_ledger
from backend.ledger.errors import TransferConflict
from backend.services import Services
from tests.backend.conftest import Clock

# The use cases are asked on both engines elsewhere.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PLACES = '[partner.parc]\nname = "Librairie du Parc"\n[scheme.jeunes]\nname = "Pass"\n'
FILE = (
    "reference;nom;prenom;date_naissance;code_postal;boursier;justificatif\n"
    "INE-1;Martin;Léa;14/03/2010;92000;oui;attestation du 12/10\n"
    "INE-2;Petit;Tom;02/11/2009;75001;non;\n"
)
OF = ("--campaign", "annee", "--benefit", "culture")
CREATE = ("campaigns", "create", "--campaign", "annee", "--name", "Pass 2026", "--scheme", "jeunes")
DAYS = ("--opens-on", "2026-09-01", "--closes-on", "2027-03-31", "--spend-until", "2027-06-30")
RULE = ("benefits", "rule", "add", *OF, "--rule", "lyceens", "--label", "Lycéens")
ASKED = ("--amount-cents", "6000", "--age-min", "15", "--age-max", "18", "--department", "92")

Type = Callable[..., str]


@pytest.fixture
def type_(
    services: Services,
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Type:
    clock.moment = datetime(2026, 9, 15, 10, tzinfo=UTC)
    (tmp_path / "scheme.toml").write_text(PLACES + 'authority = "Région"\n')
    apply_file(services, tmp_path / "scheme.toml")
    (tmp_path / "eleves.csv").write_text(FILE)
    monkeypatch.setattr("backend.__main__._services", lambda _settings: services)
    # What a refusal is, its class says; that it becomes a sentence is the command line's test.
    monkeypatch.setattr("backend.__main__.REFUSALS", ())
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out.replace("\u00a0", " ").removesuffix("\n")

    return run


def test_a_campaign_typed_from_nothing(services: Services, type_: Type) -> None:
    assert type_(*CREATE, *DAYS) == (
        "annee · Pass 2026 · ouverte · du 01/09/2026 au 31/03/2027, "
        "à dépenser jusqu'au 30/06/2027, partenaires jusqu'au 30/06/2027"
    )
    benefit = ("benefits", "create", *OF, "--label", "Culture")
    assert type_(*benefit) == "culture · Culture · accepté par : personne encore"
    taken = ("benefits", "taken-by", *OF, "--activity", "librairie", "--activity", "cinema")
    assert type_(*taken, "--partner", "parc") == (
        "culture · Culture · accepté par : cinema, librairie, Librairie du Parc"
    )
    not_taken = ("--not-activity", "cinema", "--not-partner", "parc")
    assert type_("benefits", "taken-by", *OF, *not_taken).endswith("accepté par : librairie")
    type_(*RULE, *ASKED)
    top_up = ("--rule", "bourse", "--label", "Boursiers", "--top-up", "--scholarship", "yes")
    said = type_("benefits", "rule", "add", *OF, *top_up, "--amount-cents", "2000")
    ages = "au moins 15 ans et au plus 18 ans"
    assert said.splitlines()[1:] == [
        f"  lyceens · dotation « Lycéens » · 60,00 € · {ages} ; département 92",
        "  bourse · complément « Boursiers » · 20,00 € · boursiers",
    ]
    said = type_("grants", "import", "eleves.csv", "--campaign", "annee", "--commit")
    assert "2 dotations accordées, 80,00 €" in said
    type_("benefits", "rule", "remove", *OF, "--rule", "bourse")
    (one,) = json.loads(type_("benefits", "list", "--campaign", "annee", "--json"))
    assert [rule["rule"] for rule in one["rules"]] == ["lyceens"]
    assert one["rules"][0]["conditions"] == {"age_min": 15, "age_max": 18, "departments": ["92"]}
    assert "lyceens · dotation" in type_("benefits", "list", "--campaign", "annee")
    # A rule that is gone takes nothing back.
    said = type_("grants", "run", "--campaign", "annee", "--commit", "--json")
    assert (json.loads(said)["granted"], json.loads(said)["already_granted"]) == (0, 1)
    type_("campaigns", "extend", *OF[:2], "--by", "A. Morel", "--closes-on", "2027-04-30")
    assert type_("campaigns", "show", "--campaign", "annee").splitlines()[1] == (
        "  le 15/09/2026 par A. Morel : 31/03/2027, 30/06/2027, 30/06/2027 → "
        "30/04/2027, 30/06/2027, 30/06/2027"
    )
    with services.database.reading() as session:
        assert check_ledger(session).problems == ()


def test_a_grant_by_hand_is_given_once(services: Services, type_: Type) -> None:
    type_(*CREATE, *DAYS)
    type_("benefits", "create", *OF, "--label", "Culture")
    type_("grants", "import", "eleves.csv", "--campaign", "annee", "--commit")
    give = ("grants", "give", *OF, "--reference", "INE-2", "--reason", "Bourse, avis du 12/10")
    cents = ("--amount-cents", "2500")
    words = "25,00 € à INE-2 (Culture) : Bourse, avis du 12/10"
    assert type_(*give, *cents).startswith(f"Essai : {words}.")
    assert type_(*give, *cents, "--commit") == f"Accordé : {words}"
    assert type_(*give, *cents, "--commit") == f"Déjà accordé : {words}"
    with pytest.raises(TransferConflict):
        type_(*give, "--amount-cents", "2600", "--commit")
    assert type_(*give, *cents, "--payment", "2", "--commit") == f"Accordé : {words}"
    money = json.loads(type_("grants", "report", "--campaign", "annee", "--json"))["money"]
    assert (money["granted_cents"], money["left_cents"]) == (5000, 5000)
    with pytest.raises(CommandRefused):
        type_("grants", "give", *OF, *give[6:], *cents, "--reference", "INE-9")


def test_what_is_there_already_or_not_is_refused(type_: Type) -> None:
    type_(*CREATE, *DAYS)
    type_("benefits", "create", *OF, "--label", "Culture")
    type_(*RULE, *ASKED)
    for words, refusal in (
        ((*CREATE, *DAYS), CampaignCodeTaken),
        (("benefits", "create", *OF, "--label", "Culture"), BenefitCodeTaken),
        ((*RULE, *ASKED), RuleCodeTaken),
        (("benefits", "rule", "remove", *OF, "--rule", "autre"), RuleUnknown),
        (("benefits", "taken-by", *OF, "--partner", "personne"), CommandRefused),
        (("benefits", "create", "--campaign", "x", *OF[2:], "--label", "x"), CommandRefused),
        (("benefits", "taken-by", *OF[:2], "--benefit", "x"), CommandRefused),
        (("campaigns", "create", "--campaign", "b", *CREATE[4:7], "x", *DAYS), CommandRefused),
    ):
        with pytest.raises(refusal):
            type_(*words)


@pytest.mark.parametrize("amount", ["0", "-1", "1.5", "x", "9" * 30])
def test_an_amount_is_whole_cents(type_: Type, amount: str) -> None:
    with pytest.raises(SystemExit):
        type_("grants", "give", *OF, "--reference", "R", "--reason", "M", "--amount-cents", amount)
