"""The check against robots on strangers' pages: its script's work, and its question."""

import re
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select

from backend.accounts.signin.quota import Quota
from backend.accounts.strangers import asking, puzzles
from backend.accounts.strangers.puzzles import solve
from backend.accounts.strangers.questions import COLOURS, SUMS
from backend.accounts.tables import Notice
from backend.services import Services
from tests.backend.web.conftest import Browser

FORM = {
    "given_name": "Camille",
    "family_name": "Durand",
    "birth_date": "01/02/1985",
    "email": "camille@exemple.fr",
    "email_again": "camille@exemple.fr",
    "terms": "1",
}

#: Every page where a stranger has us write to an address, with what is typed there.
DOORS: Mapping[str, Mapping[str, str]] = {
    "/inscription": FORM,
    "/inscription/nouveau-lien": {"email": FORM["email"]},
    "/mot-de-passe": {"email": FORM["email"]},
    "/identifiant-oublie": {"card_number": "9250000000000107", "birth_date": "14/03/2010"},
    "/code-oublie": {"card_number": "9250000000000107", "email": FORM["email"]},
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(autouse=True)
def light_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a puzzle be found at once: how long it takes is not what is asked here."""
    monkeypatch.setattr(puzzles, "WORK_MAX", 9)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody on unasked."""
    monkeypatch.setattr(asking, "UNASKED_FROM_ALL", Quota(0, asking.UNASKED_FROM_ALL.period))


def carried(page: str, name: str) -> str:
    (found,) = re.findall(rf'name="{name}" value="([^"]*)"', page)
    return str(found)


def solved(page: str) -> dict[str, str]:
    """Return what the page's script puts into its form."""
    puzzle = carried(page, "robot_puzzle")
    return {"robot_puzzle": puzzle, "robot_number": str(solve(puzzle))}


def answer(page: str) -> str:
    """Read the question as a person does."""
    (asked,) = re.findall(r'for="robot_answer">([^<]+?) <', page)
    colour = [one for one, _english in COLOURS if one in asked]
    return colour[0] if colour else str(sum(int(SUMS.get(one, "1")) for one in added(asked)))


def added(asked: str) -> list[str]:
    found = re.fullmatch(r"Combien font (\w+) et (\w+) \?", asked)
    assert found is not None, asked
    return list(found.groups())


def owed(services: Services) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Notice)) or 0


@pytest.mark.parametrize("path", DOORS)
def test_the_pages_own_script_answers_for_people(
    browser: Browser, crowded: None, path: str
) -> None:
    answered = browser.client.get(path)
    assert "script-src 'self'" in answered.headers["Content-Security-Policy"]
    assert answered.text.count('<script src="/static/robot.js" data-robot></script>') == 1
    assert "robot_answer" not in answered.text
    brought = solved(answered.text)
    assert browser.press(path, **DOORS[path], **brought) == 200
    assert browser.press(path, **DOORS[path], **brought) == 422  # it has served


@pytest.mark.parametrize("path", DOORS)
def test_without_a_script_a_question_in_words_is_answered(
    browser: Browser, services: Services, crowded: None, path: str
) -> None:
    assert browser.press(path, **DOORS[path]) == 422
    assert owed(services) == 0
    for typed in DOORS[path].values():  # nothing is to be typed again
        assert typed in browser.page
    question = carried(browser.page, "robot_question")
    assert browser.press(path, **DOORS[path], robot_question=question, robot_answer="?") == 422
    assert "Voici une autre question" in browser.page
    question, said = carried(browser.page, "robot_question"), answer(browser.page)
    assert browser.press(path, **DOORS[path], robot_question=question, robot_answer=said) == 200, (
        said
    )
    assert browser.press(path, **DOORS[path], robot_question=question, robot_answer=said) == 422


def test_the_first_of_a_network_are_asked_nothing(browser: Browser) -> None:
    browser.client._transport.client = ("192.0.2.7", 50_000)
    statuses = [browser.press("/mot-de-passe", email=f"a{n}@exemple.fr") for n in range(3)]
    assert statuses == [200, 200, 422]
    assert browser.press("/mot-de-passe", email="no address", **solved(browser.page)) == 422
    assert "robot_answer" not in browser.page  # what is mistyped is said first, and costs nothing
    assert browser.press("/mot-de-passe", email="b@exemple.fr", **solved(browser.page)) == 200


def test_a_field_that_nobody_sees_leads_to_the_question_and_no_further(browser: Browser) -> None:
    browser.open("/inscription")
    filled = {**FORM, "web_page": "https://buy.example", **solved(browser.page)}
    assert browser.press("/inscription", **filled) == 422
    assert "robot_puzzle" not in browser.page
    question, said = carried(browser.page, "robot_question"), answer(browser.page)
    filled |= {"robot_question": question, "robot_answer": said}
    assert browser.press("/inscription", **filled) == 200


def test_answers_are_counted(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWERS_FROM_ALL", Quota(1, asking.ANSWERS_FROM_ALL.period))
    for status in (422, 429):
        typed = {"robot_question": "1.a..b", "robot_answer": "bleu"}
        assert browser.press("/inscription", **FORM, **typed) == status
    assert "Réessayez dans" in browser.page
