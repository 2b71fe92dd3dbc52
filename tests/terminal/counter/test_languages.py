"""Both languages say everything: the sentences, the labels, and what the scripts ask for."""

import re
from pathlib import Path

import pytest

from terminal.counter import words, words_english
from terminal.counter.amounts import euros_in_english
from terminal.counter.days import STATIC
from terminal.counter.page_words import PAGE_WORDS, page_words
from terminal.counter.speech import ENGLISH, FRENCH, Language, Speech
from terminal.counter.states import State
from tests.terminal.counter.shop import Shop

TEMPLATES = STATIC.parent / "templates"


def test_the_modules_hold_the_same_names_and_keys() -> None:
    def public(module: object) -> dict[str, object]:
        return {name: each for name, each in vars(module).items() if name.isupper()}

    french, english = public(words), public(words_english)
    assert set(french) == set(english)
    for name, each in french.items():
        if isinstance(each, dict):
            assert set(each) == set(english[name]), name  # type: ignore[call-overload]


def every_sentence(speech: Speech) -> list[str]:
    tables = (
        speech.states,
        speech.reasons,
        speech.api,
        speech.returns,
        speech.customer,
        speech.errands,
    )
    found = [text for table in tables for text in table.values()]
    found += [getattr(speech, name) for name in speech.__dataclass_fields__ if name != "language"]
    return [text for text in found if isinstance(text, str)]


@pytest.mark.parametrize("speech", [FRENCH, ENGLISH])
def test_sentences_are_plain_and_at_most_two(speech: Speech) -> None:
    for text in every_sentence(speech):
        assert "!" not in text
        assert "'" not in text, f"a printed apostrophe: {text}"
        assert text.count(". ") <= 1, text
        assert not re.search(r"\b(pin|badge|wallet|transaction)\b", text, re.IGNORECASE)


def test_labels_are_in_both_languages_and_mostly_differ() -> None:
    for key, (french, english) in PAGE_WORDS.items():
        assert french.strip(), key
        assert english.strip(), key
        assert "!" not in french + english
    assert sum(french == english for french, english in PAGE_WORDS.values()) <= 2


def test_what_templates_and_scripts_ask_for_is_there() -> None:
    asked = set()
    for path in TEMPLATES.glob("*.html"):
        asked |= set(re.findall(r"\bt\.([a-z_]+)", path.read_text(encoding="utf-8")))
    for path in STATIC.glob("*.js"):
        asked |= set(re.findall(r"\bwords\.([a-z_]+)", path.read_text(encoding="utf-8")))
    built = {"list_", "training_", "play_"}  # keys that a script puts together
    missing = {key for key in asked if key not in PAGE_WORDS and key not in built}
    assert not missing
    for state in set(State) - {State.AMOUNT, State.APPROVED}:
        assert page_words(Language.ENGLISH).get(f"list_{state}") or state in {
            State.CARD,
            State.PROOF,
            State.BENEFIT,
            State.CODE,
            State.AUTHORISING,
        }
    for side in ("begin", "end"):
        assert {f"training_{side}", f"training_{side}_title", f"training_{side}_text"} <= set(
            PAGE_WORDS
        )


def test_no_script_speaks_by_itself() -> None:
    for path in STATIC.glob("*.js"):
        code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
        assert not re.search(r"[éèàêçÉ]", code), f"{path.name} holds French words"


def test_amounts_in_english() -> None:
    assert euros_in_english(123_450) == "€1,234.50"
    assert euros_in_english(5) == "€0.05"


def test_answers_come_in_the_language_asked_for(shop: Shop) -> None:
    french = shop.http.get("/sales/none").json()
    english = shop.http.get("/sales/none?language=en").json()
    assert french["code"] == english["code"]
    assert (french["message"], english["message"]) == (
        "Cette vente n’existe pas.",
        "There is no such sale.",
    )
    shop.sell()
    shop.wait_for_rest()
    state = shop.http.get("/state?language=en").json()
    assert state["sale"]["message"] == "Accepted · €12.50"
    assert shop.http.get("/state").json()["sale"]["message"].startswith("Accepté")


def test_the_pages_files_are_all_there() -> None:
    for path in TEMPLATES.glob("*.html"):
        for file in re.findall(r'(?:src|href)="/static/([^"]+)"', path.read_text("utf-8")):
            assert (STATIC / file).is_file(), file
    assert Path(STATIC / "scanner.js").is_file()
