"""A Saturday at the bookshop, whole: sixty people at a real counter, and the books agree."""

import json
from collections import Counter
from pathlib import Path

import httpx
import pytest

from scripts.demo.drawer import DRAWER_CODES, fill_drawer
from scripts.demo.story import CODES, Story
from scripts.demo.world import BIN

#: A quarter of an hour of a shop, in as much time as a slow machine needs for its sales.
SPEED = 8
SECONDS_MAX = 900


@pytest.mark.slow
@pytest.mark.timeout(SECONDS_MAX + 120)
def test_it_is_played_whole_and_the_books_agree(story: Story, tmp_path: Path) -> None:
    world = story.world
    story.hands.make_card("AUTRE", "foreign")
    story.hands.make_card("COPIE", "clone", of="LEA")
    fill_drawer(story)
    codes, before = tmp_path / "codes.toml", _sales(world.till)
    told = {**CODES, **DRAWER_CODES}
    codes.write_text("".join(f'{name} = "{code}"\n' for name, code in told.items()))
    command = [str(BIN / "pass-simulator"), "scenario", "run", "bookshop-saturday", "--json"]
    command += ["--speed", str(SPEED), "--control", world.simulator, "--codes", str(codes)]
    command += ["--till", world.till, "--till-token", str(world.folder / "caisse" / "till-token")]
    done = world.programs.start("scenario", command)
    status = done.process.wait(SECONDS_MAX)
    report = json.loads(done.log.read_text().splitlines()[-1])
    assert (status, report["seed"], report["done"]["ring"]) == (5, 14, 60), report
    # Nobody is asked for a code while the line is down; nothing else is refused.
    assert set(report["refused"]) <= {"pad_did_not_ask", "no_sale_in_progress"}, report
    ends = Counter(sale["state"] for sale in _sales(world.till)) - Counter(
        sale["state"] for sale in before
    )
    assert ends["approved"] >= 30, ends
    assert ends["declined"] >= 5, ends  # Zoé's wallet is empty
    assert sum(ends.values()) == 60, ends
    backend = [str(BIN / "pass-backend"), "--config", world.config("backend")]
    world.programs.run("ledger check", [*backend, "ledger", "check"])


def _sales(till: str) -> list[dict[str, object]]:
    sales: list[dict[str, object]] = httpx.get(f"{till}/sales", timeout=10).json()["sales"]
    return sales
