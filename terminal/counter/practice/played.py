"""What is played while people practise: a card, a reader, a code, a backend; none of it real.

Promise: nothing here knows an address, a key or a network: the backend is this module, so no
debit can be asked of anybody. The real reader and pad may be used, to feel as they will: of a real
card nothing is read, and a code typed on the real pad is thrown away as it comes, before the
sale sees it. What is not there is played by a button of the page. Not here: words.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from passcard.layout import make_card_number
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
from terminal.counter.pad_text import practised
from terminal.counter.ports import Card, Clock, PinPad, Reader
from terminal.errors import BackendRefused, PadError, ReaderError
from terminal.pin.pad import (
    EncryptedPinBlock,
    PinEntry,
    PinEntryStatus,
    PinProfile,
    PinPrompt,
)

CULTURE = UsableBenefit(benefit="culture", label="Culture")
BOOKS = UsableBenefit(benefit="livres", label="Livres")
BALANCE_CENTS: Final = 5_000
TRIES: Final = 3
AUTHORISATION: Final = "ESSAI0"
_CHALLENGE: Final = UUID(int=0)
_CARD_NUMBER: Final = make_card_number(0)
_LOOK_SECONDS: Final = 0.05

T = TypeVar("T")


class PlayedCard(StrEnum):
    """Which card is played; the values are the page's words."""

    ONE_BENEFIT = "one_benefit"
    TWO_BENEFITS = "two_benefits"
    BLOCKED = "blocked"


class PlayedCode(StrEnum):
    """How the played backend takes the code; the values are the page's words."""

    RIGHT = "right"
    WRONG = "wrong"
    SHORT = "short"  # right, and the balance does not suffice


class Buttons:
    """What the page played, waited for by the sale's thread: each press serves once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._card: PlayedCard | None = None
        self._code: PlayedCode | None = None

    def present(self, card: PlayedCard) -> None:
        """Play a card that comes into the field."""
        with self._lock:
            self._card = card

    def type(self, code: PlayedCode) -> None:
        """Play a code that is typed."""
        with self._lock:
            self._code = code

    def code_waits(self) -> bool:
        """Return whether a code was played and not taken yet."""
        with self._lock:
            return self._code is not None

    def take_card(self) -> PlayedCard | None:
        """Return the card that was played, once; codes played before it are forgotten."""
        with self._lock:
            card, self._card = self._card, None
            if card is not None:
                self._code = None
            return card

    def take_code(self) -> PlayedCode | None:
        """Return the code that was played, once."""
        with self._lock:
            code, self._code = self._code, None
            return code

    def forget(self) -> None:
        """Forget what was played and not taken."""
        with self._lock:
            self._card = self._code = None


class _Chip:
    """A card that answers what a proof asks, with zeros: the played backend believes it."""

    _ANSWERS: Final = {0x5A: b"", 0x71: bytes(16), 0xAF: bytes(32)}
    _MORE: Final = 0x71

    def uid(self) -> bytes:
        return bytes(7)

    def transmit(self, command: bytes, /) -> bytes:
        instruction = command[1]
        status = b"\x91\xaf" if instruction == self._MORE else b"\x91\x00"
        return self._ANSWERS[instruction] + status

    def disconnect(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class PlayedReader:
    """The real reader, if it answers, and the page's button; of a real card nothing is read."""

    real: Reader
    buttons: Buttons
    clock: Clock
    shown: Callable[[PlayedCard], None]

    def wait_for_card(self, seconds_max: float, /) -> Card | None:
        """Return the played card once a real one came, or the button was pressed."""
        played = self.buttons.take_card()
        if played is None and self._real_card_came(seconds_max):
            played = PlayedCard.ONE_BENEFIT
        if played is None:
            return None
        self.shown(played)
        return _Chip()

    def close(self) -> None:
        """Let the real reader rest."""
        with suppress(ReaderError):
            self.real.close()

    def _real_card_came(self, seconds_max: float) -> bool:
        try:
            card = self.real.wait_for_card(seconds_max)
        except ReaderError:  # practising needs none
            self.clock.pause(seconds_max)
            return False
        if card is None:
            return False
        with suppress(ReaderError):
            card.disconnect()
        return True


@dataclass(slots=True)
class PlayedPad:
    """The real pad, if it answers, and the page's buttons; what is typed is thrown away."""

    real: PinPad
    buttons: Buttons
    clock: Clock
    _answers: bool = field(default=False, init=False)

    def claim(self) -> None:
        """Take the real pad if it is there."""
        self._answers = True
        self._ask(self.real.claim)

    def release(self) -> None:
        """Give the real pad back."""
        self._answers = False
        with suppress(PadError):
            self.real.release()

    def show(self, line1: str, line2: str = "") -> None:
        """Show that it is practice, and the words that matter."""
        self._ask(lambda: self.real.show(*practised(line1, line2)))

    def enter_pin(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry:
        """Return a made-up block once a button was pressed or something typed on the real pad."""
        deadline = self.clock.monotonic() + seconds_max
        entry = self._ask_real(prompt, seconds_max, cancelled)
        while entry is None and not cancelled():
            if self.clock.monotonic() >= deadline:
                return PinEntry(PinEntryStatus.TIMEOUT)
            if self.buttons.code_waits():
                entry = self._made_up(self.buttons.take_code())
            else:
                self.clock.pause(_LOOK_SECONDS)
        return entry or PinEntry(PinEntryStatus.CANCEL)

    def _ask_real(
        self, prompt: PinPrompt, seconds_max: float, cancelled: Callable[[], bool]
    ) -> PinEntry | None:
        """Return how the real entry ended, without what was typed; None to wait for a button."""
        lengths = prompt.length_min, prompt.length_max
        played = PinPrompt(_CARD_NUMBER, *practised(prompt.line1, prompt.line2), *lengths)
        status = self._ask(
            lambda: (
                self.real.enter_pin(
                    played, seconds_max, lambda: cancelled() or self.buttons.code_waits()
                ).status
            )
        )
        if status is None or self.buttons.code_waits():
            return None
        if status is PinEntryStatus.SUCCESS:
            return self._made_up(PlayedCode.RIGHT)
        return PinEntry(status)

    def _made_up(self, code: PlayedCode | None) -> PinEntry:
        return PinEntry(PinEntryStatus.SUCCESS, played_block(code or PlayedCode.RIGHT))

    def _ask(self, ask: Callable[[], T]) -> T | None:
        """Ask the real pad; one that does not answer is not asked again in this sale."""
        if not self._answers:
            return None
        try:
            return ask()
        except PadError:  # practising needs none
            self._answers = False
            return None


def played_block(code: PlayedCode) -> EncryptedPinBlock:
    """Return a block that no backend takes: its serial number is no pad's."""
    number = list(PlayedCode).index(code)
    return EncryptedPinBlock(PinProfile.AES128_DUKPT_ISO4, "0" * 24, f"{number:032X}")


class PlayedBackend:
    """The backend's answers, made up here; it remembers tries, and knows no other machine."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._card = PlayedCard.ONE_BENEFIT
        self._tries_left = TRIES

    def show_card(self, card: PlayedCard) -> None:
        """Play this card from now on."""
        self._card = card
        self._tries_left = TRIES

    def challenge_card(self, uid: bytes, application: str, encrypted_rnd_b: bytes) -> CardChallenge:  # noqa: ARG002 -- nothing of it counts
        """Answer a played chip."""
        return CardChallenge(challenge_id=_CHALLENGE, answer=bytes(32), expires_at=self._now())

    def prove_card(self, challenge_id: UUID, card_answer: bytes) -> CardProof:  # noqa: ARG002 -- idem
        """Believe a played chip; the blocked card is refused."""
        if self._card is PlayedCard.BLOCKED:
            raise BackendRefused(403, "card_blocked")
        two = self._card is PlayedCard.TWO_BENEFITS
        return CardProof(
            proof_id="practice",
            card_number=_CARD_NUMBER,
            display_name="",
            expires_at=self._now(),
            benefits=(CULTURE, BOOKS) if two else (CULTURE,),
        )

    def pay(
        self,
        payment_id: UUID,
        proof_id: str,  # noqa: ARG002 -- nothing of it counts
        benefit: str,
        amount_cents: int,
        *,
        pin: EncryptedPinBlock,
    ) -> Approved | Declined:
        """Answer as the button of the code said."""
        if pin == played_block(PlayedCode.WRONG):
            return self._declined(payment_id, "wrong_pin", self._use_try())
        if pin == played_block(PlayedCode.SHORT) or amount_cents > BALANCE_CENTS:
            left = min(BALANCE_CENTS, max(1, amount_cents // 2))
            instead = Choice(benefit=benefit, label=_label_of(benefit), accepts_cents=left)
            return self._declined(payment_id, "insufficient_funds", None, instead)
        return Approved(
            payment_id=payment_id,
            authorisation_number=AUTHORISATION,
            benefit=benefit,
            amount_cents=amount_cents,
            remaining_cents=BALANCE_CENTS - amount_cents,
            decided_at=self._now(),
        )

    def reverse_payment(self, payment_id: UUID) -> Reversal:
        """Nothing was debited."""
        return Reversal(payment_id=payment_id, status="reversed", money_moved=False)

    def enquire_balances(
        self,
        enquiry_id: UUID,
        proof_id: str,  # noqa: ARG002 -- nothing of it counts
        *,
        pin: EncryptedPinBlock,
    ) -> BalancesTold | BalancesRefused:
        """Tell made-up balances."""
        if pin == played_block(PlayedCode.WRONG):
            left = self._use_try()
            return BalancesRefused(
                enquiry_id=enquiry_id,
                status="declined",
                reason="wrong_pin" if left else "pin_blocked",
                message="",
                tries_left=left,
                decided_at=self._now(),
            )
        benefits = (CULTURE, BOOKS) if self._card is PlayedCard.TWO_BENEFITS else (CULTURE,)
        return BalancesTold(
            enquiry_id=enquiry_id,
            status="answered",
            balances=tuple(
                Balance(benefit=one.benefit, label=one.label, available_cents=BALANCE_CENTS)
                for one in benefits
            ),
            decided_at=self._now(),
        )

    def list_card_payments(self, proof_id: str) -> tuple[FoundPayment, ...]:  # noqa: ARG002 -- idem
        """Return nothing: a played card has paid nothing."""
        return ()

    def _use_try(self) -> int:
        self._tries_left = max(0, self._tries_left - 1)
        return self._tries_left

    def _declined(
        self, payment_id: UUID, reason: str, tries_left: int | None, *choices: Choice
    ) -> Declined:
        return Declined(
            payment_id=payment_id,
            reason=reason,
            message="",
            tries_left=tries_left,
            choices=choices,
            decided_at=self._now(),
        )


def _label_of(benefit: str) -> str:
    return next((one.label for one in (CULTURE, BOOKS) if one.benefit == benefit), benefit)
