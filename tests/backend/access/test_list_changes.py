"""A gate that holds a version is told what changed since, and nothing else."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from backend.access import list_versions
from backend.access.establishments import assign_gate, create_establishment, end_enrolment
from backend.access.list_tables import GateListVersion
from backend.access.list_versions import count_marks
from backend.access.tables import Gate
from backend.accounts.tables import Beneficiary
from backend.cards.life import block_card
from backend.cards.tables import Card
from tests.backend.access.conftest import School

UIDS = [f"04AABBCCDD{number:04X}" for number in range(1, 7)]


def fetch(school: School, etag: str = "", gate_id: UUID | None = None) -> Response:
    headers = school.headers(gate_id) | {"If-None-Match": etag}
    answer: Response = school.client.get("/v1/access-list?changes=true", headers=headers)
    return answer


def payload(school: School, answer: Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return school.open(answer.json()["list"])


def rename(school: School, card_id: UUID, name: str) -> None:
    with school.services.database.unit_of_work() as session:
        person = session.get_one(Card, card_id).beneficiary_id
        session.execute(update(Beneficiary).where(Beneficiary.id == person).values(given_name=name))


def leave(school: School, card_id: UUID) -> None:
    with school.services.database.unit_of_work() as session:
        person = session.get_one(Card, card_id).beneficiary_id
        end_enrolment(session, school.establishment_id, person, school.services.now())


def test_only_what_changed_travels(school: School) -> None:
    lea, noah, ines = (school.add_pupil(name, uid) for name, uid in zip("LNI", UIDS, strict=False))
    first = fetch(school)
    whole = payload(school, first)
    assert whole["format"] == 2
    assert fetch(school, first.headers["ETag"]).status_code == 304
    rename(school, lea, "Lea")
    leave(school, noah)
    hugo = school.add_pupil("Hugo", UIDS[3])
    second = fetch(school, first.headers["ETag"])
    changes = payload(school, second)
    assert "format" not in changes  # a gate that knows no changes takes it for no list at all
    assert (changes["base"], changes["version"]) == (1, 2)
    assert (changes["base_digest"], changes["gate"]) == (whole["digest"], str(school.gate_id))
    assert {card["card_id"] for card in changes["cards"]} == {str(lea), str(hugo)}
    assert changes["gone"] == [str(noah)]
    assert str(ines) not in str(changes)
    key = school.services.vault.derive_access_key(bytes.fromhex(UIDS[3])).hex().upper()
    assert key in {card["key"] for card in changes["cards"]}
    assert fetch(school, second.headers["ETag"]).status_code == 304
    # Who holds the first version still gets all that happened since, in one step.
    rename(school, ines, "Ines")
    both = payload(school, fetch(school, first.headers["ETag"]))
    assert {card["card_id"] for card in both["cards"]} == {str(lea), str(hugo), str(ines)}


def test_a_version_nobody_knows_is_answered_whole(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    lea = school.add_pupil("Léa", UIDS[0])
    first = fetch(school).headers["ETag"]
    rename(school, lea, "Lea")
    other_history = first.replace(first[3:7], "0000")
    for etag in ("", '"1"', '"0-0000000000000000"', other_history, '"x"'):
        assert payload(school, fetch(school, etag))["format"] == 2, etag
    monkeypatch.setattr(list_versions, "VERSIONS_KEPT", 1)
    rename(school, lea, "Léa-Marie")
    assert payload(school, fetch(school, first))["format"] == 2
    with school.services.database.reading() as session:
        kept = session.scalars(
            select(GateListVersion.version).where(GateListVersion.terminal_id == school.gate_id)
        ).all()
    assert kept == [3]


def test_cards_that_are_gone_are_forgotten_in_time(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_versions, "VERSIONS_KEPT", 2)
    lea, noah = school.add_pupil("Léa", UIDS[0]), school.add_pupil("Noah", UIDS[1])
    fetch(school)
    leave(school, noah)
    for name in ("a", "b", "c"):
        fetch(school)
        rename(school, lea, name)
    fetch(school)
    with school.services.database.reading() as session:
        assert count_marks(session, school.gate_id) == 1


def test_a_gate_that_is_moved_loses_the_old_place_and_its_version_goes_on(
    school: School,
) -> None:
    lea = school.add_pupil("Léa", UIDS[0])
    first = fetch(school)
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège").id
        assign_gate(session, school.gate_id, elsewhere)
    changes = payload(school, fetch(school, first.headers["ETag"]))
    assert (changes["version"], changes["establishment"]) == (2, "Collège")
    assert (changes["gone"], changes["cards"], changes["services"]) == ([str(lea)], [], [])


def test_a_backend_restored_from_a_copy_leads_its_gates_on(school: School) -> None:
    lea = school.add_pupil("Léa", UIDS[0])
    etags = [fetch(school).headers["ETag"]]
    for name in ("b", "c"):
        rename(school, lea, name)
        etags.append(fetch(school).headers["ETag"])
    with school.services.database.unit_of_work() as session:
        gate = session.get_one(Gate, school.gate_id)
        gate.list_version = 1
        gate.list_hash = bytes.fromhex(etags[0].strip('"').split("-")[1]) + bytes(24)
        session.execute(delete(GateListVersion).where(GateListVersion.version > 1))
    rename(school, lea, "d")
    whole = payload(school, fetch(school, etags[-1]))
    assert (whole["format"], whole["version"]) == (2, 4)
    assert fetch(school, f'"4-{whole["digest"]}"').status_code == 304


def test_a_short_list_of_changes_is_small(school: School) -> None:
    for number in range(30):
        school.add_pupil("Élève", f"04AABBCC{number:06X}")
    first = fetch(school)
    rename(school, school.add_pupil("Léa", UIDS[0]), "Lea")
    changes = fetch(school, first.headers["ETag"])
    assert len(changes.content) < len(first.content) / 5


@pytest.mark.slow  # its light sibling is above: only what changed travels
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from("abcr"), st.integers(0, 3)), min_size=1, max_size=8))
def test_whoever_applies_the_changes_holds_the_whole(
    school: School, steps: list[tuple[str, int]]
) -> None:
    numbers = itertools.count(len(_HELD))
    held, etag = dict[str, Any](), ""
    cards = list[UUID]()
    for step, which in steps:
        if step == "a" or not cards:
            uid = f"04{next(numbers):012X}"
            _HELD.append(uid)
            cards.append(school.add_pupil("Élève", uid))
        elif step == "b":
            with school.services.database.unit_of_work() as session:
                now = school.services.now() + timedelta(seconds=1)
                block_card(session, cards[which % len(cards)], "lost", now)
        elif step == "c":
            rename(school, cards[which % len(cards)], f"Nom{which}{len(_HELD)}")
        else:
            leave(school, cards.pop(which % len(cards)))
        answer = fetch(school, etag)
        if answer.status_code == 304:
            continue
        etag, got = answer.headers["ETag"], payload(school, answer)
        held = held if "base" in got else {}
        held.update({card["card_id"]: card for card in got["cards"]})
        for card_id in got.get("gone", ()):
            held.pop(card_id, None)
        whole = payload(school, fetch(school))
        assert sorted(held) == sorted(card["card_id"] for card in whole["cards"])
        assert held == {card["card_id"]: card for card in whole["cards"]}


_HELD: list[str] = []
