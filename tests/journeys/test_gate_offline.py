"""The backend stopped: the gate decides, keeps its passages and hands them over once; the till says
in French that it cannot sell, and debits nothing.
"""

import pytest

from scripts.demo.hands import see
from scripts.demo.story import CODES, Story
from scripts.demo.world import BIN, request
from tests.journeys.books import passages_of

pytestmark = [pytest.mark.xdist_group("gate_offline"), pytest.mark.timeout(300)]

STOP_SECONDS_MAX = 15.0


def gate_state(story: Story) -> dict[str, object]:
    return request("GET", f"{story.world.gate}/state")


def test_with_the_backend_stopped_then_back(story: Story) -> None:
    world = story.world
    story.hands.wait_for_new_list()
    backend = next(one for one in world.programs.running if one.name == "backend")
    backend.process.terminate()
    backend.process.wait(STOP_SECONDS_MAX)

    story.hands.make_card("AUTRE", "foreign")
    answers = [
        story.hands.pass_gate(card)["answer"] for card in ("LEA", "LEA", "HUGO", "AUTRE", "NOE")
    ]
    assert answers == ["OK", "DEJA_PASSE", "OK", "CARTE_INCONNUE", "OK"]
    see("the gate noticing", lambda: gate_state(story), lambda seen: not seen["online"])
    assert gate_state(story)["outbox"] == 5

    sale = story.sell("LEA", 500)
    assert sale["state"] == "failed"
    assert "débité" in str(sale["message"])

    again = world.programs.start(
        "backend", [str(BIN / "pass-backend"), "--config", world.config("backend"), "serve"]
    )
    world.programs.wait_until(
        again, lambda: gate_state(story)["outbox"] == 0 and bool(gate_state(story)["online"])
    )
    expected = [(str(number), answer) for number, answer in enumerate(answers, 1)]
    assert passages_of(world.folder) == expected
    assert story.sell("LEA", 500, CODES["lea"])["remaining_cents"] == 9500
