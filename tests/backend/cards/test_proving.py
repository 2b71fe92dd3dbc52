"""A real exchange with a simulated chip, over HTTP: genuine, copied, late, elsewhere, blocked."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from backend.cards import proving
from backend.cards.errors import (
    CardBlocked,
    ChallengeUsed,
    ProofExpired,
    ProofUnknown,
    ProofUsed,
)
from backend.cards.life import block_card
from backend.cards.proving import _use_challenge, find_proof, use_proof
from backend.cards.tables import CardChallenge, CardProof
from backend.errors import BackendError
from backend.expiry import EXPIRED_ROWS_PER_SWEEP_MAX
from backend.partners.tables import TerminalKind
from backend.services import Services
from backend.vault.local import LocalVault
from simulator.chip.chip import Chip


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_a_genuine_card_proves_itself(world: Any) -> None:
    card, chip = world.personalised()
    answer = world.tap(chip)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["card_number"], body["display_name"]) == (card.number, "Léa")
    assert body["expires_at"] == "2026-09-01T10:02:00Z"
    UUID(body["proof_id"])


def test_a_copy_of_the_uid_proves_nothing(world: Any, blank: Callable[[], Chip]) -> None:
    _, chip = world.personalised()
    _, other = world.personalised()
    # A genuine card that claims another's UID holds other keys.
    assert said(world.tap(other, uid=chip.uid)) == (403, "card_not_genuine")
    copy = Chip(chip.uid, secrets.token_bytes)
    challenge = world.challenge(chip.uid.hex().upper(), secrets.token_hex(16).upper()).json()
    copy.power_on()
    assert said(world.prove(challenge, secrets.token_hex(32).upper())) == (403, "card_not_genuine")


def test_a_stranger_is_unknown(world: Any, blank: Callable[[], Chip]) -> None:
    chip = blank()
    answer = world.challenge(chip.uid.hex().upper(), "00" * 16)
    assert said(answer) == (404, "card_unknown")
    assert chip.uid.hex().upper() not in answer.text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(9.999, (201, "")), (10, (410, "challenge_expired")), (60, (410, "challenge_expired"))],
)
def test_a_challenge_lives_ten_seconds(
    world: Any, clock: Any, seconds: float, expected: tuple[int, str]
) -> None:
    _, chip = world.personalised()
    challenge = world.ask(chip).json()
    assert challenge["expires_at"] == "2026-09-01T10:00:10Z"
    reply = world.reply(chip, challenge)
    clock.advance(seconds=seconds)
    assert said(world.prove(challenge, reply)) == expected


def test_a_challenge_is_answered_once_right_or_wrong(world: Any) -> None:
    _, chip = world.personalised()
    challenge = world.ask(chip).json()
    reply = world.reply(chip, challenge)
    assert said(world.prove(challenge, "00" * 32)) == (403, "card_not_genuine")
    assert said(world.prove(challenge, reply)) == (409, "challenge_used")


def test_a_challenge_is_for_the_terminal_that_asked(
    world: Any, sign_in: Callable[..., Any]
) -> None:
    _, chip = world.personalised()
    challenge = world.ask(chip).json()
    reply = world.reply(chip, challenge)
    other = sign_in(TerminalKind.COUNTER)
    assert said(world.prove(challenge, reply, at=other)) == (404, "challenge_not_found")
    # And the attempt did not use it up.
    assert said(world.prove(challenge, reply)) == (201, "")
    nobody = {"challenge_id": str(uuid4())}
    assert said(world.prove(nobody, reply)) == (404, "challenge_not_found")


@pytest.mark.parametrize("kind", [TerminalKind.GATE, TerminalKind.DESK])
def test_only_a_counter_asks(world: Any, sign_in: Callable[..., Any], kind: TerminalKind) -> None:
    answer = world.challenge("04112233445566", "00" * 16, at=sign_in(kind))
    assert said(answer) == (403, "terminal_kind_not_allowed")


def test_a_counter_asks_about_benefits_only(world: Any) -> None:
    _, chip = world.personalised()
    uid = chip.uid.hex().upper()
    answer = world.challenge(uid, "00" * 16, application="access")
    assert said(answer) == (403, "application_not_allowed")


def test_a_malformed_challenge_is_refused_and_not_echoed(world: Any) -> None:
    for uid, rnd_b, application in (
        ("04aabbccddeeff", "00" * 16, "benefits"),
        ("04AABBCCDDEE", "00" * 16, "benefits"),
        ("04AABBCCDDEEFF", "00" * 15, "benefits"),
        ("04AABBCCDDEEFF", "0" * 33, "benefits"),
        ("04AABBCCDDEEFF\n", "00" * 16, "benefits"),
        ("04AABBCCDDEEFF", "00" * 16, "picc"),
    ):
        answer = world.challenge(uid, rnd_b, application=application)
        assert said(answer) == (422, "malformed_request"), (uid, rnd_b, application)
        assert uid not in answer.text


def test_a_blocked_card_is_told_so_only_once_it_has_proved_itself(world: Any) -> None:
    card, chip = world.personalised()
    with world.services.database.unit_of_work() as session:
        block_card(session, card.id, "lost", world.services.now())
    challenge = world.ask(chip)
    assert challenge.status_code == 201
    copy = world.prove(challenge.json(), "00" * 32)
    assert said(copy) == (403, "card_not_genuine")
    assert said(world.tap(chip)) == (403, "card_blocked")


def test_the_database_never_holds_the_randoms(world: Any, vault: LocalVault) -> None:
    _, chip = world.personalised()
    given: list[bytes] = []

    def random(length: int) -> bytes:
        given.append(secrets.token_bytes(length))
        return given[-1]

    vault._random = random
    challenge = world.ask(chip).json()
    with world.services.database.reading() as session:
        row = session.get(CardChallenge, UUID(challenge["challenge_id"]))
    rnd_a = given[0]
    stored = b"|".join(
        value if isinstance(value, bytes) else str(value).encode()
        for value in (getattr(row, column.key) for column in CardChallenge.__table__.columns)
    )
    assert len(rnd_a) == 16
    assert rnd_a not in stored
    assert rnd_a.hex().encode() not in stored.lower()


def proof_of(world: Any) -> tuple[Any, UUID]:
    card, chip = world.personalised()
    return card, UUID(world.tap(chip).json()["proof_id"])


def found(world: Any, proof_id: UUID, at: Any = None) -> type[BackendError] | str:
    terminal = (at or world.counter).terminal
    try:
        with world.services.database.unit_of_work() as session:
            proof = find_proof(session, proof_id, terminal.terminal_id, world.services.now())
    except BackendError as refusal:
        return type(refusal)
    return proof.card_number


@pytest.mark.parametrize(("seconds", "stands"), [(119.999, True), (120, False), (1000, False)])
def test_a_proof_lives_two_minutes(world: Any, clock: Any, seconds: float, stands: bool) -> None:
    card, proof_id = proof_of(world)
    clock.advance(seconds=seconds)
    assert found(world, proof_id) == (card.number if stands else ProofExpired)


def test_a_proof_is_for_the_terminal_that_asked(world: Any, sign_in: Callable[..., Any]) -> None:
    card, proof_id = proof_of(world)
    assert found(world, proof_id, at=sign_in(TerminalKind.COUNTER)) is ProofUnknown
    assert found(world, uuid4()) is ProofUnknown
    assert found(world, proof_id) == card.number


def test_a_card_blocked_meanwhile_has_no_proof_any_more(world: Any) -> None:
    card, proof_id = proof_of(world)
    with world.services.database.unit_of_work() as session:
        block_card(session, card.id, "stolen", world.services.now())
    assert found(world, proof_id) is CardBlocked


def test_a_proof_serves_one_payment(world: Any) -> None:
    _, proof_id = proof_of(world)
    payment = uuid4()
    with world.services.database.unit_of_work() as session:
        use_proof(session, proof_id, payment)
        use_proof(session, proof_id, payment)
        with pytest.raises(ProofUsed):
            use_proof(session, proof_id, uuid4())
        with pytest.raises(ProofUnknown):
            use_proof(session, uuid4(), payment)
    assert found(world, proof_id) is ProofUsed


def test_ten_payments_at_once_share_no_proof(world: Any, services: Services) -> None:
    _, proof_id = proof_of(world)
    start = Barrier(10)

    def attempt(payment: UUID) -> bool:
        start.wait(10)
        try:
            with services.database.unit_of_work() as session:
                use_proof(session, proof_id, payment)
        except ProofUsed:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, [uuid4() for _ in range(10)])) == 1


def test_one_answer_sent_twice_at_once_gives_one_proof(world: Any) -> None:
    _, chip = world.personalised()
    challenge = world.ask(chip).json()
    reply, start = world.reply(chip, challenge), Barrier(5)

    def attempt(_: int) -> int:
        start.wait(10)
        status: int = world.prove(challenge, reply).status_code
        return status

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(attempt, range(5))) == [201, 409, 409, 409, 409]


def test_a_challenge_being_used_is_not_used_by_another(world: Any) -> None:
    _, chip = world.personalised()
    challenge_id = UUID(world.ask(chip).json()["challenge_id"])
    now = world.services.now()

    def use() -> None:
        with world.services.database.unit_of_work() as session:
            _use_challenge(session, challenge_id, now)

    with ThreadPoolExecutor(1) as pool:
        with world.services.database.unit_of_work() as session:
            _use_challenge(session, challenge_id, now)
            second = pool.submit(use)
            # The second must wait for the first to end, not overtake it.
            with pytest.raises(TimeoutError):
                second.result(0.3)
        with pytest.raises(ChallengeUsed):
            second.result(10)


def test_what_expired_is_swept_a_bounded_number_at_a_time(
    world: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "CHALLENGES_PER_SWEEP", 1)
    _, chip = world.personalised()
    many = EXPIRED_ROWS_PER_SWEEP_MAX + 5
    with world.services.database.unit_of_work() as session:
        for _ in range(many):
            session.add(
                CardChallenge(
                    id=uuid4(),
                    uid=chip.uid,
                    application="benefits",
                    terminal_id=world.counter.terminal.terminal_id,
                    sealed_state=b"",
                    expires_at=world.services.now(),
                    used_at=None,
                )
            )
    assert world.tap(chip).status_code == 201

    def count(table: type[Any]) -> int:
        with world.services.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    assert (count(CardChallenge), count(CardProof)) == (many + 1, 1)
    clock.advance(minutes=4)  # the token still lives; pretend the rest aged more
    with world.services.database.unit_of_work() as session:
        for table in (CardChallenge, CardProof):
            for row in session.scalars(select(table)):
                row.expires_at = row.expires_at.replace(year=2025)
    world.ask(chip)
    assert (count(CardChallenge), count(CardProof)) == (5 + 2, 0)
