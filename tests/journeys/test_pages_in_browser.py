"""The pages in a real browser, every real part behind them: a whole sale, a code chosen."""

import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, expect

from scripts.demo.story import CODES, WRONG_CODE, Story
from scripts.demo.world import BIN, COUNTER_READER, GATE_READER
from tests.chromium import open_chromium

pytestmark = [pytest.mark.xdist_group("pages_in_browser"), pytest.mark.timeout(300)]

SEEN_MILLISECONDS_MAX = 15_000
TILL_SIZE, PHONE_SIZE, CUSTOMER_SIZE = (1024, 768), (360, 640), (1024, 600)
COUNTER_SIZE, TABLET_SIZE = (1280, 800), (820, 1180)
# The share of the window's height that the main sentence must have (two metres away).
SENTENCE_SHARE_MIN = 0.06
# The keyboard of each page, and the moment of its last key, in seconds.
PERSON_SECONDS = 0.2  # between two keys
SESSIONS: dict[Page, CDPSession] = {}
MOMENTS: dict[Page, float] = {}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_chromium() as browser:
        yield browser


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
    customer = open_page(browser, CUSTOMER_SIZE, f"{story.world.till}/client?language=en")
    customer_reads(customer, "Welcome")
    type_as_a_person(page, "12,50")
    expect(page.locator("#amount-shown")).to_have_text(re.compile(r"12,50"))
    page.keyboard.press("Enter")
    says(page, "Présentez la carte")
    customer_reads(customer, "Present your card")
    with story.hands.at_counter("LEA"):
        says(page, "Composez votre code sur le clavier")
        customer_reads(customer, "Type your code on the keypad")
        story.hands.type_code(WRONG_CODE)
        expect(page.locator("#sale-message")).to_contain_text("il reste 2 essais")
        customer_reads(customer, "Wrong code, type it again")
        story.hands.type_code(CODES["lea"])
        expect(page.locator("#sale-words")).to_have_text("Accepté")
    asks_what_remains(customer)
    expect(page.locator("#today-total")).to_contain_text("1 ·")
    assert CODES["lea"] not in page.content()
    gives_back(page)
    scans_the_receipt(page, story)
    customer_reads(customer, "Welcome")
    assert "87" not in customer.locator("#body").inner_text(), "nothing of the one before"
    customer.close()
    page.close()


def type_as_a_person(page: Page, keys: str) -> None:
    """Press key after key; a scanner is told from a person by time alone."""
    for key in keys:
        keyboard(page, key, PERSON_SECONDS)


def keyboard(page: Page, key: str, gap_seconds: float) -> None:
    """Press one key at a moment of its own, however slow this machine is."""
    session = SESSIONS.setdefault(page, page.context.new_cdp_session(page))
    earliest = MOMENTS.get(page, 0.0) + gap_seconds
    MOMENTS[page] = earliest if gap_seconds < PERSON_SECONDS else max(time.time(), earliest)
    code = "Enter" if key == "Enter" else "Comma" if key == "," else f"Digit{key}"
    event = {"key": key, "code": code, "timestamp": MOMENTS[page]}
    text = {"text": "\r" if key == "Enter" else key}
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", **event, **text})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})


def scan(page: Page, digits: str) -> None:
    """Type as a bar-code scanner does: 8 ms between two keys, Enter at the end."""
    keyboard(page, digits[0], PERSON_SECONDS)
    for key in (*digits[1:], "Enter"):
        keyboard(page, key, gap_seconds=0.008)


def customer_reads(customer: Page, sentence: str) -> None:
    words = customer.locator("#words")
    expect(words).to_have_text(sentence, timeout=SEEN_MILLISECONDS_MAX)
    size = words.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= SENTENCE_SHARE_MIN * customer.viewport_size["height"]  # type: ignore[index]
    assert customer.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    assert violations(customer) == []


def asks_what_remains(customer: Page) -> None:
    expect(customer.locator("#words")).to_have_text("Payment accepted")
    assert "87.50" not in customer.content()
    customer.get_by_role("button", name="See what I have left").click()
    expect(customer.locator("#message")).to_have_text("You have left €87.50 · Culture")


def scans_the_receipt(page: Page, story: Story) -> None:
    """Find the sale again by the bars of its receipt, while an amount is being typed."""
    sale = httpx.get(f"{story.world.till}/sales", timeout=5).json()["sales"][0]
    receipt = httpx.get(f"{story.world.till}/sales/{sale['sale_id']}/receipt", timeout=5).text
    (digits,) = re.findall(r"\d{20}", receipt)
    type_as_a_person(page, "5")
    scan(page, digits)
    expect(page.locator("#detail-facts")).to_contain_text(sale["authorisation_number"])
    expect(page.locator("#give-back")).to_be_hidden()  # all of it is back already
    page.locator("#show-receipt").click()
    expect(page.locator("#receipt")).to_contain_text("CARTE PASS")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#amount-shown")).to_have_text(re.compile(r"^5,00"))
    scan(page, "3760123450016")
    expect(page.locator("#notice")).to_contain_text("Le montant n’a pas changé")
    expect(page.locator("#amount-shown")).to_have_text(re.compile(r"^5,00"))


def test_a_balance_is_read_by_its_holder(browser: Browser, story: Story) -> None:
    page = open_page(browser, TILL_SIZE, f"{story.world.till}/")
    customer = open_page(browser, CUSTOMER_SIZE, f"{story.world.till}/client")
    page.locator("#ask-balance").click()
    says(page, "Solde : présentez la carte")
    with story.hands.at_counter("LEA"):
        customer_reads(customer, "Composez votre code sur le clavier")
        story.hands.type_code(CODES["lea"])
        customer_reads(customer, "Ce qu’il vous reste ici")
    expect(customer.locator("#held")).to_contain_text(re.compile(r"Culture.*,\d\d"))
    expect(page.locator("#sale-words")).to_have_text("Le solde est montré au porteur")
    assert "Culture" not in page.locator("#sale-side").inner_text()
    customer.get_by_role("button", name="Masquer").click()
    expect(customer.locator("#held")).to_be_hidden()
    expect(page.locator("#amount-side")).to_be_visible()
    customer.close()
    page.close()


def test_a_shop_practises_in_english_and_is_not_paid(browser: Browser, story: Story) -> None:
    page = open_page(browser, TILL_SIZE, f"{story.world.till}/?language=en")
    before = httpx.get(f"{story.world.till}/sales", timeout=5).json()
    page.locator("#training").click()
    assert violations(page) == []
    page.locator("#training-turn").click()
    expect(page.locator("#training-banner")).to_be_visible()
    type_as_a_person(page, "8")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Card with two benefits").click()
    says(page, "Choose the benefit")
    type_as_a_person(page, "2")
    says(page, "Type your code on the keypad")
    page.get_by_role("button", name="Right code").click()
    expect(page.locator("#sale-words")).to_have_text("Accepted")
    expect(page.locator("#today-total")).to_have_text("1 · €8.00")
    page.locator("#sales button").first.click()
    page.locator("#show-receipt").click()
    expect(page.locator("#receipt")).to_contain_text("FORMATION — SANS VALEUR")
    page.keyboard.press("Escape")
    page.locator("#training").click()
    page.locator("#training-turn").click()
    expect(page.locator("#training-banner")).to_be_hidden()
    assert httpx.get(f"{story.world.till}/sales", timeout=5).json() == before
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
    type_as_a_person(page, "5")
    page.keyboard.press("Enter")
    says(page, "Présentez la carte")
    page.keyboard.press("Escape")
    says(page, "Annulé")
    page.close()


@pytest.mark.parametrize("size", [TILL_SIZE, PHONE_SIZE])
def test_the_largest_amount_is_whole(browser: Browser, story: Story, size: tuple[int, int]) -> None:
    page = open_page(browser, size, f"{story.world.till}/")
    type_as_a_person(page, "1000")
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


def drag_with_mouse(page: Page, card: str, reader: str) -> None:
    start, end = box_of(page, f"#cards [data-card={card}]"), box_of(page, reader_of(reader))
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 20, start[1], steps=3)
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def drag_with_finger(page: Page, card: str, reader: str) -> None:
    (x, y), (to_x, to_y) = (
        box_of(page, f"#cards [data-card={card}]"),
        box_of(page, reader_of(reader)),
    )
    touch = page.context.new_cdp_session(page)
    places = [(x + (to_x - x) * step / 8, y + (to_y - y) * step / 8) for step in range(9)]
    for place, (at_x, at_y) in enumerate(places):
        kind = "touchStart" if place == 0 else "touchMove"
        points = [{"x": at_x, "y": at_y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    touch.detach()


def box_of(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def reader_of(name: str) -> str:
    return f'.reader[data-reader="{name}"]'


def test_the_counter_sells_and_opens_a_gate_by_hand(browser: Browser, story: Story) -> None:
    page = open_page(browser, COUNTER_SIZE, f"{story.world.simulator}/")
    expect(page.locator("#live")).to_have_attribute("data-well", "true")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    till = page.frame_locator("iframe[title='Caisse 1']")
    for key in "3,00":
        till.locator(f"[data-key='{key}']").click()
    till.locator("#pay").click()
    expect(till.locator("#sale-words")).to_have_text("Présentez la carte")
    drag_with_mouse(page, "LEA", COUNTER_READER)
    expect(page.locator("#pad-state")).to_have_text("attend un code")
    page.locator("#pad-display").focus()
    for key in CODES["lea"]:
        page.keyboard.press(key)
    expect(page.locator("#pad-display")).to_contain_text("••••")
    page.keyboard.press("Enter")
    expect(till.locator("#sale-words")).to_have_text("Accepté")
    expect(page.locator(".wire-said[data-lane=http]", has_text="debit 3.00 €")).to_contain_text(
        "approved"
    )
    gate = page.frame_locator("iframe[title='Portillon']")
    page.locator("#cards [data-card=HUGO]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(reader_of(GATE_READER))).to_have_attribute("data-ready", "true")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.locator(".wire-said", has_text="here is who passed: 1 passage")).to_be_visible()
    expect(gate.locator("#service")).to_contain_text("Repas")
    page.locator(f"{reader_of(GATE_READER)} .card").click()
    expect(page.locator("#cards [data-card=HUGO]")).to_have_attribute("data-away", "false")
    page.locator("#wire-search").fill("AuthenticateEV2First")
    expect(page.locator(".wire-line").first).to_contain_text("AuthenticateEV2First")
    page.locator(".wire-line summary").first.click()
    expect(page.locator(".wire-detail").first).to_contain_text("ms")
    assert CODES["lea"] not in page.locator("body").inner_text()
    page.locator(f"{reader_of(COUNTER_READER)} .card").click()
    expect(page.locator(".reader .card")).to_have_count(0)
    page.close()


def test_the_counter_breaks_things_on_a_tablet(browser: Browser, story: Story) -> None:
    context = browser.new_context(
        viewport={"width": TABLET_SIZE[0], "height": TABLET_SIZE[1]}, has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(SEEN_MILLISECONDS_MAX)
    page.goto(f"{story.world.simulator}/?lang=en")
    expect(page.locator("body")).to_have_attribute("data-started", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    drag_with_finger(page, "NOE", COUNTER_READER)
    expect(page.locator(f"{reader_of(COUNTER_READER)} .card")).to_contain_text("NOE")
    # A browser takes a touch at once after a drag for its end: no finger is that fast.
    page.wait_for_timeout(500)
    for switch in ("Backend down", "Pad unplugged", "No paper"):
        page.get_by_role("switch", name=switch).tap()
    for switch in ("Backend down", "Pad unplugged", "No paper"):
        expect(page.get_by_role("switch", name=switch)).to_have_attribute("aria-checked", "true")
    assert violations(page) == []
    table = httpx.get(f"{story.world.simulator}/table", timeout=5).json()
    assert all(line["faults"]["down"] for line in table["lines"])
    assert (table["pad"]["plugged"], table["printer"]["has_paper"]) == (False, False)
    page.locator("#all-well").tap()
    expect(page.get_by_role("switch", checked=True)).to_have_count(0)
    page.locator(f"{reader_of(COUNTER_READER)} .card").tap()
    expect(page.locator(".reader .card")).to_have_count(0)
    context.close()


def test_a_supervisor_acts_and_the_kitchen_sees_it(browser: Browser, story: Story) -> None:
    world = story.world
    pair = [str(BIN / "pass-terminal"), "tablet", "pair", "--config", world.config("portillon")]
    offered = world.programs.run("pair", [*pair, "--name", "Mme Roy"]).splitlines()[0]
    page = open_page(browser, TABLET_SIZE, f"{world.tablet}/")
    page.get_by_label("Code d’appairage").fill(offered.split("le code ")[1].rstrip("."))
    page.get_by_role("button").click()
    page.get_by_label("Prénom").fill("noe")
    page.locator("#found").get_by_role("button").click()
    page.get_by_label("Carte oubliée").check()
    page.locator("#why-go").click()
    line = page.locator("#lines li").first
    expect(line).to_contain_text("Sans carte · Carte oubliée · Mme Roy")
    expect(line).not_to_contain_text("à transmettre", timeout=SEEN_MILLISECONDS_MAX)
    assert violations(page) == []
    backend = [str(BIN / "pass-backend"), "--config", world.config("backend")]
    place = ["--establishment", "lycee"]
    made = world.programs.run("link", [*backend, "kitchen-link", "make", *place, "--label", "x"])
    kitchen = open_page(browser, COUNTER_SIZE, f"{world.backend}{made.splitlines()[0]}")
    passed = kitchen.locator(".numbers dd").nth(1)
    before = int(passed.inner_text())
    assert before >= 1
    assert violations(kitchen) == []
    kitchen.set_viewport_size({"width": PHONE_SIZE[0], "height": PHONE_SIZE[1]})
    assert kitchen.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    line.get_by_role("button", name="Annuler").click()
    page.get_by_label("Erreur de personne").check()
    page.locator("#why-go").click()
    expect(passed).to_have_text(str(before - 1), timeout=SEEN_MILLISECONDS_MAX)
    reviewed = world.programs.run("review", [*backend, "review", *place, "--json"])
    assert [(each["intervention"], each["supervisor"]) for each in json.loads(reviewed)] == [
        ("cancel", "Mme Roy"),
        ("no_card", "Mme Roy"),
    ]
    kitchen.close()
    page.close()
