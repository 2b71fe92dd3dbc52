"""Somebody in a hurry: the same form sent twice, a page from before, a form of another session."""

from collections import Counter
from typing import Any
from uuid import uuid4

from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import Desk, acts, make_operator, sit_down

BASE = "/exploitation"
NEW = {"opens_on": "2026-08-01", "closes_on": "2026-12-31", "name": "Rentrée", "code": "rentree"}
INVITED = {"email": "ada@region.example", "given_name": "Ada", "family_name": "Noir"}
#: Each act, what is typed, and what the second time answers; one after the other in one world.
TWICE: tuple[tuple[str, dict[str, str], int], ...] = (
    (
        "personnes/{person_id}/dotations",
        {"benefit": "{benefit}", "gift": str(uuid4()), "amount": "5", "reason": "Geste"},
        200,
    ),
    ("personnes/{person_id}/cartes/{card_id}/blocage", {"reason": "lost"}, 409),
    ("personnes/{person_id}/code/changement", {"reason": "Vu"}, 409),
    ("comptes/{account_id}/adresse", {"email": "neuf@mail.example"}, 409),
    ("comptes/{account_id}/fermeture", {"reason": "Départ"}, 409),
    ("partenaires/{partner_id}/suspension", {"reason": "Fraude"}, 409),
    ("partenaires/{partner_id}/reprise", {"reason": "Éclairci"}, 409),
    ("partenaires/{partner_id}/lieux/{outlet_id}/fermeture", {"reason": "Travaux"}, 409),
    ("partenaires/{partner_id}/lieux/{outlet_id}/reouverture", {"reason": "Fini"}, 409),
    ("campagnes", NEW, 409),
    ("campagnes/{campaign_id}/avantages", {"code": "sport", "label": "Sport"}, 409),
    ("campagnes/{campaign_id}/cloture", {"reason": "Budget"}, 409),
    ("alertes/{alarm}/traitee", {}, 409),
    ("terminaux/{terminal_id}/revocation", {"reason": "Volée"}, 409),
    ("exploitants", INVITED, 409),
)


def test_a_form_sent_twice_is_answered_and_done_once(at_desk: Browser, desk: Desk) -> None:
    now, terminal = desk.services.now(), desk.ids["terminal_id"]
    with desk.services.database.unit_of_work() as session:
        alarm = raise_alarm(session, AlarmKind.SPRAYING, 3, now, terminal_id=terminal)
    for template, given, second in TWICE:
        path = f"{BASE}/{desk.path(template.replace('{alarm}', str(alarm)))}"
        typed = {k: v.replace("{benefit}", str(desk.shop.benefit.id)) for k, v in given.items()}
        at_desk.open(BASE)
        assert at_desk.press(path, **typed) == 200, template
        assert 'class="done" role="status"' in at_desk.page, template
        before, wallet = Counter(acts(desk)), desk.shop.wallet()
        at_desk.open(BASE)
        assert at_desk.press(path, **typed) == second, template
        assert "<h1>" in at_desk.page
        assert desk.shop.wallet() == wallet
        reads = {"person_read", "account_read"}
        again = [kind for kind, _ in (Counter(acts(desk)) - before) if kind not in reads]
        assert again == [], template


def test_a_form_of_a_session_that_is_over_says_so(desk: Desk, browser: Browser) -> None:
    operator = make_operator(desk.services, "op@region.example")
    sit_down(desk.services, browser, operator)
    browser.open(desk.person)
    stale: Any = browser.page
    sit_down(desk.services, browser, operator)
    browser.page = stale  # the page from before, as the back button shows it
    assert browser.press(f"{desk.person}/code/changement", reason="Vu par un tiers") == 403
    assert "Formulaire refusé" in browser.page
    assert "Form refused" not in browser.page  # in one language
    assert f'<a href="{desk.person}">Continuer</a>' in browser.page
    assert "code_change_forced" not in dict(acts(desk))


def test_a_page_is_never_kept_by_the_browser(at_desk: Browser, desk: Desk) -> None:
    answer = at_desk.client.get(desk.person)
    assert answer.headers["Cache-Control"] == "no-store"
    # What an address says was done is words of ours, or nothing.
    assert 'role="status"' not in at_desk.client.get(f"{desk.person}?fait=<b>x</b>").text
