"""The counter's sentences in French or in English: one object for each language.

Promise: every sentence of `words.py` has its English in `words_english.py`; mypy sees a missing one
here, a test a missing key. The pad stays in French, and so does what the backend says only in
French. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final, Protocol

from terminal.counter import words, words_english
from terminal.counter.amounts import euros, euros_in_english
from terminal.counter.reasons import Reason
from terminal.counter.record import SaleRecord
from terminal.counter.states import State
from terminal.pin.pad import CodeEntry


class Language(StrEnum):
    """What a screen speaks; the values are those of HTML's `lang`."""

    FRENCH = "fr"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """All that the counter says, in one language."""

    language: Language
    euros: Callable[[int], str]
    code_entry: Mapping[CodeEntry, str]
    states: Mapping[State, str]
    reasons: Mapping[str, str]
    devices: Mapping[str, str]
    now_blocked: str
    refused: str
    reversal_pending_words: str
    abandoned: str
    reversal_pending: str
    cancelled_after_sending: str
    card_again: str
    api: Mapping[str, str]
    returns: Mapping[str, str]
    return_refused: str
    return_offline: str
    return_done: str
    return_asked: str
    clock: Callable[[timedelta], str]
    tries_left: Callable[[int], str]
    customer: Mapping[str, str]
    customer_leaves_card: str
    customer_nothing_debited: str
    errands: Mapping[str, str]
    errand_refused: str
    no_card_payments: str

    def of_sale(self, record: SaleRecord, *, active: bool = False) -> str:
        """Return the one sentence for a sale as it stands; `active`: it is being run now."""
        if record.state is State.APPROVED:
            return f"{self.states[State.APPROVED]} · {self.euros(record.amount_cents)}"
        if record.finished:
            return self._ending(record)
        if not active:
            return self.reversal_pending if record.may_be_at_backend else self.abandoned
        if record.state is State.CARD and record.reason == Reason.CARD_REMOVED:
            return self.card_again
        if record.state is State.CODE and record.tries_left is not None:
            return self.tries_left(record.tries_left)
        return self.states[record.state]

    def _ending(self, record: SaleRecord) -> str:
        if record.reason == Reason.WRONG_CODE and record.tries_left == 0:
            return self.now_blocked
        if record.state is State.REVERSED and record.reason == Reason.CANCELLED_AT_COUNTER:
            return self.cancelled_after_sending
        return self.reasons.get(record.reason or "", self.refused)

    def of_return(self, state: str, amount_cents: int) -> str:
        """Return what the till says of a return in this state (`asked`, `done`, `refused`)."""
        if state == "done":
            return f"{self.return_done} · {self.euros(amount_cents)}"
        return self.return_refused if state == "refused" else self.return_asked


def _speech(language: Language, of: "_Words", write_euros: Callable[[int], str]) -> Speech:
    return Speech(
        language=language,
        euros=write_euros,
        code_entry=of.CODE_ENTRY_WORDS,
        states=of.STATE_WORDS,
        reasons=of.REASON_SENTENCES,
        devices=of.DEVICE_WORDS,
        now_blocked=of.NOW_BLOCKED_SENTENCE,
        refused=of.REFUSED_SENTENCE,
        reversal_pending_words=of.REVERSAL_PENDING_WORDS,
        abandoned=of.ABANDONED_SENTENCE,
        reversal_pending=of.REVERSAL_PENDING_SENTENCE,
        cancelled_after_sending=of.CANCELLED_AFTER_SENDING_SENTENCE,
        card_again=of.CARD_AGAIN_SENTENCE,
        api=of.API_SENTENCES,
        returns=of.RETURN_SENTENCES,
        return_refused=of.RETURN_REFUSED_SENTENCE,
        return_offline=of.RETURN_OFFLINE_SENTENCE,
        return_done=of.RETURN_DONE_WORDS,
        return_asked=of.RETURN_ASKED_SENTENCE,
        clock=of.clock_words,
        tries_left=of.tries_left_sentence,
        customer=of.CUSTOMER_WORDS,
        customer_leaves_card=of.CUSTOMER_LEAVES_CARD,
        customer_nothing_debited=of.CUSTOMER_NOTHING_DEBITED,
        errands=of.ERRAND_WORDS,
        errand_refused=of.ERRAND_REFUSED_SENTENCE,
        no_card_payments=of.NO_CARD_PAYMENTS_SENTENCE,
    )


class _Words(Protocol):
    """A module of words."""

    CODE_ENTRY_WORDS: dict[CodeEntry, str]
    STATE_WORDS: dict[State, str]
    REASON_SENTENCES: dict[str, str]
    DEVICE_WORDS: dict[str, str]
    NOW_BLOCKED_SENTENCE: str
    REFUSED_SENTENCE: str
    REVERSAL_PENDING_WORDS: str
    ABANDONED_SENTENCE: str
    REVERSAL_PENDING_SENTENCE: str
    CANCELLED_AFTER_SENDING_SENTENCE: str
    CARD_AGAIN_SENTENCE: str
    API_SENTENCES: dict[str, str]
    RETURN_SENTENCES: dict[str, str]
    RETURN_REFUSED_SENTENCE: str
    RETURN_OFFLINE_SENTENCE: str
    RETURN_DONE_WORDS: str
    RETURN_ASKED_SENTENCE: str
    CUSTOMER_WORDS: dict[str, str]
    CUSTOMER_LEAVES_CARD: str
    CUSTOMER_NOTHING_DEBITED: str
    ERRAND_WORDS: dict[str, str]
    ERRAND_REFUSED_SENTENCE: str
    NO_CARD_PAYMENTS_SENTENCE: str

    def clock_words(self, ahead: timedelta) -> str: ...

    def tries_left_sentence(self, tries_left: int) -> str: ...


FRENCH: Final = _speech(Language.FRENCH, words, euros)
ENGLISH: Final = _speech(Language.ENGLISH, words_english, euros_in_english)
SPEECHES: Final = {Language.FRENCH: FRENCH, Language.ENGLISH: ENGLISH}
