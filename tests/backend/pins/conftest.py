"""A holder, and pads beside terminals; the pad side is the simulator's own code."""

import secrets
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.accounts.activation import invite
from backend.accounts.beneficiaries import create_beneficiary
from backend.accounts.tables import Notice
from backend.partners.enrolment import create_terminal
from backend.partners.tables import TerminalKind
from backend.pins.checking import CodeCheck, check_code
from backend.pins.pads import register_pin_pad
from backend.pins.setting import _store, set_code
from backend.pins.tables import CodeRecord, PinPad, PinReferenceRow, TerminalGuard
from backend.services import Services
from backend.settings import Settings
from backend.vault.keys import with_new_pin_reference
from backend.vault.local import LocalVault
from backend.vault.software_store import SoftwareStore
from backend.vault.values import (
    EncryptedPinBlock,
    PinProfile,
    PinSubject,
    PinVerdict,
    SecretCode,
)
from simulator import dukpt as pad_dukpt
from simulator import pin_block as pad_block

CARD_NUMBER = "9250000000000011"


class WatchedVault:
    """A vault that says how often it compared a code, and lets a test step in just before."""

    def __init__(self, vault: LocalVault) -> None:
        self.vault = vault
        self.verified: list[PinVerdict] = []
        self.before: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.vault, name)

    def verify_pin(self, encrypted: EncryptedPinBlock, subject: PinSubject) -> PinVerdict:
        step_in, self.before = self.before, None
        if step_in is not None:
            step_in()
        verdict = self.vault.verify_pin(encrypted, subject)
        self.verified.append(verdict)
        return verdict


@dataclass
class Pad:
    """A pad that encrypts what is typed on it, each time under another key."""

    terminal_id: UUID
    profile: PinProfile
    initial_key_id: bytes
    initial_key: bytes = field(repr=False)
    counter: int = 0

    def type(self, digits: str, card_number: str = CARD_NUMBER) -> EncryptedPinBlock:
        typed = bytearray(digits.encode())
        if self.profile is PinProfile.TDES_DUKPT_FORMAT_0:
            self.counter = pad_dukpt.next_tdes_counter(self.counter)
            key = pad_dukpt.tdes_pin_key(self.initial_key, self.initial_key_id, self.counter)
            ksn = pad_dukpt.tdes_key_serial_number(self.initial_key_id, self.counter)
            return EncryptedPinBlock(
                self.profile, ksn, pad_block.format0_block(key, typed, card_number)
            )
        self.counter = pad_dukpt.next_aes_counter(self.counter)
        key = pad_dukpt.aes_pin_key(self.initial_key, self.initial_key_id, self.counter)
        ksn = pad_dukpt.aes_key_serial_number(self.initial_key_id, self.counter)
        block = pad_block.format4_block(key, typed, card_number, secrets.token_bytes)
        return EncryptedPinBlock(self.profile, ksn, block)


@dataclass
class World:
    """What a test of codes does."""

    services: Services
    vault: WatchedVault
    person: UUID

    def people(self, count: int, digits: str, within: Session | None = None) -> list[UUID]:
        """More holders with the same code, each of them put straight into the database."""
        made = []
        given = nullcontext(within) if within is not None else None
        with given or self.services.database.unit_of_work() as session:
            for _ in range(count):
                person = create_beneficiary(
                    session,
                    given_name="Noé",
                    family_name="Martin",
                    birth_date=date(2009, 5, 17),
                    now=self.services.now(),
                ).id
                code = SecretCode(digits)
                reference = self.vault.vault.make_pin_reference(person, 1, code)
                _store(session, person, reference, self.services.now())
                made.append(person)
        return made

    def pad(
        self,
        profile: PinProfile = PinProfile.AES_DUKPT_FORMAT_4,
        terminal_id: UUID | None = None,
        **registered: Any,
    ) -> Pad:
        if profile is PinProfile.TDES_DUKPT_FORMAT_0:
            key_id = secrets.token_bytes(7) + bytes.fromhex("E00000")
        else:
            key_id = secrets.token_bytes(8)
        with self.services.database.unit_of_work() as session:
            now = self.services.now()
            kind = TerminalKind.COUNTER
            if terminal_id is None:
                new = create_terminal(session, kind=kind, name="Caisse", now=now)
                terminal_id = new.terminal_id
            register_pin_pad(session, terminal_id, key_id, profile, **registered)
        key = self.vault.vault.initial_pad_key(key_id, profile).reveal()
        return Pad(terminal_id, profile, key_id, key)

    def invite(self) -> str:
        with self.services.database.unit_of_work() as session:
            return invite(session, self.person, self.services.now())

    def set(self, digits: str) -> None:
        set_code(self.services, self.person, SecretCode(digits))

    def check(
        self,
        pad: Pad,
        typed: EncryptedPinBlock,
        *,
        terminal_id: UUID | None = None,
        person: UUID | None = None,
        services: Services | None = None,
    ) -> CodeCheck:
        return check_code(
            services or self.services,
            terminal_id=terminal_id or pad.terminal_id,
            payment_id=uuid4(),
            beneficiary_id=person or self.person,
            card_number=CARD_NUMBER,
            encrypted_pin_block=typed,
            now=self.services.now(),
        )

    def with_settings(self, **changed: Any) -> Services:
        return replace(self.services, settings=Settings(**changed))

    def roll_reference_key(self) -> None:
        """Do what opening the vault on a key file with a new reference key does."""
        store = self.vault.vault._store
        assert isinstance(store, SoftwareStore)
        keys = with_new_pin_reference(store._keys, secrets.token_bytes)
        self.vault.vault._store = SoftwareStore(keys)

    def row(self, person: UUID | None = None) -> PinReferenceRow | None:
        with self.services.database.reading() as session:
            return session.get(PinReferenceRow, person or self.person)

    def happenings(self) -> list[str]:
        """What was written down about the code, oldest first."""
        with self.services.database.reading() as session:
            chosen = select(CodeRecord).where(CodeRecord.account_id == self.person)
            records = session.scalars(chosen.order_by(CodeRecord.sequence)).all()
        return [one.happening for one in records]

    def mails(self) -> list[str]:
        """The kinds of the mails owed to the holder."""
        with self.services.database.reading() as session:
            chosen = select(Notice.kind).where(Notice.beneficiary_id == self.person)
            return list(session.scalars(chosen.order_by(Notice.created_at, Notice.kind)))

    def guard(self, pad: Pad) -> TerminalGuard:
        with self.services.database.reading() as session:
            return session.get_one(TerminalGuard, pad.terminal_id)

    def pad_row(self, pad: Pad) -> PinPad:
        with self.services.database.reading() as session:
            chosen = select(PinPad).where(PinPad.initial_key_id == pad.initial_key_id)
            return session.scalars(chosen).one()


@pytest.fixture
def world(services: Services, vault: LocalVault) -> World:
    watched = WatchedVault(vault)
    with services.database.unit_of_work() as session:
        person = create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2009, 5, 17),
            now=services.now(),
        ).id
    return World(replace(services, vault=watched), watched, person)
