"""September: 200 sign-ups a minute for ten minutes, and nobody lost.

Real `pass-backend` processes (API, vault, the job that sends mails) on a PostgreSQL of its own with
every commit on disk, a real SMTP server, real HTTP. Each person opens the form, sends it, waits for
the mail, opens its link, presses its button with a password, signs in and opens their space; each
has an address of the network of their own, as at home. They come evenly, whether the one before has
finished or not; the form's puzzle is solved in a process of its own, as each one's telephone would.
Beside it, the floor: the smallest page of the same application at the same moment.

`python -m benchmarks september --minutes 1` measures less.
"""

import argparse
import asyncio
import os
import re
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from backend.accounts.signin.tables import SignInAccount
from backend.accounts.strangers.puzzles import solve
from backend.accounts.tables import Notice
from backend.database import Database
from benchmarks.payments import _where
from benchmarks.payments_load import percentiles
from benchmarks.payments_world import Served, World, build_world, free_port, serving
from benchmarks.postgres import Cluster
from benchmarks.processes import cpu_seconds

A_MINUTE = 200
MINUTES = 10.0
MAIL_SECONDS_MAX = 60.0
WARM_REQUESTS = 12
LINK = re.compile(r"https?://[^/\s]+(/inscription/[\w-]{43})")
PASSWORD = "sept lanternes au bord du canal"  # noqa: S105
PUZZLE = re.compile(r'name="robot_puzzle" value="([^"]+)"')
DONE = "/espace"


@dataclass
class Tally:
    """What happened to those who came."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    finished: int = 0
    lost: list[str] = field(default_factory=list)

    async def timed(self, step: str, asked: Awaitable[httpx.Response]) -> httpx.Response:
        """Await an answer and keep how long it took; raise RuntimeError for one that is no page."""
        began = time.perf_counter()
        answer = await asked
        self.seconds.setdefault(step, []).append(time.perf_counter() - began)
        if answer.status_code not in {200, 303}:
            msg = f"{step}: {answer.status_code}"
            raise RuntimeError(msg)
        return answer


class Mailboxes:
    """Everybody's mailbox: the first link that came to an address, and who waits for it."""

    def __init__(self) -> None:
        self._links: dict[str, str] = {}
        self._waiting: dict[str, asyncio.Event] = {}
        self.loop: asyncio.AbstractEventLoop | None = None

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail, as aiosmtpd gives it, in its own thread."""
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        body = letter.get_body(("plain",))
        found = LINK.search(body.get_content()) if body is not None else None
        if found is not None and self.loop is not None:
            self.loop.call_soon_threadsafe(self._keep, envelope.rcpt_tos[0], found[1])
        return "250 OK"

    async def link_of(self, address: str) -> str:
        """Wait for the link that is mailed to an address."""
        event = self._waiting.setdefault(address, asyncio.Event())
        if address not in self._links:
            await asyncio.wait_for(event.wait(), MAIL_SECONDS_MAX)
        return self._links[address]

    def _keep(self, address: str, link: str) -> None:
        self._links[address] = link
        self._waiting.setdefault(address, asyncio.Event()).set()


def measure(folder: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """Measure and give each line as soon as it is known."""
    asked = _options(arguments)
    mailboxes, mail_port = Mailboxes(), free_port()
    post = Controller(mailboxes, hostname="127.0.0.1", port=mail_port)
    with Cluster({"max_connections": "100"}) as cluster:
        world = build_world(cluster.url(cluster.create_database()), folder, places=1)
        yield _where()
        post.start()
        try:
            with serving(world, asked.workers) as served, _sending(world, mail_port) as job:
                pids = (served.api.pid, served.vault.pid, job.pid, cluster.server_pid)
                before = [cpu_seconds(pid) for pid in pids]
                came = int(asked.minutes * asked.a_minute)
                tally = asyncio.run(_open_day(served, mailboxes, came, 60 / asked.a_minute))
                spent = [cpu_seconds(pid) - was for pid, was in zip(pids, before, strict=True)]
        finally:
            post.stop()
        yield from _told(tally, came, spent)
        yield _kept(world.url, tally)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks september", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--a-minute", type=int, default=A_MINUTE)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args(arguments)


class _sending:  # noqa: N801 - used as the function it replaces
    """Run the job that sends mails, until the block ends."""

    def __init__(self, world: World, port: int) -> None:
        self._config = world.folder / "mails.toml"
        served = (world.folder / "backend.toml").read_text(encoding="utf-8")
        self._config.write_text(
            f'{served}smtp_host = "127.0.0.1"\nsmtp_port = {port}\nsmtp_security = "none"\n'
            'mail_sender = "pass@region.example"\n',
            encoding="utf-8",
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "backend", "--config", str(self._config)]
        with (self._config.parent / "mails.log").open("ab") as log:
            self._job = subprocess.Popen(
                [*command, "notices", "send"], stdout=log, stderr=log, env=os.environ
            )
        return self._job

    def __exit__(self, *_exception: object) -> None:
        self._job.terminate()
        self._job.wait(MAIL_SECONDS_MAX)


async def _open_day(served: Served, mailboxes: Mailboxes, came: int, every_seconds: float) -> Tally:
    mailboxes.loop = asyncio.get_running_loop()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as client:
        for _ in range(WARM_REQUESTS):  # each process reads its templates once
            await client.get("/inscription", headers={"Connection": "close"})
    tally, began = Tally(), time.perf_counter()
    people = []
    with ProcessPoolExecutor(1) as telephones:
        for number in range(came):
            await asyncio.sleep(max(0.0, began + number * every_seconds - time.perf_counter()))
            one = _one(served.port, mailboxes, tally, number, telephones)
            people.append(asyncio.create_task(one))
        await asyncio.gather(*people)
    return tally


async def _one(
    port: int, mailboxes: Mailboxes, tally: Tally, number: int, telephones: Executor
) -> None:
    """One person, from the form to their space."""
    home = f"127.{1 + number // 65025}.{number // 255 % 255}.{1 + number % 255 % 254}"
    transport = httpx.AsyncHTTPTransport(local_address=home)
    address = f"{secrets.token_hex(6)}.{number}@famille.example"
    # The cookie is only ever sent over HTTPS; here the line ends at the application itself.
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=60.0) as client:
        try:
            await _steps(client, mailboxes, tally, address, telephones)
            tally.finished += 1
        except (httpx.HTTPError, RuntimeError, TimeoutError) as trouble:
            tally.lost.append(f"{type(trouble).__name__} {trouble}")


async def _steps(
    client: httpx.AsyncClient,
    mailboxes: Mailboxes,
    tally: Tally,
    address: str,
    telephones: Executor,
) -> None:
    ask: Callable[..., Awaitable[httpx.Response]] = tally.timed
    await ask("smallest page", client.get("/accessibilite"))
    page = await ask("form", client.get("/inscription"))
    version = re.search(r'name="terms" value="(\d+)"', page.text)
    typed = {
        "given_name": "Camille",
        "family_name": "Durand",
        "birth_date": "01/02/1985",
        "email": address,
        "email_again": address,
        "language": "fr",
        "terms": "" if version is None else version[1],
    }
    found = PUZZLE.search(page.text)
    if found is not None:
        number = await asyncio.get_running_loop().run_in_executor(telephones, solve, found[1])
        typed |= {"robot_puzzle": found[1], "robot_number": str(number)}
    await ask("sent", client.post("/inscription", data=typed))
    began = time.perf_counter()
    link = await mailboxes.link_of(address)
    tally.seconds.setdefault("mail", []).append(time.perf_counter() - began)
    await ask("link", client.get(link))
    chosen = {"password": PASSWORD, "password_again": PASSWORD}
    await ask("account (password hash)", client.post(link, data=chosen))
    entered = await ask(
        "sign-in (password hash)",
        client.post("/connexion", data={"email": address, "password": PASSWORD}),
    )
    held = [text.partition(";")[0] for text in entered.headers.get_list("set-cookie")]
    await ask("space", client.get(DONE, headers={"Cookie": "; ".join(held)}))


def _told(tally: Tally, came: int, spent: Sequence[float]) -> Iterator[str]:
    lost = len(tally.lost)
    yield f"{came} people came, {tally.finished} are in their space, {lost} lost"
    for trouble in sorted(set(tally.lost))[:5]:
        yield f"    {trouble}"
    floor = statistics.median(tally.seconds["smallest page"])
    for step, seconds in tally.seconds.items():
        ratio = statistics.median(seconds) / floor
        cuts = " ".join(f"{name} {1000 * took:.0f}" for name, took in percentiles(seconds).items())
        yield f"  {step:26} ms {cuts}; {ratio:.1f} times the smallest page"
    names = ("API", "vault", "mails", "PostgreSQL")
    each = ", ".join(
        f"{name} {1000 * used / max(came, 1):.0f}" for name, used in zip(names, spent, strict=True)
    )
    yield f"  processor ms for each person: {each}"


def _kept(url: str, tally: Tally) -> str:
    """Ask the database itself: as many accounts as people who finished, no mail given up."""
    database = Database(url)
    with database.reading() as session:
        accounts = session.scalar(select(func.count()).select_from(SignInAccount)) or 0
        stuck = select(func.count()).select_from(Notice).where(Notice.state == "given_up")
        given_up = session.scalar(stuck) or 0
    database.close()
    same = "the same" if accounts == tally.finished else "NOT THE SAME"
    return f"  accounts in the database: {accounts}, {same}; mails given up: {given_up}"
