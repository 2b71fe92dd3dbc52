"""Stopping and limiting what the counters do, from the command line and the declared file."""

import json
from datetime import date
from pathlib import Path

import pytest

from backend.__main__ import main
from backend.commands import trade
from backend.commands.apply import apply_file
from backend.commands.declared import id_of
from backend.commands.refusal import CommandRefused
from backend.errors import BackendError
from backend.partners.errors import OutletUnknown, PartnerUnknown, TerminalUnknown
from backend.partners.tables import Outlet, Partner
from backend.payments.limits import LimitRule
from backend.services import Services

SCHEME = Path("scripts/demo/scheme.toml")
DAY = date(2026, 9, 1)

# The use cases are tested on both engines in their rooms.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def scheme(services: Services, tmp_path: Path) -> Path:
    """The demonstration's file, applied."""
    apply_file(services, SCHEME)
    return tmp_path / "scheme.toml"


def test_a_partner_is_suspended_and_resumed(services: Services, scheme: Path) -> None:
    def since() -> object:
        with services.database.reading() as session:
            return session.get_one(Partner, id_of("partner", "librairie")).suspended_at

    trade.suspend(services, "librairie")
    first = since()
    assert first == services.now()
    services.now.advance(days=1)  # type: ignore[attr-defined]
    trade.suspend(services, str(id_of("partner", "librairie")))
    assert since() == first
    trade.resume(services, "librairie")
    assert since() is None


def test_an_outlet_is_closed_and_reopened(services: Services, scheme: Path) -> None:
    def since() -> object:
        with services.database.reading() as session:
            return session.get_one(Outlet, id_of("outlet", "parc")).closed_at

    trade.close(services, "parc")
    assert since() == services.now()
    trade.reopen(services, "parc")
    assert since() is None


def test_nobody_of_that_name_is_refused(services: Services, scheme: Path) -> None:
    for refused, ask in (
        (PartnerUnknown, lambda: trade.suspend(services, "nobody")),
        (PartnerUnknown, lambda: trade.resume(services, "nobody")),
        (OutletUnknown, lambda: trade.close(services, "nobody")),
        (OutletUnknown, lambda: trade.reopen(services, "nobody")),
        (TerminalUnknown, lambda: trade.terminal_day(services, "nobody", DAY)),
    ):
        with pytest.raises(refused):
            ask()


def test_limits_are_set_listed_and_lifted(services: Services, scheme: Path) -> None:
    trade.limit(services, LimitRule(5000, 8000, 6000), benefit="culture", partner=None)
    trade.limit(services, LimitRule(per_day_cents=9000), benefit=None, partner="librairie")
    assert [line.as_text() for line in trade.list_limits(services)] == [
        (
            "benefit culture: a payment 50,00\u00a0€, a holder's day 80,00\u00a0€, "
            "a holder's day at one partner 60,00\u00a0€"
        ),
        "partner Librairie du Parc: a holder's day 90,00\u00a0€",
    ]
    trade.limit(services, LimitRule(), benefit="culture", partner=None)
    assert trade.list_limits(services)[0].as_text() == "benefit culture: no limit"


def test_an_unacceptable_limit_changes_nothing(services: Services, scheme: Path) -> None:
    trade.limit(services, LimitRule(5000), benefit="culture", partner=None)
    for rule, benefit, partner in (
        (LimitRule(0), "culture", None),
        (LimitRule(per_day_cents=-1), "culture", None),
        (LimitRule(per_partner_day_cents=1), None, "librairie"),
        (LimitRule(1), "cinema", None),
        (LimitRule(1), None, "nobody"),
    ):
        with pytest.raises(BackendError):
            trade.limit(services, rule, benefit=benefit, partner=partner)
    assert [line.rule for line in trade.list_limits(services)] == [LimitRule(5000)]


def test_limits_are_what_the_file_says(services: Services, scheme: Path) -> None:
    def declare(cents: int) -> None:
        limit = f'\n[limit.books]\nbenefit = "culture"\nper_day_cents = {cents}\n'
        scheme.write_text(SCHEME.read_text() + limit)
        apply_file(services, scheme)

    declare(4000)
    declare(3000)
    assert [line.rule for line in trade.list_limits(services)] == [LimitRule(None, 3000)]


@pytest.mark.parametrize(
    "wrong",
    [
        "per_day_cents = 1",
        'benefit = "culture"\npartner = "librairie"',
        'partner = "librairie"\nper_partner_day_cents = 1',
        'benefit = "culture"\nper_day_cents = 0',
        'benefit = "cinema"',
    ],
)
def test_a_limit_that_says_nothing_clear_is_refused(
    services: Services, scheme: Path, wrong: str
) -> None:
    scheme.write_text(f"{SCHEME.read_text()}\n[limit.odd]\n{wrong}\n")
    with pytest.raises(CommandRefused):
        apply_file(services, scheme)


def test_a_day_without_payments_is_empty(services: Services, scheme: Path) -> None:
    day = trade.terminal_day(services, "caisse", DAY)
    assert day.as_text().splitlines()[0] == "approved: 0 · 0,00\u00a0€"
    told = json.loads(day.as_json())
    assert (told["terminal_id"], told["day"]) == (str(id_of("terminal", "caisse")), "2026-09-01")
    assert told["refunded"] == {"count": 0, "amount_cents": 0}


@pytest.mark.parametrize(
    "words",
    [
        ["suspend-partner"],
        ["limits", "set"],
        ["limits", "set", "--benefit", "a", "--partner", "b"],
        ["totals", "--terminal", "caisse", "--day", "yesterday"],
    ],
)
def test_wrong_usage_is_status_2(words: list[str], database_url: str) -> None:
    assert database_url
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
