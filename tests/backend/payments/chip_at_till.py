"""A chip that is a shop's card, and its challenge at a till."""

import secrets

from backend.cards.tables import Card
from simulator.chip.chip import Chip
from tests.backend.payments.conftest import Shop, Till


def put_a_chip_in_the_card(shop: Shop) -> Chip:
    chip = Chip(secrets.token_bytes(7), secrets.token_bytes)
    chip.power_on()
    vault = shop.services.vault
    step = vault.begin_personalisation(chip.uid)
    while step.command is not None:
        step = vault.continue_personalisation(step.dialogue_id, chip.transmit(step.command))
    with shop.services.database.unit_of_work() as session:
        session.get_one(Card, shop.card).uid = chip.uid
    return chip


def challenge_chip(till: Till, chip: Chip) -> tuple[str, str]:
    """Have the chip challenged; return the challenge and the chip's answer to it."""
    chip.power_on()
    chip.transmit(bytes.fromhex("905A000003F5925000"))
    rnd_b = chip.transmit(bytes.fromhex("9071000002010000"))[:16]
    asked = {
        "uid": chip.uid.hex().upper(),
        "application": "benefits",
        "encrypted_rnd_b": rnd_b.hex().upper(),
    }
    challenge = till.post("card-challenges", asked).json()
    command = b"\x90\xaf\x00\x00\x20" + bytes.fromhex(challenge["answer"]) + b"\x00"
    return challenge["challenge_id"], chip.transmit(command)[:-2].hex().upper()
