"""What is too old goes, what is not stays, and each run says what it removed and what is left."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from backend.database import Base
from backend.payments.enquiry_tables import EnquiryState
from backend.privacy import retention
from backend.privacy.retention import RULES, Rule, forget, last_runs
from backend.services import Services
from tests.backend.privacy.conftest import NOW, Whole, fill

#: What a row of a rule's table wants, besides its moment and whoever it is of.
EXTRA: dict[str, dict[str, Any]] = {
    "notice": {"state": "sent", "sent_at": NOW, "kind": "code_set"},
    "tie_request": {"state": "refused", "relation": "self"},
    "tie_unanswered": {"state": "asked", "relation": "self", "decided_at": None},
    "sign_up": {"language": "fr"},
    "address_link": {"kind": "sign_up"},
    "sign_in_link": {"kind": "password"},
    "sign_in_session": {"stage": "full"},
    "passkey_challenge": {"kind": "sign_in"},
    "activation": {"kind": "new_code"},
    "family_invitation": {"relation": "self", "language": "fr"},
    "organisation_invitation": {"language": "fr"},
    "organisation_document": {"kind": "statutes", "media_type": "application/pdf"},
    "partner_suggestion": {"state": "waiting", "commune_code": "31999"},
    "balance_enquiry": {"status": EnquiryState.PENDING},
    "card_personalisation": {"purpose": "retire"},
    "code_alarm": {"kind": "spraying", "released_by": "Nadia"},
    "code_record": {"happening": "set"},
    "erasure_request": {"answer": "non"},
}
ACCOUNT = {"email_change", "sign_in_browser", "sign_in_link", "sign_in_session"}
ACCOUNT |= {"tie_request", "tie_unanswered", "impersonation", "partner_suggestion"}
PERSON = {"notice", "activation", "family_invitation", "erasure_request", "erasure_withdrawn"}
OF_PARENT = {"erasure_request": "account_id", "erasure_withdrawn": "account_id"}
OF_PARENT |= {"family_invitation": "invited_by", "organisation_invitation": "invited_by"}
OF_PARENT |= {"impersonation": "operator_id", "organisation_document": "given_by"}
OF_TERMINAL = {"balance_enquiry", "card_challenge", "card_proof", "card_personalisation"}
OF_TERMINAL |= {"code_miss", "code_alarm"}


def owners(session: Session, rule: Rule, whole: Whole) -> dict[str, Any]:
    """Return whose row it is, where it is somebody's, and what its table wants besides."""
    name = rule.name
    given = dict(EXTRA.get(name, {}))
    if name in ACCOUNT:
        given["account_id"] = whole.account_id
    if name in PERSON:
        given["beneficiary_id"] = whole.person_id
    if name in {"code_record", "code_miss"}:
        given["account_id"] = whole.person_id
    if name in OF_PARENT:
        given[OF_PARENT[name]] = whole.parent_id
    if name in {"card_proof", "card_personalisation"}:
        given["card_id"] = whole.card_id
    if name.startswith("organisation_"):
        given["organisation_id"] = whole.organisation_id
    if name in OF_TERMINAL:
        given["terminal_id"] = fill(session, "terminal", kind="counter")["id"]
    return given | places(session, rule, whole)


def places(session: Session, rule: Rule, whole: Whole) -> dict[str, Any]:
    """Return where it happened, for what happens at an establishment."""
    if rule.name == "passage_cancellation":
        return {"establishment_id": fill(session, "establishment")["id"]}
    if rule.name not in {"day_code", "reservation"}:
        return {}
    service = session.scalar(select(Base.metadata.tables["access_service"].c.id))
    enrolled = {"enrolment_id": whole.enrolment_id} if rule.name == "reservation" else {}
    return {"service_id": service} | enrolled


def write(session: Session, rule: Rule, whole: Whole, moment: datetime) -> None:
    """Add a row of the rule's table, of this moment."""
    table = rule.table.__tablename__
    given = owners(session, rule, whole)
    given[rule.moment.key] = moment.date() if table in {"day_code", "reservation"} else moment
    if table == "partner_suggestion":
        given["folded_name"] = str(moment)
    fill(session, table, **given)


def count(services: Services, table: str) -> int:
    with services.database.reading() as session:
        query = select(func.count()).select_from(Base.metadata.tables[table])
        return session.scalar(query) or 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_rule_takes_what_is_too_old_and_nothing_else(services: Services, whole: Whole) -> None:
    before = {rule.table.__tablename__: count(services, rule.table.__tablename__) for rule in RULES}
    with services.database.unit_of_work() as session:
        for rule in RULES:
            limit = NOW - timedelta(days=rule.days)
            write(session, rule, whole, limit - timedelta(days=1))
            write(session, rule, whole, limit + timedelta(days=1))
    rules = {rule.name for rule in RULES}
    looked = {one.rule: one.removed for one in forget(services, only_look=True)}
    assert {name: looked[name] for name in rules} == dict.fromkeys(rules, 1)
    done = forget(services)
    gone = {one.rule: (one.removed, one.left_over) for one in done}
    assert {name: gone[name] for name in rules} == dict.fromkeys(rules, (1, 0))
    written = Counter(rule.table.__tablename__ for rule in RULES)
    written["forgetting_run"] += len(done)
    written["retention_run"] += 1
    assert {name: count(services, name) for name in before} == {
        name: before[name] + written[name] for name in before
    }
    with services.database.reading() as session:
        proofs = last_runs(session)
    assert {proofs[name].ran_at for name in rules} == {NOW}
    assert {(proofs[name].removed, proofs[name].left_over) for name in rules} == {(1, 0)}


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
