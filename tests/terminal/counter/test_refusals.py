"""A decline in the backend's words, on the till and on the pad, and what would work instead."""

from terminal.api_values import Choice
from terminal.counter.journal import SaleJournal
from terminal.errors import BackendRefused
from tests.terminal.counter.fakes import WRONG_BLOCK, typed
from tests.terminal.counter.shop import Shop

SAID = "Sport épuisé ; Culture accepte 12,00 €"
PAD = ("SPORT EPUISE", "CULTURE 12,00")
CHOICE = {"benefit": "culture", "label": "Culture", "accepts_cents": 1200}


def declined(journal: SaleJournal) -> Shop:
    shop = Shop(journal)
    shop.world.backend.balance_cents = 100
    shop.world.backend.says, shop.world.backend.says_on_pad = SAID, PAD
    shop.world.backend.choices = (Choice(benefit="culture", label="Culture", accepts_cents=1200),)
    shop.sell()
    shop.wait_for_rest()
    return shop


def test_the_till_and_the_pad_say_what_the_backend_says(journal: SaleJournal) -> None:
    shop = declined(journal)
    sale = shop.http.get("/state").json()["sale"]
    assert (sale["state"], sale["reason"]) == ("declined", "insufficient_funds")
    assert (sale["message"], sale["choices"]) == (SAID, [CHOICE])
    assert shop.world.pad.shown[-1] == PAD


def test_a_balance_is_never_in_the_journal(journal: SaleJournal) -> None:
    shop = declined(journal)
    [listed] = shop.http.get("/sales").json()["sales"]
    assert "12,00" not in str(listed)
    assert listed["choices"] == []
    assert listed["message"].startswith("Le solde ne suffit pas.")


def test_after_the_next_sale_the_former_one_keeps_its_plain_words(journal: SaleJournal) -> None:
    shop = declined(journal)
    first = shop.http.get("/state").json()["sale"]["sale_id"]
    assert shop.http.get(f"/sales/{first}").json()["message"] == SAID
    shop.world.backend.balance_cents = 10_000
    shop.sell()
    shop.wait_for_rest(2)
    assert shop.http.get("/state").json()["sale"]["state"] == "approved"
    assert shop.http.get("/state").json()["sale"]["choices"] == []
    assert "12,00" not in str(shop.http.get(f"/sales/{first}").json())


def test_a_wrong_code_before_an_approval_leaves_no_words_behind(journal: SaleJournal) -> None:
    shop = Shop(journal)
    shop.world.backend.says = "Le code est faux"
    shop.world.pad.entries.insert(0, typed(WRONG_BLOCK))
    shop.sell()
    shop.wait_for_rest()
    sale = shop.http.get("/state").json()["sale"]
    assert (sale["state"], sale["message"]) == ("approved", "Accepté · 12,50\N{NO-BREAK SPACE}€")


def test_a_card_refused_at_its_proof_says_why(journal: SaleJournal) -> None:
    shop = Shop(journal)
    said = ("Cette carte a été déclarée perdue.", ("PAIEMENT REFUSE", "CARTE PERDUE"))
    shop.world.backend.card_refusal = BackendRefused(403, "card_blocked", said=said)
    shop.sell()
    shop.wait_for_rest()
    sale = shop.http.get("/state").json()["sale"]
    assert (sale["state"], sale["reason"]) == ("failed", "card_blocked")
    assert sale["message"] == said[0]
    assert shop.world.pad.shown[-1] == said[1]
