"""Supporting documents: given with the request, read by operators alone, forgotten in time."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from backend.accounts.signin.act_tables import SignInAct
from backend.partners.organisations import asking, people
from backend.partners.organisations.documents import (
    DOCUMENTS_MAX,
    GIVEN_PER_DAY,
    documents_of,
    give_document,
)
from backend.partners.organisations.papers import Paper
from backend.partners.organisations.tables import DocumentKind, OrganisationDocument
from backend.pictures import UPLOAD_BYTES_MAX
from backend.privacy.retention import RULES, Rule
from backend.services import Services
from tests.backend.conftest import Clock
from tests.backend.partners.test_papers import armed, pdf
from tests.backend.test_pictures import located
from tests.backend.web.conftest import Browser
from tests.backend.web.operator_desk import make_operator, sit_down
from tests.backend.web.organisations.shop import HOME, made
from tests.backend.web.people import Person, enter


def send(browser: Browser, place: UUID, content: bytes, kind: str = "statutes", **how: str) -> int:
    """Send a file by the page's own form; what its name and type say may lie."""
    form = re.search(r'name="form" value="([^"]+)"', browser.page)
    assert form is not None
    name, said = how.get("name", "statuts.pdf"), how.get("said", "application/pdf")
    fields = {"form": how.get("form", form[1]), "kind": kind}
    sent = {"document": (name, content, said)}
    answer = browser.client.post(f"{HOME}/{place}/pieces", data=fields, files=sent)
    browser.page = answer.text
    return int(answer.status_code)


def kept(services: Services) -> list[OrganisationDocument]:
    with services.database.reading() as session:
        return list(session.scalars(select(OrganisationDocument)))


def give(
    services: Services, person: Person, place: UUID, kind: DocumentKind = DocumentKind.BANK
) -> UUID:
    with services.database.unit_of_work() as session:
        return give_document(
            session,
            person.account_id,
            place,
            kind=kind,
            paper=Paper("application/pdf", b"%PDF-1.4 RIB"),
            now=services.now(),
        )


def due(services: Services, rule: Rule, now: datetime) -> int:
    with services.database.reading() as session:
        gone = rule.due(now - timedelta(days=rule.days))
        return session.scalar(select(func.count()).select_from(rule.table).where(gone)) or 0


def test_documents_are_given_then_read_by_an_operator_who_is_written_down(
    browser: Browser, nadia: Person, services: Services
) -> None:
    place = made(services, nadia)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert "Aucune pièce pour l’instant" in browser.page
    assert send(browser, place, armed()) == 200
    assert "Statuts" in browser.page
    assert send(browser, place, located(), "bank", name="rib.jpg", said="image/jpeg") == 200
    assert "/pieces/" in browser.page
    assert "download" not in browser.page, "nobody but an operator reads it again"
    assert browser.press(f"{HOME}/{place}/demande") == 200
    operator = make_operator(services, "op@region.example")
    sit_down(services, browser, operator)
    browser.open("/exploitation/organismes")
    ways = re.findall(r'href="(/exploitation/organismes/pieces/[^"]+)"', browser.page)
    assert len(ways) == 2
    answer = browser.client.get(ways[0])
    assert answer.content.startswith(b"%PDF-")
    assert b"evil" not in answer.content
    assert re.fullmatch(
        r'attachment; filename="statutes-[0-9a-f]{8}\.pdf"', answer.headers["Content-Disposition"]
    )
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.client.get(ways[1]).headers["Content-Type"] == "image/jpeg"
    with services.database.reading() as session:
        chosen = SignInAct.account_id == operator, SignInAct.kind == "document_read"
        assert len(session.scalars(select(SignInAct).where(*chosen)).all()) == 2


def test_documents_are_in_the_order_they_were_given_and_of_one_instant_in_that_of_kinds(
    nadia: Person, services: Services, clock: Clock
) -> None:
    place = made(services, nadia)
    for kind in reversed(DocumentKind):
        give(services, nadia, place, kind)
    clock.advance(seconds=1)
    last = give(services, nadia, place, DocumentKind.STATUTES)
    with services.database.reading() as session:
        found = documents_of(session, [place])[place]
    assert [one.kind for one in found[:-1]] == [kind.value for kind in DocumentKind]
    assert found[-1].id == last


@pytest.mark.parametrize(
    ("content", "name", "said", "why"),
    [
        (b"<html><script>", "statuts.pdf", "application/pdf", "ni un PDF, ni une photo"),
        (pdf() + b"MZ", "statuts.pdf", "application/pdf", "autre chose qu’un document"),
        (located(), "statuts.pdf", "application/pdf", "n’est pas ce que son nom annonce"),
        (b"%PDF-" + bytes(UPLOAD_BYTES_MAX), "long.pdf", "application/pdf", "dépasse 10 Mo"),
        (b"", "", "application/pdf", "ni un PDF, ni une photo"),
    ],
    ids=["a page", "two things", "a lie", "too long", "nothing"],
)
def test_what_is_no_document_is_said_at_its_field(
    browser: Browser,
    nadia: Person,
    services: Services,
    content: bytes,
    name: str,
    said: str,
    why: str,
) -> None:
    place = made(services, nadia)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert send(browser, place, content, name=name, said=said) == 422
    assert why in browser.page.split('id="document-problem"')[1]
    assert kept(services) == []


def test_a_forged_form_and_a_stranger_give_nothing(
    browser: Browser, nadia: Person, mallory: Person, services: Services
) -> None:
    place = made(services, nadia)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    assert send(browser, place, pdf(), form="x") == 403
    enter(services, browser, mallory.account_id)
    browser.open(f"{HOME}/nouveau/club")
    assert send(browser, place, pdf()) == 404
    mine, document = made(services, mallory), give(services, nadia, place)
    browser.open(f"{HOME}/{mine}")
    # One's own organisation in the address, another's document behind it.
    assert browser.press(f"{HOME}/{mine}/pieces/{document}/fin") == 404
    assert browser.open(f"/exploitation/organismes/pieces/{document}") == 404
    assert len(kept(services)) == 1


def test_what_waits_for_an_answer_does_not_change_and_what_asks_nothing_is_not_read(
    browser: Browser, nadia: Person, services: Services
) -> None:
    place = made(services, nadia)
    document = give(services, nadia, place)
    sit_down(services, browser, make_operator(services, "op@region.example"))
    assert browser.open(f"/exploitation/organismes/pieces/{document}") == 404
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/{place}")
    form = browser.page
    assert browser.press(f"{HOME}/{place}/demande") == 200
    assert "Ajouter une pièce" not in browser.page
    browser.page = form
    assert send(browser, place, pdf()) == 409
    browser.page = form
    assert browser.press(f"{HOME}/{place}/pieces/{document}/fin") == 409
    browser.page = form
    assert browser.press(f"{HOME}/{place}/demande/fin") == 200
    assert browser.press(f"{HOME}/{place}/pieces/{document}/fin") == 200
    assert kept(services) == []


def test_there_are_so_many_and_so_many_a_day(
    browser: Browser, nadia: Person, services: Services
) -> None:
    place = made(services, nadia)
    for _ in range(DOCUMENTS_MAX):
        give(services, nadia, place)
    enter(services, browser, nadia.account_id)
    browser.open(f"{HOME}/nouveau/club")
    form = browser.page
    assert send(browser, place, pdf()) == 409
    other = made(services, nadia)
    for _ in range(GIVEN_PER_DAY.uses_max):
        browser.page = form
        assert send(browser, other, b"no paper") == 422
    browser.page = form
    assert send(browser, other, pdf()) == 429, "also what was refused was looked into"
    assert len(kept(services)) == DOCUMENTS_MAX


def test_documents_go_a_year_after_the_answer_and_with_the_last_who_looks_after_it(
    nadia: Person, services: Services
) -> None:
    place, left = made(services, nadia), made(services, nadia)
    give(services, nadia, place)
    give(services, nadia, left)
    with services.database.unit_of_work() as session:
        people.leave(session, nadia.account_id, left, services.now())
    assert [one.organisation_id for one in kept(services)] == [place]
    (rule,) = [one for one in RULES if one.name == "organisation_document"]
    with services.database.unit_of_work() as session:
        now = services.now()
        asking.ask(session, nadia.account_id, place, now)
        asking.refuse(session, place, nadia.account_id, "non", now + timedelta(days=30))
    assert due(services, rule, now + timedelta(days=rule.days)) == 0, "the answer counts"
    assert due(services, rule, now + timedelta(days=rule.days + 31)) == 1
