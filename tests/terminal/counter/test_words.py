"""Every state, reason and refusal has its words, on the till and on the pad."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.counter import api, pad_text, words
from terminal.counter.amounts import euros, pad_amount
from terminal.counter.reasons import _BACKEND_CODES, Reason, reason_of
from terminal.counter.record import AMOUNT_CENTS_MAX, SaleRecord
from terminal.counter.states import FINAL, UNFINISHED, State
from terminal.counter.view import SaleView
from terminal.errors import BackendGarbled, BackendRefused, IdentityError
from tests.terminal.counter.fakes import START

# The decline reasons of the payments API.
DECLINE_REASONS = [
    "wrong_pin",
    "pin_blocked",
    "pin_not_set",
    "pin_block_invalid",
    "pin_replayed",
    "insufficient_funds",
    "benefit_not_usable",
    "proof_expired",
    "proof_unknown",
    "proof_used",
    "card_blocked",
    "reversed_before_arrival",
    "interrupted",
]
ALL_SENTENCES = {
    **{f"state {state}": text for state, text in words.STATE_WORDS.items()},
    **{f"reason {reason}": text for reason, text in words.REASON_SENTENCES.items()},
    **{f"api {code}": text for code, text in words.API_SENTENCES.items()},
    "tries": words.tries_left_sentence(2),
    "pending": words.REVERSAL_PENDING_SENTENCE,
    "abandoned": words.ABANDONED_SENTENCE,
    "now blocked": words.NOW_BLOCKED_SENTENCE,
    "refused": words.REFUSED_SENTENCE,
}


def record(state: State, reason: str | None = None, tries_left: int | None = None) -> SaleRecord:
    return SaleRecord("s", 123_456, START, START, state=state, reason=reason, tries_left=tries_left)


def test_every_state_reason_and_refusal_has_words() -> None:
    assert set(words.STATE_WORDS) == set(State)
    assert set(words.REASON_SENTENCES) == {*Reason, *DECLINE_REASONS}
    assert set(api.STATUS_BY_CODE) <= set(words.API_SENTENCES)
    assert set(_BACKEND_CODES.values()) <= set(Reason)


@pytest.mark.parametrize("text", ALL_SENTENCES.values(), ids=ALL_SENTENCES.keys())
def test_sentences_are_plain_french(text: str) -> None:
    assert "!" not in text
    assert "'" not in text, "French has its own apostrophe"
    assert not re.search(r"\b(pin|badge|wallet|transaction)\b", text, re.IGNORECASE)
    assert text.count(". ") <= 1, "at most two sentences"


@pytest.mark.parametrize(("state", "active"), list(product(State, [True, False])))
def test_a_view_always_says_something(state: State, active: bool) -> None:
    view = SaleView(record(state), active=active)
    assert view.message
    assert view.headline


@pytest.mark.parametrize("state", sorted(UNFINISHED))
def test_an_abandoned_sale_says_that_nothing_stays_debited(state: State) -> None:
    assert "débité" in SaleView(record(state)).message


def test_the_view_of_some_sales() -> None:
    assert SaleView(record(State.APPROVED)).message == "Accepté · 1\u202f234,56\u00a0€"
    wrong = SaleView(record(State.CODE, "wrong_pin", 1), active=True)
    assert wrong.message == "Code faux, il reste 1 essai."
    cancelled = SaleView(record(State.REVERSED, Reason.CANCELLED_AT_COUNTER))
    assert cancelled.message == words.CANCELLED_AFTER_SENDING_SENTENCE
    assert SaleView(record(State.DECLINED, "new_reason")).message == words.REFUSED_SENTENCE
    blocked = SaleView(record(State.DECLINED, "wrong_pin", 0))
    assert blocked.message == words.NOW_BLOCKED_SENTENCE
    faulty = SaleView(record(State.CODE), fault=Reason.JOURNAL_UNAVAILABLE)
    assert faulty.reason == "journal_unavailable"


@pytest.mark.parametrize(
    ("state", "reason"),
    [*product(sorted(FINAL), [None, *Reason, *DECLINE_REASONS]), (State.REVERSING, None)],
)
def test_every_ending_fits_the_pad(state: State, reason: str | None) -> None:
    for line in pad_text.ending(record(state, reason)):
        assert len(line) <= 16
        assert re.fullmatch("[A-Z0-9 ,:]*", line)


@pytest.mark.parametrize("tries", [0, 1, 2, 3])
def test_prompts_fit_the_pad(tries: int) -> None:
    lines = [
        *pad_text.wrong_code(tries),
        *pad_text.card_wanted(AMOUNT_CENTS_MAX),
        *pad_text.code_wanted(AMOUNT_CENTS_MAX),
        *pad_text.CHECKING,
        *pad_text.CHOOSING,
        *pad_text.UNDOING,
        *pad_text.JOURNAL_LOST,
    ]
    assert max(map(len, lines)) <= 16
    assert pad_text.code_wanted(1250) == ("12,50 EUR", "VOTRE CODE:")


@given(st.integers(min_value=0, max_value=10**9))
def test_an_amount_is_written_to_the_cent(cents: int) -> None:
    for text in (euros(cents), pad_amount(cents)):
        assert int("".join(filter(str.isdigit, text))) == cents
        assert re.search(r",\d\d[ \u00a0](€|EUR)$", text)


@pytest.mark.parametrize("write", [euros, pad_amount])
def test_no_amount_is_negative(write: object) -> None:
    with pytest.raises(AssertionError):
        write(-1)  # type: ignore[operator]


def test_an_error_nobody_foresaw_has_a_reason_too() -> None:
    assert reason_of(BackendRefused(418, "new_code")) == Reason.BACKEND_REFUSED
    assert reason_of(BackendGarbled("noise")) == Reason.BACKEND_UNAVAILABLE
    assert reason_of(IdentityError("gone")) == Reason.INTERNAL_ERROR
    assert reason_of(ValueError()) == Reason.INTERNAL_ERROR
