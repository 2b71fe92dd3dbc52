"""A forgotten or blocked code: asking for a link tells nothing; the link asks what one knows."""

import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from backend.accounts.activation import ANSWERS_MAX, offer_new_code
from backend.accounts.beneficiaries import Contact, create_beneficiary
from backend.accounts.tables import Beneficiary, Notice, NoticeKind
from backend.cards.life import order_card
from backend.pins import links
from backend.pins.links import look_at_requests
from backend.pins.setting import code_state, set_code
from backend.pins.states import CodeState
from backend.pins.tables import CodeLinkRequest, PinReferenceRow
from backend.services import Services
from backend.vault.values import SecretCode
from backend.web import words

EMAIL = "lea@exemple.fr"
OLD, NEW = "7391", "8264"


@pytest.fixture
def card_number(services: Services) -> str:
    """Léa has an address, a card and a code that is blocked."""
    with services.database.unit_of_work() as session:
        lea = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Exemple",
            birth_date=date(2010, 3, 14),
            contact=Contact(email="Lea@Exemple.fr "),
            now=services.now(),
        )
        number: str = order_card(session, lea.id, 7, services.now()).number
    set_code(services, lea.id, SecretCode(OLD))
    with services.database.unit_of_work() as session:
        row = session.get_one(PinReferenceRow, lea.id)
        row.state, row.tries_left = "locked", 0
    return number


def owed(services: Services) -> int:
    kind = NoticeKind.NEW_CODE_LINK.value
    with services.database.reading() as session:
        chosen = select(func.count()).select_from(Notice).where(Notice.kind == kind)
        return session.scalar(chosen) or 0


def waiting(services: Services) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(CodeLinkRequest)) or 0


def ask(client: TestClient, card_number: str, email: str) -> Any:
    return client.post("/code-oublie", data={"card_number": card_number, "email": email})


def link(services: Services) -> str:
    with services.database.unit_of_work() as session:
        lea = session.scalars(select(Beneficiary)).one()
        return offer_new_code(session, lea.id, services.now())


def state_of(services: Services) -> CodeState:
    with services.database.reading() as session:
        return code_state(session, session.scalars(select(Beneficiary.id)).one())


def choose(client: TestClient, token: str, birth_date: str, code: str = NEW) -> Any:
    form = {"birth_date": birth_date, "code": code, "code_again": code}
    return client.post(f"/activation/{token}", data=form)


def test_the_answer_is_the_same_whoever_has_an_account(
    client: TestClient, card_number: str, services: Services
) -> None:
    answers = [
        ask(client, card_number, EMAIL),
        ask(client, card_number, "autre@exemple.fr"),
        ask(client, "9250000000000107", EMAIL),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    # Nothing was looked up while anybody waited.
    assert (waiting(services), owed(services)) == (3, 0)


def test_only_what_belongs_together_gets_a_mail(
    client: TestClient, card_number: str, services: Services
) -> None:
    ask(client, card_number, "autre@exemple.fr")
    ask(client, "9250000000000107", EMAIL)
    assert look_at_requests(services) == 0
    spaced = f" {card_number[:4]} {card_number[4:8]} {card_number[8:12]} {card_number[12:]} "
    ask(client, spaced, " LEA@exemple.FR ")
    assert look_at_requests(services) == 1
    assert (owed(services), waiting(services)) == (1, 0)


def test_three_an_hour_and_no_more(
    client: TestClient, card_number: str, services: Services, clock: Any
) -> None:
    for expected in (1, 2, 3, 3, 3):
        ask(client, card_number, EMAIL)
        ask(client, card_number, EMAIL)
        look_at_requests(services)
        assert owed(services) == expected
    clock.advance(minutes=61)
    ask(client, card_number, EMAIL)
    look_at_requests(services)
    assert owed(services) == 4


def test_a_flood_is_refused_and_the_same_twice_is_once(
    client: TestClient, card_number: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "REQUESTS_WAITING_MAX", 2)
    for email in ("a@exemple.fr", "a@exemple.fr", "b@exemple.fr"):
        assert ask(client, card_number, email).status_code == 200
    assert waiting(services) == 2
    refused = ask(client, card_number, "c@exemple.fr")
    assert (refused.status_code, words.TOO_MANY.fr in refused.text) == (429, True)


@pytest.mark.parametrize(
    ("number", "email", "field"),
    [
        ("", EMAIL, "card_number"),
        ("9250000000000010", EMAIL, "card_number"),
        ("4970100000000014", EMAIL, "card_number"),
        ("9250000000000107", "", "email"),
        ("9250000000000107", "lea", "email"),
        ("9250000000000107", "lea@exemple.fr\r\nBcc: x@y.fr", "email"),
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_not_echoed(
    client: TestClient, services: Services, number: str, email: str, field: str
) -> None:
    answer = ask(client, number, email)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert not email or email not in answer.text
    assert not number or number not in answer.text
    assert waiting(services) == 0


def test_the_link_asks_the_birth_date_and_its_button_alone_acts(
    client: TestClient, card_number: str, services: Services
) -> None:
    token = link(services)
    for _ in range(3):
        opened = client.get(f"/activation/{token}")
        assert 'name="birth_date"' in opened.text
    assert state_of(services) is CodeState.LOCKED
    assert choose(client, token, "14/03/2010").status_code == 200
    assert state_of(services) is CodeState.ACTIVE
    assert choose(client, token, "14/03/2010").status_code == 410


@pytest.mark.parametrize("written", ["14/03/2010", "14.3.2010", " 14-03-2010 ", "14 03 2010"])
def test_a_birth_date_is_read_as_people_write_it(
    client: TestClient, card_number: str, services: Services, written: str
) -> None:
    assert choose(client, link(services), written).status_code == 200


@pytest.mark.parametrize(
    "written", ["", "2010-03-14", "31/02/2010", "14/03/10", "1403", "٣/3/2010"]
)
def test_what_is_no_date_costs_no_answer(
    client: TestClient, card_number: str, services: Services, written: str
) -> None:
    token = link(services)
    for _ in range(ANSWERS_MAX + 1):
        answer = choose(client, token, written)
        assert (answer.status_code, 'id="birth_date-problem"' in answer.text) == (422, True)
    assert choose(client, token, "14/03/2010").status_code == 200


def test_the_mailbox_alone_is_not_enough(
    client: TestClient, card_number: str, services: Services
) -> None:
    token = link(services)
    for day in range(1, ANSWERS_MAX + 1):
        assert state_of(services) is CodeState.LOCKED
        status = choose(client, token, f"{day:02d}/01/2010").status_code
        assert status == (422 if day < ANSWERS_MAX else 410)
    assert choose(client, token, "14/03/2010").status_code == 410
    assert state_of(services) is CodeState.LOCKED


def test_the_api_asks_it_as_well(client: TestClient, card_number: str, services: Services) -> None:
    token = link(services)
    body = {"activation_token": token, "code": NEW}
    refused = client.post("/v1/codes", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "birth_date_wrong")
    assert client.post("/v1/codes", json=body | {"birth_date": "2010-03-14"}).status_code == 204


def test_an_older_link_is_closed_by_the_one_that_served(
    client: TestClient, card_number: str, services: Services
) -> None:
    first, second = link(services), link(services)
    assert choose(client, second, "14/03/2010").status_code == 200
    assert client.get(f"/activation/{first}").status_code == 404


def test_a_link_lives_an_hour(
    client: TestClient, card_number: str, services: Services, clock: Any
) -> None:
    token = link(services)
    clock.advance(minutes=60)
    assert client.get(f"/activation/{token}").status_code == 410


def test_the_previous_code_is_refused_and_cannot_be_searched(
    client: TestClient, card_number: str, services: Services
) -> None:
    answer = choose(client, link(services), "14/03/2010", OLD)
    assert words.WEAK["previous"].fr in answer.text


#: The one script of these pages: our own, from a file.
ROBOT = '<script src="/static/robot.js" data-robot'


def test_every_page_is_french_first_and_english_second(
    client: TestClient, card_number: str, services: Services
) -> None:
    for path in ("/", "/code-oublie", f"/activation/{link(services)}", "/activation/none"):
        text = client.get(path).text
        assert '<html lang="fr">' in text
        assert 'lang="en"' in text
        assert text.index("<h1>") < text.index('lang="en"')
        assert re.findall(r"<script[^>]*", text) in ([], [ROBOT])
        assert not re.search(r'(src|href)="https?:', text)
