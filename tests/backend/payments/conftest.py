"""A bookshop with a counter, and Léa with a card, a code and a wallet.

Rows are put straight into the database where another room's conversation is not the subject;
PIN blocks are made by the simulator's pad side, which shares no code with the vault.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Protocol, cast
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.accounts.beneficiaries import create_beneficiary
from backend.benefits.campaigns import allow_at, create_campaign, partner_account_of
from backend.benefits.grants import grant
from backend.benefits.tables import Benefit
from backend.benefits.wallets import wallet_of, wallet_statement
from backend.cards.life import order_card
from backend.cards.proving import PROOF_SECONDS_MAX
from backend.cards.states import CardState
from backend.cards.tables import CardProof
from backend.errors import BackendError
from backend.ledger.accounts import balance
from backend.ledger.check import check_ledger
from backend.ledger.money import Cents
from backend.ledger.tables import Transfer
from backend.partners.authentication import AuthenticatedTerminal, TerminalKind
from backend.partners.enrolment import create_terminal
from backend.partners.registry import create_outlet, create_partner
from backend.partners.tables import AccessToken
from backend.payments.authorise import authorise
from backend.payments.find import FoundPayment, find_by_receipt, find_payment
from backend.payments.give_back import GivenBack, refund, void
from backend.payments.orders import (
    Answer,
    Approved,
    Decision,
    Declined,
    PaymentOrder,
    Reversed,
    Voided,
)
from backend.payments.reverse import reverse
from backend.pins.checking import EncryptedPinBlock, PinProfile
from backend.pins.pads import register_pin_pad
from backend.pins.setting import set_code
from backend.pins.tables import TRIES_MAX, PinReferenceRow
from backend.services import Services
from backend.vault.values import PinSubject, PinVerdict, SecretCode
from backend.vault.vault import Vault
from simulator.dukpt import aes_key_serial_number, aes_pin_key, next_aes_counter
from simulator.pin_block import format4_block

CODE, WRONG_CODE = "7294", "6183"
AES = PinProfile.AES_DUKPT_FORMAT_4


class VerifyPin(Protocol):
    def __call__(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict: ...


class InterruptedVault:
    """The real vault, with something happening while it compares a code."""

    def __init__(self, vault: Vault, happening: Callable[[], object]) -> None:
        self._vault = vault
        self._happening = happening

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vault, name)

    def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
        self._happening()
        return self._vault.verify_pin(encrypted, subject)


class PowerCut(Exception):
    """The backend dies while the vault is asked."""


def cut_the_power() -> None:
    raise PowerCut


@dataclass
class Pad:
    """A PIN pad's side: an initial key and a counter that only goes up."""

    initial_key_id: bytes
    initial_key: bytes
    counter: int = 0

    def type(self, code: str, card_number: str) -> EncryptedPinBlock:
        self.counter = next_aes_counter(self.counter)
        key = aes_pin_key(self.initial_key, self.initial_key_id, self.counter)
        block = format4_block(key, bytearray(code.encode()), card_number, secrets.token_bytes)
        serial = aes_key_serial_number(self.initial_key_id, self.counter)
        return EncryptedPinBlock(AES, serial, block)


@dataclass
class Counter:
    """A counter terminal of the shop, with its pad."""

    terminal: AuthenticatedTerminal
    pad: Pad


@dataclass
class Shop:
    """The world, and the doors with the usual words filled in."""

    services: Services
    campaign_funding: UUID
    benefit: Benefit
    partner: UUID
    outlet: UUID
    lea: UUID
    card: UUID
    card_number: str
    counters: list[Counter] = field(default_factory=list)

    # --- building

    def add_counter(self, kind: TerminalKind = TerminalKind.COUNTER) -> Counter:
        key_id = secrets.token_bytes(8)
        with self.services.database.unit_of_work() as session:
            made = create_terminal(
                session, kind=kind, name="Caisse", outlet_id=self.outlet, now=self.services.now()
            )
            session.flush()
            register_pin_pad(session, made.terminal_id, key_id, AES)
        initial_key = self.services.vault.initial_pad_key(key_id, AES).reveal()
        terminal = AuthenticatedTerminal(
            made.terminal_id, kind, "Caisse", self.outlet, self.partner
        )
        self.counters.append(Counter(terminal, Pad(key_id, initial_key)))
        return self.counters[-1]

    def token(self, counter: Counter | None = None) -> dict[str, str]:
        """Headers of an authenticated request."""
        clear = secrets.token_urlsafe(16)
        with self.services.database.unit_of_work() as session:
            session.add(
                AccessToken(
                    token_hash=hashlib.sha256(clear.encode()).digest(),
                    terminal_id=(counter or self.counters[0]).terminal.terminal_id,
                    expires_at=self.services.now() + timedelta(seconds=300),
                )
            )
        return {"Authorization": f"Bearer {clear}"}

    def give(self, amount_cents: int) -> None:
        with self.services.database.unit_of_work() as session:
            grant(
                session,
                beneficiary_id=self.lea,
                benefit=self.benefit,
                amount_cents=amount_cents,
                reason="Dotation de rentrée",
                grant_id=uuid4(),
                now=self.services.now(),
            )

    def prove(self, counter: Counter | None = None) -> UUID:
        proof_id = uuid4()
        with self.services.database.unit_of_work() as session:
            session.add(
                CardProof(
                    id=proof_id,
                    card_id=self.card,
                    terminal_id=(counter or self.counters[0]).terminal.terminal_id,
                    expires_at=self.services.now() + timedelta(seconds=PROOF_SECONDS_MAX),
                    used_by=None,
                )
            )
        return proof_id

    def restore_tries(self) -> None:
        with self.services.database.unit_of_work() as session:
            row = session.get_one(PinReferenceRow, self.lea)
            row.state, row.tries_left = "active", TRIES_MAX

    # --- asking

    def order(
        self,
        amount_cents: int = 100,
        *,
        code: str = CODE,
        counter: Counter | None = None,
        **change: Any,
    ) -> PaymentOrder:
        counter = counter or self.counters[0]
        proof_id = change.pop("proof_id", None) or self.prove(counter)
        order = PaymentOrder(
            payment_id=uuid4(),
            proof_id=proof_id,
            benefit_code="culture",
            amount=Cents(amount_cents),
            pin=counter.pad.type(code, self.card_number),
        )
        return replace(order, **change)

    def pay(
        self,
        order: PaymentOrder,
        counter: Counter | None = None,
        *,
        while_verifying: Callable[[], object] | None = None,
    ) -> Decision:
        services = self.services
        if while_verifying is not None:
            vault = cast("Vault", InterruptedVault(services.vault, while_verifying))
            services = replace(services, vault=vault)
        return authorise(services, (counter or self.counters[0]).terminal, order)

    def pay_then_die(self, order: PaymentOrder) -> None:
        with pytest.raises(PowerCut):
            self.pay(order, while_verifying=cut_the_power)

    def reverse(self, payment_id: UUID, counter: Counter | None = None) -> Reversed:
        return reverse(self.services, (counter or self.counters[0]).terminal, payment_id)

    def find(self, payment_id: UUID, counter: Counter | None = None) -> Answer:
        return find_payment(self.services, (counter or self.counters[0]).terminal, payment_id)

    def void(
        self, payment_id: UUID, counter: Counter | None = None, void_id: UUID | None = None
    ) -> GivenBack:
        return void(self.services, (counter or self.counters[0]).terminal, payment_id, void_id)

    def refund(
        self,
        payment_id: UUID,
        amount_cents: int,
        counter: Counter | None = None,
        *,
        refund_id: UUID | None = None,
    ) -> GivenBack:
        return refund(
            self.services,
            (counter or self.counters[0]).terminal,
            payment_id,
            refund_id=refund_id or uuid4(),
            amount=Cents(amount_cents),
        )

    def look_up(self, number: str, day: date, counter: Counter | None = None) -> FoundPayment:
        terminal = (counter or self.counters[0]).terminal
        return find_by_receipt(self.services, terminal, number, day)

    # --- looking

    def wallet(self) -> int:
        with self.services.database.reading() as session:
            return wallet_of(session, self.lea, "culture", self.services.now()).balance.value

    def owed_to_the_shop(self) -> int:
        with self.services.database.reading() as session:
            return balance(session, partner_account_of(session, self.partner))

    def granted(self) -> int:
        with self.services.database.reading() as session:
            return balance(session, self.campaign_funding)

    def statement(self) -> list[str]:
        with self.services.database.reading() as session:
            wallet = wallet_of(session, self.lea, "culture", self.services.now())
            return [line.words for line in wallet_statement(session, wallet.account_id)]

    def movements(self, payment_id: UUID) -> int:
        """How many transfers this payment made."""
        query = select(Transfer).where(Transfer.reference == f"payment:{payment_id}")
        with self.services.database.reading() as session:
            return len(session.scalars(query).all())

    def tries_left(self) -> int:
        with self.services.database.reading() as session:
            return session.get_one(PinReferenceRow, self.lea).tries_left

    def assert_sound(self) -> None:
        """Nothing made, nothing lost, nobody below zero."""
        with self.services.database.reading() as session:
            assert check_ledger(session).problems == ()
        assert self.wallet() + self.owed_to_the_shop() == self.granted()
        assert self.wallet() >= 0


def random_order_number() -> int:
    """Return a card's order number without the digit 7: CODE is then never part of a card's number.

    A code that stands on the card is refused, which a number of any digits meets now and then.
    """
    return int("".join(secrets.choice("012345689") for _ in range(11)))


def build_shop(services: Services, wallet_cents: int = 1000) -> Shop:
    """Make a world of its own in the database, whatever else is in it."""
    now = services.now()
    with services.database.unit_of_work() as session:
        campaign = create_campaign(
            session,
            name="2026-2027",
            opens_on=date(2026, 9, 1),
            closes_on=date(2027, 6, 30),
            now=now,
        )
        benefit = Benefit(id=uuid4(), code="culture", label="Culture", campaign_id=campaign.id)
        session.add(benefit)
        session.flush()
        partner = create_partner(session, "Librairie du Parc").id
        outlet = create_outlet(session, partner, "Centre").id
        allow_at(session, benefit, partner, now=now)
        lea = create_beneficiary(
            session, given_name="Léa", family_name="Martin", birth_date=date(2010, 1, 2), now=now
        ).id
        card = order_card(session, lea, random_order_number(), now)
        card.uid = secrets.token_bytes(7)
        card.state = CardState.ACTIVE.value
        number = card.number
    shop = Shop(
        services, campaign.funding_account_id, benefit, partner, outlet, lea, card.id, number
    )
    shop.add_counter()
    if wallet_cents:
        shop.give(wallet_cents)
    set_code(services, lea, SecretCode(CODE))
    return shop


@pytest.fixture
def shop(services: Services) -> Shop:
    return build_shop(services)


def outcome(ask: Callable[[], Answer | GivenBack]) -> str:
    """Return what a request came to, in one word or two."""
    try:
        return _in_words(ask())
    except BackendError as refusal:
        return refusal.code


def _in_words(answer: Answer | GivenBack) -> str:
    match answer:
        case Approved(refunds=refunds):
            back = sum(one.amount_cents for one in refunds)
            words = f"approved:{back} back" if back else "approved"
        case Declined(reason=reason):
            words = f"declined:{reason}"
        case Reversed(money_moved=moved):
            words = "reversed:moved" if moved else "reversed"
        case Voided():
            words = "voided"
        case GivenBack(kind=kind, amount_cents=cents):
            words = f"{kind} {cents}"
        case _:
            words = "pending"
    return words


Body = dict[str, Any]


def body_of(order: PaymentOrder) -> Body:
    return {
        "payment_id": str(order.payment_id),
        "proof_id": str(order.proof_id),
        "benefit": order.benefit_code,
        "amount_cents": order.amount.value,
        "pin": {
            "profile": order.pin.profile.value,
            "ksn": order.pin.key_serial_number.hex().upper(),
            "block": order.pin.block.hex().upper(),
        },
    }


class Till:
    """A counter's side of HTTP."""

    def __init__(self, shop: Shop, client: TestClient, counter: Counter | None = None) -> None:
        self._client, self._headers = client, shop.token(counter)

    def post(self, path: str, body: object) -> Any:
        return self._client.post(f"/v1/{path}", json=body, headers=self._headers)

    def get(self, path: str) -> Any:
        return self._client.get(f"/v1/{path}", headers=self._headers)
