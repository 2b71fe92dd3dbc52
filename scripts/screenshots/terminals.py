"""Pictures of the till, the customer's screen, the gate, its tablets, the simulator's page."""

import re

from playwright.sync_api import Page, expect

from scripts.demo.story import CODES, WRONG_CODE, Story
from scripts.demo.world import BIN, GATE_READER
from scripts.screenshots.studio import SEEN_MILLISECONDS_MAX, Studio

TILL, CUSTOMER, GATE = (1024, 768), (1024, 600), (800, 768)
COUNTER, TABLET = (1280, 800), (820, 760)
BESIDE_HEIGHT = 512


def take_terminals(studio: Studio, story: Story) -> None:
    """Take them all, while a sale is made and somebody passes."""
    take_a_sale(studio, story)
    take_a_passage(studio, story)
    studio.side_by_side("till-and-gate", BESIDE_HEIGHT, "till-approved", "gate-idle")
    take_tablets(studio, story)
    take_the_counter(studio, story)


def take_a_sale(studio: Studio, story: Story) -> None:
    """Follow a sale on the till and on the customer's screen."""
    page = studio.open(f"{story.world.till}/", TILL)
    customer = studio.open(f"{story.world.till}/client", CUSTOMER)
    expect(page.locator("#health")).to_contain_text("en ligne", timeout=SEEN_MILLISECONDS_MAX)
    for key in "12,50":
        page.keyboard.press(key)
        page.wait_for_timeout(200)  # faster is a bar-code scanner, not a person
    studio.take("till-amount", page)
    story.hands.start_sale(1250)
    _says(page, "Présentez la carte")
    studio.take("till-card", page)
    with story.hands.at_counter("LEA"):
        _says(page, "Composez votre code sur le clavier")
        studio.take("till-code", page)
        studio.take("customer-code", customer)
        story.hands.type_code(WRONG_CODE)
        expect(page.locator("#sale-message")).to_contain_text(
            "il reste 2 essais", timeout=SEEN_MILLISECONDS_MAX
        )
        studio.take("till-wrong-code", page)
        story.hands.type_code(CODES["lea"])
        _says(page, "Accepté")
        studio.take("till-approved", page)
        studio.take("customer-approved", customer)
    page.context.close()
    customer.context.close()


def _says(page: Page, words: str) -> None:
    expect(page.locator("#sale-words")).to_have_text(words, timeout=SEEN_MILLISECONDS_MAX)


def take_a_passage(studio: Studio, story: Story) -> None:
    """Let somebody through, and somebody not."""
    page = studio.open(f"{story.world.gate}/", GATE)
    story.hands.wait_for_new_list()
    words = page.locator("body")
    expect(words).to_contain_text("Présentez", timeout=SEEN_MILLISECONDS_MAX)
    studio.take("gate-idle", page)
    with story.hands.holding("AUTRE", GATE_READER):
        expect(words).to_contain_text("non reconnue", timeout=SEEN_MILLISECONDS_MAX)
        studio.take("gate-refused", page)
    expect(words).to_contain_text("Présentez", timeout=SEEN_MILLISECONDS_MAX)
    with story.hands.holding("LEA", GATE_READER):
        expect(words).to_contain_text("Léa", timeout=SEEN_MILLISECONDS_MAX)
        studio.take("gate-admitted", page)
    page.context.close()


def take_tablets(studio: Studio, story: Story) -> None:
    """Pair a supervisor's tablet and a kitchen's, and look at both."""
    for name, role in (("supervisor", ()), ("kitchen", ("--kitchen",))):
        config = story.world.config("portillon")
        command = [str(BIN / "pass-terminal"), "tablet", "pair", "--name", "Mme Martin", *role]
        said = story.world.programs.run("tablet pair", [*command, "--config", config])
        found = re.search(r"tapez le code (\d{4} \d{4})", said)
        assert found is not None, said
        page = studio.open(f"{story.world.tablet}/", TABLET)
        page.locator("input[name=code]").fill(found[1].replace(" ", ""))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        expect(page.locator("h1").first).to_be_visible(timeout=SEEN_MILLISECONDS_MAX)
        studio.take(name, page)
        page.context.close()


def take_the_counter(studio: Studio, story: Story) -> None:
    """Look at the simulator's counter in the middle of a sale."""
    page = studio.open(f"{story.world.simulator}/", COUNTER)
    page.wait_for_function("() => document.body.dataset.started === 'true'")
    story.hands.start_sale(750)
    with story.hands.at_counter("LEA"):
        expect(page.locator("body")).to_contain_text("VOTRE CODE", timeout=SEEN_MILLISECONDS_MAX)
        page.wait_for_timeout(1500)  # the frames draw, and the wires have been told
        studio.take("counter", page)
        story.hands.cancel_sale()
    page.context.close()
