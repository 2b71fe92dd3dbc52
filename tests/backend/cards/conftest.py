"""A person, a card, a chip, and hands that carry bytes between the chip and the backend."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from backend.accounts.beneficiaries import create_beneficiary
from backend.cards.life import lock_card, move, order_card
from backend.cards.states import CardEvent
from backend.cards.tables import Card
from backend.partners.tables import TerminalKind
from backend.services import Services
from simulator.chip.chip import Chip
from tests.backend.card_masters import roll_card_masters

UIDS: Iterator[bytes] = ((0x04AABBCC000000 + n).to_bytes(7, "big") for n in count(1))


def new_chip() -> Chip:
    """Take a factory blank from the box."""
    return Chip(next(UIDS), secrets.token_bytes)


@pytest.fixture
def lea(services: Services) -> UUID:
    with services.database.unit_of_work() as session:
        return create_beneficiary(
            session,
            given_name="Léa",
            family_name="Martin",
            birth_date=date(2009, 5, 17),
            now=services.now(),
        ).id


@dataclass
class World:
    """What a test of cards does, over HTTP."""

    services: Services
    client: TestClient
    desk: Any
    counter: Any
    person: UUID
    serial: int = 0

    def order(self) -> Card:
        self.serial += 1
        with self.services.database.unit_of_work() as session:
            return order_card(session, self.person, self.serial, self.services.now())

    def card(self, card_id: UUID) -> Card:
        with self.services.database.reading() as session:
            return session.scalars(select(Card).where(Card.id == card_id)).one()

    def begin(self, chip: Chip, number: str | None, desk: Any = None) -> Any:
        body = {"uid": chip.uid.hex().upper(), "card_number": number}
        return self.post("/v1/personalisations", body, desk)

    def begin_retirement(self, chip: Chip, desk: Any = None) -> Any:
        return self.post("/v1/retirements", {"uid": chip.uid.hex().upper()}, desk)

    def carry(self, chip: Chip, begun: Any, exchanges_max: int = 200) -> Any:
        """Carry commands to the chip and responses back, until the end or a refusal."""
        chip.power_on()
        kind = "retirements" if "retirement_id" in begun else "personalisations"
        name, command = begun[f"{kind[:-1]}_id"], begun["command"]
        for _ in range(exchanges_max):
            said = chip.transmit(bytes.fromhex(command)).hex().upper()
            answer = self.respond(name, said, kind=kind)
            if answer.status_code != 200 or answer.json()["done"]:
                return answer
            command = answer.json()["command"]
        return answer

    def respond(
        self, name: str, response: str, desk: Any = None, *, kind: str = "personalisations"
    ) -> Any:
        return self.post(f"/v1/{kind}/{name}/responses", {"response": response}, desk)

    def post(self, path: str, body: Any, desk: Any = None) -> Any:
        return self.client.post(path, json=body, headers=(desk or self.desk).headers)

    def roll_card_keys(self) -> int:
        """Give the vault new card masters, as a key ceremony does; return their version."""
        return roll_card_masters(self.services.vault)

    def personalised(self, key_version: int | None = None) -> tuple[Card, Chip]:
        """Give an active card and its chip, without the desk: quicker than over HTTP."""
        ordered, chip = self.order(), new_chip()
        chip.power_on()
        version = key_version or self.services.vault.current_card_key_version()
        step = self.services.vault.begin_personalisation(chip.uid, to_version=version)
        while step.command is not None:
            response = chip.transmit(step.command)
            step = self.services.vault.continue_personalisation(step.dialogue_id, response)
        with self.services.database.unit_of_work() as session:
            card = lock_card(session, ordered.id)
            card.uid = chip.uid
            card.key_version = version
            move(card, CardEvent.PERSONALISED, self.services.now())
        return card, chip

    def ask(self, chip: Chip, *, uid: bytes | None = None, at: Any = None) -> Any:
        """Ask a chip for its challenge, and the backend for the answer to it."""
        chip.power_on()
        chip.transmit(bytes.fromhex("905A000003F5925000"))
        rnd_b = chip.transmit(bytes.fromhex("9071000002010000"))[:16]
        return self.challenge((uid or chip.uid).hex().upper(), rnd_b.hex().upper(), at=at)

    def challenge(
        self, uid: str, rnd_b: str, *, application: str = "benefits", at: Any = None
    ) -> Any:
        body = {"uid": uid, "application": application, "encrypted_rnd_b": rnd_b}
        headers = (at or self.counter).headers
        return self.client.post("/v1/card-challenges", json=body, headers=headers)

    def reply(self, chip: Chip, challenge: Any) -> str:
        answer = bytes.fromhex(challenge["answer"])
        said = chip.transmit(b"\x90\xaf\x00\x00\x20" + answer + b"\x00")
        return said[:-2].hex().upper() or "00" * 32

    def prove(self, challenge: Any, card_answer: str, *, at: Any = None) -> Any:
        return self.client.post(
            f"/v1/card-challenges/{challenge['challenge_id']}/proof",
            json={"card_answer": card_answer},
            headers=(at or self.counter).headers,
        )

    def tap(self, chip: Chip, *, uid: bytes | None = None) -> Any:
        challenge = self.ask(chip, uid=uid).json()
        return self.prove(challenge, self.reply(chip, challenge))


@pytest.fixture
def world(services: Services, client: TestClient, sign_in: Callable[..., Any], lea: UUID) -> World:
    desk, counter = sign_in(TerminalKind.DESK), sign_in(TerminalKind.COUNTER)
    return World(services, client, desk, counter, lea)


@pytest.fixture
def blank() -> Callable[[], Chip]:
    return new_chip
