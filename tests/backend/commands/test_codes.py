"""The command line about codes, alarms and mails: what is typed reaches the use case, once."""

import json
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from backend import __main__ as command_line
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.delivery import Delivered
from backend.accounts.tables import Beneficiary
from backend.cards.life import order_card
from backend.cards.states import CardState
from backend.cards.tables import Card
from backend.commands import notices
from backend.commands.apply import apply_file
from backend.commands.refusal import CommandRefused
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.pins.alarms import raise_alarm
from backend.pins.forcing import force_change
from backend.pins.setting import set_code
from backend.pins.tables import AlarmKind
from backend.services import Services
from backend.vault.values import SecretCode

WAIT_SECONDS_MAX = 10.0


@pytest.fixture
def lea(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session,
            given_name="Léa",
            family_name="Exemple",
            birth_date=date(2010, 3, 14),
            contact=Contact("lea@exemple.fr"),
            now=services.now(),
        ).id


@pytest.fixture
def number(services: Services, lea: UUID) -> str:
    with services.database.unit_of_work() as session:
        card_number: str = order_card(session, lea, 7, services.now()).number
    return card_number


@pytest.fixture
def run(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Type a command; return its status and what it said."""
    monkeypatch.setattr(command_line, "_services", lambda _settings: services)

    def type_it(*words: str) -> tuple[int, str]:
        status = command_line.main(list(words))
        said = capsys.readouterr()
        return status, said.out + said.err

    return type_it


def test_from_the_invitation_to_the_forced_change(
    run: Any, services: Services, lea: UUID, number: str
) -> None:
    status, said = run("invite", "--card-number", number, "--by", "Anne")
    assert (status, "/activation/" in said, "168 hours" in said) == (0, True, True)
    set_code(services, lea, SecretCode("7391"))
    force = ("code", "force-change", "--card-number", number, "--by", "Anne", "--reason", "vu")
    assert run(*force) == (0, "the code is now must_change\n")
    status, said = run("code", "history", "--card-number", number)
    assert [line.split()[1] for line in said.splitlines()] == [
        "link_given",
        "set",
        "change_forced",
    ]
    status, said = run(
        "block-card", "--card-number", number, "--reason", "lost", "--code", "change"
    )
    assert (status, "must choose another code" in said) == (0, True)


@pytest.mark.parametrize("wrong", [("--by", " "), ("--by", "x" * 101), ("--reason", "")])
def test_who_and_why_must_be_said(run: Any, number: str, wrong: tuple[str, str]) -> None:
    words = {"--card-number": number, "--by": "Anne", "--reason": "vu", wrong[0]: wrong[1]}
    with pytest.raises(SystemExit):
        run("code", "force-change", *(word for pair in words.items() for word in pair))


def test_a_holder_without_a_code_cannot_be_made_to_change_it(run: Any, number: str) -> None:
    status, said = run(
        "code", "force-change", "--card-number", number, "--by", "Anne", "--reason", "vu"
    )
    assert (status, "code_not_set" in said) == (1, True)


def test_too_many_links_are_refused_in_words(
    run: Any, services: Services, lea: UUID, number: str
) -> None:
    set_code(services, lea, SecretCode("7391"))
    answers = [run("invite", "--card-number", number) for _ in range(4)]
    assert [status for status, _ in answers] == [0, 0, 0, 1]
    assert "birth date" in answers[0][1]
    assert "too_many_links" in answers[3][1]


def test_alarms_are_listed_and_released(run: Any, services: Services) -> None:
    with services.database.unit_of_work() as session:
        now = services.now()
        terminal = create_terminal(session, kind=TerminalKind.COUNTER, name="Caisse", now=now)
        alarm = raise_alarm(session, AlarmKind.SPRAYING, 10, now, terminal_id=terminal.terminal_id)
    status, said = run("alarms")
    assert (status, str(alarm) in said, "spraying (10)" in said) == (0, True, True)
    assert json.loads(run("alarms", "--json")[1])[0]["alarm_id"] == str(alarm)
    release = ("release-alarm", "--alarm-id", str(alarm), "--by", "Anne")
    assert run(*release) == (0, "alarm released\n")
    assert run("alarms") == (0, "no alarm\n")
    assert "released by Anne" in run("alarms", "--all")[1]
    assert run(*release)[0] == 1


def test_nothing_to_list_is_said(run: Any) -> None:
    assert run("pads") == (0, "no pad\n")
    assert run("pads", "--json") == (0, "[]\n")
    assert run("code", "shared") == (0, "no code counted yet\n")
    assert run("code", "shared", "--json") == (0, "[]\n")


def test_codes_that_pay_are_counted_by_when_they_were_chosen(
    run: Any, services: Services, lea: UUID, number: str
) -> None:
    set_code(services, lea, SecretCode("7294"))
    now = services.now().astimezone(ZoneInfo(services.settings.time_zone))
    today, tomorrow = now.date(), now.date() + timedelta(days=1)
    before = ("code", "chosen", "--before")
    assert run(*before, f"{today}") == (0, f"chosen before {today} 00:00: 0; since: 1\n")
    assert run(*before, f"{tomorrow}T20:30") == (
        0,
        f"chosen before {tomorrow} 20:30: 1; since: 0\n",
    )
    # The moment itself is since, whichever clock it is told by.
    assert run(*before, now.isoformat(), "--json") == (0, '{"before": 0, "since": 1}\n')
    later = (services.now() + timedelta(seconds=1)).isoformat()
    assert run(*before, later, "--json") == (0, '{"before": 1, "since": 0}\n')
    # Neither one that pays no more, nor one of somebody without a card.
    with services.database.unit_of_work() as session:
        card = session.scalars(select(Card).where(Card.number == number)).one()
        card.state, state = CardState.EXPIRED.value, card.state
    assert run(*before, f"{tomorrow}", "--json") == (0, '{"before": 0, "since": 0}\n')
    with services.database.unit_of_work() as session:
        session.get_one(Card, card.id).state = state
        force_change(session, lea, services.now(), by="Anne", reason="essai")
    assert run(*before, f"{tomorrow}", "--json") == (0, '{"before": 0, "since": 0}\n')


def test_mails_need_a_server(run: Any) -> None:
    status, said = run("notices", "send", "--once")
    assert (status, "smtp_host" in said) == (1, True)


def test_the_job_goes_on_until_told_to_stop(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, stopping, twice = [], threading.Event(), threading.Event()

    def once(_services: Services) -> Any:
        rounds.append(1)
        if len(rounds) == 1:
            raise command_line_trouble()
        twice.set()
        return Delivered(sent=1)

    monkeypatch.setattr(notices, "send_once", once)
    job = threading.Thread(
        target=notices.send_until, args=(services, stopping), kwargs={"pause_seconds": 0.01}
    )
    job.start()
    assert twice.wait(WAIT_SECONDS_MAX)
    stopping.set()
    job.join(WAIT_SECONDS_MAX)
    assert not job.is_alive()


def command_line_trouble() -> Exception:
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415

    return OperationalError("select", {}, Exception("away"))


SCHEME = """
[beneficiary.lea]
given_name = "Léa"
family_name = "Exemple"
birth_date = 2010-03-14
email = "Lea@Exemple.fr"
phone = "06 39 98 47 15"
postcode = "69007"
"""


def test_how_to_reach_people_is_declared(services: Services, tmp_path: Path) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME)
    apply_file(services, file)
    with services.database.reading() as session:
        lea = session.scalars(select(Beneficiary)).one()
    assert (lea.email, lea.phone, lea.postcode) == ("lea@exemple.fr", "06 39 98 47 15", "69007")


@pytest.mark.parametrize(
    ("good", "bad"),
    [("Lea@Exemple.fr", "lea"), ("06 39 98 47 15", "zéro six"), ("69007", "6")],
)
def test_what_cannot_be_reached_is_refused_without_being_quoted(
    services: Services, tmp_path: Path, good: str, bad: str
) -> None:
    file = tmp_path / "scheme.toml"
    file.write_text(SCHEME.replace(good, bad))
    with pytest.raises(CommandRefused, match=r"beneficiary\.lea") as refusal:
        apply_file(services, file)
    assert f"'{bad}'" not in str(refusal.value)
