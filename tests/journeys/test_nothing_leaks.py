"""Nothing leaks: the whole demonstration and every failure, then a search of all that is left.

Searched: logs and crash traces, the databases (raw files, and cell by cell), the journals, event
streams, bodies of HTTP, arguments and environments of every process.
"""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from scripts.demo.story import STEPS
from tests.journeys.leak_secrets import look_everywhere, secrets_of
from tests.journeys.leak_stage import FAILURES, LeakStage, leak_stage
from tests.journeys.secret_search import (
    Found,
    Needle,
    cell_bytes,
    clear_block_needle,
    code_needle,
    key_needle,
    search,
    search_files,
    search_sqlite,
    text_needle,
)
from tests.journeys.witnesses import ProcessWatch, Seen
from tests.own_postgres import own_postgres

pytestmark = [pytest.mark.xdist_group("nothing_leaks"), pytest.mark.timeout(400)]

ACCOUNT = "9250000000000018"


def play(stage: LeakStage) -> None:
    """Tell the whole story, then let everything go wrong."""
    for step in STEPS:
        step(stage.story)
    for failure in FAILURES:
        failure(stage)


def expect_nothing(stage: LeakStage) -> list[Needle]:
    needles = secrets_of(stage)
    kinds = {one.kind for one in needles}
    assert {"code", "clear PIN block", "encrypted PIN block", "pad initial key"} <= kinds
    assert {"vault key", "card key", "terminal key", "bearer token", "PIN key"} <= kinds
    found = look_everywhere(stage, needles)
    assert not found, "\n".join(map(str, sorted(found)))
    return needles


def expect_found_where_planted(stage: LeakStage, needles: list[Needle]) -> None:
    """The same search, over the same stage, finds one of each kind put into its log."""
    log = stage.folder / "logs" / "caisse.log"
    before = log.read_bytes()
    for kind in {one.kind for one in needles} - {"code"}:
        planted = next(one for one in needles if one.kind == kind)
        log.write_bytes(before + b"\n" + max(planted.forms, key=len) + b"\n")
        assert Found(kind, planted.name, "logs/caisse.log") in search_files([planted], stage.folder)
    log.write_bytes(before)


def test_the_whole_story_and_every_failure_leave_no_secret() -> None:
    with leak_stage(logging.DEBUG) as stage:
        play(stage)
        logs = b"".join(file.read_bytes() for file in (stage.folder / "logs").iterdir())
        assert b"DEBUG" in logs or b"debug" in logs, "nobody was loud"
        assert len(stage.seen.blocks) >= 10
        assert len(stage.seen.processes) >= 10
        assert any(place.startswith("stream") for place in stage.seen.bodies.values())
        assert not list(stage.folder.rglob("core*"))
        needles = expect_nothing(stage)
        expect_found_where_planted(stage, needles)


@pytest.fixture(scope="module")
def postgres() -> Iterator[tuple[str, Path]]:
    """A PostgreSQL of this module's own: its URL, and the folder with all its files."""
    with own_postgres() as folder:
        yield f"postgresql+psycopg://postgres@/postgres?host={folder}", folder


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING, logging.ERROR])
def test_at_every_other_level(level: int) -> None:
    with leak_stage(level) as stage:
        play(stage)
        expect_nothing(stage)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_with_postgresql(postgres: tuple[str, Path]) -> None:
    url, folder = postgres
    with leak_stage(logging.DEBUG, url) as stage:
        play(stage)
        needles = expect_nothing(stage)
        found = {one for one in search_postgres(needles, url) if not is_a_name_at_home(one)}
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        nameless = [one for one in needles if one.kind != "name"]
        # 1 and 4 are templates that nobody opens.
        for place, those in (("base/5", nameless), ("pg_wal", nameless), ("global", needles)):
            found |= search_files(those, folder / place)
        found |= search(needles, "log", (folder / "log").read_bytes())
        assert not found, "\n".join(map(str, sorted(found)))


def is_a_name_at_home(found: Found) -> bool:
    """Say whether it is a name where the backend keeps names: in the person's row and its keys."""
    return found.kind == "name" and found.place in {"beneficiary", "person_key"}


def search_postgres(needles: list[Needle], url: str) -> set[Found]:
    """Look through every cell of every table."""
    found: set[Found] = set()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        assert len(tables) > 10
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table}"'.encode()):
                for cell in row:
                    found |= search(needles, table, cell_bytes(cell))
    return found


# --- the search can find ----------------------------------------------------------------------

KEY = bytes.fromhex("9E1C44D07A5B2F8833E6015AC7D4F912")
NEEDLES = [
    code_needle("c", "8406"),
    clear_block_needle("b", "8406", ACCOUNT),
    code_needle("c", "840600"),
    clear_block_needle("b", "840600", ACCOUNT),
    key_needle("key", "k", KEY),
    text_needle("token", "t", "eyJhbGciOi.x-y_z0123456789"),
]


@pytest.mark.parametrize(
    "text",
    [
        "code 8406",
        '{"code":"8406"}',
        "keys=8406E",
        "(8406)",
        "8 4 0 6",
        "['8', '4', '0', '6']",
        "8.4.0.6",
        "[56, 52, 48, 54]",
        "38343036",
        "0x38343036",
        "ODQwNg==",
        "?code=8406&x",
        "8406",
        "840600E",
        "12:40 840600",
    ],
)
def test_a_code_is_found_in_any_clothes(text: str) -> None:
    assert search(NEEDLES, "here", text.encode()) == {Found("code", "c", "here")}


@pytest.mark.parametrize(
    "text",
    [
        "18406",
        "84061",
        "a67ab93e-8406-4585-9aa7-b42fee5616a9",
        "2026-09-01T08:40:60",
        "2026-09-01T08:40:60.840600",
        "9250000000000018",
        "abc8406def",
    ],
)
def test_chance_is_no_find(text: str) -> None:
    assert search(NEEDLES, "here", text.encode()) == set()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (bytes.fromhex("448406AAAAAAAAAA"), "clear PIN block"),
        (b"448406aaaaaaaaaa", "clear PIN block"),
        (b"46840600AAAAAAAA", "clear PIN block"),
        (b"0484 06FFFFFFFFFF".replace(b" ", b""), "clear PIN block"),
        (bytes.fromhex("0484 06FF FFFF FFFF FFFE".replace(" ", "")[:16]), "clear PIN block"),
        (KEY, "key"),
        (KEY.hex().encode(), "key"),
        (KEY.hex(" ").upper().encode(), "key"),
        (repr(KEY).encode(), "key"),
        (b"nhxE0HpbL4gz5gFax9T5Eg==", "key"),
        (b"xnhxE0HpbL4gz5gFax9T5Eg==", "key"),
        (b"Bearer eyJhbGciOi.x-y_z0123456789", "token"),
    ],
)
def test_blocks_keys_and_tokens_are_found(content: bytes, kind: str) -> None:
    found = search(NEEDLES, "here", b"before " + content + b" after")
    assert {one.kind for one in found} == {kind}


@pytest.mark.parametrize("offset", range(3))
def test_base64_is_found_wherever_it_begins(offset: int) -> None:
    import base64  # noqa: PLC0415

    encoded = base64.b64encode(b"x" * offset + KEY + b"yz")
    assert search(NEEDLES, "here", encoded) == {Found("key", "k", "here")}


def test_a_cell_of_a_database_and_a_file_are_looked_through(tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("CREATE TABLE t (before TEXT, code TEXT, after TEXT, raw BLOB)")
        connection.execute("INSERT INTO t VALUES ('abc', '8406', 'def', ?)", (KEY,))
    connection.close()
    found = search_sqlite(NEEDLES, tmp_path / "x.db")
    assert found == {Found("code", "c", "x.db:t.code"), Found("key", "k", "x.db:t.raw")}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "log").write_text("code 8406")
    assert Found("code", "c", "deep/log") in search_files(NEEDLES, tmp_path)


def test_arguments_and_environment_of_processes_are_seen(tmp_path: Path) -> None:
    seen = Seen()
    with ProcessWatch(seen, tmp_path):
        child = subprocess.Popen(
            [sys.executable, "-c", "input()", str(tmp_path), "8406"],
            stdin=subprocess.PIPE,
            env={"PASS_SECRET": KEY.hex(), "HOME": str(tmp_path)},
        )
        try:
            for _ in range(100):
                if len(seen.processes) >= 2:
                    break
                with pytest.raises(subprocess.TimeoutExpired):
                    child.wait(0.1)
        finally:
            child.kill()
            child.communicate()
    found = {one for place, content in seen.processes for one in search(NEEDLES, place, content)}
    assert {Found("code", "c", "/proc cmdline"), Found("key", "k", "/proc environ")} <= found
