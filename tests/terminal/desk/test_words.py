"""Every error that can reach the desk has one sentence and one stable code."""

import inspect
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from terminal import errors
from terminal.desk import words
from terminal.desk.batch import Notice, Progress, TooManyBadChips
from terminal.desk.batch_record import BatchLine, CardResult
from terminal.desk.relay import NoCardCame
from terminal.errors import (
    BackendError,
    BackendGarbled,
    BackendRefused,
    BackendUnreachable,
    CardRemoved,
    ReaderError,
    SettingsError,
    TerminalError,
)


def leaves() -> Iterator[type[TerminalError]]:
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, ReaderError | BackendError):
            yield kind


def example(kind: type[TerminalError]) -> TerminalError:
    return BackendRefused(409, "unheard_of") if kind is BackendRefused else kind("in English")


@pytest.mark.parametrize(
    "kind", [*leaves(), NoCardCame, TooManyBadChips], ids=lambda kind: kind.__name__
)
def test_each_error_has_a_french_sentence(kind: type[TerminalError]) -> None:
    sentence = words.sentence_for(example(kind))
    assert sentence.endswith(".")
    assert "English" not in sentence
    assert "!" not in sentence


def test_a_refusal_of_the_backend_has_its_own_words_and_code() -> None:
    refusal = BackendRefused(409, "uid_taken", "in English")
    assert words.sentence_for(refusal) == "Cette puce porte déjà un autre numéro de carte."
    assert words.code_for(refusal) == "uid_taken"


def test_codes_are_stable() -> None:
    assert words.code_for(CardRemoved("")) == "card_removed"
    assert words.code_for(BackendUnreachable("")) == "backend_unreachable"
    assert words.code_for(BackendGarbled("")) == "backend_garbled"
    assert words.code_for(NoCardCame("")) == "no_card_came"


def test_a_setting_to_change_is_said_as_it_is() -> None:
    assert words.sentence_for(SettingsError("reader is missing")) == "reader is missing"


def test_what_a_chip_did_has_its_own_words() -> None:
    for reason in ("UnsuitableCard", "AnotherCard", "KeysUnknown", "CardNotGenuine", "CardRefused"):
        refusal = BackendRefused(409, "personalisation_failed", details={"reason": reason})
        assert words.sentence_for(refusal) != words.sentence_for(
            BackendRefused(409, "personalisation_failed")
        )


def test_every_notice_and_result_of_a_batch_is_said() -> None:
    assert set(words.NOTICES) == set(Notice)
    progress = Progress(12, 88, 240)
    for result, reason, said in (
        (CardResult.DONE, "", "Carte 9250 prête. Retirez-la."),
        (CardResult.ORDER_REFUSED, "card_unknown", "9250 refusée. Ce numéro de carte n'a pas été"),
        (CardResult.ORDER_REFUSED, "card_state_refused: active", "La carte est déjà faite."),
        (CardResult.ORDER_REFUSED, "card_state_refused: blocked", "ou ne peut plus l'être."),
        (CardResult.CHIP_SET_ASIDE, "uid_taken", "Puce écartée. Cette puce porte déjà"),
        (CardResult.CHIP_SET_ASIDE, "cut_short", "Puce écartée. Elle a été interrompue"),
        (CardResult.CHIP_SET_ASIDE, "no_desfire", "Ce n'est pas une puce DESFire."),
        (CardResult.CHIP_SET_ASIDE, "personalisation_failed: KeysUnknown 91AE", "autre émetteur."),
        (CardResult.CHIP_SET_ASIDE, "personalisation_failed: News", "refuse la personnalisation"),
        (CardResult.CHIP_SET_ASIDE, "unheard_of", "Puce écartée. unheard_of."),
    ):
        line = BatchLine(
            card_number="9250000000000018",
            uid="",
            result=result,
            reason=reason,
            seconds=1.0,
            finished_at=datetime(2026, 11, 21, tzinfo=UTC),
        )
        sentence = words.batch_line(line, "9250", progress)
        assert said in sentence
        assert sentence.endswith("(faites : 12, à faire : 88, cadence : 240 à l'heure)")


def test_the_end_is_said() -> None:
    assert words.done("9250 •••• •••• 0018").startswith("Carte 9250 •••• •••• 0018 prête.")
    assert words.enrolled("Caisse 1", "counter") == "Appareil « Caisse 1 » enregistré comme caisse."
