"""What somebody who runs the service sees and does, page by page."""

import re
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from backend.accounts.outbox import owe_alarm
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.acts import ActKind, record_act
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Notice
from backend.benefits.tables import Campaign
from backend.cards.tables import Card
from backend.operators.tables import OperatorRole
from backend.operators.watching import note_run
from backend.partners.tables import Outlet, Partner, Terminal
from backend.pins.alarms import raise_alarm
from backend.pins.tables import AlarmKind
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import (
    Desk,
    build_desk,
    make_operator,
    one_time_password,
    sit_down,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(services: Services) -> Desk:
    return build_desk(services)


@pytest.fixture
def at_desk(desk: Desk, browser: Browser) -> Browser:
    """An operator's browser, signed in a moment ago."""
    sit_down(desk.services, browser, make_operator(desk.services, "op@region.example"))
    browser.open("/exploitation")
    return browser


def acts(desk: Desk) -> list[tuple[str, str | None]]:
    with desk.services.database.reading() as session:
        rows = session.scalars(select(SignInAct).order_by(SignInAct.at, SignInAct.kind))
        return [(row.kind, row.words) for row in rows]


def search(browser: Browser, text: str) -> None:
    browser.open("/exploitation")
    assert browser.press("/exploitation/recherche", wanted=text) == 200


def test_a_person_is_found_and_their_page_read_which_is_an_act(
    at_desk: Browser, desk: Desk
) -> None:
    order = desk.shop.order()
    desk.shop.pay(order)
    search(at_desk, "martin LEA")
    (link,) = re.findall(r'href="(/exploitation/personnes/[^"]+)"', at_desk.page)
    assert "martin" not in str(at_desk.client.get("/exploitation/recherche").url)
    assert at_desk.open(link) == 200
    for word in ("Léa", "Martin", "02/01/2010", "Culture", "accepté", "en service", "Nora Petit"):
        assert word in at_desk.page, word
    assert desk.shop.card_number not in at_desk.page
    assert desk.shop.card_number[-4:] in at_desk.page
    kinds = [kind for kind, _ in acts(desk)]
    assert kinds.count("person_read") == 1
    assert "people_searched" in kinds
    with desk.services.database.reading() as session:
        row = session.scalars(select(SignInAct).where(SignInAct.kind == "person_read")).one()
        assert (row.beneficiary_id, row.session_id is not None) == (desk.shop.lea, True)


def test_anything_is_found_by_what_one_has(at_desk: Browser, desk: Desk) -> None:
    order = desk.shop.order()
    paid: Any = desk.shop.pay(order)
    for typed, way in (
        (desk.shop.card_number, "personnes"),
        (desk.shop.card_number[:9], "personnes"),
        ("lea@lycee", "personnes"),
        ("lea@lycee.example", "comptes"),
        (str(desk.ids["terminal_id"]), "terminaux"),
        ("librairie", "partenaires"),
        ("moulin", "etablissements"),
        (str(desk.ids["campaign_id"]), "campagnes"),
        (paid.authorisation_number.lower(), "paiements"),
        (str(order.payment_id), "paiements"),
    ):
        search(at_desk, typed)
        links = re.findall(rf'href="(/exploitation/{way}/[^"]+)"', at_desk.page)
        assert links, typed
        assert at_desk.open(links[0]) == 200


def test_too_little_to_look_for_is_said_at_the_field(at_desk: Browser) -> None:
    at_desk.open("/exploitation")
    assert at_desk.press("/exploitation/recherche", wanted="a") == 422
    assert "au moins deux lettres" in at_desk.page
    search(at_desk, "Zorglub")
    assert "Rien ne correspond" in at_desk.page


def test_a_card_is_blocked_for_a_reason(at_desk: Browser, desk: Desk) -> None:
    at_desk.open(desk.person)
    path = f"{desk.person}/cartes/{desk.shop.card}/blocage"
    assert at_desk.press(path, reason="because") == 422
    at_desk.open(desk.person)
    assert at_desk.press(path, reason="stolen", change_code="1") == 200
    assert "bloquée" in at_desk.page
    assert "à changer par la personne" in at_desk.page
    assert ("card_blocked", "stolen (code à changer)") in acts(desk)
    other = f"/exploitation/personnes/{uuid4()}/cartes/{desk.shop.card}/blocage"
    assert at_desk.press(other, reason="lost") == 404
    with desk.services.database.reading() as session:
        assert session.get_one(Card, desk.shop.card).state_reason == "stolen"


def test_a_link_for_a_code_goes_to_the_holder_and_is_never_shown(
    at_desk: Browser, desk: Desk
) -> None:
    for _ in range(3):
        at_desk.open(desk.person)
        assert at_desk.press(f"{desk.person}/code/lien") == 200
    assert "lien pour un code" in at_desk.page
    assert "/activation/" not in "".join(at_desk.seen)
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/lien") == 409
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/changement", reason="  ") == 422
    at_desk.open(desk.person)
    assert at_desk.press(f"{desk.person}/code/changement", reason="Vu par un tiers") == 200
    assert ("code_change_forced", "Vu par un tiers") in acts(desk)


def test_a_grant_has_a_reason_and_a_limit_and_is_given_once(at_desk: Browser, desk: Desk) -> None:
    before = desk.shop.wallet()
    at_desk.open(desk.person)
    (gift,) = re.findall(r'name="gift" value="([^"]+)"', at_desk.page)
    form = {"benefit": str(desk.shop.benefit.id), "gift": gift, "reason": "Geste commercial"}
    path = f"{desk.person}/dotations"
    for amount in ("12,50", "12.50 €"):
        at_desk.open(desk.person)
        assert at_desk.press(path, amount=amount, **form) == 200
    assert desk.shop.wallet() == before + 1250
    for amount in ("0", "-1", "500,01", "1e3", "douze", "1,234"):
        at_desk.open(desk.person)
        assert at_desk.press(path, amount=amount, **(form | {"gift": str(uuid4())})) == 422
    at_desk.open(desk.person)
    assert at_desk.press(path, amount="99", **form) == 409  # the same gift, another amount
    desk.shop.assert_sound()
    assert ("grant_given", "culture 1250 c : Geste commercial") in acts(desk)


def test_an_account_is_helped(at_desk: Browser, desk: Desk) -> None:
    base = f"/exploitation/comptes/{desk.teacher}"
    at_desk.open(base)
    assert "cpe@lycee.example" in at_desk.page
    assert at_desk.press(f"{base}/connexions/fin", reason="Poste partagé") == 200
    assert at_desk.press(f"{base}/verification/retrait", reason="Téléphone perdu") == 200
    assert at_desk.press(f"{base}/fermeture", reason="Départ") == 200
    assert "fermé" in at_desk.page
    with desk.services.database.reading() as session:
        account = session.get_one(SignInAccount, desk.teacher)
        assert (account.factor_confirmed_at, account.closed_at is None) == (None, False)
    done = dict(acts(desk))
    assert (done["factor_taken_away"], done["account_closed"]) == ("Téléphone perdu", "Départ")


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


def test_the_morning_shows_alarms_mails_books_and_jobs(at_desk: Browser, desk: Desk) -> None:
    services = desk.services
    with services.database.unit_of_work() as session:
        now = services.now()
        terminal = desk.ids["terminal_id"]
        alarm = raise_alarm(session, AlarmKind.SPRAYING, 12, now, terminal_id=terminal)
        owe_alarm(session, {"kind": "x"}, now)
        lost = session.scalars(select(Notice).where(Notice.kind == "alarm")).first()
        assert lost is not None
        lost.state, lost.tries = "given_up", 8
        lost_id = lost.id
        note_run(session, "ledger check", "3 mouvements", now)
        note_run(session, "notices", "rien à envoyer", now, good=False)
    at_desk.open("/exploitation")
    for word in ("codes faux sur beaucoup de cartes", "Caisse", "juste", "échec", "3 mouvements"):
        assert word in at_desk.page, word
    assert at_desk.press(f"/exploitation/alertes/{alarm}/traitee") == 200
    assert "Aucune alerte" in at_desk.page
    at_desk.open("/exploitation/courriels")
    assert at_desk.press(f"/exploitation/courriels/{lost_id}/relance") == 200
    assert "Aucun courriel abandonné" in at_desk.page
    assert at_desk.press(f"/exploitation/courriels/{lost_id}/relance") == 404


def test_keys_are_named_and_never_shown(at_desk: Browser, desk: Desk, clock: Any) -> None:
    at_desk.open("/exploitation/cles")
    held = desk.services.vault.held_keys()
    assert all(value in at_desk.page for _, _, value in held)
    assert "01/09/2026" in at_desk.page
    clock.advance(minutes=10)
    at_desk.open("/exploitation/cles")
    assert "12:10" not in at_desk.page  # first seen stays


def test_those_who_run_the_service_invite_and_take_away(
    at_desk: Browser, desk: Desk, browsers: list[Browser]
) -> None:
    base = "/exploitation/exploitants"
    typed = {"email": "ada@region.example", "given_name": "Ada", "family_name": "Noir"}
    at_desk.open(base)
    assert at_desk.press(base, role="auditor", **typed) == 200
    assert "ada@region.example" in at_desk.page
    with desk.services.database.reading() as session:
        query = select(SignInAccount.id).where(SignInAccount.email == "ada@region.example")
        ada = session.scalars(query).one()
        mails = session.scalars(select(Notice.kind).where(Notice.account_id == ada)).all()
        assert sorted(mails) == ["signin_invitation", "signin_operator"]
        mine = session.scalars(
            select(SignInAccount.id).where(SignInAccount.email == "op@region.example")
        ).one()
    assert at_desk.press(base, role="operator", **typed) == 409
    at_desk.open(base)
    # The last who can act stays, and stays able to.
    assert at_desk.press(f"{base}/{mine}/retrait") == 409
    at_desk.open(base)
    assert at_desk.press(f"{base}/{mine}/role", role="auditor") == 409
    at_desk.open(base)
    assert at_desk.press(f"{base}/{ada}/role", role="operator") == 200
    assert at_desk.press(f"{base}/{mine}/retrait") == 200
    assert "Connexion" in at_desk.page
    assert [words for kind, words in acts(desk) if kind.startswith("operator")] == [
        "operator",
        "auditor",
        "operator",
    ]


def test_another_address_takes_two_operators(desk: Desk, browsers: list[Browser]) -> None:
    here, there = browsers
    sit_down(desk.services, here, make_operator(desk.services, "op@region.example"))
    sit_down(desk.services, there, make_operator(desk.services, "op2@region.example"))
    base = f"/exploitation/comptes/{desk.holder}"
    here.open(base)
    assert here.press(f"{base}/adresse", email="lea.martin@mail.example") == 200
    here.open("/exploitation")
    assert "lea.martin@mail.example" in here.page
    assert "/accord" not in here.page
    there.open("/exploitation")
    (agree,) = re.findall(r'action="(/exploitation/adresses/[^"]+/accord)"', there.page)
    assert here.press(agree) == 409
    assert there.press(agree) == 200
    there.open("/exploitation")
    assert "confirmé" in there.page
    assert there.press(agree.replace("accord", "refus")) == 200


def test_the_trail_is_read_by_who_for_whom_what_and_when(
    at_desk: Browser, desk: Desk, clock: Any
) -> None:
    with desk.services.database.unit_of_work() as session:
        for number in range(60):
            clock.advance(seconds=1)
            record_act(
                session,
                ActKind.CARD_BLOCKED,
                desk.member,
                uuid4(),
                clock(),
                beneficiary_id=desk.shop.lea,
                words=f"=cmd{number:02}",
            )
    base = "/exploitation/journal"
    at_desk.open(f"{base}?personne={desk.shop.lea}&acte=card_blocked&jour=2026-09-01")
    assert "=cmd59" in at_desk.page
    assert "=cmd05" not in at_desk.page
    (older,) = re.findall(r'href="([^"]+suite=[^"]+)"', at_desk.page)
    at_desk.open(older.replace("&amp;", "&"))
    assert "=cmd05" in at_desk.page
    assert "=cmd59" not in at_desk.page
    at_desk.open(f"{base}?qui={desk.holder}")
    assert "Rien ne correspond" in at_desk.page
    table = at_desk.client.get(f"{base}.csv?acte=card_blocked")
    assert table.headers["Content-Disposition"].startswith("attachment")
    rows = table.text.splitlines()
    assert len(rows) == 61
    assert all(row.endswith(f"'=cmd{59 - place:02}") for place, row in enumerate(rows[1:]))
    assert "trail_exported" in dict(acts(desk))


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


def test_a_page_asks_the_database_as_often_whatever_there_is(at_desk: Browser, desk: Desk) -> None:
    most = {
        desk.person: 23,
        f"/exploitation/comptes/{desk.holder}": 19,
        f"/exploitation/partenaires/{desk.shop.partner}": 14,
        f"/exploitation/terminaux/{desk.ids['terminal_id']}": 20,
        f"/exploitation/etablissements/{desk.establishment}": 12,
        f"/exploitation/campagnes/{desk.ids['campaign_id']}": 16,
        "/exploitation/terminaux": 7,
        "/exploitation/journal": 7,
        "/exploitation": 22,
    }
    for path in most:
        at_desk.open(path)
    before = {path: statements(at_desk, desk, path) for path in most}
    for _ in range(3):
        desk.shop.pay(desk.shop.order())
        desk.shop.add_counter()
    with desk.services.database.unit_of_work() as session:
        for number in range(5):
            now = desk.services.now()
            words = f"acte {number}"
            kind = ActKind.PERSON_READ
            lea, who = desk.shop.lea, desk.member
            record_act(session, kind, who, lea, now, beneficiary_id=lea, words=words)
            raise_alarm(session, AlarmKind.SPRAYING, 3, now, terminal_id=desk.ids["terminal_id"])
    assert {path: statements(at_desk, desk, path) for path in most} == before
    assert {path: (said, most[path]) for path, said in before.items() if said > most[path]} == {}


def statements(browser: Browser, desk: Desk, path: str) -> int:
    """Count what opening a page says to the database."""
    said: list[str] = []
    engine = desk.services.database.engine

    def note(*what: Any) -> None:
        said.append(what[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert browser.open(path) == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(said)


def test_a_right_one_time_password_serves_once_with_an_act(
    desk: Desk, browser: Browser, clock: Any
) -> None:
    operator = make_operator(desk.services, "op@region.example")
    sit_down(desk.services, browser, operator)
    browser.open(desk.person)
    clock.advance(minutes=6)
    digits = one_time_password(desk.services, operator)
    path = f"{desk.person}/code/changement"
    assert browser.press(path, reason="x", digits="12") == 401
    browser.open(desk.person)
    assert browser.press(path, reason="Première fois", digits=digits) == 200
    clock.advance(minutes=6)
    browser.open(desk.person)
    assert browser.press(path, reason="Deuxième fois", digits=digits) == 401
    assert "Rien n’a été fait" in browser.page
