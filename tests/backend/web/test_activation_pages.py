"""The activation pages: the holder chooses a code, and what was typed is nowhere to be read."""

import logging
from datetime import date

import pytest
from starlette.testclient import TestClient

from backend.accounts.activation import REFUSALS_MAX, invite
from backend.accounts.beneficiaries import create_beneficiary
from backend.pins.setting import code_state
from backend.pins.states import CodeState
from backend.pins.weak_codes import Weakness
from backend.services import Services
from backend.web import words

GOOD, WEAK = "7391", "1234"


@pytest.fixture
def token(services: Services) -> str:
    with services.database.unit_of_work() as session:
        person = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Exemple",
            birth_date=date(2010, 3, 14),
            now=services.now(),
        )
        return invite(session, person.id, services.now())


def state_of(services: Services) -> CodeState:
    from backend.accounts.tables import Beneficiary  # noqa: PLC0415

    with services.database.reading() as session:
        person = session.query(Beneficiary).one()
        return code_state(session, person.id)


def send(client: TestClient, token: str, code: str, again: str | None = None) -> tuple[int, str]:
    form = {"code": code, "code_again": code if again is None else again}
    answer = client.post(f"/activation/{token}", data=form)
    return answer.status_code, answer.text


def test_the_form_asks_twice_and_is_french(client: TestClient, token: str) -> None:
    answer = client.get(f"/activation/{token}")
    assert answer.status_code == 200
    assert '<html lang="fr">' in answer.text
    assert answer.text.count('type="password"') == 2
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_good_code_is_set_once(client: TestClient, token: str, services: Services) -> None:
    status, text = send(client, token, GOOD)
    assert (status, "enregistré" in text) == (200, True)
    assert state_of(services) is CodeState.ACTIVE
    assert send(client, token, GOOD)[0] == 410
    assert client.get(f"/activation/{token}").status_code == 410


@pytest.mark.parametrize(
    ("code", "again", "sentence"),
    [
        (WEAK, WEAK, words.WEAK[Weakness.SEQUENCE].fr),
        ("1403", "1403", words.WEAK[Weakness.BIRTH_DATE].fr),
        ("73911", "73911", words.so_many_digits(4).fr),
        ("٧٣٩١", "٧٣٩١", words.so_many_digits(4).fr),
        ("", "", words.so_many_digits(4).fr),
        (GOOD, "7392", words.CODES_DIFFER.fr),
    ],
)
def test_a_refused_code_says_why_and_is_not_echoed(
    client: TestClient, token: str, services: Services, code: str, again: str, sentence: str
) -> None:
    status, text = send(client, token, code, again)
    assert status == 422
    assert sentence in text
    field = "code_again" if sentence == words.CODES_DIFFER.fr else "code"
    assert f'aria-invalid="true" aria-describedby="{field}-problem"' in text
    assert text.index(f'id="{field}-problem"') < text.index(f'id="{field}" name="{field}"')
    assert not code or code not in text
    assert state_of(services) is CodeState.UNSET


def test_an_overlong_field_is_refused_without_echo(client: TestClient, token: str) -> None:
    status, text = send(client, token, "8" * 5000)
    assert status == 422
    assert "8888" not in text


def test_a_link_that_opens_nothing_says_so(client: TestClient, token: str, clock: object) -> None:
    assert client.get("/activation/nobody-was-given-this").status_code == 404
    clock.advance(days=8)  # type: ignore[attr-defined]
    answer = client.get(f"/activation/{token}")
    assert answer.status_code == 410
    assert "trop ancien" in answer.text


def test_every_weakness_has_its_sentence_in_two_languages() -> None:
    assert set(words.WEAK) == set(Weakness)
    for text in words.WEAK.values():
        assert text.fr.endswith(".")
        assert text.en.endswith(".")
        assert "!" not in text.fr


def test_a_link_tried_too_often_is_closed(
    client: TestClient, token: str, services: Services
) -> None:
    statuses = [send(client, token, WEAK)[0] for _ in range(REFUSALS_MAX)]
    assert statuses == [422] * (REFUSALS_MAX - 1) + [410]
    status, text = send(client, token, GOOD)
    assert (status, words.LINK_EXHAUSTED.heading in text) == (410, True)
    assert state_of(services) is CodeState.UNSET


def test_nothing_typed_reaches_the_log(
    client: TestClient, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    send(client, token, WEAK)
    send(client, token, GOOD)
    written = " ".join(record.getMessage() for record in caplog.records if record.name != "httpx")
    assert GOOD not in written
    assert WEAK not in written


def test_only_known_styles_are_served(client: TestClient) -> None:
    assert client.get("/static/tokens.css").status_code == 200
    assert client.get("/static/..%2froutes.py").status_code == 404
    assert client.get("/static/other.css").json()["code"] == "style_not_found"
