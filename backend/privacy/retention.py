"""Forgetting what is too old: one rule for each kind of row, run by one job, with its proof.

Promise: each batch is one unit of work, so a run that is stopped goes on at the next; after a rule
has run, what should be gone is counted again and written down beside what went. Passages become
counts (access/retention.py). Money is not touched: ten years, in the ledger.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, func, select, tuple_
from sqlalchemy.orm import DeclarativeBase, Session

from backend.access.office_tables import DayCode
from backend.access.retention import RETENTION_DAYS, forget_passages
from backend.access.tables import Passage, PassageCancellation, Reservation, RetentionRun
from backend.accounts.families.tables import FamilyInvitation, RequestState, TieRequest
from backend.accounts.signin.act_tables import SignInAct
from backend.accounts.signin.federation.tables import (
    FederatedVisit,
    FederationAttempt,
    FederationPending,
)
from backend.accounts.signin.passkeys.tables import PasskeyChallenge
from backend.accounts.signin.sign_up_tables import AddressLink, EmailChange, SignUp
from backend.accounts.signin.tables import (
    SignInAccount,
    SignInBrowser,
    SignInLink,
    SignInQuota,
    SignInSession,
    SignInTries,
)
from backend.accounts.strangers.tables import StrangerKey
from backend.accounts.tables import Activation, Notice, NoticeState
from backend.cards.tables import CardChallenge, CardPersonalisation, CardProof
from backend.holders.tables import ErasureRequest
from backend.holders.terms import (
    NEXT_DAY,
    NINETY_DAYS,
    PROOFS,
    THIRTY_DAYS,
    TWO_DAYS,
    YEAR,
    Term,
)
from backend.operators.tables import Impersonation, JobRun, OperatorSession
from backend.operators.trail import KEPT_DAYS, forget_acts
from backend.partners.organisations.tables import (
    OrganisationDocument,
    OrganisationInvitation,
    PartnerSuggestion,
)
from backend.payments.enquiry_tables import BalanceEnquiry
from backend.pins.tables import CodeAlarm, CodeLinkRequest, CodeMiss, CodeRecord
from backend.privacy.accounts import NOBODYS_DOMAIN, empty_account
from backend.privacy.tables import ForgettingRun
from backend.services import Services

ROWS_AT_ONCE: Final = 1000
#: « puis un an », of an account that was closed.
CLOSED_DAYS: Final = 366
_ASKED: Final = RequestState.ASKED.value


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of `table` whose moment is longer ago than `term` are removed; `only` narrows them."""

    name: str
    table: type[DeclarativeBase]
    moment: Any
    term: Term
    only: ColumnElement[bool] | None = None

    @property
    def days(self) -> int:
        """Return how many days a row stays."""
        assert self.term.days is not None, "a rule counts days"
        return self.term.days

    def due(self, before: datetime) -> ColumnElement[bool]:
        """Build what is too old."""
        limit: datetime | date = before
        if self.table in {DayCode, Reservation}:
            limit = before.date()
        old: ColumnElement[bool] = self.moment < limit
        return old if self.only is None else old & self.only


#: The CNIL's developer guide, sheet 14: logs 6 to 12 months; movements of persons three months.
RULES: Final = (
    Rule("sign_in_session", SignInSession, SignInSession.expires_at, NEXT_DAY),
    Rule("operator_session", OperatorSession, OperatorSession.expires_at, NEXT_DAY),
    Rule("sign_up", SignUp, SignUp.expires_at, NEXT_DAY),
    Rule("passkey_challenge", PasskeyChallenge, PasskeyChallenge.expires_at, NEXT_DAY),
    Rule("federation_attempt", FederationAttempt, FederationAttempt.expires_at, NEXT_DAY),
    Rule("federation_pending", FederationPending, FederationPending.expires_at, NEXT_DAY),
    Rule("federated_visit", FederatedVisit, FederatedVisit.expires_at, NEXT_DAY),
    Rule("card_challenge", CardChallenge, CardChallenge.expires_at, NEXT_DAY),
    Rule("card_proof", CardProof, CardProof.expires_at, NEXT_DAY),
    Rule("card_personalisation", CardPersonalisation, CardPersonalisation.expires_at, NEXT_DAY),
    Rule("code_miss", CodeMiss, CodeMiss.at, NEXT_DAY),
    Rule("code_link_request", CodeLinkRequest, CodeLinkRequest.asked_at, NEXT_DAY),
    Rule("balance_enquiry", BalanceEnquiry, BalanceEnquiry.created_at, NEXT_DAY),
    Rule("sign_in_tries", SignInTries, SignInTries.day_began_at, TWO_DAYS),
    Rule("sign_in_quota", SignInQuota, SignInQuota.began_at, TWO_DAYS),
    Rule("stranger_key", StrangerKey, StrangerKey.day, TWO_DAYS),
    Rule("address_link", AddressLink, AddressLink.expires_at, THIRTY_DAYS),
    Rule("sign_in_link", SignInLink, SignInLink.expires_at, THIRTY_DAYS),
    Rule("activation", Activation, Activation.expires_at, THIRTY_DAYS),
    Rule(
        "notice", Notice, Notice.created_at, THIRTY_DAYS, Notice.state != NoticeState.WAITING.value
    ),
    Rule("day_code", DayCode, DayCode.day, NINETY_DAYS),
    Rule("reservation", Reservation, Reservation.day, NINETY_DAYS),
    Rule(
        "passage_cancellation",
        PassageCancellation,
        PassageCancellation.cancelled_at,
        NINETY_DAYS,
        # While its passage is there, a meal could be given back a second time.
        ~exists().where(Passage.passage_id == PassageCancellation.passage_id),
    ),
    Rule("family_invitation", FamilyInvitation, FamilyInvitation.expires_at, YEAR),
    Rule(
        "organisation_invitation", OrganisationInvitation, OrganisationInvitation.expires_at, YEAR
    ),
    Rule("organisation_document", OrganisationDocument, OrganisationDocument.counted_from, YEAR),
    Rule("partner_suggestion", PartnerSuggestion, PartnerSuggestion.said_at, YEAR),
    Rule("tie_request", TieRequest, TieRequest.decided_at, YEAR, TieRequest.state != _ASKED),
    Rule("tie_unanswered", TieRequest, TieRequest.asked_at, YEAR, TieRequest.state == _ASKED),
    Rule("erasure_request", ErasureRequest, ErasureRequest.answered_at, YEAR),
    Rule("erasure_withdrawn", ErasureRequest, ErasureRequest.withdrawn_at, YEAR),
    Rule("code_record", CodeRecord, CodeRecord.at, YEAR),
    Rule("code_alarm", CodeAlarm, CodeAlarm.released_at, YEAR),
    Rule("email_change", EmailChange, EmailChange.expires_at, YEAR),
    Rule("sign_in_browser", SignInBrowser, SignInBrowser.seen_at, YEAR),
    Rule("impersonation", Impersonation, Impersonation.expires_at, YEAR),
    Rule("job_run", JobRun, JobRun.ended_at, YEAR),
    Rule("retention_run", RetentionRun, RetentionRun.ran_at, PROOFS),
    Rule("forgetting_run", ForgettingRun, ForgettingRun.ran_at, PROOFS),
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a rule removed, and what it should have removed and did not."""

    rule: str
    before: datetime
    removed: int
    left_over: int


def forget(
    services: Services, *, only_look: bool = False, make_id: Callable[[], UUID] = uuid4
) -> list[Forgotten]:
    """Let every rule forget what is too old, or only say how much that is.

    Nothing is written down of a run that only looks: `removed` is then what would go.
    """
    now = services.now()
    found = [_by_rule(services, rule, now, only_look=only_look) for rule in RULES]
    found += [
        _passages(services, now, only_look=only_look),
        _acts(services, now, only_look=only_look),
        _closed_accounts(services, now, only_look=only_look),
    ]
    if only_look:
        return found
    with services.database.unit_of_work() as session:
        session.add_all(
            ForgettingRun(
                id=make_id(),
                rule=one.rule,
                ran_at=now,
                before=one.before,
                removed=one.removed,
                left_over=one.left_over,
            )
            for one in found
        )
    return found


def _by_rule(services: Services, rule: Rule, now: datetime, *, only_look: bool) -> Forgotten:
    before = now - timedelta(days=rule.days)
    due = rule.due(before)
    if only_look:
        return Forgotten(rule.name, before, _count(services, rule.table, due), 0)
    key: list[Any] = list(rule.table.__mapper__.primary_key)
    removed = 0
    while True:
        with services.database.unit_of_work() as session:
            chosen = select(*key).where(due).limit(ROWS_AT_ONCE)
            rows = [tuple(row) for row in session.execute(chosen.with_for_update(skip_locked=True))]
            if rows:
                gone = delete(rule.table).where(tuple_(*key).in_(rows))
                session.execute(gone, execution_options={"synchronize_session": False})
        removed += len(rows)
        if len(rows) < ROWS_AT_ONCE:
            return Forgotten(rule.name, before, removed, _count(services, rule.table, due))


def _count(services: Services, table: type[DeclarativeBase], due: ColumnElement[bool]) -> int:
    with services.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(due)) or 0


def _passages(services: Services, now: datetime, *, only_look: bool) -> Forgotten:
    day = (now - timedelta(days=RETENTION_DAYS)).date()
    before = datetime.combine(day, time.min, UTC)
    due = Passage.local_day < day
    if only_look:
        return Forgotten("passage", before, _count(services, Passage, due), 0)
    gone = forget_passages(services)
    # Each gate's last passage stays: the lists still know how far its numbers are.
    left = _count(services, Passage, due) - _last_of_gates(services, day)
    return Forgotten("passage", before, gone.passages, left)


def _last_of_gates(services: Services, day: date) -> int:
    with services.database.reading() as session:
        last = select(Passage.terminal_id).group_by(Passage.terminal_id)
        last = last.having(func.max(Passage.local_day) < day)
        return len(session.scalars(last).all())


def _acts(services: Services, now: datetime, *, only_look: bool) -> Forgotten:
    before = now - timedelta(days=KEPT_DAYS)
    due = SignInAct.at < before
    removed = _count(services, SignInAct, due) if only_look else forget_acts(services.database, now)
    left = 0 if only_look else _count(services, SignInAct, due)
    return Forgotten("sign_in_act", before, removed, left)


def _closed_accounts(services: Services, now: datetime, *, only_look: bool) -> Forgotten:
    """Empty accounts that were closed a year ago: what they did stays, under nobody's name."""
    before = now - timedelta(days=CLOSED_DAYS)
    due = (SignInAccount.closed_at < before) & ~SignInAccount.email.endswith(f"@{NOBODYS_DOMAIN}")
    if only_look:
        return Forgotten("closed_account", before, _count(services, SignInAccount, due), 0)
    removed = 0
    while True:
        with services.database.unit_of_work() as session:
            ids = session.scalars(select(SignInAccount.id).where(due).limit(ROWS_AT_ONCE)).all()
            for account_id in ids:
                empty_account(session, account_id, now)
        removed += len(ids)
        if len(ids) < ROWS_AT_ONCE:
            left = _count(services, SignInAccount, due)
            return Forgotten("closed_account", before, removed, left)


def last_runs(session: Session) -> dict[str, ForgettingRun]:
    """Return each rule's last proof, by the rule's name."""
    latest = (
        select(ForgettingRun.rule, func.max(ForgettingRun.ran_at).label("ran_at"))
        .group_by(ForgettingRun.rule)
        .subquery()
    )
    rows = session.scalars(
        select(ForgettingRun).join(
            latest,
            (latest.c.rule == ForgettingRun.rule) & (latest.c.ran_at == ForgettingRun.ran_at),
        )
    )
    return {row.rule: row for row in rows}
