"""A counter's two waits, as its page sees them, and what an idle one costs.

    amount entered ─▶ « Présentez la carte »    floor: one request to the same server and back
    the code's last key ─▶ the answer           floor: the payment's exchange with the backend alone

Every part is real: daemon, page stream, pcscd, the pad on its line, the backend on loopback. A wait
ends when the state has come down the page's event stream. The pad is a twin on a pseudo-terminal:
it costs no line time, and a real one at 9600 baud adds its own. Then nothing is done for a while
with the till page and the customer's screen open.
"""

import argparse
import json
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.figures import Comparison
from benchmarks.processes import cpu_seconds, family_of, memory_bytes
from scripts.demo.hands import Hands
from scripts.demo.loopback import answers
from scripts.demo.processes import Program
from scripts.demo.story import CODES, Story, choose_codes, personalise_cards
from scripts.demo.world import ANY_PORTS, Staging, World, set_stage

SALES = 100
IDLE_MINUTES = 10.0
SEEN_SECONDS_MAX = 20.0
MEBIBYTE = 1024 * 1024


class PageStream:
    """The event stream of an open page, each state with the moment it came."""

    def __init__(self, url: str) -> None:
        self._arrived: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(url,), daemon=True)
        self._thread.start()
        self.wait_for(bool)

    def wait_for(self, accept: Callable[[dict[str, Any]], bool]) -> float:
        """Return the moment at which an acceptable state came."""
        end = time.monotonic() + SEEN_SECONDS_MAX
        while True:
            at, state = self._arrived.get(timeout=max(0.0, end - time.monotonic()))
            if accept(state):
                return at

    def _read(self, url: str) -> None:
        with httpx.stream("GET", url, timeout=None) as answer:  # noqa: S113 -- it never ends
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    self._arrived.put((time.monotonic(), json.loads(line[6:])))


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    world = set_stage(folder / "s", ANY_PORTS, Staging(adjust=_Direct()))
    try:
        story = Story(world, Hands(world))
        personalise_cards(story)
        choose_codes(story)
        timings = folder / "timings"
        counter = _timed_counter(world, timings)
        yield from _waits(story, timings, asked.sales)
        if asked.idle_minutes > 0:
            yield from _idle(world, counter, asked.idle_minutes)
    finally:
        world.programs.stop_all()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks counter", description=__doc__)
    parser.add_argument("--sales", type=int, default=SALES)
    parser.add_argument("--idle-minutes", type=float, default=IDLE_MINUTES)
    return parser.parse_args(arguments)


class _Direct:
    """Lets the counter reach the backend itself, and not over the line that can be cut."""

    def __init__(self) -> None:
        self._port = ""

    def __call__(self, name: str, text: str) -> str:
        if name == "backend":
            self._port = re.findall(r"listen_port = (\d+)", text)[0]
        if name != "caisse":
            return text
        return re.sub(
            r'backend_url = "[^"]*"', f'backend_url = "http://127.0.0.1:{self._port}"', text
        )


def _timed_counter(world: World, timings: Path) -> Program:
    """Put the timed counter in the place of the stage's own."""
    own = next(each for each in world.programs.running if each.name == "caisse")
    own.process.terminate()
    own.process.wait(SEEN_SECONDS_MAX)
    command = [sys.executable, "-m", "benchmarks.counter_process", world.config("caisse")]
    program = world.programs.start("caisse-timed", [*command, str(timings)])
    world.programs.wait_until(program, lambda: answers(f"{world.till}/health"))
    return program


def _waits(story: Story, timings: Path, sales: int) -> Iterator[str]:
    world, page = story.world, PageStream(f"{story.world.till}/events")
    to_card, to_answer, floor = [], [], []
    with httpx.Client(headers={"Authorization": f"Bearer {world.till_token()}"}) as http:
        _one_sale(story, page, http)  # warm: imports, connections, the first card
        timings.unlink()
        for _ in range(sales):
            floor.append(_request_alone(world, http))
            waited = _one_sale(story, page, http)
            to_card.append(waited[0])
            to_answer.append(waited[1])
    exchanges = [float(line) for line in timings.read_text(encoding="ascii").split()]
    first = "Counter: amount entered to « Présentez la carte » on the page's stream"
    yield Comparison(first, "one request to the same server", to_card, floor).in_words()
    second = "Counter: the code's last key to the answer on the page's stream"
    alone = "the payment's exchange with the backend alone"
    yield Comparison(second, alone, to_answer, exchanges).in_words()


def _request_alone(world: World, http: httpx.Client) -> float:
    began = time.monotonic()
    http.post(f"{world.till}/sales/current/benefit", json={"benefit": "none"})
    return time.monotonic() - began


def _one_sale(story: Story, page: PageStream, http: httpx.Client) -> tuple[float, float]:
    """Sell for a cent; return both waits in seconds."""
    world = story.world
    began = time.monotonic()
    http.post(f"{world.till}/sales", json={"amount_cents": 1}).raise_for_status()
    to_card = page.wait_for(lambda state: state["state"] == "card") - began
    keys = f"{world.simulator}/pad/keys"
    with story.hands.at_counter("LEA"):
        page.wait_for(lambda state: state["state"] == "code")
        while not story.hands.pad()["entering"]:
            time.sleep(0.01)
        httpx.post(keys, json={"keys": CODES["lea"]}).raise_for_status()
        began = time.monotonic()
        httpx.post(keys, json={"keys": "E"}).raise_for_status()
        to_answer = page.wait_for(_is_answered) - began
        page.wait_for(lambda state: state["state"] == "amount")  # free for the next
    return to_card, to_answer


def _is_answered(state: dict[str, Any]) -> bool:
    sale = state["sale"]
    return sale is not None and sale["state"] == "approved"


def _idle(world: World, counter: Program, minutes: float) -> Iterator[str]:
    pages = [PageStream(f"{world.till}/events"), PageStream(f"{world.till}/client/events")]
    pid = counter.process.pid
    memory, cpu, began = _memory(pid), cpu_seconds(pid), time.monotonic()
    end = began + minutes * 60
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(10.0, left))
        httpx.get(f"{world.till}/health", timeout=SEEN_SECONDS_MAX)  # as an open page does
    used = cpu_seconds(pid) - cpu
    share = 100 * used / (time.monotonic() - began)
    yield (
        f"Counter: idle for {minutes:g} min with {len(pages)} pages open\n"
        f"  CPU    {used:.2f} s, {share:.2f} % of a core\n"
        f"  memory {memory / MEBIBYTE:.1f} MiB, then {_memory(pid) / MEBIBYTE:.1f} MiB (PSS)"
    )


def _memory(pid: int) -> int:
    return sum(memory_bytes(each) for each in family_of(pid))
