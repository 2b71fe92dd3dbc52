"""The drawer of the counter page: one card for each trouble somebody may have.

Each is made as in life: its person is declared, its chip made a card at the desk, its code chosen
by its holder, and what happened to it was done by who would do it.
"""

import json
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from scripts.demo.hands import SEEN_SECONDS_MAX, see
from scripts.demo.processes import DemonstrationError, Program
from scripts.demo.story import CODES, Story, activate, expect
from scripts.demo.world import BIN, COUNTER_READER, ask_backend, request

# Whose card is made here, and the code each chose: one that many of a school chose is refused.
DRAWER_CODES: Final = {
    "ines": "2963",
    "malo": "8054",
    "zoe": "3719",
    "adam": "6482",
    "yanis": "9157",
    "jade": "4036",
    "tom": "5290",
}
# What is said of each card in three words, and its colour.
FACES: Final[dict[str, tuple[str, str]]] = {
    "LEA": ("tout va bien", "#2a4dd0"),
    "HUGO": ("aucun code encore", "#0f7c8c"),
    "NOE": ("code bloqué", "#7a3fa0"),
    "INES": ("déclarée perdue", "#a3172b"),
    "MALO": ("expirée", "#5f6472"),
    "ZOE": ("porte-monnaie vide", "#8a5200"),
    "ADAM": ("autre établissement", "#33691e"),
    "YANIS": ("arrachée en route", "#b23c17"),
    "JADE": ("lente", "#00695c"),
    "TOM": ("muette", "#4e4238"),
    "COPIE": ("numéro de Léa copié", "#7b2d42"),
    "AUTRE": ("autre émetteur", "#7a4b2a"),
    "BANQUE": ("carte bancaire", "#c9a227"),
    "TELEPHONE": ("téléphone", "#1c1f26"),
    "VIERGE": ("vierge, jamais servie", "#3d5a80"),
}
FAULTS: Final[dict[str, dict[str, int]]] = {
    "YANIS": {"tear_after": 2},
    "JADE": {"slow_milliseconds": 800},
    "TOM": {"mute_after": 1},
}


def fill_drawer(story: Story) -> list[str]:
    """Seven more cards, each with a trouble of its own, for whoever plays at the counter."""
    _make_cards(story)
    for name, code in DRAWER_CODES.items():
        chosen = activate(story, story.world.people[name].activation_token, code)
        expect(chosen.status_code == 200, (name, chosen.status_code))
    sale = story.sell("ZOE", 500, DRAWER_CODES["zoe"])
    expect(sale["state"] == "approved" and sale["remaining_cents"] == 0, sale)
    ask_backend(
        story.world,
        "block-card, expire-card",
        ("block-card", "--card-number", story.number("ines"), "--reason", "lost", "--code", "keep"),
        ("expire-card", "--card-number", story.number("malo")),
    )
    for kind, name in (("bank", "BANQUE"), ("phone", "TELEPHONE"), ("blank", "VIERGE")):
        story.hands.make_card(name, kind)
    for name, (note, colour) in FACES.items():
        face: dict[str, Any] = {"note": note, "colour": colour}
        if name in FAULTS:
            face["faults"] = FAULTS[name]
        request("PATCH", f"{story.world.simulator}/cards/{quote(name)}", face)
    return [f"{name}: {note}" for name, (note, _) in FACES.items()]


def codes_told() -> str:
    """Say who chose which code: these people are made up, and whoever plays must type one."""
    chosen = {**CODES, **DRAWER_CODES}
    return ", ".join(f"{name.upper()} {code}" for name, code in chosen.items())


def _make_cards(story: Story) -> None:
    """Make them at the desk in one batch, a card after the other."""
    world = story.world
    numbers = {story.number(name): name.upper() for name in DRAWER_CODES}
    orders, report = world.folder / "drawer-orders.txt", world.folder / "drawer-cards"
    orders.write_text("\n".join(numbers))
    command = [str(BIN / "pass-terminal"), "desk", "batch", "--config", world.config("guichet")]
    batch = world.programs.start(
        "desk batch", [*command, "--orders", str(orders), "--report", str(report)]
    )
    record = report.with_suffix(".jsonl")
    for place, (number, name) in enumerate(numbers.items(), 1):
        story.hands.make_card(name)
        with story.hands.holding(name, COUNTER_READER):
            lines = see(f"{name} made", partial(_lines, record, batch), partial(_has, place))
        made = json.loads(lines[-1])
        expect(made["card_number"] == number and made["result"] == "done", made)
    if batch.process.wait(SEEN_SECONDS_MAX) != 0:
        raise DemonstrationError(batch.last_words())


def _has(wanted: int, lines: list[str]) -> bool:
    return len(lines) >= wanted


def _lines(record: Any, batch: Program) -> list[str]:
    if batch.process.poll() not in {None, 0}:
        raise DemonstrationError(batch.last_words())
    try:
        text: str = record.read_text()
    except FileNotFoundError:
        return []
    return text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]
