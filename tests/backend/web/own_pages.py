"""What the tests of pages in two languages share: what a template says, what is left in French."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, nodes

from backend.web.pages import FOLDER
from backend.web.words import Notice, Text
from tests.backend.web.page_texts import ACCENTS, Texts, fields

TEMPLATES = FOLDER / "templates"


def sentences(path: Path) -> Iterator[str]:
    """Give what a template says by `_`, and by `count`; it must stand there as it is."""
    for call in Environment().parse(path.read_text()).find_all(nodes.Call):
        if not isinstance(call.node, nodes.Name) or call.node.name not in {"_", "count"}:
            continue
        for said in call.args[:1] if call.node.name == "_" else call.args[1:]:
            assert isinstance(said, nodes.Const), f"{path.name}:{call.lineno}"
            yield said.value


def besides(path: Path, leaving_out: str = "(?!)") -> set[str]:
    """Return what a template says without a sentence, but in the parts that are left out."""
    parsed = Environment().parse(re.sub(leaving_out, "", path.read_text(), flags=re.DOTALL))
    raw = "".join(part.data for part in parsed.find_all(nodes.TemplateData))
    return {text.strip(" ·\n") for text in Texts(raw).said if re.search(r"[^\W\d_]", text)}


def check_english(
    english: Mapping[str, str], paths: Collection[Path], by_code: Collection[str] = ()
) -> None:
    """Each sentence, of a template or of the code itself, has its English, and the other way."""
    said = {text for path in paths for text in sentences(path)}.union(by_code)
    assert said - set(english) == set()
    assert set(english) - said == set(), "said nowhere"
    for french, translated in english.items():
        assert fields(french) == fields(translated), french
        assert ACCENTS.search(translated) is None, translated
        assert "!" not in french + translated


def check_texts(words: Mapping[str, object]) -> None:
    """Each text of a module of words is in both languages, and each notice has two headings."""
    for one in _texts(words.values()):
        if isinstance(one, Notice):
            assert one.heading_en, one.heading
            assert ACCENTS.search(one.heading_en + one.text.en) is None, one.heading
        else:
            assert one.fr, one
            assert one.en, one
            assert ACCENTS.search(one.en) is None, one


def _texts(among: Collection[object]) -> Iterator[Text | Notice]:
    for one in among:
        if isinstance(one, Text | Notice):
            yield one
        elif isinstance(one, dict):
            yield from _texts(one.values())


def wrong(page: str, english: Mapping[str, str], of_the_world: str = "Français") -> list[str]:
    """Return what of a page in English is not English."""
    french = {text for text in english if text not in set(english.values())}
    said = {text.strip() for text in Texts(page).said}
    odd = [text for text in said if ACCENTS.search(re.sub(of_the_world, "", text))]
    return sorted({*odd, *(said & french)})
