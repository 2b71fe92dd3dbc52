"""A scheme goes from codes of four digits to six, and everybody pays: till, pad, backend, vault.

Everything is real and loud, and the line to the backend is listened to. With the other pads:
`test_pads_in_sales.py`, which is the everyday sibling.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from scripts.demo.hands import see
from scripts.demo.story import CODES, make_cards
from scripts.demo.world import request
from simulator import dukpt
from simulator.pin_block import format4_account_field
from tests.journeys.leak_secrets import look_everywhere, secrets_of
from tests.journeys.leak_stage import LeakStage, leak_stage
from tests.journeys.secret_search import clear_block_needle, code_needle
from tests.journeys.stages import activate, start_backend, stop

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("longer_codes"),
    pytest.mark.timeout(300),
]

LONG, OLD = "739152", CODES["noe"]
FIRST_FOUR = LONG[:4]


@pytest.fixture(scope="module")
def stage() -> Iterator[LeakStage]:
    """The scheme has codes of four digits, and Noé has chosen his."""
    with leak_stage(logging.DEBUG) as stage:
        make_cards(stage.story, ("lea", "noe"))
        refused = activate(stage.story, "lea", LONG)
        assert (refused.status_code, "exactement 4 chiffres" in refused.text) == (422, True)
        assert activate(stage.story, "noe", OLD).status_code == 200
        yield stage


def test_the_codes_grow_while_a_till_holds_an_older_proof(stage: LeakStage) -> None:
    story = stage.story
    sale_id = story.hands.start_sale(300)
    with story.hands.at_counter("NOE"):
        see("the pad asking", story.hands.pad, lambda pad: bool(pad["entering"]))
        stop(story.world, "backend")
        with Path(story.world.config("backend")).open("a") as file:
            file.write("code_digits = 6\ncode_digits_before = 4\n")
        start_backend(story.world)
        # That pad was told of four digits: more than that it does not take.
        story.hands.type_code(OLD + "9")
        sale = story.hands.sale_ended(sale_id)
    assert (sale["state"], sale["remaining_cents"]) == ("approved", 9700), sale
    assert last_field(stage, "noe") == f"44{OLD}".ljust(16, "A")


def test_a_code_of_six_digits_is_chosen_and_pays(stage: LeakStage) -> None:
    story = stage.story
    refused = activate(story, "lea", FIRST_FOUR)
    assert (refused.status_code, "exactement 6 chiffres" in refused.text) == (422, True)
    assert activate(story, "lea", LONG).status_code == 200
    sale_id = story.hands.start_sale(1250)
    with story.hands.at_counter("LEA"):
        # As many digits as a code chosen before had: compared, and wrong.
        story.hands.type_code(FIRST_FOUR)
        assert pad_showing(stage, "CODE FAUX") == "RESTE 2 ESSAIS"
        assert request("GET", f"{story.world.till}/state")["sale"]["tries_left"] == 2
        assert last_field(stage, "lea") == f"44{FIRST_FOUR}".ljust(16, "A")
        # One digit too many is lost on the pad.
        story.hands.type_code(LONG + "8")
        sale = story.hands.sale_ended(sale_id)
    assert (sale["state"], sale["remaining_cents"]) == ("approved", 8750), sale
    assert last_field(stage, "lea") == f"46{LONG}".ljust(16, "A")


def test_a_code_chosen_before_pays_on(stage: LeakStage) -> None:
    sale = stage.story.sell("NOE", 300, OLD)
    assert (sale["state"], sale["remaining_cents"]) == ("approved", 9400), sale


def test_no_code_is_anywhere_afterwards(stage: LeakStage) -> None:
    needles = secrets_of(stage)
    needles += [code_needle("long", LONG), code_needle("its last four", LONG[-4:])]
    needles += [code_needle("its first four", FIRST_FOUR)]
    for holder, person in stage.story.world.people.items():
        for code in (LONG, LONG + "8", FIRST_FOUR):
            needles.append(clear_block_needle(f"card of {holder}", code, person.card_number))
    found = look_everywhere(stage, needles)
    assert not found, "\n".join(map(str, sorted(found)))


def pad_showing(stage: LeakStage, first_line: str) -> str:
    """Wait for this first line and return the second."""
    pad = see(first_line, stage.story.hands.pad, lambda seen: seen["lines"][0] == first_line)
    return str(pad["lines"][1])


def last_field(stage: LeakStage, name: str) -> str:
    """Return the half of the last PIN block on the line that has length and digits, in hex."""
    held = json.loads((stage.folder / "pads" / "caisse.json").read_text())
    initial, key_id = (bytes.fromhex(held[each]) for each in ("initial_key", "initial_key_id"))
    serial, block = list(stage.seen.blocks.items())[-1]
    counter = int(serial.removeprefix(key_id.hex().upper()), 16)
    key = dukpt.aes_pin_key(initial, key_id, counter)
    decrypt = Cipher(AES(key), ECB()).decryptor().update
    account = format4_account_field(stage.story.number(name))
    half_way = zip(decrypt(bytes.fromhex(block)), account, strict=True)
    return decrypt(bytes(a ^ b for a, b in half_way))[:8].hex().upper()
