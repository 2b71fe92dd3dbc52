"""Partners, terminals and campaigns, as an operator reads and changes them."""

from uuid import uuid4

from sqlalchemy import select

from backend.benefits.tables import Campaign
from backend.partners.tables import Outlet, Partner, Terminal
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
)


def test_a_partner_is_suspended_and_its_places_closed(at_desk: Browser, desk: Desk) -> None:
    base = f"/exploitation/partenaires/{desk.shop.partner}"
    place = f"{base}/lieux/{desk.shop.outlet}"
    at_desk.open(base)
    assert "Librairie du Parc" in at_desk.page
    assert at_desk.press(f"{base}/suspension", reason="Fraude supposée") == 200
    assert "suspendu" in at_desk.page
    assert at_desk.press(f"{base}/reprise", reason="Éclairci") == 200
    assert at_desk.press(f"{place}/fermeture", reason="Travaux") == 200
    assert "fermé le" in at_desk.page
    assert at_desk.press(f"{place}/reouverture", reason="Fini") == 200
    other = f"/exploitation/partenaires/{uuid4()}/lieux/{desk.shop.outlet}/fermeture"
    assert at_desk.press(other, reason="x") == 404
    with desk.services.database.reading() as session:
        assert session.get_one(Partner, desk.shop.partner).suspended_at is None
        assert session.get_one(Outlet, desk.shop.outlet).closed_at is None


def test_a_terminal_is_looked_at_and_revoked(at_desk: Browser, desk: Desk) -> None:
    desk.shop.pay(desk.shop.order())
    base = f"/exploitation/terminaux/{desk.ids['terminal_id']}"
    at_desk.open(base)
    for word in ("Caisse", "Librairie du Parc", "encaissé", "0\N{NO-BREAK SPACE}% de ses clés"):
        assert word in at_desk.page, word
    assert at_desk.press(f"{base}/revocation", reason="Volée") == 200
    assert "révoqué" in at_desk.page
    with desk.services.database.reading() as session:
        assert session.get_one(Terminal, desk.ids["terminal_id"]).revoked_at is not None
    assert at_desk.open(f"/exploitation/terminaux/{desk.gate}") == 200
    assert "Lycée Jean-Moulin" in at_desk.page
    at_desk.open(f"/exploitation/etablissements/{desk.establishment}")
    assert "Portillon" in at_desk.page
    assert "cpe@lycee.example" in at_desk.page
    at_desk.open("/exploitation/terminaux")
    assert "Portillon" in at_desk.page


def test_a_campaign_is_opened_extended_and_closed(at_desk: Browser, desk: Desk) -> None:
    days = {"opens_on": "2026-08-01", "closes_on": "2026-12-31", "spend_until": "2027-03-31"}
    base = "/exploitation/campagnes"
    at_desk.open(base)
    assert at_desk.press(base, name="Rentrée", code="rentree-26", closes_on="2026-12-31") == 422
    at_desk.open(base)
    assert at_desk.press(base, name="Rentrée", code="rentree-26", **days) == 200
    with desk.services.database.reading() as session:
        made = session.scalars(select(Campaign).where(Campaign.code == "rentree-26")).one()
    mine = f"{base}/{made.id}"
    typed = {"code": "sport", "label": "Sport", "activities": "club, piscine"}
    assert at_desk.press(f"{mine}/avantages", **typed) == 200
    assert "club, piscine" in at_desk.page
    later = {"closes_on": "2027-01-31", "reason": "Prolongée par la commission"}
    assert at_desk.press(f"{mine}/prolongation", **later) == 200
    assert "31/01/2027" in at_desk.page
    assert at_desk.press(f"{mine}/prolongation", closes_on="2026-10-01", reason="x") == 422
    at_desk.open(mine)
    assert at_desk.press(f"{mine}/cloture", reason="Budget atteint") == 200
    assert "01/09/2026" in at_desk.page
    at_desk.open(base)
    assert at_desk.press(base, name="Rentrée", code="rentree-26", **days) == 409
