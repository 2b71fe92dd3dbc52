"""A tap from the field to the screen, with the simulated chip and every moment to pull it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest

from passcard.layout import ACCESS_AID, BENEFITS_AID
from simulator.chip.chip import Chip
from simulator.chip.keys import aes_key
from simulator.chip.other_cards import BankCard, Phone, clone_of, foreign_desfire, memory_with
from terminal.errors import CardRemoved, CardSilent, JournalError, JournalFault
from terminal.gate.access_list import read_access_list
from terminal.gate.decision import Answer, Detail
from terminal.gate.passages import PassageJournal, PassageState, open_passage_journal
from terminal.gate.state import Shown, StateBoard
from terminal.gate.tap import Gate
from terminal.gate.words import Tone
from tests.terminal.gate.signed_lists import (
    BLOCKED_UID,
    GATE,
    LEA_UID,
    NOAH_UID,
    Clock,
    Payload,
    Signer,
)


class AnyCard(Protocol):
    @property
    def uid(self) -> bytes: ...

    def power_on(self) -> bytes: ...

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes: ...


class Field:
    """A card on a reader; it may be pulled at an exchange, before or after the chip had it."""

    def __init__(self, card: AnyCard, pull_at: int | None = None, *, heard: bool = False) -> None:
        self._card, self._pull_at, self._heard = card, pull_at, heard
        self.exchanges = 0
        card.power_on()

    def uid(self) -> bytes:
        self._count(b"")
        return self._card.uid

    def transmit(self, command: bytes) -> bytes:
        self._count(command)
        answer = self._card.transmit(command)
        if len(answer) < 2:
            raise CardSilent("no whole answer")
        return answer

    def _count(self, command: bytes) -> None:
        self.exchanges += 1
        if self._pull_at is None or self.exchanges < self._pull_at:
            return
        if self.exchanges == self._pull_at and self._heard:
            if command:
                self._card.transmit(command)
            self._card.power_off()
            raise CardSilent("pulled during the command")
        self._card.power_off()
        raise CardRemoved("pulled before the command")


def pass_card(uid: str, key_number: int) -> Chip:
    """Return a personalised card whose access key is the list's for `key_number`."""
    applications = {
        BENEFITS_AID: [secrets.token_bytes(16), secrets.token_bytes(16)],
        ACCESS_AID: [secrets.token_bytes(16), bytes.fromhex(f"{key_number:032X}")],
    }
    memory = memory_with(aes_key(secrets.token_bytes(16)), applications)
    return Chip(bytes.fromhex(uid), secrets.token_bytes, memory=memory)


@dataclass
class World:
    gate: Gate
    journal: PassageJournal
    board: StateBoard
    clock: Clock

    def tap(self, card: AnyCard, **pulled: Any) -> Shown:
        self.gate.serve(Field(card, **pulled), 100.0)
        shown = self.board.current.shown
        assert shown is not None
        return shown

    def rows(self) -> list[tuple[object, Detail | None]]:
        return [(row.answer, row.detail) for row in reversed(self.journal.list_last())]


@pytest.fixture
def world(tmp_path: Path, signer: Signer, payload: Payload, clock: Clock) -> Iterator[World]:
    journal = open_passage_journal(tmp_path / "passages.sqlite3")
    board = StateBoard()
    held = read_access_list(signer.sign(payload()), signer.key, GATE)
    board.change(access_list=held, confirmed_at=clock())
    gate = Gate(journal, board, now=clock, monotonic=lambda: 100.042)
    yield World(gate, journal, board, clock)
    journal.close()


@pytest.fixture
def lea() -> Chip:
    return pass_card(LEA_UID, 1)


def test_a_card_with_a_right_is_admitted_and_written_first(world: World, lea: Chip) -> None:
    shown = world.tap(lea)
    assert (shown.answer, shown.words.message) == (Answer.OK, "Bon appétit Léa")
    assert (shown.display_name, shown.milliseconds) == ("Léa", 42)
    [row] = world.journal.list_last()
    assert (row.sequence, row.answer, row.service, row.list_version) == (1, Answer.OK, "lunch", 7)
    assert (row.card_id, row.milliseconds) == (shown.card_id, 42)
    assert (world.board.current.outbox, world.board.current.sequence) == (1, 1)


def test_a_double_tap_says_the_hour_and_is_no_second_passage(world: World, lea: Chip) -> None:
    world.tap(lea)
    world.clock.advance(seconds=4)
    shown = world.tap(lea)
    assert (shown.answer, shown.words.message) == (
        Answer.DEJA_PASSE,
        "Passage déjà fait à 12:04",
    )
    assert world.rows() == [(Answer.OK, None), (Answer.DEJA_PASSE, Detail.DOUBLE_TAP)]


def test_refusals_are_written_too(world: World, lea: Chip) -> None:
    world.tap(pass_card(NOAH_UID, 2))
    world.tap(pass_card(BLOCKED_UID, 3))
    world.clock.advance(hours=3)
    world.tap(lea)
    assert world.rows() == [
        (Answer.NON_INSCRIT, Detail.NO_SERVICE_HERE),
        (Answer.CARTE_OPPOSEE, Detail.BLOCKED),
        (Answer.HORS_HORAIRES, Detail.CLOSED),
    ]


def test_a_restart_forgets_no_passage(
    world: World, lea: Chip, tmp_path: Path, clock: Clock
) -> None:
    world.tap(lea)
    world.clock.advance(minutes=5)
    again = open_passage_journal(tmp_path / "passages.sqlite3")
    Gate(again, world.board, now=clock).serve(Field(lea), 0.0)
    assert [row.answer for row in again.list_last()] == [Answer.DEJA_PASSE, Answer.OK]
    again.close()


def test_a_new_list_does_not_forget_a_passage(
    world: World, lea: Chip, signer: Signer, payload: Payload
) -> None:
    world.tap(lea)
    world.clock.advance(minutes=5)
    fresh = read_access_list(signer.sign(payload(version=8)), signer.key, GATE)
    world.board.change(access_list=fresh)
    assert world.tap(lea).answer == Answer.DEJA_PASSE


def test_a_clone_of_a_listed_card_is_unknown_and_nameless(world: World, lea: Chip) -> None:
    shown = world.tap(clone_of(lea, secrets.token_bytes))
    assert (shown.answer, shown.display_name) == (Answer.CARTE_INCONNUE, None)
    assert "Léa" not in shown.words.message
    assert world.rows() == [(Answer.CARTE_INCONNUE, Detail.NOT_GENUINE)]
    # The real card is not held to the clone's account.
    assert world.tap(lea).answer == Answer.OK


def test_a_clone_with_the_uid_and_another_cards_key_is_unknown(world: World) -> None:
    assert world.tap(pass_card(LEA_UID, 2)).answer == Answer.CARTE_INCONNUE


def test_a_foreign_card_with_a_listed_uid_is_unknown(world: World) -> None:
    world.tap(foreign_desfire(bytes.fromhex(LEA_UID), secrets.token_bytes))
    world.tap(BankCard(bytes.fromhex(LEA_UID)))
    assert [answer for answer, _ in world.rows()] == [Answer.CARTE_INCONNUE] * 2
    assert world.rows()[0][1] is Detail.FOREIGN


@pytest.mark.parametrize(
    "card",
    [
        pass_card("04FFFFFFFFFFFF", 1),
        BankCard(bytes.fromhex("01020304")),
        Phone(secrets.token_bytes),
        Chip(bytes.fromhex("04010203040506"), secrets.token_bytes),
    ],
    ids=["another school's", "bank", "phone", "blank"],
)
def test_an_unlisted_uid_is_refused_without_a_key(world: World, card: AnyCard) -> None:
    field = Field(card)
    world.gate.serve(field, 100.0)
    assert field.exchanges == 1  # its UID, and nothing was sent to it
    assert world.rows() == [(Answer.CARTE_INCONNUE, Detail.NOT_LISTED)]
    [row] = world.journal.list_last()
    assert row.card_id is None


@pytest.mark.parametrize("heard", [False, True])
def test_pulled_at_every_exchange_it_is_asked_for_again_and_then_passes(
    world: World, lea: Chip, heard: bool
) -> None:
    whole = Field(lea)
    world.gate.serve(whole, 100.0)
    world.clock.advance(days=1)
    assert whole.exchanges == 4  # UID, select, two halves of the proof
    for exchange in range(1, whole.exchanges + 1):
        before = world.journal.list_last()
        shown = world.tap(lea, pull_at=exchange, heard=heard)
        assert shown.answer == "CARTE_A_REPRESENTER"
        assert shown.words.tone is Tone.WAIT
        assert world.journal.list_last() == before
    assert world.tap(lea).answer == Answer.OK


def test_garbage_from_the_field_never_admits_and_never_raises(world: World, lea: Chip) -> None:
    class Garbling(Field):
        def transmit(self, command: bytes) -> bytes:
            answer = bytearray(super().transmit(command))
            answer[self.exchanges % len(answer)] ^= 0x5A
            return bytes(answer)

    for _ in range(20):
        world.gate.serve(Garbling(lea), 100.0)
    assert {answer for answer, _ in world.rows()} == {Answer.CARTE_INCONNUE}


def test_what_cannot_be_written_admits_nobody(
    world: World, lea: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise JournalError(JournalFault.DISK_FULL, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(world.journal, "append", full)
        shown = world.tap(lea)
        assert (shown.answer, shown.words.message) == ("HORS_SERVICE", "Voir la vie scolaire")
        assert not world.board.current.journal_ready
    assert world.journal.count(PassageState.WAITING) == 0
    assert world.tap(lea).answer == Answer.OK
    assert world.board.current.journal_ready


def test_a_journal_that_cannot_be_read_admits_nobody(
    world: World, lea: Chip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise JournalError(JournalFault.DAMAGED, "unreadable")

    monkeypatch.setattr(world.journal, "list_admissions", damaged)
    assert world.tap(lea).answer == "HORS_SERVICE"


def test_without_a_list_the_gate_says_that_it_is_out_of_order(world: World, lea: Chip) -> None:
    world.board.change(access_list=None)
    assert world.tap(lea).answer == "HORS_SERVICE"
    assert world.rows() == []


def test_a_clock_before_the_lists_own_time_admits_nobody_until_it_is_right(
    world: World, lea: Chip
) -> None:
    world.clock.advance(hours=-1, minutes=-9)  # a little behind the backend is no harm
    assert world.tap(lea).answer == Answer.HORS_HORAIRES
    world.clock.advance(minutes=-2)
    assert world.tap(lea).answer == "HORS_SERVICE"
    world.clock.advance(hours=1, minutes=11)
    assert world.tap(lea).answer == Answer.OK


def test_an_old_list_still_feeds_the_school(world: World, lea: Chip) -> None:
    world.clock.advance(days=21)
    assert world.tap(lea).answer == Answer.OK


def test_no_key_is_in_any_repr_of_what_was_done(world: World, lea: Chip) -> None:
    world.tap(lea)
    assert f"{1:032X}" not in repr(world.board.current) + repr(world.journal.list_last())


def test_a_week_of_noons_is_one_passage_a_day(world: World, lea: Chip) -> None:
    for day in range(7):
        start = world.clock()
        for _ in range(6):
            world.tap(lea)
            world.clock.advance(minutes=7)
        world.clock.advance(seconds=(start + timedelta(days=1) - world.clock()).total_seconds())
        assert day < 7
    admitted = [row for row in world.journal.list_last(100) if row.answer is Answer.OK]
    assert len(admitted) == 5  # Tuesday to Friday, and Monday
