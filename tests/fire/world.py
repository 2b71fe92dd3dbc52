"""The world that burns: counters at partners, people with cards and wallets, and the final checks.

The world is made once by the real use cases and copied for each seed.
"""

import secrets
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch
from uuid import UUID, uuid4

from sqlalchemy import event, select

import backend.tables  # noqa: F401 - every table must be known before they are made
from backend.accounts.beneficiaries import create_beneficiary
from backend.benefits.campaigns import allow_at, create_campaign, partner_account_of
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit, Wallet
from backend.benefits.wallets import wallet_of
from backend.cards import proving
from backend.cards.life import order_card
from backend.cards.states import CardState
from backend.database import Base, Database
from backend.ledger.accounts import balance
from backend.ledger.check import check_ledger
from backend.ledger.tables import Transfer
from backend.partners.authentication import AuthenticatedTerminal, TerminalKind
from backend.partners.enrolment import create_terminal
from backend.partners.registry import create_outlet, create_partner
from backend.payments.states import APPROVED_ONCE, PaymentState
from backend.payments.tables import Payment
from backend.pins.pads import register_pin_pad
from backend.pins.setting import set_code
from backend.services import Services
from backend.settings import Settings
from backend.vault.keys import VaultKeys, make_keys
from backend.vault.local import LocalVault
from backend.vault.software_store import SoftwareStore
from backend.vault.values import PinProfile, SecretCode
from passcard.layout import Application
from terminal.counter.journal import open_sale_journal
from terminal.counter.states import State
from tests.fire.backend_process import BackendProcess, Faults
from tests.fire.chip import Holder
from tests.fire.counter_process import CODE, CounterProcess, Line, Pad, SimulatedClock
from tests.fire.giving_back import given_back
from tests.fire.schedule import Schedule

START = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
AES = PinProfile.AES_DUKPT_FORMAT_4
WALLET_CENTS = 2_000
COUNTERS = 3
HOLDERS = 3
SALES_MAX = 3


@dataclass
class Template:
    """What every seed starts from."""

    path: Path
    vault: LocalVault
    #: One for all seeds, on a file that each seed gets fresh: statements are built once.
    database: Database
    terminals: list[tuple[AuthenticatedTerminal, bytes, bytes]] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    partners: list[UUID] = field(default_factory=list)

    @contextmanager
    def fresh(self) -> Iterator[Database]:
        """Give the database as it was before anybody sold."""
        path = str(self.database.engine.url.database)
        for rest in ("", "-wal", "-shm"):
            Path(path + rest).unlink(missing_ok=True)
        shutil.copy(self.path, path)
        try:
            yield self.database
        finally:
            self.database.close()


@contextmanager
def make_template(folder: Path) -> Iterator[Template]:
    """Make the world with the real use cases: two partners, one with two counters."""
    keys = make_keys(secrets.token_bytes)
    vault = LocalVault(keys, now=lambda: START)
    with _opened(folder / "burning.sqlite3") as burning:
        template = Template(folder / "template.sqlite3", vault, burning)
        with _opened(template.path) as database:
            _furnish(template, database, keys)
        yield template


def _furnish(template: Template, database: Database, keys: VaultKeys) -> None:
    Base.metadata.create_all(database.engine)
    services = Services(Settings(), database, template.vault, lambda: START)
    with database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="2026-2027",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            now=START,
        )
        benefit = Benefit(id=uuid4(), code="culture", label="Culture", campaign_id=campaign.id)
        session.add(benefit)
        session.flush()
        outlets = []
        for name in ("Librairie", "Cinéma"):
            partner_id = create_partner(session, name).id
            allow_at(session, benefit, partner_id, now=START)
            template.partners.append(partner_id)
            outlets.append((create_outlet(session, partner_id, "Centre").id, partner_id))
    for place in range(COUNTERS):
        template.terminals.append(_make_counter(services, *outlets[place % 2]))
    for _ in range(HOLDERS):
        _make_holder(services, template, benefit.id, SoftwareStore(keys))


def _make_counter(
    services: Services, outlet_id: UUID, partner_id: UUID
) -> tuple[AuthenticatedTerminal, bytes, bytes]:
    key_id, kind = secrets.token_bytes(8), TerminalKind.COUNTER
    with services.database.unit_of_work() as session:
        made = create_terminal(session, kind=kind, name="Caisse", outlet_id=outlet_id, now=START)
        register_pin_pad(session, made.terminal_id, key_id, AES)
    key = services.vault.initial_pad_key(key_id, AES).reveal()
    terminal = AuthenticatedTerminal(made.terminal_id, kind, "Caisse", outlet_id, partner_id)
    return terminal, key_id, key


def _make_holder(
    services: Services, template: Template, benefit_id: UUID, store: SoftwareStore
) -> None:
    with services.database.unit_of_work() as session:
        person = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2010, 1, 2),
            now=START,
        ).id
        # Without a 7: a code that stands on the card is refused, and CODE begins with one.
        number = int("".join(secrets.choice("012345689") for _ in range(11)))
        card = order_card(session, person, number, START)
        card.uid, card.state = secrets.token_bytes(7), CardState.ACTIVE.value
        grant(
            session,
            beneficiary_id=person,
            benefit=session.get_one(Benefit, benefit_id),
            amount_cents=WALLET_CENTS,
            reason="Dotation",
            grant_id=uuid4(),
            now=START,
        )
        key = store.card_key(card.uid, Application.BENEFITS, card.key_version)
        template.holders.append(Holder(card.uid, card.number, key))
        template.people.append(person)
    set_code(services, person, SecretCode(CODE))


@contextmanager
def _opened(path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{path}")
    # A simulated kill loses no page of the operating system's: the disk need not be waited for.
    event.listen(database.engine, "connect", _do_not_wait_for_the_disk, insert=False)
    try:
        yield database
    finally:
        database.close()


def _do_not_wait_for_the_disk(connection: object, _entry: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA synchronous=OFF")
    cursor.close()


@dataclass(frozen=True)
class Outcome:
    """What a seed came to."""

    seed: int
    faults: dict[str, int]
    problems: list[str]
    approved: int
    #: Of how many of them something went back.
    given_back: int
    seconds: float


def burn(template: Template, folder: Path, seed: int) -> Outcome:
    """Run one seed: sales in a fire, then quiet until nothing is open, then every check."""
    schedule = Schedule(seed)
    random = schedule.random
    faults = _draw_faults(random)
    with template.fresh() as database:
        services = Services(Settings(), database, template.vault)
        backend = BackendProcess(schedule, services, faults, START)
        clock = SimulatedClock(schedule, START)
        counters = []
        for place, (terminal, key_id, key) in enumerate(template.terminals):
            own = folder / f"counter-{place}"
            own.mkdir()
            pad = Pad(schedule, key_id, key)
            queue = [
                (random.choice(template.holders), random.randint(1, 900))
                for _ in range(random.randint(1, SALES_MAX))
            ]
            line = Line(backend, terminal, faults)
            counters.append(CounterProcess(schedule, faults, line, pad, clock, own, queue))
        for counter in counters:
            schedule.spawn("counter", counter.live, after=random.random() * 10)
        schedule.spawn("fire brigade", faults.stop, after=60 + 300 * random.random())
        # Sweeping is chosen by ids that no seed draws.
        with patch.object(proving, "CHALLENGES_PER_SWEEP", 1 << 128):
            schedule.run()
        problems, approved, given = check(template, services, counters)
    return Outcome(seed, schedule.faults, problems, approved, given, schedule.seconds)


def _draw_faults(random: Random) -> Faults:
    """Draw a fire: some are all loss, some all kills, most are everything at once."""
    fierce = random.choice((0.05, 0.2, 0.5))
    return Faults(
        lost=fierce * 1.5 * random.random(),
        doubled=fierce * random.random(),
        delayed=fierce * random.random(),
        backend_killed=fierce * 0.2 * random.random(),
        terminal_killed=fierce * 0.2 * random.random(),
    )


def check(
    template: Template, services: Services, counters: list[CounterProcess]
) -> tuple[list[str], int, int]:
    """Return what is wrong in the end, how many sales were approved, and given back of."""
    problems: list[str] = []
    payments, moved = _what_the_backend_says(services)
    sold: dict[UUID, int] = {}
    back: dict[UUID, int] = {}
    for counter in counters:
        journal = open_sale_journal(counter.journal_path)
        if journal.list_unfinished():
            problems.append("a sale is left open")
        for sale in journal.list_since(START - timedelta(days=1)):
            if sale.state is State.APPROVED:
                assert sale.payment_id is not None
                sold[UUID(sale.payment_id)] = sale.amount_cents
        journal.close()
        mine, still_open = given_back(counter.folder)
        back |= mine
        if still_open:
            problems.append("a return is left open")
    kept = {key: cents - back.get(key, 0) for key, cents in sold.items()}
    kept = {key: cents for key, cents in kept.items() if cents}
    if moved != kept:
        problems.append(f"counters kept {kept}, the ledger moved {moved}")
    approved = {key for key, state in payments.items() if state in APPROVED_ONCE}
    if approved != set(sold):
        problems.append(f"counters sold {set(sold)}, the backend approved {approved}")
    if PaymentState.PENDING in payments.values() and any(
        payments.get(key) is PaymentState.PENDING for key in sold
    ):
        problems.append("a sold payment is pending")
    problems += _what_the_books_say(template, services, sum(kept.values()))
    return problems, len(sold), len(back)


def _what_the_backend_says(
    services: Services,
) -> tuple[dict[UUID, PaymentState], dict[UUID, int]]:
    with services.database.reading() as session:
        states = {row.payment_id: row.status for row in session.scalars(select(Payment))}
        wallets = set(session.scalars(select(Wallet.account_id)))
        moved, debits = Counter[UUID](), Counter[UUID]()
        wanted = select(Transfer).where(Transfer.reference.startswith("payment:"))
        for row in session.scalars(wanted):
            payment_id = UUID(row.reference.removeprefix("payment:"))
            paid = row.debit_account_id in wallets
            debits[payment_id] += paid
            moved[payment_id] += row.amount_cents if paid else -row.amount_cents
    assert all(count == 1 for count in debits.values()), "a payment was debited once"
    return states, {key: cents for key, cents in moved.items() if cents}


def _what_the_books_say(template: Template, services: Services, sold_cents: int) -> list[str]:
    problems = []
    with services.database.reading() as session:
        problems += [str(problem) for problem in check_ledger(session).problems]
    with services.database.reading() as session:
        wallets = [
            wallet_of(session, person, "culture", START).balance.value for person in template.people
        ]
        owed = [
            balance(session, partner_account_of(session, partner)) for partner in template.partners
        ]
    if min(wallets) < 0:
        problems.append(f"a wallet below zero: {wallets}")
    if sum(owed) != sold_cents:
        problems.append(f"partners are owed {sum(owed)}, counters sold {sold_cents}")
    if sum(wallets) + sum(owed) != HOLDERS * WALLET_CENTS:
        problems.append(f"cents lost: {HOLDERS * WALLET_CENTS - sum(wallets) - sum(owed)}")
    return problems
