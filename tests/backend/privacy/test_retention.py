"""What is too old goes, what is not stays, and each run says what it removed and what is left."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from backend.database import Base
from backend.payments.enquiry_tables import EnquiryState
from backend.privacy import retention
from backend.privacy.retention import RULES, Rule, forget, last_runs
from backend.services import Services
from tests.backend.privacy.conftest import NOW, Whole, fill

EXTRA: dict[str, dict[str, Any]] = {
    "notice": {"state": "sent", "sent_at": NOW, "kind": "code_set"},
    "tie_request": {"state": "refused", "relation": "self"},
    "email_change": {},
    "sign_up": {"language": "fr"},
    "address_link": {"kind": "sign_up"},
    "sign_in_link": {"kind": "password"},
    "sign_in_session": {"stage": "full"},
    "activation": {"kind": "new_code"},
    "family_invitation": {"relation": "self", "language": "fr"},
    "organisation_invitation": {"language": "fr"},
    "balance_enquiry": {"status": EnquiryState.PENDING},
    "day_code": {},
    "reservation": {},
}
ACCOUNT = {"email_change", "sign_in_browser", "sign_in_link", "sign_in_session", "tie_request"}
PERSON = {"notice", "activation", "family_invitation", "erasure_request"}


def owners(rule: Rule, whole: Whole, moment: datetime) -> dict[str, Any]:
    """Return whose row it is, where it is somebody's, and what its table wants besides."""
    table = rule.table.__tablename__
    given = dict(EXTRA.get(table, {}))
    if table in ACCOUNT:
        given["account_id"] = whole.account_id
    if table in PERSON:
        given["beneficiary_id"] = whole.person_id
    special: dict[str, dict[str, Any]] = {
        "family_invitation": {"invited_by": whole.parent_id},
        "organisation_invitation": {
            "invited_by": whole.parent_id,
            "organisation_id": whole.organisation_id,
        },
        "impersonation": {"operator_id": whole.parent_id, "account_id": whole.account_id},
        "code_record": {"account_id": whole.person_id, "happening": "set"},
        "erasure_request": {"account_id": whole.parent_id, "answer": "non"},
        "erasure_withdrawn": {"account_id": whole.parent_id, "withdrawn_at": moment},
        "reservation": {"enrolment_id": whole.enrolment_id},
    }
    return given | special.get(rule.name, {})


def write(services: Services, rule: Rule, whole: Whole, moment: datetime) -> None:
    """Add a row of the rule's table, of this moment."""
    table = rule.table.__tablename__
    given = owners(rule, whole, moment)
    is_day = table in {"day_code", "reservation"}
    given[rule.moment.key] = moment.date() if is_day else moment
    with services.database.unit_of_work() as session:
        if table == "balance_enquiry":
            given["terminal_id"] = fill(session, "terminal", kind="counter")["id"]
        if is_day:
            service = Base.metadata.tables["access_service"]
            given["service_id"] = session.scalar(select(service.c.id))
        fill(session, table, **given)


def count(services: Services, table: str) -> int:
    with services.database.reading() as session:
        query = select(func.count()).select_from(Base.metadata.tables[table])
        return session.scalar(query) or 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_takes_what_is_too_old_and_nothing_else(
    services: Services, whole: Whole, rule: Rule
) -> None:
    table = rule.table.__tablename__
    before = count(services, table)
    limit = NOW - timedelta(days=rule.days)
    write(services, rule, whole, limit - timedelta(days=1))
    write(services, rule, whole, limit + timedelta(days=1))
    looked = {one.rule: one for one in forget(services, only_look=True)}
    assert looked[rule.name].removed == 1
    assert count(services, table) == before + 2
    done = {one.rule: one for one in forget(services)}
    assert done[rule.name].removed == 1
    assert done[rule.name].left_over == 0
    proofs = len(done) if table == "forgetting_run" else 0
    assert count(services, table) == before + 1 + proofs
    with services.database.reading() as session:
        proof = last_runs(session)[rule.name]
    assert (proof.removed, proof.left_over, proof.ran_at) == (1, 0, NOW)


def test_many_batches_and_what_waits_stays(
    services: Services, whole: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 3)
    old = NOW - timedelta(days=40)
    notice = Base.metadata.tables["notice"]
    common = {"kind": "code_set", "beneficiary_id": whole.person_id, "facts": "{}", "tries": 1}
    common |= {"created_at": old, "next_try_at": old}
    rows = [{"id": uuid4(), "state": "given_up", "sent_at": None, **common} for _ in range(7)]
    rows += [{"id": uuid4(), "state": "waiting", "sent_at": None, **common}]
    with services.database.unit_of_work() as session:
        session.execute(insert(notice), rows)
    found = {one.rule: one for one in forget(services)}
    assert found["notice"].removed == 7
    with services.database.reading() as session:
        states = set(session.scalars(select(notice.c.state)))
    assert states == {"waiting"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_a_rule_leaves_is_said(services: Services, whole: Whole) -> None:
    """Somebody holds a row while the job runs: it stays, and the proof says so."""
    rule = next(one for one in RULES if one.name == "notice")
    with services.database.unit_of_work() as session:
        fill(
            session,
            "notice",
            beneficiary_id=whole.person_id,
            kind="code_set",
            state="given_up",
            created_at=NOW - timedelta(days=99),
        )
    with services.database.unit_of_work() as holding:
        table = Base.metadata.tables["notice"]
        held = select(table.c.id).where(table.c.state == "given_up").with_for_update()
        assert len(holding.execute(held).all()) == 1
        found = {one.rule: one for one in forget(services)}
    assert (found[rule.name].removed, found[rule.name].left_over) == (0, 1)


def test_passages_become_counts_and_each_gate_s_last_is_not_left_over(
    services: Services, whole: Whole
) -> None:
    passage = Base.metadata.tables["passage"]
    with services.database.unit_of_work() as session:
        first = session.execute(select(passage)).one()._asdict()
        day = date(2026, 1, 5)
        session.execute(passage.update().values(local_day=day))
        later = first | {"passage_id": uuid4(), "sequence": 2, "local_day": day}
        session.execute(insert(passage), [later])
    found = {one.rule: one for one in forget(services)}
    assert (found["passage"].removed, found["passage"].left_over) == (1, 0)
    assert count(services, "passage") == 1
    assert count(services, "passage_count") == 1


def test_a_closed_account_is_emptied_after_a_year(services: Services, whole: Whole) -> None:
    accounts = Base.metadata.tables["sign_in_account"]
    with services.database.unit_of_work() as session:
        closed = NOW - timedelta(days=367)
        mine = accounts.c.id == whole.account_id
        session.execute(accounts.update().where(mine).values(closed_at=closed))
    assert {one.rule: one.removed for one in forget(services)}["closed_account"] == 1
    assert {one.rule: one.removed for one in forget(services)}["closed_account"] == 0
    with services.database.reading() as session:
        emails = set(session.scalars(select(accounts.c.email)))
    assert emails == {"parent@example.fr", f"{whole.account_id}@erased.invalid"}
