"""What a supervisor does is a line like any other: on the disk first, signed, and once."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from passcard.secret import Secret
from terminal.errors import JournalError, JournalFault
from terminal.gate.access_list import read_access_list
from terminal.gate.decision import Answer, Detail
from terminal.gate.door.releases import ReleaseBook
from terminal.gate.interventions import CounterEntry, InterventionKind, Reason
from terminal.gate.journal_schema import SCHEMA, UPGRADES
from terminal.gate.kitchen import count_passed
from terminal.gate.name_seal import MARK, UNREADABLE, NameSeal
from terminal.gate.passages import Passage, PassageJournal, open_passage_journal
from terminal.gate.state import StateBoard
from terminal.gate.supervision import ActRefused, NotDone, Signed, Supervision, plain
from terminal.gate.supervisor_view import (
    REFUSED_WORDS,
    kitchen_json,
    line_json,
    outcome_json,
    reasons_json,
    why_words,
)
from terminal.gate.supervisors import CODE_LIFETIME, PAIRED_FOR, TRIES_MAX, Role, SupervisorBook
from terminal.gate.words import Notice
from terminal.journal_file import open_journal
from tests.terminal.gate.signed_lists import GATE, NOON, Clock, Signer

LEA, NOAH, INES = (f"00000000-0000-4000-8000-{number:012d}" for number in (1, 2, 3))
CODE_ID = "00000000-0000-4000-8000-0000000000c0"
ROY = Signed(supervisor="Mme Roy", reason=Reason.FORGOTTEN_CARD)
LET = Signed(supervisor="Mme Roy", reason=Reason.OFFICE_AGREED)
UNDO = Signed(supervisor="Mme Roy", reason=Reason.WRONG_PERSON)
VISIT = Signed(supervisor="Mme Roy", reason=Reason.VISITOR, note="M. Blanc")


@dataclass
class Seat:
    board: StateBoard
    journal: PassageJournal
    acts: Supervision
    woken: list[int] = field(default_factory=list)

    def tap(self, card_id: str | None, answer: Answer, at: datetime = NOON) -> Passage:
        return self.journal.append(
            Passage(
                passage_id=uuid4(),
                occurred_at=at,
                uid=b"\x04\xaa",
                card_id=card_id,
                service="lunch",
                answer=answer,
                detail=None if answer is Answer.OK else Detail.NOT_TODAY,
                list_version=7,
                milliseconds=20,
            )
        )


def day_code(code: str = "123456", **changes: Any) -> dict[str, Any]:
    salt = "place:2026-11-17"
    return {
        "code_id": CODE_ID,
        "salt": salt,
        "digest": hashlib.sha256(f"{salt}:{code}".encode()).hexdigest(),
        "service": "lunch",
        "day": "2026-11-17",
        "label": "Intervenants",
        "passages_max": 2,
        "card_id": None,
    } | changes


@pytest.fixture
def seat(
    tmp_path: Path, signer: Signer, payload: Callable[..., dict[str, Any]], clock: Clock
) -> Iterator[Seat]:
    listed = payload(day_codes=[day_code()])
    for card, initial in zip(listed["cards"], ("M", "P", "D"), strict=True):
        card["initial"] = initial
    board = StateBoard()
    held = read_access_list(signer.sign(listed), signer.key, GATE)
    board.change(access_list=held, confirmed_at=NOON, reader_ready=True)
    journal = open_passage_journal(tmp_path / "passages.db", NameSeal(Secret(bytes(32)), GATE))
    woken = list[int]()
    acts = Supervision(journal, board, now=clock, after=lambda: woken.append(1))
    yield Seat(board, journal, acts, woken)
    journal.close()


def last(seat: Seat) -> Passage:
    return seat.journal.list_last(1)[0]


def test_who_was_refused_is_let_pass_and_signed_for(seat: Seat) -> None:
    refused = seat.tap(LEA, Answer.NON_RESERVE)
    outcome = seat.acts.let_pass(refused.passage_id, None, LET)
    assert isinstance(outcome, Passage)
    line = last(seat)
    assert (line.sequence, line.answer, line.card_id, line.service) == (2, Answer.OK, LEA, "lunch")
    assert line.intervention is not None
    assert (line.intervention.kind, line.intervention.supervisor) == (
        InterventionKind.LET_PASS,
        "Mme Roy",
    )
    shown = seat.board.current.shown
    assert shown is not None
    assert (shown.words.message, seat.board.current.outbox) == ("Bon appétit Léa", 2)
    assert seat.woken == [1]
    [admission] = seat.journal.list_admissions(LEA, NOON)
    assert admission.service == "lunch"


def test_names_are_found_by_their_beginnings_without_accents(seat: Seat) -> None:
    for words in ("lea", "LÉ", "léa m", "m lea", "Léa M."):
        assert [found.card.name for found in seat.acts.search(words)] == ["Léa M."], words
    assert [found.card.name for found in seat.acts.search("n")] == []
    assert [found.card.name for found in seat.acts.search("in")] == ["Inès D."]
    assert seat.acts.search("léa x") == []
    seat.tap(LEA, Answer.OK)
    assert [found.passed_at for found in seat.acts.search("léa", "lunch")] == [NOON]
    assert plain("Jean-Noël") == "jean noel"


def test_a_forgotten_card_a_guest_and_a_code_of_the_day(seat: Seat) -> None:
    seat.acts.pass_without_card(LEA, "lunch", ROY)
    seat.acts.pass_guests(2, None, VISIT)
    assert isinstance(seat.acts.pass_by_code("12 34 56", "Mme Roy"), Passage)
    lines = list(reversed(seat.journal.list_last()))
    kinds = [line.intervention.kind.value for line in lines if line.intervention is not None]
    assert kinds == ["no_card", "guest", "guest", "day_code"]
    assert [line.uid for line in lines] == [None] * 4
    assert [line.card_id for line in lines] == [LEA, None, None, None]
    held = seat.board.current.access_list
    assert held is not None
    assert count_passed(seat.journal, held, NOON) == {"lunch": 4}
    [lunch] = kitchen_json(held, NOON, {"lunch": 4})
    # Léa has a right; Noah has none, Inès's card is blocked.
    assert (lunch["expected"], lunch["passed"], lunch["remaining"]) == (1, 4, 0)


def test_a_code_serves_its_day_and_so_often(seat: Seat, clock: Clock) -> None:
    for _ in range(2):
        seat.acts.pass_by_code("123456", "Mme Roy")
    wrong = {ActRefused.CODE_USED_UP: "123456", ActRefused.CODE_WRONG: "654321"}
    for why, code in wrong.items():
        with pytest.raises(NotDone) as caught:
            seat.acts.pass_by_code(code, "Mme Roy")
        assert caught.value.why is why
    seat.acts.take_back(last(seat).passage_id, UNDO)
    assert isinstance(seat.acts.pass_by_code("123456", "Mme Roy"), Passage)
    clock.advance(days=1)
    with pytest.raises(NotDone, match="code_wrong"):
        seat.acts.pass_by_code("123456", "Mme Roy")


def test_a_passage_taken_back_stays_and_its_holder_may_pass_again(seat: Seat) -> None:
    passed = seat.tap(LEA, Answer.OK)
    entry = seat.acts.take_back(passed.passage_id, UNDO)
    assert (entry.answer, entry.sequence, entry.card_id) == (CounterEntry.ANNULE, 2, LEA)
    assert entry.intervention is not None
    assert entry.intervention.cancels == passed.passage_id
    assert seat.journal.list_admissions(LEA, NOON) == []
    assert [line.answer for line in seat.journal.list_last()] == [CounterEntry.ANNULE, Answer.OK]
    assert seat.journal.list_waiting() == list(reversed(seat.journal.list_last()))
    held = seat.board.current.access_list
    shown = line_json(passed, held, taken_back=True)
    assert (shown["name"], shown["taken_back"], shown["may_cancel"]) == ("Léa M.", True, False)


def test_what_cannot_be_done_is_said_and_leaves_no_line(seat: Seat, clock: Clock) -> None:
    passed, refused = seat.tap(LEA, Answer.OK), seat.tap(None, Answer.CARTE_INCONNUE)
    seat.acts.take_back(passed.passage_id, UNDO)
    before = seat.journal.list_last()
    other = Signed(supervisor="Mme Roy", reason=Reason.OTHER, note="  ")
    wrong: list[tuple[ActRefused, Callable[[], object]]] = [
        (ActRefused.UNKNOWN_PASSAGE, lambda: seat.acts.let_pass(uuid4(), None, LET)),
        (ActRefused.NO_CARD_KNOWN, lambda: seat.acts.let_pass(refused.passage_id, None, LET)),
        (ActRefused.NO_CARD_KNOWN, lambda: seat.acts.pass_without_card(str(uuid4()), None, ROY)),
        (ActRefused.SERVICE_UNKNOWN, lambda: seat.acts.pass_without_card(LEA, "dinner", ROY)),
        (ActRefused.REASON_WRONG, lambda: seat.acts.pass_without_card(LEA, None, LET)),
        (ActRefused.NOTE_NEEDED, lambda: seat.acts.pass_without_card(LEA, None, other)),
        (ActRefused.COUNT_WRONG, lambda: seat.acts.pass_guests(31, None, VISIT)),
        (ActRefused.NOT_ADMITTED, lambda: seat.acts.take_back(refused.passage_id, UNDO)),
        (ActRefused.TAKEN_BACK, lambda: seat.acts.take_back(passed.passage_id, UNDO)),
    ]
    for why, act in wrong:
        with pytest.raises(NotDone) as caught:
            act()
        assert caught.value.why is why
    clock.moment = NOON - timedelta(days=400)
    with pytest.raises(NotDone, match="wrong_clock"):
        seat.acts.pass_without_card(LEA, None, ROY)
    seat.board.change(access_list=None)
    with pytest.raises(NotDone, match="no_list"):
        seat.acts.search("léa")
    assert seat.journal.list_last() == before


def test_what_cannot_be_written_opens_nothing(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Passage) -> Passage:
        raise JournalError(JournalFault.DISK_FULL, "no space left")

    monkeypatch.setattr(seat.journal, "append", full)
    with pytest.raises(JournalError):
        seat.acts.pass_without_card(LEA, None, ROY)
    assert (seat.board.current.shown, seat.woken) == (None, [])


class Turnstile:
    """Lets one through, then is busy."""

    def __init__(self, journal: PassageJournal) -> None:
        self.journal, self.busy = journal, False

    def admit(self, passage: Passage) -> Passage | Notice:
        busy, self.busy = self.busy, True
        return Notice.PATIENTEZ if busy else self.journal.append(passage)

    def awaits(self, card_id: str) -> bool:
        return bool(card_id) and False

    def is_released(self) -> bool:
        return False


def test_a_turnstile_that_is_busy_lets_nobody_be_written_down(seat: Seat, clock: Clock) -> None:
    door = Turnstile(seat.journal)
    acts = Supervision(seat.journal, seat.board, now=clock, doorway=door)
    outcomes = acts.pass_guests(3, None, VISIT)
    assert outcome_json(outcomes) == {
        "done": False,
        "message": "1 noté. Un instant. Quelqu’un passe, présentez à nouveau la carte",
    }
    assert len(seat.journal.list_last()) == 1


def test_who_was_released_by_hand_is_still_signed_for_after_a_power_cut(seat: Seat) -> None:
    released = seat.acts.pass_without_card(LEA, None, ROY)
    assert isinstance(released, Passage)
    book = ReleaseBook(seat.journal)
    again = Passage(
        passage_id=uuid4(),
        occurred_at=NOON,
        uid=None,
        card_id=None,
        service="lunch",
        answer=Answer.OK,
        detail=None,
        list_version=7,
        milliseconds=0,
        intervention=released.intervention,
    )
    book.begin(Passage(**{name: getattr(again, name) for name in Passage.__slots__}))
    with pytest.raises(JournalError):
        book.count_left_behind(NOON)  # a line without a card needs a guest's signature
    seat.journal.file.execute("update door_release set intervention = 'guest'")
    assert book.count_left_behind(NOON) == 1
    line = last(seat)
    assert line.intervention is not None
    assert (line.detail, line.intervention.supervisor) == (Detail.IN_DOUBT, "Mme Roy")


def test_a_copy_of_the_journal_names_no_supervisor(seat: Seat, clock: Clock) -> None:
    path = seat.journal.file.path
    book = SupervisorBook(seat.journal, now=clock)
    book.offer("Mme Roy", Role.SUPERVISOR)
    assert book.pair(book.offer("Mme Roy", Role.SUPERVISOR)) is not None
    passage = seat.acts.pass_without_card(
        LEA, None, Signed(supervisor="Mme Roy", reason=Reason.OTHER, note="dit M. Petit")
    )
    assert isinstance(passage, Passage)
    book_of_door = ReleaseBook(seat.journal)
    book_of_door.begin(replace(passage, passage_id=uuid4()))
    files = [path, *path.parent.glob(f"{path.name}-*")]
    written = b"".join(each.read_bytes() for each in files)
    for name in (b"Roy", b"Petit"):
        assert name not in written
    [line] = seat.journal.list_waiting()
    assert line.intervention is not None
    assert (line.intervention.supervisor, line.intervention.note) == ("Mme Roy", "dit M. Petit")
    assert [each.name for each in book.list_paired()] == ["Mme Roy"]
    for key, gate in ((bytes(31) + b"1", GATE), (bytes(32), "another gate")):
        stolen = open_passage_journal(path, NameSeal(Secret(key), gate))
        [seen] = stolen.list_waiting()
        assert seen.intervention is not None
        assert seen.intervention.supervisor == UNREADABLE
        stolen.close()
    with closing(open_passage_journal(path)) as without:
        assert [each.name for each in SupervisorBook(without, now=clock).list_paired()] == [
            UNREADABLE
        ]


@given(st.text(max_size=200), st.binary(max_size=60))
def test_a_name_comes_back_whole_and_garbage_is_no_name(name: str, garbage: bytes) -> None:
    seal = NameSeal(Secret(bytes(32)), GATE)
    assert seal.open(seal.close(name)) == name
    assert seal.open(MARK + base64.b64encode(garbage).decode()) == UNREADABLE
    assert seal.open(f"{MARK}*") == UNREADABLE
    assert seal.open("Mme Roy") == "Mme Roy", "from before there was a seal"


def test_every_word_is_there() -> None:
    assert set(REFUSED_WORDS) == set(ActRefused)
    chosen = reasons_json()
    assert {str(kind) for kind in chosen} == {kind.value for kind in InterventionKind}
    assert why_words("autre", "Sortie scolaire") == "Sortie scolaire"
    assert why_words("carte_oubliee", "hier aussi") == "Carte oubliée · hier aussi"
    assert why_words("d’une borne plus récente", None) == "d’une borne plus récente"


def test_a_tablet_is_paired_once_by_a_code_that_lives_short(seat: Seat, clock: Clock) -> None:
    book = SupervisorBook(seat.journal, now=clock)
    code = book.offer("  Mme   Roy ", Role.SUPERVISOR)
    assert len(code) == 8
    token = book.pair(f"{code[:4]} {code[4:]}")
    assert token is not None
    assert book.pair(code) is None, "it serves once"
    who = book.who(token)
    assert who is not None
    assert (who.name, who.role) == ("Mme Roy", Role.SUPERVISOR)
    assert [book.who(each) for each in (None, "", "x" * 64)] == [None] * 3
    assert token.encode() not in seat.journal.file.path.read_bytes()
    assert book.end(who.supervisor_id)
    assert not book.end(who.supervisor_id)
    assert (book.who(token), book.list_paired()) == (None, [])
    for name in ("", " ", "x" * 101):
        with pytest.raises(ValueError, match="name"):
            book.offer(name, Role.KITCHEN)


def test_a_pairing_code_is_not_to_be_guessed(seat: Seat, clock: Clock) -> None:
    book = SupervisorBook(seat.journal, now=clock)
    code = book.offer("Cuisine", Role.KITCHEN)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(TRIES_MAX):
        assert book.pair(wrong) is None
    assert book.pair(code) is None
    late = book.offer("Cuisine", Role.KITCHEN)
    clock.advance(seconds=CODE_LIFETIME.total_seconds())
    assert book.pair(late) is None
    good = book.pair(book.offer("Cuisine", Role.KITCHEN))
    assert [each.name for each in book.list_paired()] == ["Cuisine"]
    clock.advance(seconds=PAIRED_FOR.total_seconds())
    assert book.who(good) is None


def test_an_older_journal_keeps_its_lines_and_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = open_journal(path, SCHEMA, UPGRADES[:2])
    for number in range(3):
        old.execute(
            "insert into passage (passage_id, occurred_at, uid, card_id, service, answer,"
            " list_version, milliseconds, state) values (?, ?, x'04', ?, 'lunch', 'OK', 1, 1, ?)",
            (str(uuid4()), (NOON + timedelta(hours=number)).isoformat(), LEA, "recorded"),
        )
    old.execute(
        "insert into sibling_passage values (?, 'there', 4, ?, 'lunch', ?)",
        (str(uuid4()), LEA, NOON.isoformat()),
    )
    old.execute("delete from passage where sequence = 3")
    old.close()
    with closing(open_passage_journal(path)) as journal:
        assert len(journal.list_admissions(LEA, NOON)) == 3
        assert [line.sequence for line in journal.list_last()] == [2, 1]
        journal.forget_before(NOON + timedelta(days=1))
        seat = Seat(StateBoard(), journal, Supervision(journal, StateBoard(), now=lambda: NOON))
        assert seat.tap(LEA, Answer.OK).sequence == 4, "a number never serves twice"
        assert UUID(LEA) == UUID(str(seat.journal.list_last()[0].card_id))
