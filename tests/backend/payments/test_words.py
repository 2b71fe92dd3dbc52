"""Every decline and every refusal: one quiet French sentence, what would work, two pad lines."""

import itertools
import re

import pytest

from backend.errors import BackendError
from backend.partners.errors import TerminalRevoked
from backend.payments import errors
from backend.payments.advice import NO_ADVICE, Advice, Choice, read_advice, write_advice
from backend.payments.reasons import DeclineReason
from backend.payments.words import SENTENCES, decline_sentence
from backend.sentences import Sentence, pad_text

LONG = "Équipement sportif et loisirs de plein air"
CULTURE = Choice("culture", "Culture", 1200)
ADVICES = [
    NO_ADVICE,
    Advice(amount_cents=1200, benefit_label="Sport"),
    Advice(amount_cents=1200, benefit_label="Sport", left_cents=0, choices=(CULTURE,)),
    Advice(
        amount_cents=100_000,
        benefit_label=LONG,
        left_cents=1,
        choices=(Choice("c", LONG, 99_999),),
    ),
    Advice(limit_cents=100_000),
    Advice(left_cents=99_999),
    Advice(left_cents=0),
]
TOLD = [
    decline_sentence(reason, tries_left, advice)
    for reason, tries_left, advice in itertools.product(DeclineReason, (None, 0, 1, 2), ADVICES)
]
REFUSALS = [
    errors.PaymentPartlyRefunded(99_999).sentence,
    errors.RefundTooLarge(99_999).sentence,
    TerminalRevoked.sentence,
    *(
        one.sentence
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, BackendError)
    ),
]


def test_every_reason_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(DeclineReason)


def test_every_sentence_is_one_quiet_sentence_in_both_languages() -> None:
    for sentence in [*TOLD, *filter(None, REFUSALS)]:
        for text in (sentence.fr, sentence.en):
            assert text.endswith(".")
            # An amount in English has a point of its own.
            assert re.sub(r"(?<=\d)\.(?=\d)", "", text).count(".") == 1
            assert not re.search(r"!|\bPIN\b", text)
        assert " :" in sentence.fr or " ;" in sentence.fr or "Choisissez" in sentence.fr


def test_every_pad_line_fits() -> None:
    for sentence in [*TOLD, *filter(None, REFUSALS)]:
        for line in sentence.pad:
            assert re.fullmatch(r"[A-Z0-9 ,]{1,16}", line), line


def test_every_refusal_at_a_counter_has_a_sentence() -> None:
    # A limit is refused to an operator, repeated lines to a program.
    silent = {
        one.__name__
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, BackendError)
        if one.__module__ == errors.__name__ and one.sentence is None
    }
    with_facts = {"PaymentPartlyRefunded", "RefundTooLarge"}
    assert silent == {"LimitUnacceptable", "LinesRepeated"} | with_facts


def say(reason: DeclineReason, advice: Advice = NO_ADVICE, tries: int | None = None) -> Sentence:
    return decline_sentence(reason, tries, advice)


def test_an_empty_wallet_names_the_one_that_would_pay() -> None:
    advice = Advice(amount_cents=1200, benefit_label="Sport", left_cents=0, choices=(CULTURE,))
    assert say(DeclineReason.INSUFFICIENT_FUNDS, advice) == Sentence(
        "Sport épuisé ; Culture accepte 12,00\u00a0€.",
        "Sport is used up; Culture accepts €12.00.",
        ("SPORT EPUISE", "CULTURE 12,00"),
    )


def test_a_wallet_that_is_short_says_how_much_would_be_taken() -> None:
    own = Choice("sport", "Sport", 300)
    advice = Advice(amount_cents=1200, benefit_label="Sport", left_cents=300, choices=(own,))
    assert say(DeclineReason.INSUFFICIENT_FUNDS, advice) == Sentence(
        "Sport ne suffit pas ; Sport accepte au plus 3,00\u00a0€.",
        "Sport does not hold enough; Sport accepts at most €3.00.",
        ("SPORT COURT", "SPORT 3,00"),
    )


def test_nothing_that_would_pay_is_said_too() -> None:
    advice = Advice(amount_cents=1200, benefit_label="Sport", left_cents=0)
    told = say(DeclineReason.INSUFFICIENT_FUNDS, advice)
    assert told.fr == "Sport épuisé ; payez autrement."
    assert told.pad == ("SPORT EPUISE", "PAYEZ AUTREMENT")


def test_limits_say_what_is_left() -> None:
    assert say(DeclineReason.AMOUNT_LIMIT, Advice(limit_cents=5000)).pad[1] == "MAXIMUM 50,00"
    left = Advice(left_cents=250)
    assert "choisissez 2,50\u00a0€ au plus" in say(DeclineReason.DAY_LIMIT, left).fr
    assert "chez ce partenaire" in say(DeclineReason.PARTNER_DAY_LIMIT, left).fr
    assert say(DeclineReason.DAY_LIMIT, Advice(left_cents=0)).pad == (
        "LIMITE DU JOUR",
        "REVENEZ DEMAIN",
    )


@pytest.mark.parametrize(
    ("tries", "end", "line"),
    [
        (2, "il vous reste 2 essais.", "RESTE 2 ESSAIS"),
        (1, "il vous reste 1 essai.", "RESTE 1 ESSAI"),
        (0, "voyez votre compte.", "VOIR COMPTE"),
    ],
)
def test_a_wrong_code_counts_what_is_left(tries: int, end: str, line: str) -> None:
    told = say(DeclineReason.WRONG_PIN, tries=tries)
    assert told.fr.endswith(end)
    assert told.pad[1] == line


@pytest.mark.parametrize("advice", ADVICES)
def test_advice_is_kept_as_it_was(advice: Advice) -> None:
    assert read_advice(write_advice(advice)) == advice


def test_a_pad_has_no_accents() -> None:
    assert pad_text("Œuvre  déjà vue à Nîmes", 24) == "OEUVRE DEJA VUE A NIMES"
    assert pad_text("Sport et", 6) == "SPORT"
