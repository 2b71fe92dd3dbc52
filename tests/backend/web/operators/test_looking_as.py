"""Looking at somebody's pages as they see them: what is shown, and how it ends."""

from typing import Any

from backend.operators.tables import OperatorRole
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    acts,
    make_operator,
)


def test_looking_as_a_holder_shows_their_pages_under_a_banner(
    at_desk: Browser, desk: Desk, clock: Any
) -> None:
    base = f"/exploitation/comptes/{desk.holder}"
    at_desk.open(base)
    assert at_desk.press(f"{base}/voir-comme", reason="") == 422
    at_desk.open(base)
    assert at_desk.press(f"{base}/voir-comme", reason="La personne ne voit pas son solde") == 200
    shown = f"/espace/pass/{desk.shop.lea}"
    for path in ("/espace", shown, f"{shown}/historique"):
        assert at_desk.open(path) == 200, path
        assert "Vous voyez l’espace de Nora Petit" in at_desk.page
        assert 'action="/exploitation/voir-comme/fin"' in at_desk.page
    for path in ("/espace/verification", "/espace/cles", f"{shown}/code", f"{shown}/donnees"):
        assert at_desk.open(path) == 403, path
    assert at_desk.press("/exploitation/voir-comme/fin") == 200
    assert "Compte de Nora Petit" in at_desk.page
    assert at_desk.open(shown) == 404  # oneself again
    told = acts(desk)
    assert ("seen_as_begun", "La personne ne voit pas son solde") in told
    assert ("seen_as_page", shown) in told
    assert [kind for kind, _ in told].count("seen_as_ended") == 1


def test_looking_ends_by_itself_and_never_at_another_operator(
    at_desk: Browser, desk: Desk, clock: Any
) -> None:
    other = make_operator(desk.services, "audit@region.example", OperatorRole.AUDITOR)
    at_desk.open(f"/exploitation/comptes/{other}")
    path = f"/exploitation/comptes/{other}/voir-comme"
    assert at_desk.press(path, reason="Curiosité") == 409
    at_desk.open(f"/exploitation/comptes/{desk.member}")
    at_desk.press(f"/exploitation/comptes/{desk.member}/voir-comme", reason="Appel")
    assert at_desk.open(f"/espace/partenaire/{desk.shop.partner}") == 200
    assert "Librairie du Parc" in at_desk.page
    clock.advance(minutes=15)
    assert at_desk.open(f"/espace/partenaire/{desk.shop.partner}") == 410
    assert "Consultation terminée" in at_desk.page
    assert "__Host-pass-vue" not in at_desk.client.cookies


def test_whoever_is_signed_out_meanwhile_can_sign_in_again(
    at_desk: Browser, desk: Desk, clock: Any
) -> None:
    at_desk.open(f"/exploitation/comptes/{desk.holder}")
    at_desk.press(f"/exploitation/comptes/{desk.holder}/voir-comme", reason="Appel")
    clock.advance(hours=1)
    at_desk.open("/espace")
    assert "Se connecter" in at_desk.page
    assert at_desk.sign_in("nobody@region.example") == 422
