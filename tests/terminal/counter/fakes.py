"""Hand-written collaborators of a sale: small, in memory, and strict about what they are asked."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from terminal.api_enquiries import Balance, BalancesRefused, BalancesTold
from terminal.api_returns import FoundPayment
from terminal.api_values import (
    Approved,
    CardChallenge,
    CardProof,
    Choice,
    Declined,
    Reversal,
    UsableBenefit,
)
from terminal.counter.ports import Clock
from terminal.errors import BackendRefused, CardRemoved, TerminalError
from terminal.pin.pad import EncryptedPinBlock, PinEntry, PinEntryStatus, PinProfile, PinPrompt

START = datetime(2026, 11, 21, 11, 4, tzinfo=UTC)
UID = bytes.fromhex("04112233445566")
CARD_NUMBER = "9250000000000018"
KSN = "A" * 24
RIGHT_BLOCK, WRONG_BLOCK = "0123456789ABCDEF" * 2, "F" * 32
CULTURE = UsableBenefit(benefit="culture", label="Culture")
BOOKS = UsableBenefit(benefit="books", label="Livres")


class FakeClock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.on_pause: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float, /) -> None:
        self.on_pause()
        self.seconds += seconds


class CountingIds:
    """Ids that can be foretold."""

    def __init__(self, first: int = 1) -> None:
        self.last = first - 1

    def __call__(self) -> UUID:
        self.last += 1
        return UUID(int=self.last)


class FakeCard:
    """A chip that answers the four commands of a proof; `removed_at` counts exchanges from 1."""

    SELECT, FIRST, SECOND = 0x5A, 0x71, 0xAF

    def __init__(
        self,
        answers: dict[int, bytes] | None = None,
        removed_at: int | None = None,
        uid: bytes = UID,
    ) -> None:
        self.answers = {
            self.SELECT: bytes.fromhex("9100"),
            self.FIRST: bytes(16) + bytes.fromhex("91AF"),
            self.SECOND: bytes(32) + bytes.fromhex("9100"),
        } | (answers or {})
        self.removed_at = removed_at
        self.exchanges = 0
        self.disconnected = 0
        self.connected = True
        self._uid = uid

    def uid(self) -> bytes:
        self._exchange()
        return self._uid

    def transmit(self, command: bytes, /) -> bytes:
        assert self.connected, "a card that was let go is not spoken to"
        self._exchange()
        return self.answers.get(command[1], bytes.fromhex("911C"))

    def disconnect(self) -> None:
        self.disconnected += 1
        self.connected = False

    def _exchange(self) -> None:
        self.exchanges += 1
        if self.removed_at is not None and self.exchanges >= self.removed_at:
            raise CardRemoved("the card left")


@dataclass
class FakeReader:
    """Gives its card at once, or lets the time pass."""

    clock: Clock
    card: FakeCard | None = field(default_factory=FakeCard)
    error: TerminalError | None = None
    on_wait: Callable[[], object] = lambda: None
    closed: int = 0

    def wait_for_card(self, seconds_max: float, /) -> FakeCard | None:
        self.on_wait()
        if self.error is not None:
            raise self.error
        card = self.card
        if card is None:
            self.clock.pause(seconds_max)
        else:
            card.connected = True
        return card

    def close(self) -> None:
        self.closed += 1


def typed(block: str = RIGHT_BLOCK) -> PinEntry:
    return PinEntry(
        PinEntryStatus.SUCCESS, EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, KSN, block)
    )


HOLDER_CANCELS = PinEntry(PinEntryStatus.CANCEL)
NOBODY_TYPES = PinEntry(PinEntryStatus.TIMEOUT)


class FakePad:
    """Gives the entries it was told, then the last one again; keeps all it showed."""

    def __init__(self, *entries: PinEntry | TerminalError) -> None:
        self.entries = list(entries) or [typed()]
        self.shown: list[tuple[str, str]] = []
        #: How long a code each entry asked for.
        self.lengths: list[tuple[int, int]] = []
        self.claimed = False
        self.claim_error: TerminalError | None = None
        self.show_error: TerminalError | None = None
        self.on_entry: Callable[[], object] = lambda: None

    def claim(self) -> None:
        if self.claim_error is not None:
            raise self.claim_error
        self.claimed = True

    def release(self) -> None:
        self.claimed = False

    def show(self, line1: str, line2: str = "") -> None:
        assert max(len(line1), len(line2)) <= 16, "the display has 16 columns"
        assert (line1 + line2).isascii(), "the display has no accents"
        self.shown.append((line1, line2))
        if self.show_error is not None:
            raise self.show_error

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        assert self.claimed, "the pad must be claimed"
        assert seconds_max > 0
        self.shown.append((prompt.line1, prompt.line2))
        self.lengths.append((prompt.length_min, prompt.length_max))
        self.on_entry()
        if cancelled():
            return HOLDER_CANCELS
        entry = self.entries[0] if len(self.entries) == 1 else self.entries.pop(0)
        if isinstance(entry, TerminalError):
            raise entry
        return entry


Answer = Approved | Declined


class TwinBackend:
    """The payments API in memory: client-made ids, tries, one balance, reversals before arrival.

    `debits` is the truth the tests compare the journal with: payment id → cents taken.
    """

    def __init__(
        self,
        *benefits: UsableBenefit,
        balance_cents: int = 10_000,
        clock: FakeClock | None = None,
    ) -> None:
        self.benefits = benefits or (CULTURE,)
        self.balance_cents = balance_cents
        self.tries_left = 3
        self.code_digits = (4, 4)
        self.clock = clock or FakeClock()
        self.debits: dict[UUID, int] = {}
        self.answers: dict[UUID, tuple[tuple[str, int], Answer]] = {}
        self.reversed: set[UUID] = set()
        self.received: list[UUID] = []
        self.card_refusal: BackendRefused | None = None
        #: What it says when it declines; nothing, unless a test wants it.
        self.says = ""
        self.says_on_pad: tuple[str, str] | None = None
        self.choices: tuple[Choice, ...] = ()
        self.before_pay: Callable[[], object] = lambda: None
        self.after_pay: Callable[[], object] = lambda: None
        self.before_reversal: Callable[[], object] = lambda: None
        self.before_enquiry: Callable[[], object] = lambda: None
        self.enquired: list[UUID] = []
        self.card_payments: tuple[FoundPayment, ...] = ()
        self._lock = threading.Lock()

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:
        assert (len(uid), application, len(encrypted_rnd_b)) == (7, "benefits", 16)
        if self.card_refusal is not None:
            raise self.card_refusal
        return CardChallenge(challenge_id=UUID(int=7), answer=bytes(32), expires_at=START)

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:
        assert (challenge_id, len(card_answer)) == (UUID(int=7), 32)
        return CardProof(
            proof_id="proof",
            card_number=CARD_NUMBER,
            display_name="Léa",
            expires_at=START,
            benefits=tuple(self.benefits),
            code_digits_min=self.code_digits[0],
            code_digits_max=self.code_digits[1],
        )

    def pay(
        self,
        payment_id: UUID,
        proof_id: str,
        benefit: str,
        amount_cents: int,
        *,
        pin: EncryptedPinBlock,
    ) -> Answer:
        self.before_pay()
        with self._lock:
            assert proof_id == "proof"
            self.received.append(payment_id)
            answer = self._answer_once(payment_id, (benefit, amount_cents), pin.reveal())
        self.after_pay()
        return answer

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        self.before_reversal()
        with self._lock:
            taken = self.debits.pop(payment_id, 0)
            self.balance_cents += taken
            first = payment_id not in self.reversed
            self.reversed.add(payment_id)
            return Reversal(
                payment_id=payment_id, status="reversed", money_moved=bool(taken) and first
            )

    def enquire_balances(
        self, enquiry_id: UUID, proof_id: str, *, pin: EncryptedPinBlock
    ) -> BalancesTold | BalancesRefused:
        self.before_enquiry()
        with self._lock:
            assert proof_id == "proof"
            self.enquired.append(enquiry_id)
            reason = self._reason_against(enquiry_id, 0, pin.reveal())
        if reason is not None:
            return BalancesRefused(
                enquiry_id=enquiry_id,
                status="declined",
                reason=reason[0],
                message=self.says,
                pad_lines=self.says_on_pad,
                tries_left=reason[1],
                decided_at=START,
            )
        held = [
            Balance(benefit=one.benefit, label=one.label, available_cents=self.balance_cents)
            for one in self.benefits
        ]
        return BalancesTold(
            enquiry_id=enquiry_id, status="answered", balances=tuple(held), decided_at=START
        )

    def list_card_payments(self, proof_id: str) -> tuple[FoundPayment, ...]:
        assert proof_id == "proof"
        return self.card_payments

    def _answer_once(self, payment_id: UUID, content: tuple[str, int], block: str) -> Answer:
        if payment_id in self.answers:
            known, answer = self.answers[payment_id]
            if known != content:
                raise BackendRefused(409, "idempotency_conflict")
            return answer
        answer = self._decide(payment_id, *content, block)
        self.answers[payment_id] = content, answer
        return answer

    def _decide(self, payment_id: UUID, benefit: str, amount_cents: int, block: str) -> Answer:
        decline = self._reason_against(payment_id, amount_cents, block)
        if decline is not None:
            reason, tries = decline
            return Declined(
                payment_id=payment_id,
                reason=reason,
                message=self.says,
                pad_lines=self.says_on_pad,
                tries_left=tries,
                choices=self.choices,
                decided_at=START,
            )
        self.balance_cents -= amount_cents
        self.debits[payment_id] = amount_cents
        return Approved(
            payment_id=payment_id,
            authorisation_number="A1B2C3",
            benefit=benefit,
            amount_cents=amount_cents,
            remaining_cents=self.balance_cents,
            decided_at=START,
        )

    def _is_right(self, block: str) -> bool:
        return block == RIGHT_BLOCK

    def _reason_against(
        self, payment_id: UUID, amount_cents: int, block: str
    ) -> tuple[str, int | None] | None:
        if payment_id in self.reversed:
            return "reversed_before_arrival", None
        if self.tries_left == 0:
            return "pin_blocked", 0
        if not self._is_right(block):
            self.tries_left -= 1
            return "wrong_pin", self.tries_left
        self.tries_left = 3
        if amount_cents > self.balance_cents:
            return "insufficient_funds", None
        return None
