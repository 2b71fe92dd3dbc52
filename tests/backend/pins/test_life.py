"""What others may do to a code: ask for another, and no more; written down for good, and told."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError
from starlette.testclient import TestClient

from backend.accounts.activation import find_link
from backend.accounts.tables import Beneficiary
from backend.cards.life import order_card
from backend.cards.tables import Card
from backend.commands import codes, register
from backend.commands.refusal import CommandRefused
from backend.partners.tables import TerminalKind
from backend.pins.checking import CodeCheck, Verdict
from backend.pins.errors import CodeNotSet, PadEntryNotAllowed
from backend.pins.forcing import force_change
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from backend.pins.tables import CodeRecord, PadEntry
from backend.settings import LostCardCode
from backend.vault.values import PinVerdict

CODE, OTHER, NEXT = "7391", "7392", "8264"


@pytest.fixture
def card_number(world: Any) -> str:
    """The holder has a card and an address."""
    with world.services.database.unit_of_work() as session:
        session.get_one(Beneficiary, world.person).email = "lea@exemple.fr"
        number: str = order_card(session, world.person, 1, world.services.now()).number
    return number


def force(world: Any, by: str = "Anne", reason: str = "code entendu") -> None:
    with world.services.database.unit_of_work() as session:
        force_change(session, world.person, world.services.now(), by=by, reason=reason)


def state(world: Any) -> CodeState:
    with world.services.database.reading() as session:
        return code_state(session, world.person)


def test_a_code_that_must_change_is_not_even_compared(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    world.check(pad, pad.type(OTHER))
    force(world)
    for code in (CODE, OTHER):
        assert world.check(pad, pad.type(code)) == CodeCheck(Verdict.CHANGE_REQUIRED)
    assert world.vault.verified == [PinVerdict.WRONG]
    assert (world.row().tries_left, state(world)) == (2, CodeState.MUST_CHANGE)
    world.set(NEXT)
    assert world.check(pad, pad.type(NEXT)) == CodeCheck(Verdict.RIGHT, 3)


def test_the_code_that_had_to_change_cannot_be_chosen_again(world: Any) -> None:
    world.set(CODE)
    force(world)
    with pytest.raises(Exception, match="code_refused"):
        world.set(CODE)
    assert state(world) is CodeState.MUST_CHANGE


@pytest.mark.parametrize(
    ("typed", "expected", "left"),
    [(CODE, Verdict.CHANGE_REQUIRED, 3), (OTHER, Verdict.WRONG, 2)],
)
def test_a_change_forced_while_a_code_is_compared_wins(
    world: Any, typed: str, expected: Verdict, left: int
) -> None:
    world.set(CODE)
    pad = world.pad()
    world.vault.before = lambda: force(world)
    assert world.check(pad, pad.type(typed)).verdict is expected
    assert (world.row().tries_left, state(world)) == (left, CodeState.MUST_CHANGE)


def test_guesses_under_way_when_a_change_is_forced_still_lock(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    world.check(pad, pad.type(OTHER))
    world.check(pad, pad.type(OTHER))
    world.vault.before = lambda: force(world)
    assert world.check(pad, pad.type(OTHER)) == CodeCheck(Verdict.BLOCKED, 0)
    assert state(world) is CodeState.LOCKED


def test_a_code_never_set_cannot_be_forced(world: Any) -> None:
    with pytest.raises(CodeNotSet):
        force(world)
    assert world.happenings() == []


def test_a_locked_code_stays_locked_when_a_change_is_asked_for(world: Any) -> None:
    world.set(CODE)
    pad = world.pad()
    for _ in range(3):
        world.check(pad, pad.type(OTHER))
    force(world)
    assert state(world) is CodeState.LOCKED


def test_everything_is_written_down_and_told(world: Any, card_number: str) -> None:
    now = world.services.now
    world.set(CODE)
    pad = world.pad()
    now.moment = now.moment.replace(hour=11)
    for _ in range(3):
        world.check(pad, pad.type(OTHER))
    now.moment = now.moment.replace(hour=12)
    world.set(NEXT)
    now.moment = now.moment.replace(hour=13)
    force(world)
    assert world.happenings() == ["set", "blocked", "unblocked", "change_forced"]
    assert world.mails() == ["code_set", "code_blocked", "code_unblocked", "code_must_change"]
    lines = list(codes.history(world.services, card_number))
    assert lines[1].endswith(f"blocked by terminal {pad.terminal_id}")
    assert lines[3].endswith("13:00:00Z change_forced by Anne: code entendu")


def test_nobody_without_an_address_is_owed_a_mail(world: Any) -> None:
    world.set(CODE)
    force(world)
    assert world.mails() == []


def test_a_refused_choice_tells_nobody_anything(world: Any, card_number: str) -> None:
    with pytest.raises(Exception, match="code_refused"):
        world.set("1234")
    assert (world.mails(), world.happenings()) == ([], [])


@pytest.mark.parametrize("kind", ["change", "remove", "replace"])
def test_the_database_refuses_to_forget_who_forced_a_change(world: Any, kind: str) -> None:
    world.set(CODE)
    force(world)
    database = world.services.database
    with database.reading() as session:
        one = session.scalars(select(CodeRecord).where(CodeRecord.by == "Anne")).one()
    statements: dict[str, Any] = {
        "change": update(CodeRecord).where(CodeRecord.sequence == one.sequence).values(by="Bruno"),
        "remove": delete(CodeRecord).where(CodeRecord.sequence == one.sequence),
        "replace": text(
            "INSERT OR REPLACE INTO code_record SELECT * FROM code_record"
            if database.engine.dialect.name == "sqlite"
            else "TRUNCATE code_record"
        ),
    }
    with (
        pytest.raises(DatabaseError, match=r"never|is kept"),
        database.unit_of_work() as session,
    ):
        session.execute(statements[kind])
    with database.reading() as session:
        assert session.get_one(CodeRecord, one.sequence).by == "Anne"


# --- a lost card


@pytest.mark.parametrize(
    ("reason", "setting", "asked", "expected"),
    [
        ("lost", LostCardCode.KEEP, None, CodeState.ACTIVE),
        ("lost", LostCardCode.CHANGE, None, CodeState.MUST_CHANGE),
        ("stolen", LostCardCode.KEEP, LostCardCode.CHANGE, CodeState.MUST_CHANGE),
        ("stolen", LostCardCode.CHANGE, LostCardCode.KEEP, CodeState.ACTIVE),
        ("damaged", LostCardCode.CHANGE, LostCardCode.CHANGE, CodeState.ACTIVE),
    ],
)
def test_the_code_of_a_lost_card_survives_or_not_by_choice(
    world: Any,
    card_number: str,
    reason: str,
    setting: LostCardCode,
    asked: LostCardCode | None,
    expected: CodeState,
) -> None:
    world.set(CODE)
    services = world.with_settings(lost_card_code=setting)
    changing = register.block(services, card_number, reason, asked, by="Anne")
    assert state(world) is expected
    assert changing is (expected is CodeState.MUST_CHANGE)
    with world.services.database.reading() as session:
        assert session.scalars(select(Card)).one().state == "blocked"
    if changing:
        assert list(codes.history(services, card_number))[-1].endswith(f"Anne: card {reason}")


def test_a_lost_card_without_a_code_is_blocked_all_the_same(world: Any, card_number: str) -> None:
    assert register.block(world.services, card_number, "lost", LostCardCode.CHANGE) is False
    assert state(world) is CodeState.UNSET


# --- the command line and the desk


def test_a_first_invitation_asks_nothing_and_a_later_one_the_birth_date(
    world: Any, card_number: str
) -> None:
    given = codes.give_link(world.services, card_number, "Anne")
    assert (given.asks_birth_date, given.hours) == (False, 168)
    world.set(CODE)
    again = codes.give_link(world.services, card_number, "Anne")
    assert (again.asks_birth_date, again.hours) == (True, 1)
    assert "birth date" in again.as_text()
    for link, asks in ((given, False), (again, True)):
        address, _, token = link.address.rpartition("/")
        assert address == "http://127.0.0.1:8000/activation"
        with world.services.database.reading() as session:
            found = find_link(session, token, world.services.now())
        assert (found.beneficiary_id, found.asks_birth_date) == (world.person, asks)
        assert all(token not in line for line in codes.history(world.services, card_number))
    assert world.happenings() == ["link_given", "set", "link_given"]
    with pytest.raises(CommandRefused):
        codes.give_link(world.services, "9250", "Anne")


def test_the_command_forces_a_change(world: Any, card_number: str) -> None:
    world.set(CODE)
    assert codes.force(world.services, card_number, "Anne", "vu sur la carte") == "must_change"
    assert state(world) is CodeState.MUST_CHANGE


def test_a_desk_can_force_a_change_and_no_other_terminal_can(
    client: TestClient, world: Any, card_number: str, sign_in: Any
) -> None:
    world.set(CODE)
    desk, counter = sign_in(TerminalKind.DESK), sign_in(TerminalKind.COUNTER)
    body = {"card_number": card_number, "agent": "Anne", "reason": "vu sur la carte"}

    def post(headers: dict[str, str], **change: str) -> tuple[int, str]:
        answer = client.post("/v1/code-changes", json=body | change, headers=headers)
        return answer.status_code, "" if answer.status_code == 204 else answer.json()["code"]

    assert post(counter.headers) == (403, "terminal_kind_not_allowed")
    assert post({}) == (401, "token_missing")
    assert post(desk.headers, card_number="9250000000000011"[::-1]) == (404, "card_unknown")
    for bad in ({"agent": " "}, {"reason": ""}, {"agent": "x" * 41}, {"reason": "a\nb"}):
        assert post(desk.headers, **bad) == (422, "malformed_request")
    assert state(world) is CodeState.ACTIVE
    assert post(desk.headers) == (204, "")
    assert state(world) is CodeState.MUST_CHANGE
    last = list(codes.history(world.services, card_number))[-1]
    assert last.endswith(f"by Anne, desk {desk.terminal.terminal_id}: vu sur la carte")


def test_a_desk_learns_that_there_is_no_code_to_change(
    client: TestClient, world: Any, card_number: str, sign_in: Any
) -> None:
    body = {"card_number": card_number, "agent": "Anne", "reason": "perdu"}
    headers = sign_in(TerminalKind.DESK).headers
    answer = client.post("/v1/code-changes", json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "code_not_set")


# --- pads that are none


def test_a_keypad_that_the_terminal_encrypts_for_needs_the_schemes_leave(world: Any) -> None:
    with pytest.raises(PadEntryNotAllowed):
        world.pad(entry=PadEntry.TERMINAL)
    pad = world.pad(entry=PadEntry.TERMINAL, terminal_encryption_allowed=True)
    world.set(CODE)
    assert world.check(pad, pad.type(CODE)).verdict is Verdict.BLOCK_INVALID
    assert world.row().tries_left == 3
    allowing = world.with_settings(allow_terminal_encryption=True)
    assert world.check(pad, pad.type(CODE), services=allowing).verdict is Verdict.RIGHT
    shown = json.loads(codes.list_pads(world.services, as_json=True))
    assert [(one["entry"], one["last_counter"]) for one in shown] == [("terminal", 2)]
    assert "entry terminal, 2 used: Caisse" in codes.list_pads(world.services, as_json=False)
