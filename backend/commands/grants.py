"""`pass-backend grants …`: import a file, grant by rule, report, explain."""

import csv
import gc
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TextIO
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.benefits.grant_file import (
    REFUSAL_COLUMNS,
    GrantFile,
    GrantFileRefused,
    open_grant_file,
)
from backend.benefits.granting import Run, Tally, explain, run_grants
from backend.benefits.grants import BY_HAND, grant
from backend.benefits.importing import ImportTally, Refusal, import_grants
from backend.benefits.report import CampaignReport, report_campaign
from backend.benefits.tables import Eligibility
from backend.commands.benefits import find_benefit
from backend.commands.campaigns import find_campaign
from backend.commands.refusal import CommandRefused
from backend.ledger.money import Cents
from backend.ledger.tables import Transfer
from backend.services import Services
from backend.snapshot import hold_still
from backend.tabular import safe_cell

GRANTS_BY_HAND: Final = uuid5(NAMESPACE_URL, "urn:pass:grant-by-hand")
PROGRESS_SECONDS: Final = 1.0
#: Objects made between two looks of the garbage collector; the default is 700.
GARBAGE_OBJECTS_MAX: Final = 100_000


@dataclass(slots=True)
class Progress:
    """Tells a person how far a long work is, about once a second."""

    say: Callable[[str], object]
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)
    told: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.told = self.clock()

    def tell(self, done: int, things: str, share: float | None = None) -> None:
        """Say how many of what are done, how fast, and which share of the whole it is."""
        now = self.clock()
        if now - self.told < PROGRESS_SECONDS:
            return
        self.told = now
        seconds = now - self.began
        words = f"{done} {things} · {done / seconds:.0f} par seconde"
        if share:
            words += f" · {share:.0%} · encore {seconds * (1 - share) / share:.0f} s"
        self.say(words)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import or a run did, or would do."""

    tally: Tally
    committed: bool
    #: Where the refused lines are; None: there are none.
    refusals: Path | None = None

    def as_row(self) -> dict[str, object]:
        """List what was counted."""
        tally = self.tally
        row: dict[str, object] = {
            "committed": self.committed,
            "people": tally.people,
            "granted": tally.granted,
            "granted_cents": tally.granted_cents,
            "refused": tally.refused,
            "already_granted": tally.already,
        }
        if isinstance(tally, ImportTally):
            row["lines"] = tally.lines
            row["refused_lines"] = tally.refused_lines
            row["refusals_file"] = None if self.refusals is None else str(self.refusals)
        return row

    def as_json(self) -> str:
        """Write it for a program."""
        return json.dumps(self.as_row())

    def as_text(self) -> str:
        """Write it for a person."""
        tally = self.tally
        lines = []
        if isinstance(tally, ImportTally):
            taken = tally.lines - tally.refused_lines
            lines.append(
                f"{tally.lines} lignes lues, {taken} prises, {tally.refused_lines} refusées"
            )
            lines.append(f"{tally.people} personnes nouvelles")
        else:
            lines.append(f"{tally.people} personnes examinées")
        amount = Cents(tally.granted_cents).in_words()
        lines.append(f"{tally.granted} dotations accordées, {amount}")
        lines.append(f"{tally.refused} refusées, {tally.already} déjà accordées")
        if self.refusals is not None:
            lines.append(f"Lignes refusées, avec la raison : {self.refusals}")
        if not self.committed:
            lines.append("Essai : rien n'a été enregistré. Ajoutez --commit pour le faire.")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Wish:
    """An amount for one person, by hand; `payment` tells two of the same benefit apart."""

    benefit: str
    reference: str
    amount: Cents
    reason: str
    payment: str


def import_file(
    services: Services,
    path: Path,
    campaign_name: str,
    *,
    commit: bool,
    refusals: Path | None,
    progress: Progress,
) -> Outcome:
    """Import a file of grants; refused lines go to a file beside it, or to `refusals`.

    Raises CommandRefused, CampaignClosed.
    """
    try:
        file = open_grant_file(path)
    except GrantFileRefused as why:
        raise CommandRefused(str(why)) from None
    with services.database.reading() as session:
        campaign_id = find_campaign(session, campaign_name).id
    target = refusals or path.with_name(f"{path.stem}-rejets.csv")

    def tell(tally: Tally) -> None:
        if isinstance(tally, ImportTally):
            progress.tell(tally.lines, "lignes", tally.bytes_read / file.bytes_total)

    with _collecting_seldom(), _refusals_into(target, file) as refuse:
        tally = import_grants(
            services.database,
            campaign_id,
            file,
            services.now,
            run=Run(commit=commit, progress=tell),
            refuse=refuse,
        )
    return Outcome(tally, commit, target if tally.refused_lines else None)


def run(services: Services, campaign_name: str, *, commit: bool, progress: Progress) -> Outcome:
    """Apply a campaign's rules to everybody; raise CommandRefused, CampaignClosed."""
    with services.database.reading() as session:
        campaign_id = find_campaign(session, campaign_name).id
    chosen = Run(commit=commit, progress=lambda tally: progress.tell(tally.people, "personnes"))
    with _collecting_seldom():
        return Outcome(run_grants(services.database, campaign_id, services.now, chosen), commit)


def give(services: Services, campaign_name: str, wish: Wish, *, commit: bool) -> str:
    """Give one person an amount for a reason; the same wish again is given once.

    Raises CommandRefused, CampaignClosed, TransferConflict for the same wish of another amount.
    """
    with services.database.unit_of_work() if commit else services.database.reading() as session:
        campaign = find_campaign(session, campaign_name)
        benefit = find_benefit(session, campaign.id, wish.benefit)
        person = _beneficiary(session, wish.reference)
        grant_id = uuid5(GRANTS_BY_HAND, f"{benefit.id}.{person}.{wish.payment}")
        words = f"{wish.amount.in_words()} à {wish.reference} ({benefit.label}) : {wish.reason}"
        if not commit:
            return f"Essai : {words}. Rien n'a été enregistré ; ajoutez --commit pour le faire."
        again = session.scalar(select(Transfer.id).where(Transfer.id == grant_id)) is not None
        grant(
            session,
            beneficiary_id=person,
            benefit=benefit,
            amount_cents=wish.amount.value,
            reason=BY_HAND,
            words=wish.reason,
            grant_id=grant_id,
            now=services.now(),
        )
        return f"Déjà accordé : {words}" if again else f"Accordé : {words}"


def report(services: Services, campaign_name: str) -> CampaignReport:
    """Return a campaign's report, all of one moment; raise CommandRefused."""
    with services.database.reading() as session:
        hold_still(session)
        return report_campaign(session, find_campaign(session, campaign_name))


def report_as_json(found: CampaignReport) -> str:
    """Write a report for a program."""
    money = found.money
    return json.dumps(
        {
            "decisions": [
                {
                    "benefit": one.benefit_code,
                    "rule": one.rule_code,
                    "granted": one.granted,
                    "reason": one.reason,
                    "count": one.count,
                    "cents": one.cents,
                }
                for one in found.decisions
            ],
            "money": {
                "wallets": money.wallets,
                "granted_cents": money.granted_cents,
                "spent_cents": money.spent_cents,
                "left_cents": money.left_cents,
                "expired_cents": money.expired_cents,
            },
        }
    )


def report_as_csv(found: CampaignReport) -> str:
    """Write a report for a spreadsheet: decisions, then where the money is."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";", lineterminator="\n")
    rows.writerow(("avantage", "regle", "decision", "raison", "nombre", "centimes"))
    for one in found.decisions:
        decision = "accordé" if one.granted else "refusé"
        rule = one.rule_code or ""
        row = (one.benefit_code, rule, decision, one.reason, one.count, one.cents)
        rows.writerow([safe_cell(str(each)) for each in row])
    money = found.money
    for words, cents in (
        ("total accordé", money.granted_cents),
        ("total dépensé", money.spent_cents),
        ("total restant", money.left_cents),
        ("total expiré", money.expired_cents),
    ):
        rows.writerow(("", "", words, "", money.wallets, cents))
    return text.getvalue().rstrip("\n")


def explain_to(services: Services, campaign_name: str, reference: str) -> list[str]:
    """Return what the campaign's rules say of a person, a sentence each; raise CommandRefused."""
    with services.database.reading() as session:
        campaign = find_campaign(session, campaign_name)
        found = explain(session, campaign.id, _beneficiary(session, reference))
        return [f"{code} : {decision.words}" for code, decision in found] or [
            "Aucune règle dans cette campagne."
        ]


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Spare a third of a batch's time: it makes many objects, none in circles, and drops them."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS_MAX)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _beneficiary(session: Session, reference: str) -> UUID:
    query = select(Eligibility.beneficiary_id).where(Eligibility.reference == reference)
    found = session.scalar(query)
    if found is None:
        msg = "nobody has this reference"
        raise CommandRefused(msg)
    return found


@contextmanager
def _refusals_into(target: Path, file: GrantFile) -> Iterator[Callable[[Refusal], None]]:
    """Write refused lines as they come; the file appears whole at the end, or not at all."""
    if target.resolve() == file.path.resolve():
        msg = "the refused lines cannot go into the file that is read"
        raise CommandRefused(msg)
    part = target.with_name(f"{target.name}.part")
    opened: list[TextIO] = []

    def write(cells: list[str]) -> None:
        rows = csv.writer(opened[0], delimiter=file.separator, lineterminator="\n")
        rows.writerow([safe_cell(cell) for cell in cells])

    def refuse(refusal: Refusal) -> None:
        if not opened:
            # The mark makes spreadsheets read UTF-8.
            opened.append(part.open("w", encoding="utf-8-sig", newline=""))
            own = [name for name in file.columns if name not in REFUSAL_COLUMNS]
            write([*REFUSAL_COLUMNS, *own])
        cells = file.cells(refusal.line)
        write([str(refusal.line.number), refusal.code, refusal.words, *cells])

    try:
        yield refuse
    finally:
        for one in opened:
            one.close()
    if opened:
        part.replace(target)
