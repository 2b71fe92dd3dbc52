"""What a supervisor did at a gate comes in like a passage, once, and changes what it should."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from httpx import Response
from sqlalchemy import select

from backend.access.day_codes import DayCodeTerms, make_day_code
from backend.access.establishments import RightTerms, create_establishment, enrol_pupil
from backend.access.interventions import list_for_review
from backend.access.kitchen import count_services
from backend.access.meals import set_price
from backend.access.tables import (
    HolderCategory,
    MealAccount,
    MealCharge,
    Passage,
    PassageCancellation,
    Service,
)
from backend.cards.tables import Card
from backend.ledger.accounts import balance
from backend.ledger.check import check_ledger
from tests.backend.access.conftest import School

LEA, NOAH = "04AABBCCDDEE01", "04AABBCCDDEE02"
AT = "2026-09-01T09:59:00Z"
TUESDAY = datetime(2026, 9, 1, tzinfo=UTC).date()


def line(sequence: int, card_id: UUID | None, **changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "passage_id": str(uuid4()),
        "sequence": sequence,
        "occurred_at": AT,
        "uid": LEA,
        "card_id": None if card_id is None else str(card_id),
        "service": "lunch",
        "answer": "OK",
        "detail": None,
        "list_version": 1,
    }
    return plain | changes


def done(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "supervisor": "Mme Roy", "reason": "carte_oubliee"} | more


def cancelling(sequence: int, passage_id: str) -> dict[str, Any]:
    signed = done("cancel", cancels=passage_id, reason="plateau_rendu")
    return line(sequence, None, uid=None, answer="ANNULE", intervention=signed)


def aside(answer: Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {each["passage_id"]: each["reason"] for each in answer.json()["quarantined"]}


def news(school: School, gate_id: UUID, since: str | None = None) -> dict[str, Any]:
    query = {} if since is None else {"since": since}
    answer = school.client.get("/v1/gate-news", params=query, headers=school.headers(gate_id))
    body: dict[str, Any] = answer.json()
    return body


def prepaid(school: School, cents: int = 420) -> UUID:
    card_id = school.add_pupil("Léa", LEA)
    with school.services.database.unit_of_work() as session:
        person = session.get_one(Card, card_id).beneficiary_id
        rights = {"lunch": RightTerms(prepaid=True)}
        enrol_pupil(session, school.establishment_id, person, rights)
        lunch = session.scalars(select(Service.id)).one()
        set_price(session, lunch, HolderCategory.PUPIL, price_cents=cents)
    return card_id


def owed(school: School) -> int:
    with school.services.database.reading() as session:
        assert check_ledger(session).sound
    with school.services.database.reading() as session:
        account = session.scalars(select(MealAccount.account_id)).one_or_none()
        return 0 if account is None else balance(session, account)


def test_who_was_let_pass_is_recorded_once_charged_and_listed(school: School) -> None:
    card_id = prepaid(school)
    forgotten = line(1, card_id, uid=None, intervention=done("no_card", note="Vue par M. Petit"))
    assert aside(school.upload(forgotten)) == {}
    assert school.upload(forgotten).json()["already_recorded"] == [forgotten["passage_id"]]
    assert owed(school) == -420
    with school.services.database.reading() as session:
        since = school.services.now() - timedelta(days=1)
        [reviewed] = list_for_review(session, school.establishment_id, since)
    passage = reviewed.passage
    assert (passage.intervention, passage.supervisor, passage.reason, passage.note) == (
        "no_card",
        "Mme Roy",
        "carte_oubliee",
        "Vue par M. Petit",
    )
    assert (passage.uid, reviewed.taken_back) == (None, False)
    signed_by_another = forgotten | {"intervention": done("no_card", supervisor="M. Petit")}
    assert list(aside(school.upload(signed_by_another)).values()) == ["passage_id_reused"]


def test_a_passage_taken_back_gives_the_meal_back_and_is_news_at_every_gate(
    school: School,
) -> None:
    card_id = prepaid(school)
    passage = line(1, card_id)
    assert aside(school.upload(passage, cancelling(2, passage["passage_id"]))) == {}
    assert owed(school) == 0
    for gate in (school.gate_id, school.other_gate_id):
        assert news(school, gate)["cancelled"] == [passage["passage_id"]]
    # It may be had again, at another gate: not above the maximum, and charged.
    assert aside(school.upload(line(1, card_id), gate_id=school.other_gate_id)) == {}
    assert owed(school) == -420
    with school.services.database.reading() as session:
        over = session.scalars(select(Passage.passage_id).where(Passage.over_maximum)).all()
        assert not over
        [lunch] = count_services(session, school.establishment_id, TUESDAY)
        assert lunch.passed == 1


def test_a_counter_entry_may_come_before_its_passage(school: School) -> None:
    card_id = prepaid(school)
    late = line(1, card_id)
    answer = school.upload(cancelling(1, late["passage_id"]), gate_id=school.other_gate_id)
    assert aside(answer) == {}
    assert aside(school.upload(line(2, card_id), gate_id=school.other_gate_id)) == {}
    assert aside(school.upload(late)) == {}
    with school.services.database.reading() as session:
        charged = session.scalars(select(MealCharge.passage_id)).all()
        assert len(charged) == 1
        assert UUID(late["passage_id"]) not in charged
        assert not session.scalars(select(Passage).where(Passage.over_maximum)).all()
    assert owed(school) == -420


def test_what_cannot_be_is_kept_aside(school: School) -> None:
    lea = school.add_pupil("Léa", LEA)
    refused = line(1, lea, answer="NON_RESERVE")
    with school.services.database.unit_of_work() as session:
        elsewhere = create_establishment(session, "Collège").id
    far = school.add_gate("Ailleurs", elsewhere)
    passed = line(2, lea)
    assert aside(school.upload(refused, passed)) == {}
    wrong = {
        "of a refusal": (cancelling(3, refused["passage_id"]), "nothing_to_take_back"),
        "without what": (line(4, lea, answer="ANNULE"), "admission_incomplete"),
        "refused by hand": (
            line(5, lea, answer="NON_RESERVE", intervention=done("let_pass")),
            "admission_incomplete",
        ),
        "nobody": (line(6, None, intervention=done("let_pass")), "admission_incomplete"),
        "cancel that admits": (
            line(7, lea, intervention=done("cancel", cancels=passed["passage_id"])),
            "admission_incomplete",
        ),
    }
    for what, (sent, reason) in wrong.items():
        assert list(aside(school.upload(sent)).values()) == [reason], what
    foreign = aside(school.upload(cancelling(1, passed["passage_id"]), gate_id=far))
    assert list(foreign.values()) == ["nothing_to_take_back"]
    with school.services.database.reading() as session:
        assert not session.scalars(select(PassageCancellation)).all()


def test_guests_and_codes_of_one_day_pass_without_a_card_and_codes_have_a_maximum(
    school: School,
) -> None:
    with school.services.database.unit_of_work() as session:
        made = make_day_code(
            session,
            school.establishment_id,
            DayCodeTerms(service="lunch", day=TUESDAY, label="Intervenants", passages_max=2),
            made_by="Intendance",
            now=school.services.now(),
        )
    [listed] = school.fetch_list()["day_codes"]
    assert made.code not in str(listed)
    lines = [line(1, None, uid=None, intervention=done("guest", note="M. Blanc, plombier"))]
    by_code = done("day_code", day_code_id=str(made.id))
    lines += [line(number, None, uid=None, intervention=by_code) for number in (2, 3, 4)]
    assert aside(school.upload(*lines)) == {}
    with school.services.database.reading() as session:
        over = select(Passage.sequence).where(Passage.over_maximum)
        assert session.scalars(over).all() == [4]
    heard = news(school, school.other_gate_id)["passages"]
    assert [each["card_id"] for each in heard] == [None] * 4
    assert {each["day_code_id"] for each in heard} == {None, str(made.id)}


def test_gates_are_told_where_their_siblings_listen(school: School) -> None:
    told: list[dict[str, str]] = []
    for address, status in (
        ("8.8.8.8:53", 403),
        ("10.1.2.3:9262", 204),
        ("0.0.0.0:9262", 403),
        ("10.1.2.3", 422),
        ("[fd00::1]:9262", 204),
        ("ecole.example:9262", 422),
        ("10.1.2.3:9262/x", 422),
        ("127.0.0.1:1", 204),
        (None, 204),
    ):
        answer = school.client.put(
            "/v1/gate-address", json={"address": address}, headers=school.headers()
        )
        assert answer.status_code == status, answer.text
        if status == 204:
            own = {"gate": str(school.gate_id), "address": str(address)}
            told = [] if address is None else [own]
        assert news(school, school.other_gate_id)["siblings"] == told
    assert news(school, school.gate_id)["siblings"] == []
