"""The pages in a real browser, every real part behind them: a whole sale, a code chosen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.demo.story import CODES, WRONG_CODE, Story

pytestmark = [pytest.mark.xdist_group("pages_in_browser"), pytest.mark.timeout(300)]

CHROMIUM = "/usr/bin/chromium"
SEEN_MILLISECONDS_MAX = 15_000
TILL_SIZE, PHONE_SIZE = (1024, 768), (360, 640)
# The share of the window's height that the main sentence must have (two metres away).
SENTENCE_SHARE_MIN = 0.06


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--headless=new", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield browser
        browser.close()


def open_page(browser: Browser, size: tuple[int, int], url: str) -> Page:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.set_default_timeout(SEEN_MILLISECONDS_MAX)
    page.goto(url)
    return page


def violations(page: Page) -> list[str]:
    # Colours move for 150 ms at most when a state begins; axe must not catch one in between.
    page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found]


def says(page: Page, words: str) -> None:
    """Wait for the large words, and see that they are large enough and nothing is wrong."""
    sentence = page.locator("#sale-words")
    expect(sentence).to_have_text(words, timeout=SEEN_MILLISECONDS_MAX)
    size = sentence.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= SENTENCE_SHARE_MIN * page.viewport_size["height"]  # type: ignore[index]
    assert violations(page) == []


def test_a_whole_sale_by_keyboard(browser: Browser, story: Story) -> None:
    page = open_page(browser, TILL_SIZE, f"{story.world.till}/")
    expect(page.locator("#health")).to_contain_text("en ligne", timeout=SEEN_MILLISECONDS_MAX)
    assert violations(page) == []
    for key in "12,50":
        page.keyboard.press(key)
    expect(page.locator("#amount-shown")).to_have_text(re.compile(r"12,50"))
    page.keyboard.press("Enter")
    says(page, "Présentez la carte")
    with story.hands.at_counter("LEA"):
        says(page, "Composez votre code sur le clavier")
        story.hands.type_code(WRONG_CODE)
        expect(page.locator("#sale-message")).to_contain_text("il reste 2 essais")
        story.hands.type_code(CODES["lea"])
        expect(page.locator("#sale-words")).to_have_text("Accepté")
    expect(page.locator("#today-total")).to_contain_text("1 ·")
    assert CODES["lea"] not in page.content()
    gives_back(page)
    page.close()


def gives_back(page: Page) -> None:
    """Give a part of the sale back, then the rest, from its line in the list."""
    page.locator("#sales button").first.click()
    amount, notice = page.locator("#give-back-amount"), page.locator("#give-back-notice")
    expect(amount).to_have_value("12,50")
    assert violations(page) == []
    amount.fill("2,50")
    amount.press("Enter")
    expect(notice).to_have_text(re.compile(r"Remboursé · 2,50"))
    expect(amount).to_have_value("10,00")
    amount.press("Enter")
    expect(notice).to_have_text(re.compile(r"Remboursé · 10,00"))
    expect(amount).to_be_hidden()
    assert violations(page) == []
    expect(page.locator("#today-returned")).to_have_text(re.compile(r"rendu 12,50"))
    page.keyboard.press("Escape")


def test_escape_cancels(browser: Browser, story: Story) -> None:
    page = open_page(browser, TILL_SIZE, f"{story.world.till}/")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    says(page, "Présentez la carte")
    page.keyboard.press("Escape")
    says(page, "Annulé")
    page.close()


@pytest.mark.parametrize("size", [TILL_SIZE, PHONE_SIZE])
def test_the_largest_amount_is_whole(browser: Browser, story: Story, size: tuple[int, int]) -> None:
    page = open_page(browser, size, f"{story.world.till}/")
    for key in "1000":
        page.keyboard.press(key)
    shown = page.locator("#amount-shown")
    expect(shown).to_have_text(re.compile(r"1.000,00"))
    assert shown.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.close()


def test_a_code_is_chosen_on_a_phone(browser: Browser, story: Story) -> None:
    token = story.world.people["hugo"].activation_token
    page = open_page(browser, PHONE_SIZE, f"{story.world.backend}/activation/{token}")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for code, outcome in (("1234", "se suivent"), ("8317", "enregistré")):
        page.get_by_label("Votre code").fill(code)
        page.get_by_label("Encore une fois").fill(code)
        page.get_by_role("button").click()
        expect(page.locator("main")).to_contain_text(outcome)
        assert violations(page) == []
        assert code not in page.content()
    page.close()
