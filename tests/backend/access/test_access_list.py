"""A gate's list: its own cards only, signed, with a version that means something."""

import re
from datetime import time
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.utils import base64url_encode
from sqlalchemy import select, update

from backend.access import list_content
from backend.access.establishments import (
    ServiceTerms,
    add_service,
    assign_gate,
    create_establishment,
    end_enrolment,
    enrol_pupil,
)
from backend.accounts.tables import Beneficiary
from backend.cards.life import block_card
from backend.cards.tables import Card
from backend.partners.enrolment import create_terminal, revoke_terminal
from backend.partners.tables import TerminalKind
from tests.backend.access.conftest import School
from tests.backend.card_masters import roll_card_masters

LEA, NOAH = "04AABBCCDDEE01", "04AABBCCDDEE02"


def holder_of(school: School, card_id: UUID) -> UUID:
    with school.services.database.reading() as session:
        return session.scalars(select(Card.beneficiary_id).where(Card.id == card_id)).one()


def test_the_list_says_all_a_gate_needs(school: School) -> None:
    card_id = school.add_pupil("Léa", LEA)
    payload = school.fetch_list()
    assert re.fullmatch("[0-9a-f]{16}", payload.pop("digest"))
    other = Ed25519PrivateKey.from_private_bytes(school.other_gate_id.bytes * 2).public_key()
    assert payload == {
        "format": 2,
        "gate": str(school.gate_id),
        "establishment": "Lycée du Parc",
        "version": 1,
        "issued_at": "2026-09-01T10:00:00Z",
        "valid_until": "2026-09-03T10:00:00Z",
        "timezone": "Europe/Paris",
        "services": [
            {
                "service": "lunch",
                "label": "Déjeuner",
                "days": [1, 2, 3, 4, 5],
                "opens": "11:30",
                "closes": "13:30",
                "passages_max": 1,
                "week_max": None,
                "held_on_closed_days": False,
            }
        ],
        "closed_days": [],
        "siblings": [
            {
                "gate": str(school.other_gate_id),
                "name": "Sortie",
                "key": base64url_encode(other.public_bytes_raw()).decode(),
            }
        ],
        "day_codes": [],
        "counted": {str(gate): 0 for gate in (school.gate_id, school.other_gate_id)},
        "cards": [
            {
                "uid": LEA,
                "card_id": str(card_id),
                "key": school.services.vault.derive_access_key(bytes.fromhex(LEA)).hex().upper(),
                "display_name": "Léa",
                "state": "active",
                "rights": [{"service": "lunch"}],
            }
        ],
    }


def test_no_cache_may_keep_the_keys(school: School) -> None:
    answer = school.fetch()
    assert answer.headers["Cache-Control"] == "no-store"
    assert re.fullmatch('"1-[0-9a-f]{16}"', answer.headers["ETag"])


def test_the_cards_of_another_establishment_are_not_in_it(school: School) -> None:
    school.add_pupil("Léa", LEA)
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège Hugo").id
    gate_id = school.add_gate("Là-bas", elsewhere)
    assert school.fetch_list(gate_id)["cards"] == []


def test_a_blocked_card_stays_to_be_refused_and_an_unmade_one_is_absent(school: School) -> None:
    card_id = school.add_pupil("Léa", LEA)
    unmade = school.add_pupil("Noah", None)
    with school.services.database.unit_of_work() as session:
        block_card(session, card_id, "lost", school.services.now())
        block_card(session, unmade, "lost", school.services.now())
    [card] = school.fetch_list()["cards"]
    assert (card["state"], card["uid"]) == ("blocked", LEA)


def test_a_pupil_without_a_service_is_listed_without_a_right(school: School) -> None:
    school.add_pupil("Léa", LEA, services=[])
    [card] = school.fetch_list()["cards"]
    assert card["rights"] == []


def test_an_ended_enrolment_takes_the_card_off_and_a_new_one_brings_it_back(
    school: School,
) -> None:
    person = holder_of(school, school.add_pupil("Léa", LEA))
    with school.services.database.unit_of_work() as session:
        end_enrolment(session, school.establishment_id, person, school.services.now())
    assert school.fetch_list()["cards"] == []
    with school.services.database.unit_of_work() as session:
        enrol_pupil(session, school.establishment_id, person, ["lunch"])
    [card] = school.fetch_list()["cards"]
    assert card["rights"] == [{"service": "lunch"}]


def test_the_version_increases_only_with_the_content(school: School, clock: Any) -> None:
    card_id = school.add_pupil("Léa", LEA)
    versions = [school.fetch_list()["version"] for _ in range(2)]
    clock.advance(hours=1)
    versions.append(school.fetch_list()["version"])
    assert versions == [1, 1, 1]
    with school.services.database.unit_of_work() as session:
        block_card(session, card_id, "lost", school.services.now())
    assert school.fetch_list()["version"] == 2
    with school.services.database.unit_of_work() as session:
        person = session.get_one(Card, card_id).beneficiary_id
        session.get_one(Beneficiary, person).given_name = "Lea"
    assert school.fetch_list()["version"] == 3
    school.add_pupil("Noah", NOAH)
    assert school.fetch_list()["version"] == 4
    with school.services.database.unit_of_work() as session:
        add_service(
            session,
            school.establishment_id,
            code="dinner",
            label="Dîner",
            days=[1],
            hours=(time(19), time(20)),
            terms=ServiceTerms(passages_max=2),
        )
    assert school.fetch_list()["version"] == 5
    with school.services.database.unit_of_work() as session:
        enrol_pupil(session, school.establishment_id, person, ["lunch", "dinner"])
    assert school.fetch_list()["version"] == 6


def test_each_gate_counts_its_own_versions(school: School) -> None:
    school.fetch_list()
    school.add_pupil("Léa", LEA)
    assert school.fetch_list()["version"] == 2
    assert school.fetch_list(school.other_gate_id)["version"] == 1


def test_a_gate_moved_elsewhere_gets_another_list_and_never_an_older_version(
    school: School,
) -> None:
    school.add_pupil("Léa", LEA)
    assert school.fetch_list()["version"] == 1
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège Hugo").id
        assign_gate(session, school.gate_id, elsewhere)
    moved = school.fetch_list()
    assert (moved["version"], moved["establishment"], moved["cards"]) == (2, "Collège Hugo", [])


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"'])
def test_the_list_a_gate_has_is_not_sent_again_nor_are_keys_derived(
    school: School, monkeypatch: pytest.MonkeyPatch, etag: str
) -> None:
    school.add_pupil("Léa", LEA)
    school.fetch()

    def asked(_uid: bytes) -> bytes:
        pytest.fail("no key is needed to say that nothing changed")

    monkeypatch.setattr(school.services.vault, "derive_access_key", asked)
    answer = school.fetch(etag)
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_any_other_etag_gets_the_list(school: School) -> None:
    for etag in ('"0"', '"2"', "*", '"x"', "", '"' + "9" * 150 + '"'):
        assert school.fetch(etag).status_code == 200, etag


def test_a_card_has_the_key_of_its_own_version_and_a_renewed_one_makes_a_new_list(
    school: School,
) -> None:
    school.add_pupil("Léa", LEA)
    vault = school.services.vault
    old, first = school.fetch_list(), vault.derive_access_key(bytes.fromhex(LEA), 1)
    assert old["cards"][0]["key"] == first.hex().upper()
    assert roll_card_masters(vault) == 2
    assert school.fetch_list()["version"] == old["version"]
    with school.services.database.unit_of_work() as session:
        session.execute(update(Card).values(key_version=2))
    new, second = school.fetch_list(), vault.derive_access_key(bytes.fromhex(LEA), 2)
    assert new["version"] == old["version"] + 1
    assert new["cards"][0]["key"] == second.hex().upper()
    assert "key_version" not in new["cards"][0]


def test_keys_are_derived_while_nothing_is_locked(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.add_pupil("Léa", LEA)
    derive = school.services.vault.derive_access_key

    def deriving(uid: bytes, key_version: int) -> bytes:
        # Would wait for the write lock, and fail, were a unit of work still open.
        school.add_pupil("Noah", NOAH)
        return derive(uid, key_version)

    monkeypatch.setattr(school.services.vault, "derive_access_key", deriving)
    assert len(school.fetch_list()["cards"]) == 1


def test_an_unassigned_gate_is_told_so(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        new = create_terminal(
            session, kind=TerminalKind.GATE, name="Neuve", now=school.services.now()
        )
    answer = school.fetch(gate_id=new.terminal_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "gate_not_assigned")


def test_a_counter_gets_no_list(school: School) -> None:
    with school.services.database.unit_of_work() as session:
        new = create_terminal(
            session, kind=TerminalKind.COUNTER, name="Caisse", now=school.services.now()
        )
    answer = school.fetch(gate_id=new.terminal_id)
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal_kind_not_allowed")


def test_a_revoked_gate_gets_no_list(school: School) -> None:
    headers = school.headers()
    with school.services.database.unit_of_work() as session:
        revoke_terminal(session, school.gate_id, school.services.now())
    answer = school.client.get("/v1/access-list", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "terminal_revoked")


def test_nobody_gets_a_list_without_a_token(school: School) -> None:
    answer = school.client.get("/v1/access-list")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


def test_a_list_no_gate_could_take_is_refused(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.add_pupil("Léa", LEA)
    school.add_pupil("Noah", NOAH)
    monkeypatch.setattr(list_content, "CARDS_MAX", 1)
    answer = school.fetch()
    assert (answer.status_code, answer.json()["code"]) == (409, "access_list_too_long")
