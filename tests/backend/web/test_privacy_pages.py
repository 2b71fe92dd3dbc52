"""What anybody reads of their data, what people agree to, and what an operator answers."""

import re
from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy import select, update

from backend.access.establishments import enrol_pupil
from backend.access.office_tables import HolderPhoto
from backend.accounts.families.composition import make_family
from backend.accounts.families.requests import Named, ask_tie
from backend.accounts.families.rights import my_beneficiaries
from backend.accounts.families.tables import FamilyChild, FamilyMember, Tie
from backend.accounts.signin.acts import ActKind
from backend.accounts.tables import Beneficiary
from backend.cards.order_tables import CardPhoto
from backend.holders.tables import ErasureRequest
from backend.privacy.register import REGISTER
from backend.privacy.tables import Consent, ErasedPerson
from backend.services import Services
from backend.web.act_words import ACTS
from tests.backend.privacy.conftest import fill
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import Desk, build_desk, make_operator, sit_down
from tests.backend.web.people import enter, make_person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(services: Services) -> Desk:
    return build_desk(services)


def age(services: Services, person_id: UUID, years: int) -> None:
    born = services.now().date() - timedelta(days=years * 366)
    with services.database.unit_of_work() as session:
        mine = Beneficiary.id == person_id
        session.execute(update(Beneficiary).where(mine).values(birth_date=born))


def parent_of(services: Services, person_id: UUID) -> UUID:
    parent = make_person(services, "parent@example.fr").account_id
    now = services.now()
    with services.database.unit_of_work() as session:
        family = fill(session, "family", created_by=parent)["id"]
        common = {"family_id": family, "since": now, "ended_at": None, "ended_by": None}
        session.add(FamilyMember(id=uuid4(), account_id=parent, invited_by=None, **common))
        session.add(FamilyChild(id=uuid4(), beneficiary_id=person_id, added_by=parent, **common))
    return parent


def test_anybody_reads_what_is_kept_and_who_answers(browser: Browser) -> None:
    assert browser.open("/donnees-personnelles") == 200
    for one in REGISTER:
        assert one.name in browser.page
        assert all(words in browser.page for words in one.kept)
    assert browser.open("/accessibilite") == 200
    assert "non conforme" in browser.page
    browser.open("/")
    for way in ("/aide", "/donnees-personnelles", "/accessibilite", "/conditions"):
        assert f'href="{way}"' in browser.page


def test_the_help_has_an_answer_at_the_end_of_each_question(browser: Browser) -> None:
    assert browser.open("/aide") == 200
    asked = re.findall(r'href="#([\w-]+)"', browser.page)
    assert len(asked) > 10
    for one in asked:
        assert f'id="{one}"' in browser.page
    assert "pendant 24 heures" in browser.page
    assert "3 par heure au plus" in browser.page
    assert "Refusez toujours" in browser.page
    assert "FranceConnect" not in browser.page


def test_a_parent_agrees_for_a_young_child_who_agrees_too(
    browser: Browser, desk: Desk, services: Services
) -> None:
    person = desk.shop.lea
    age(services, person, 12)
    enter(services, browser, parent_of(services, person))
    page = f"/espace/pass/{person}/accords"
    assert browser.open(page) == 200
    assert "Pas d’accord donné" in browser.page
    assert browser.press(f"{page}/gate_photo") == 422
    assert 'aria-invalid="true"' in browser.page
    browser.press(f"{page}/gate_photo", child="oui")
    assert "Accord donné" in browser.page
    browser.press(f"{page}/gate_photo/retrait")
    assert "Pas d’accord donné" in browser.page


def test_from_fifteen_on_alone(browser: Browser, desk: Desk, services: Services) -> None:
    person = desk.shop.lea
    age(services, person, 16)
    page = f"/espace/pass/{person}/accords"
    enter(services, browser, parent_of(services, person))
    browser.open(page)
    assert "décide seul" in browser.page
    assert browser.press(f"{page}/gate_photo", child="oui") == 409
    enter(services, browser, desk.holder)
    browser.open(page)
    browser.press(f"{page}/gate_photo")
    assert "Accord donné" in browser.page


def test_somebody_else_s_agreement_does_not_exist(
    browser: Browser, desk: Desk, services: Services
) -> None:
    enter(services, browser, make_person(services, "other@example.fr").account_id)
    for person in (desk.shop.lea, uuid4()):
        page = f"/espace/pass/{person}/accords"
        assert browser.open(page) == 404
        for act in ("gate_photo", "gate_photo/retrait"):
            browser.open("/espace")
            assert browser.press(f"{page}/{act}") == 404
    enter(services, browser, desk.holder)
    browser.open("/espace")
    assert browser.press(f"/espace/pass/{desk.shop.lea}/accords/gate_photo", form="x") == 403
    with services.database.reading() as session:
        assert session.scalars(select(Consent.id)).all() == []


def ask(services: Services, desk: Desk, days: int = 0) -> UUID:
    request_id = uuid4()
    with services.database.unit_of_work() as session:
        session.add(
            ErasureRequest(
                id=request_id,
                beneficiary_id=desk.shop.lea,
                account_id=desk.holder,
                asked_at=services.now() - timedelta(days=days),
                withdrawn_at=None,
                answered_at=None,
                answer=None,
            )
        )
    return request_id


def test_an_operator_sees_who_waits_and_erases(
    browser: Browser, desk: Desk, services: Services
) -> None:
    request_id = ask(services, desk, days=29)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    assert browser.open("/exploitation/demandes") == 200
    assert "Léa" in browser.page
    assert "en retard" in browser.page
    assert browser.press(f"/exploitation/demandes/{request_id}/effacement") == 200
    assert "Personne n’attend" in browser.page
    with services.database.reading() as session:
        person = session.get_one(Beneficiary, desk.shop.lea)
        assert (person.given_name, person.birth_date) == ("Personne", date(1900, 1, 1))
        assert session.scalars(select(ErasedPerson.by)).all() == ["op@region.example"]
        own = select(Tie.ended_at).where(Tie.account_id == desk.holder)
        assert session.scalar(own) == services.now()
    browser.open("/exploitation/demandes")
    assert browser.press(f"/exploitation/demandes/{request_id}/effacement") == 404


def test_an_operator_says_no_with_a_reason_that_is_read(
    browser: Browser, desk: Desk, services: Services
) -> None:
    request_id = ask(services, desk)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open("/exploitation/demandes")
    no = f"/exploitation/demandes/{request_id}/refus"
    assert browser.press(no, reason=" ") == 422
    browser.open("/exploitation/demandes")
    assert browser.press(no, reason="Un litige est en cours.") == 200
    enter(services, browser, desk.holder)
    browser.open(f"/espace/pass/{desk.shop.lea}/donnees")
    assert "Un litige est en cours." in browser.page


def test_without_a_photo_an_agreement_waits_for_one(
    browser: Browser, desk: Desk, services: Services
) -> None:
    person = desk.shop.lea
    age(services, person, 16)
    enter(services, browser, desk.holder)
    browser.open(f"/espace/pass/{person}/accords")
    browser.press(f"/espace/pass/{person}/accords/gate_photo")
    assert "pas encore de photo" in browser.page
    with services.database.unit_of_work() as session:
        photo = {"image": b"x", "given_at": services.now(), "account_id": None}
        session.add(CardPhoto(beneficiary_id=person, **photo))
    browser.open(f"/espace/pass/{person}/accords")
    assert "pas encore de photo" not in browser.page


def a_photo() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (200, 260), (120, 140, 160)).save(drawn, "PNG")
    return drawn.getvalue()


def send_photo(browser: Browser, page: str, image: bytes) -> int:
    browser.open(page)
    carried = re.search(r'name="form" value="([^"]+)"', browser.page)
    files = {"photo": ("moi.png", image, "image/png")}
    form = {"form": carried[1] if carried else ""}
    answer = browser.client.post(page, data=form, files=files)
    browser.page = answer.text
    return int(answer.status_code)


def test_a_photo_given_after_the_agreement_is_at_the_gate_and_leaves_it(
    browser: Browser, desk: Desk, services: Services
) -> None:
    person = desk.shop.lea
    age(services, person, 16)
    with services.database.unit_of_work() as session:
        enrolment = enrol_pupil(session, desk.establishment, person, []).id
    enter(services, browser, desk.holder)
    browser.open(f"/espace/pass/{person}/accords")
    browser.press(f"/espace/pass/{person}/accords/gate_photo")
    page = f"/espace/pass/{person}/carte/photo"
    assert send_photo(browser, page, b"\x89PNG\r\n\x1a\nno photo") == 422
    assert send_photo(browser, page, a_photo()) == 200
    assert "data:image/jpeg;base64," in browser.page
    with services.database.reading() as session:
        assert session.get(HolderPhoto, enrolment) is not None
    assert browser.press(f"{page}/retrait") == 200
    assert "Aucune photo" in browser.page
    with services.database.reading() as session:
        assert session.get(HolderPhoto, enrolment) is None
        assert session.get(CardPhoto, person) is None


def test_an_operator_answers_who_asks_for_a_child(
    browser: Browser, desk: Desk, services: Services
) -> None:
    parent = make_person(services, "parent@example.fr").account_id
    now = services.now()
    with services.database.unit_of_work() as session:
        family = make_family(session, parent, "Martin", now)
        for given in ("Léa", "Inconnue", "Refusée"):
            born = session.get_one(Beneficiary, desk.shop.lea).birth_date
            ask_tie(session, parent, Named(given, "Martin", born), family, now)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    browser.open("/exploitation/rattachements")
    asked = dict(
        re.findall(
            r"<strong>(\w+) Martin</strong>.*?rattachements/([0-9a-f-]{36})/",
            browser.page,
            re.DOTALL,
        )
    )
    way = "/exploitation/rattachements"
    assert browser.press(f"{way}/{asked['Léa']}/accord", person=str(desk.shop.lea)) == 200
    assert browser.press(f"{way}/{asked['Inconnue']}/nouvelle-personne") == 200
    assert browser.press(f"{way}/{asked['Refusée']}/refus") == 200
    assert "Personne n’attend" in browser.page
    with services.database.reading() as session:
        children = {one.given_name for one in my_beneficiaries(session, parent)}
    assert children == {"Léa", "Inconnue"}


@pytest.mark.usefixtures("database_url")
def test_every_act_has_a_name() -> None:
    assert {kind.value for kind in ActKind} <= set(ACTS)
