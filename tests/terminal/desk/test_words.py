"""Every error that can reach the desk has one sentence and one stable code."""

import inspect
from collections.abc import Iterator

import pytest

from terminal import errors
from terminal.desk import words
from terminal.desk.personalise import NoCardCame
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


@pytest.mark.parametrize("kind", [*leaves(), NoCardCame], ids=lambda kind: kind.__name__)
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


def test_the_end_is_said() -> None:
    assert words.done("9250 •••• •••• 0018").startswith("Carte 9250 •••• •••• 0018 prête.")
    assert words.enrolled("Caisse 1", "counter") == "Appareil « Caisse 1 » enregistré comme caisse."
