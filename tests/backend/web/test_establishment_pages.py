"""An establishment's pages: its own pupils and cards, to the hand, and nobody else's."""

import re
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from backend.access.establishments import assign_gate, create_establishment
from backend.access.event_tables import GateEventKind
from backend.access.gate_events import EventReport, record_events
from backend.access.tables import Enrolment
from backend.accounts.families.composition import make_family
from backend.accounts.families.requests import Named, ask_tie
from backend.accounts.families.rights import check_mine
from backend.accounts.families.tables import Relation
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.signing_in import invite_to_sign_in
from backend.accounts.signin.tables import SignInAccount
from backend.accounts.tables import Beneficiary
from backend.cards.history import Actor
from backend.cards.lots import ship
from backend.cards.tables import Card
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.services import Services
from tests.backend.web.conftest import Browser
from tests.backend.web.school import School, make_school


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What the engines do differently is tested in the rooms."""
    return sqlite_url


@pytest.fixture
def school(services: Services, browser: Browser) -> School:
    school = make_school(services)
    school.add("Léa", "Martin")
    school.add("Zoé", "Nguyễn", "2B")
    school.add("Élie", "d’Arcy", "2A")
    school.sign_in(browser)
    return school


def test_an_address_whose_mails_come_back_is_said(
    browser: Browser, school: School, services: Services
) -> None:
    """To the school on the pupil's page, to whoever signs in on theirs, until they answer."""
    with services.database.unit_of_work() as session:
        for one in (
            session.get_one(Beneficiary, school.people["Léa"]),
            session.get_one(SignInAccount, school.account_id),
        ):
            one.unreachable_since, one.unreachable_code = services.now(), "5.1.1"
    browser.open(school.pupil("Léa"))
    assert "Les messages à son adresse électronique reviennent" in browser.page
    browser.open(school.pupil("Zoé"))
    assert "reviennent" not in browser.page
    browser.open("/espace")
    assert "Vérifiez votre adresse électronique" in browser.page
    assert browser.press("/espace/adresse") == 200
    assert "Vérifiez votre adresse" not in browser.page
    assert browser.press("/espace/adresse") == 200
    with services.database.reading() as session:
        account = session.get_one(SignInAccount, school.account_id)
        assert (account.unreachable_since, account.unreachable_code) == (None, None)
        kinds = session.scalars(select(SignInAct.kind)).all()
    assert kinds.count("address_confirmed") == 1


def cards_of(services: Services, person: UUID) -> list[Card]:
    with services.database.reading() as session:
        found = select(Card).where(Card.beneficiary_id == person).order_by(Card.ordered_at)
        return list(session.scalars(found))


def send(services: Services, school: School) -> None:
    """Make every card that is ordered, and send them."""
    with services.database.reading() as session:
        ordered = session.scalars(select(Card.id).where(Card.state == "ordered")).all()
    for card_id in ordered:
        school.make(card_id)
    with services.database.unit_of_work() as session:
        by = Actor.typed("operator")
        now, made_by = services.now(), "operator"
        ship(session, now, by=by, made_by=made_by, establishment_id=school.id)


def test_pupils_are_found_whatever_the_accents(browser: Browser, school: School) -> None:
    assert browser.open(school.path) == 200
    names = re.findall(r'/eleves/[^"]+">([^<]+)<', browser.page)
    assert names == ["d’Arcy Élie", "Martin Léa", "Nguyễn Zoé"]
    browser.open(f"{school.path}?nom=elie+arcy")
    assert re.findall(r'/eleves/[^"]+">([^<]+)<', browser.page) == ["d’Arcy Élie"]
    browser.open(f"{school.path}?classe=2B")
    assert re.findall(r'/eleves/[^"]+">([^<]+)<', browser.page) == ["Nguyễn Zoé"]
    browser.open(f"{school.path}?nom=m%25rtin")
    assert "Aucun élève ne correspond" in browser.page


def test_a_class_is_ordered_received_and_handed_over(
    browser: Browser, school: School, services: Services
) -> None:
    browser.open(f"{school.path}/cartes")
    assert "3 élèves n’ont pas de carte" in browser.page
    assert browser.press(f"{school.path}/cartes/commande", classe="2A") == 200
    assert "2 cartes." in browser.page
    assert browser.press(f"{school.path}/cartes/commande", classe="2A") == 200
    assert "Rien n’était à faire" in browser.page
    send(services, school)
    browser.open(f"{school.path}/cartes/reception")
    assert "2 cartes sont encore attendues" in browser.page
    lea = cards_of(services, school.people["Léa"])[0]
    spaced = f" {lea.number[:4]} {lea.number[4:8]} {lea.number[8:]}\r\n"
    assert browser.press(f"{school.path}/cartes/reception", numero=spaced) == 200
    assert re.search(r"Reçue · <strong>Martin Léa", browser.page)
    browser.press(f"{school.path}/cartes/reception", numero=lea.number)
    assert re.search(r"Déjà reçue · <strong>Martin Léa", browser.page)
    (parcel,) = set(re.findall(r'href="([^"]+/colis/[^"]+)"', browser.page))
    browser.open(parcel)
    assert "Pas encore scannées" in browser.page
    assert "d’Arcy Élie" in browser.page
    assert "Martin" not in browser.page.split("<h1>")[1]
    browser.open(f"{school.path}/cartes/remise?classe=2A")
    assert "d’Arcy" not in browser.page
    assert school.card(lea.id).state == "received"
    assert browser.press(f"{school.path}/cartes/remise", carte=str(lea.id)) == 200
    assert school.card(lea.id).state == "active"
    browser.open(school.pupil("Léa"))
    told = re.findall(r"<li><strong>([^<]+)</strong>.*?par ([^<]+)<", browser.page)
    assert told == [
        ("Commandée", "Claire Roux"),
        ("Fabriquée", "pass-backend"),
        ("Envoyée", "operator"),
        ("Arrivée", "Claire Roux"),
        ("Remise", "Claire Roux"),
        ("Activée", "Claire Roux"),
    ]


def test_nothing_ticked_is_said(browser: Browser, school: School, services: Services) -> None:
    browser.open(f"{school.path}/cartes")
    browser.press(f"{school.path}/cartes/commande")
    send(services, school)
    browser.open(f"{school.path}/cartes/reception")
    lea = cards_of(services, school.people["Léa"])[0]
    browser.press(f"{school.path}/cartes/reception", numero=lea.number)
    assert browser.press(f"{school.path}/cartes/remise") == 422
    assert "Cochez au moins une carte" in browser.page


def test_a_lost_card_is_blocked_and_replaced(
    browser: Browser, school: School, services: Services
) -> None:
    browser.open(school.pupil("Léa"))
    browser.press(f"{school.pupil('Léa')}/commande")
    assert "La commande est enregistrée" in browser.page
    (card,) = cards_of(services, school.people["Léa"])
    acts = f"{school.pupil('Léa')}/cartes/{card.id}"
    send(services, school)
    browser.open(school.pupil("Léa"))
    assert browser.press(f"{acts}/remise") == 409, "it has not arrived"
    browser.open(f"{school.path}/cartes/reception")
    browser.press(f"{school.path}/cartes/reception", numero=card.number)
    browser.open(school.pupil("Léa"))
    browser.press(f"{acts}/remise", a="tiers")
    assert school.card(card.id).state == "handed_over"
    browser.press(f"{acts}/blocage", motif="lost")
    assert (school.card(card.id).state, school.card(card.id).state_reason) == ("blocked", "lost")
    browser.open(school.pupil("Léa"))
    browser.press(f"{acts}/blocage", motif="stolen")
    assert school.card(card.id).state_reason == "lost", "the first reason stays"
    browser.open(school.pupil("Léa"))
    browser.press(f"{acts}/remplacement", motif="lost")
    old, new = cards_of(services, school.people["Léa"])
    assert (old.state, old.state_reason, new.state) == ("blocked", "lost", "ordered")
    assert browser.press(f"{acts}/remplacement", motif="lost") == 409
    assert "Déjà une carte" in browser.page
    browser.open(school.pupil("Léa"))
    browser.press(f"{school.pupil('Léa')}/cartes/{new.id}/annulation")
    assert school.card(new.id).state == "cancelled"
    browser.press(f"{acts}/retrait", motif="found")
    assert school.card(card.id).state == "withdrawn"
    with services.database.reading() as session:
        kinds = session.scalars(select(SignInAct.kind).order_by(SignInAct.kind)).all()
        assert set(kinds) >= {"card_reported", "card_replaced", "card_withdrawn", "cards_ordered"}


def test_a_code_for_today_is_shown_once(browser: Browser, school: School) -> None:
    browser.open(school.pupil("Léa"))
    assert "demandez au surveillant" in browser.page
    browser.press(f"{school.pupil('Léa')}/commande", guichet="oui")
    assert browser.press(f"{school.pupil('Léa')}/code-du-jour", service="lunch") == 200
    (code,) = re.findall(r'class="letters"><strong>(\d{6})<', browser.page)
    browser.open(f"{school.path}/portiques")
    assert code not in browser.page
    assert "Léa Martin" in browser.page
    today = re.findall(r'type="date" value="([^"]+)"', browser.page)[0]
    wish = {"service": "lunch", "jour": today, "nom": "Classe de Milan", "passages": "30"}
    assert browser.press(f"{school.path}/portiques/codes", **wish) == 200
    for wrong, status in (({"jour": "2020-01-01"}, 422), ({"service": "x"}, 404)):
        browser.open(f"{school.path}/portiques")
        assert browser.press(f"{school.path}/portiques/codes", **{**wish, **wrong}) == status
    browser.open(f"{school.path}/portiques")
    assert "Classe de Milan" in browser.page
    for end in re.findall(r'action="([^"]+/fin)"', browser.page):
        browser.press(end)
    assert "Classe de Milan" not in browser.page


def test_what_happened_at_its_doors_is_shown_and_at_no_others(
    browser: Browser, school: School, services: Services
) -> None:
    now = services.now()
    with services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Ailleurs").id
        for name, place in (("Entrée", school.id), ("Portail", elsewhere)):
            gate = create_terminal(session, kind=TerminalKind.GATE, name=name, now=now).terminal_id
            assign_gate(session, gate, place)
            kinds = (GateEventKind.FORCED, GateEventKind.EMERGENCY, GateEventKind.EMERGENCY_OVER)
            told = [
                EventReport(
                    event_id=uuid4(),
                    sequence=number,
                    occurred_at=now,
                    kind=kind,
                    passages=17 if kind is GateEventKind.EMERGENCY_OVER else None,
                )
                for number, kind in enumerate(kinds, start=1)
            ]
            record_events(session, gate, told, now)
    browser.open(f"{school.path}/portiques")
    for words in ("passage forcé", "ouverte par l’alarme incendie", "17 passages sans débit"):
        assert browser.page.count(words) == 1
    assert "Portail" not in browser.page
    assert browser.page.count("alerte</span>") == 2


def test_a_request_to_look_after_a_pupil_is_decided_here(
    browser: Browser, school: School, services: Services
) -> None:
    with services.database.unit_of_work() as session:
        name, now = "parent@example.fr", services.now()
        parent = invite_to_sign_in(services, session, name, "Paul", "Martin")
        family = make_family(session, parent, "Martin", now)
        named = Named("Léa", "Martin", date(2010, 3, 4))
        asked = ask_tie(session, parent, named, family, now)
        stranger = ask_tie(
            session, parent, Named("Ana", "Elsewhere", date(2010, 3, 4)), family, now
        )
    browser.open(f"{school.path}/rattachements")
    assert "Paul Martin" in browser.page
    assert "Elsewhere" not in browser.page, "it means nobody here"
    decide = f"{school.path}/rattachements"
    for request_id, who in ((stranger, "Léa"), (asked, "Zoé")):
        browser.open(decide)
        person = str(school.people[who])
        assert browser.press(f"{decide}/{request_id}/accord", personne=person) == 404
    browser.open(decide)
    browser.press(f"{decide}/{asked}/accord", personne=str(school.people["Léa"]))
    assert "Le rattachement est accordé" in browser.page
    with services.database.reading() as session:
        assert check_mine(session, parent, school.people["Léa"]) is Relation.CHILD
    browser.open(f"{school.path}/portiques")
    assert browser.press(f"{decide}/{asked}/refus") == 404, "decided already"


PUPILS = "nom;prenom;date_naissance;classe\n"
KNOWN = "Martin;Léa;04/03/2010;2A\nNguyễn;Zoé;04/03/2010;2B\nd’Arcy;Élie;04/03/2010;2A\n"


def give(browser: Browser, school: School, text: str, **fields: str) -> int:
    (form,) = set(re.findall(r'name="form" value="([^"]+)"', browser.page))
    sent = {"fichiers": ("eleves.csv", text.encode(), "text/csv")}
    data = {"form": form, **fields}
    answer = browser.client.post(f"{school.path}/import", data=data, files=sent)
    browser.page = answer.text
    return int(answer.status_code)


def count_pupils(services: Services, school: School) -> int:
    with services.database.reading() as session:
        here = Enrolment.establishment_id == school.id
        return len(session.scalars(select(Enrolment.id).where(here)).all())


def test_a_file_is_shown_before_it_is_written(
    browser: Browser, school: School, services: Services
) -> None:
    text = PUPILS + KNOWN + "Haddad;Inès;05/06/2011;2B\nX;;;\n"
    browser.open(f"{school.path}/import")
    assert give(browser, school, text) == 200
    assert "Rien n’est encore enregistré" in browser.page
    assert "Nouveaux\N{NO-BREAK SPACE}: 1" in browser.page
    assert "Haddad Inès" in browser.page
    assert "Lignes refusées\N{NO-BREAK SPACE}: 1" in browser.page
    assert count_pupils(services, school) == 3
    (digest,) = re.findall(r'name="empreinte" value="([0-9a-f]{64})"', browser.page)
    assert give(browser, school, text + "Sy;Awa;01/02/2011;2B\n", empreinte=digest) == 422
    assert "Ce n’est pas le fichier" in browser.page
    assert count_pupils(services, school) == 3
    assert give(browser, school, text, empreinte=digest, cartes="oui") == 200
    assert "L’import est enregistré. 4 cartes commandées" in browser.page
    assert count_pupils(services, school) == 4
    browser.open(f"{school.path}/import")
    assert give(browser, school, "") == 422
    assert "alert" in browser.page
    with services.database.reading() as session:
        assert "pupils_imported" in session.scalars(select(SignInAct.kind)).all()
