"""A scheme is set up from a file: wholly or not at all, and twice is once."""

import dataclasses
import json
import tomllib
from pathlib import Path

import pytest
from sqlalchemy import func, select

from backend.accounts.tables import Beneficiary
from backend.benefits.eligibility import Conditions
from backend.benefits.tables import GrantRule
from backend.commands import ledger
from backend.commands.apply import apply_file
from backend.commands.benefits import conditions_in_words
from backend.commands.refusal import CommandRefused
from backend.commands.register import block, revoke
from backend.commands.statement import read_statement
from backend.database import Base
from backend.pins.errors import PadEntryNotAllowed
from backend.pins.tables import PinPad
from backend.services import Services
from backend.vault.values import PinProfile

SCHEME = Path("scripts/demo/scheme.toml")


def rows(services: Services) -> dict[str, int]:
    with services.database.reading() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            # Rights are written again, as they were: a gate looks once whether its list changed.
            if name != "access_list_change"
        }


def test_what_is_declared_is_made(services: Services) -> None:
    declared = tomllib.loads(SCHEME.read_text())
    people, grants = declared["beneficiary"], 0
    for one in people.values():
        grants += len(one["grants"])
    assert (len(people) > 2, grants > len(people)) == (True, True)
    applied = json.loads(apply_file(services, SCHEME).as_json())
    assert set(applied["terminals"]) == {"caisse", "portillon", "guichet"}
    assert set(applied["beneficiaries"]) == set(people)
    pad = applied["terminals"]["caisse"]["pin_pad"]
    assert set(pad) == {"initial_key_id", "profile"}
    found = rows(services)
    made = found["card"], found["wallet"], found["ledger_transfer"]
    assert made == (len(people), grants, grants)
    assert ledger.check(services.database).sound


def test_a_pads_key_goes_into_a_file_of_ours_and_nowhere_else(
    services: Services, tmp_path: Path
) -> None:
    applied = apply_file(services, SCHEME, tmp_path / "pads")
    pad = json.loads(applied.as_json())["terminals"]["caisse"]["pin_pad"]
    file = Path(pad["key_file"])
    assert (file, file.stat().st_mode & 0o777) == (tmp_path / "pads" / "caisse.json", 0o600)
    assert [one.name for one in file.parent.iterdir()] == ["caisse.json"]
    held = json.loads(file.read_text())
    assert held["initial_key_id"] == pad["initial_key_id"]
    key = services.vault.initial_pad_key(
        bytes.fromhex(held["initial_key_id"]), PinProfile.AES_DUKPT_FORMAT_4
    )
    assert bytes.fromhex(held["initial_key"]) == key.reveal()
    for said in (applied.as_json(), applied.as_text(), repr(applied)):
        assert held["initial_key"] not in said.upper()
    assert str(file) in applied.as_text()


def test_without_a_folder_it_says_how_the_key_is_had(services: Services) -> None:
    said = apply_file(services, SCHEME).as_text()
    assert "keys pad-key-block --initial-key-id 9250000100000001" in said
    assert "--profile aes128-dukpt/iso4" in said


def test_a_pad_of_each_kind_is_declared(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "scheme.toml"
    text = SCHEME.read_text()
    legacy = text.replace("pin_pad = true", 'pin_pad = true\npin_pad_profile = "tdes-dukpt/iso0"')
    file.write_text(legacy)
    pad = json.loads(apply_file(services, file, tmp_path).as_json())["terminals"]["caisse"][
        "pin_pad"
    ]
    number = bytes.fromhex(pad["initial_key_id"])
    assert len(number) == 10
    assert int.from_bytes(number, "big") % (1 << 21) == 0
    key = services.vault.initial_pad_key(number, PinProfile.TDES_DUKPT_FORMAT_0)
    held = json.loads(Path(pad["key_file"]).read_text())
    assert bytes.fromhex(held["initial_key"]) == key.reveal()


def test_a_plain_keypad_is_refused_unless_it_is_allowed(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "scheme.toml"
    plain = SCHEME.read_text().replace(
        "pin_pad = true", 'pin_pad = true\npin_pad_entry = "terminal"'
    )
    file.write_text(plain)
    with pytest.raises(PadEntryNotAllowed):
        apply_file(services, file)
    assert sum(rows(services).values()) == 0
    settings = services.settings.model_copy(update={"allow_terminal_encryption": True})
    apply_file(dataclasses.replace(services, settings=settings), file)
    with services.database.reading() as session:
        assert session.scalars(select(PinPad)).one().entry == "terminal"


def test_no_key_is_written_in_clear_in_production(services: Services, tmp_path: Path) -> None:
    settings = services.settings.model_copy(update={"environment": "production"})
    strict = dataclasses.replace(services, settings=settings)
    with pytest.raises(CommandRefused, match="pad-key-block"):
        apply_file(strict, SCHEME, tmp_path / "pads")
    assert not (tmp_path / "pads").exists()
    assert sum(rows(services).values()) == 0


def test_applied_twice_is_applied_once(services: Services) -> None:
    apply_file(services, SCHEME)
    before = rows(services)
    again = apply_file(services, SCHEME)
    assert rows(services) == before
    assert again.as_text() == "nothing to do"


def test_an_associations_referent_is_declared_with_benefits_of_their_own(
    services: Services, tmp_path: Path
) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text("""
[campaign.annee]
name = "Pass"
opens_on = 2026-09-01
closes_on = 2027-06-30

[benefit.accompagner]
campaign = "annee"
label = "Accompagner"

[[benefit.accompagner.rule]]
code = "referents"
label = "Référents"
amount_cents = 2000
holders = ["referent"]

[beneficiary.nadia]
given_name = "Nadia"
family_name = "Bernard"
birth_date = 1979-02-01
category = "referent"
eligibility = {}

[beneficiary.lea]
given_name = "Léa"
family_name = "Martin"
birth_date = 2010-03-04
eligibility = {}
""")
    applied = json.loads(apply_file(services, file).as_json())
    assert {len(one["card_number"]) for one in applied["beneficiaries"].values()} == {16}
    with services.database.reading() as session:
        chosen = select(Beneficiary.given_name, Beneficiary.kind)
        kinds = {row.given_name: row.kind for row in session.execute(chosen)}
        conditions = session.scalars(select(GrantRule.conditions)).one()
    assert kinds == {"Nadia": "referent", "Léa": "young"}
    assert conditions_in_words(Conditions.from_json(conditions)) == "référents"


def test_a_grant_shows_on_the_statement(services: Services) -> None:
    applied = json.loads(apply_file(services, SCHEME).as_json())
    number = applied["beneficiaries"]["lea"]["card_number"]
    statement = read_statement(services, number, "culture")
    assert statement.balance_cents == 10000
    assert [json.loads(statement.as_json())["lines"][0]["amount_cents"]] == [10000]
    assert "100,00" in statement.as_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[benefit.x]\ncampaign = 'none'\nlabel = 'X'", "benefit.x names campaign.none"),
        ("[terminal.t]\nkind = 'counter'\nname = 'T'", "names no outlet"),
        ("[terminal.t]\nkind = 'gate'\nname = 'T'", "names no establishment"),
        ("[partner.p]\nname = 'P'\ncolour = 'red'", "Extra inputs"),
        ("[[[", "not a TOML file"),
        ("[beneficiary.b]\ngiven_name = ''", "beneficiary.b"),
    ],
)
def test_a_wrong_file_is_refused_whole_and_says_where(
    services: Services, tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text(text)
    with pytest.raises(CommandRefused, match=said):
        apply_file(services, file)
    assert sum(rows(services).values()) == 0


def test_what_is_refused_late_leaves_nothing(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "scheme.toml"
    text = SCHEME.read_text().replace('services = ["lunch"]', 'services = ["inconnu"]')
    file.write_text(text)
    with pytest.raises(Exception, match=r"service"):
        apply_file(services, file)
    assert sum(rows(services).values()) == 0


def test_no_file_is_said_in_words(services: Services, tmp_path: Path) -> None:
    with pytest.raises(CommandRefused, match="no such file"):
        apply_file(services, tmp_path / "none.toml")


def test_a_card_and_a_terminal_are_stopped_by_their_number(services: Services) -> None:
    applied = json.loads(apply_file(services, SCHEME).as_json())
    number = applied["beneficiaries"]["lea"]["card_number"]
    block(services, number, "lost")
    revoke(services, applied["terminals"]["caisse"]["terminal_id"])
    for wrong in ("", "9250", "1" * 16):
        with pytest.raises(CommandRefused):
            block(services, wrong, "lost")
        with pytest.raises(CommandRefused):
            read_statement(services, wrong, "culture")
    with pytest.raises(CommandRefused):
        revoke(services, "caisse")
