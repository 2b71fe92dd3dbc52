"""The SQL of one payment, read from the server's own log and made a pgbench script.

Two payments of several tills are made with every statement logged. A value that never differs stays
a literal; one that differs between tills comes from a table of cases; one that differs between two
payments of one till is fresh each time: a new UUID, a moment as far from the present one, a number
that has grown since (a pad's counter), or as it was. So pgbench runs the very statements of the
backend, in its transactions, each finding the rows it found, and nothing of its Python.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.postgres import Cluster

_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_PLACE = re.compile(r"\$(\d+)\b")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_NUMBER = re.compile(r"'\d+'$")
#: What the backend says of time is this coarse: ten seconds, two minutes, ten minutes.
MOMENT_SECONDS = 5
_EXECUTED = re.compile(r"^(?:execute [^:]*|statement): ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement as the server saw it."""

    session: str
    text: str
    values: tuple[str | None, ...]
    #: When it was logged.
    at: datetime


#: What is logged before each payment.
MARK = "SELECT 'the next payment'"


class CannotAlign(Exception):
    """Two payments did not run the same statements, so there is no script to make of them."""


def read_payments(log: Path, offset: int) -> list[list[Statement]]:
    """Return the statements logged (jsonlog) after `offset` bytes, one list for each MARK."""
    payments: list[list[Statement]] = []
    with log.open("rb") as lines:
        lines.seek(offset)
        for line in lines:
            entry: dict[str, Any] = json.loads(line)
            message = str(entry.get("message", ""))
            executed = _EXECUTED.match(message)
            if executed is None:
                continue
            text = message[executed.end() :]
            if text.startswith(MARK):
                payments.append([])
            elif payments and entry.get("application_name") != "psql":
                values = _values(str(entry.get("detail", "")))
                at = datetime.fromisoformat(str(entry["timestamp"]).replace(" UTC", "+00:00"))
                payments[-1].append(Statement(entry["session_id"], text, values, at))
    return payments


def _values(detail: str) -> tuple[str | None, ...]:
    pairs = {int(n): v for n, v in _PARAMETER.findall(detail)}
    return tuple(None if pairs[n] == "NULL" else pairs[n] for n in sorted(pairs))


@dataclass
class Script:
    """A pgbench script under construction: its lines, and the columns of its table of cases."""

    lines: list[str] = field(default_factory=list)
    columns: dict[tuple[str, ...], str] = field(default_factory=dict)
    fresh: dict[str, str] = field(default_factory=dict)


def make_script(
    cluster: Cluster, database: str, first: list[list[Statement]], second: list[list[Statement]]
) -> str:
    """Make the table of cases and return the script; raise CannotAlign.

    `first[i]` and `second[i]` are two payments of till i.
    """
    shapes = {tuple(s.text for s in payment) for payment in first + second}
    if len(shapes) != 1:
        raise CannotAlign(f"{len(shapes)} shapes: {[len(s) for s in shapes]}")
    script = Script()
    for place, statement in enumerate(first[0]):
        values = _values_at(place, first), _values_at(place, second)
        at = statement.at
        written = [_written(script, at, one, other) for one, other in zip(*values, strict=True)]
        script.lines.append(_fill(statement.text, written))
    return _with_cases(cluster, database, script, len(first))


def _values_at(place: int, payments: list[list[Statement]]) -> list[list[str | None]]:
    """Return each parameter of one statement, as it was in every payment."""
    return [list(one) for one in zip(*(payment[place].values for payment in payments), strict=True)]


def _fill(text: str, written: list[str]) -> str:
    filled = _PLACE.sub(lambda found: written[int(found[1]) - 1], text)
    return " ".join(filled.split()) + ";"


def _written(
    script: Script, at: datetime, first: list[str | None], second: list[str | None]
) -> str:
    """Write one parameter: a literal, a column of the cases, or a fresh value."""
    value = first[0]
    if value is None:
        return "NULL"
    found = _UUID.search(value)
    if first != second and _MOMENT.match(value):
        return f"(CURRENT_TIMESTAMP + interval '{_seconds_from(at, value)} s')"
    if first != second and _has_grown(first, second):
        return "((extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
    if first != second and found is not None:
        name = script.fresh.setdefault(found[0], f"fresh{len(script.fresh)}")
        before, after = value[1:-1].split(found[0])
        return f":{name}" if not before + after else f"'{before}' || :{name} || '{after}'"
    # A colon in a literal would be read as a variable.
    if len(set(first)) == 1 and ":" not in value:
        return value
    return ":" + _column(script, tuple(str(one) for one in first))


def _seconds_from(at: datetime, value: str) -> int:
    """Return how far a moment is from when its statement ran: what expires must not have."""
    away = (datetime.fromisoformat(value[1:-1]) - at).total_seconds()
    return MOMENT_SECONDS * round(away / MOMENT_SECONDS)


def _has_grown(first: list[str | None], second: list[str | None]) -> bool:
    pairs = [(one or "", other or "") for one, other in zip(first, second, strict=True)]
    if not all(_NUMBER.match(one) and _NUMBER.match(other) for one, other in pairs):
        return False
    return all(int(one[1:-1]) < int(other[1:-1]) for one, other in pairs)


def _column(script: Script, values: tuple[str, ...]) -> str:
    return script.columns.setdefault(values, f"c{len(script.columns)}")


def _with_cases(cluster: Cluster, database: str, script: Script, cases: int) -> str:
    names = list(script.columns.values())
    rows = ",".join(
        f"({case},{','.join(values[case] for values in script.columns)})" for case in range(cases)
    )
    cluster.sql(
        f"DROP TABLE IF EXISTS bench_case; CREATE TABLE bench_case"
        f" (n int PRIMARY KEY, {', '.join(f'{name} text' for name in names)});"
        f" INSERT INTO bench_case VALUES {rows}; ANALYZE bench_case",
        database,
    )
    wanted = [*names, *(f"gen_random_uuid() AS {name}" for name in script.fresh.values())]
    case = f"SELECT {', '.join(wanted)} FROM bench_case WHERE n = :client_id % {cases} \\gset"
    return "\n".join([case, *script.lines]) + "\n"


def usual_pairs(
    payments: list[list[Statement]], each: int
) -> tuple[list[list[Statement]], list[list[Statement]]]:
    """Choose two payments of the usual shape for each till, of the `each` that it made.

    Now and then a payment also sweeps expired rows away: those are left out. Raises CannotAlign.
    """
    shapes = Counter(tuple(s.text for s in payment) for payment in payments)
    usual = shapes.most_common(1)[0][0]
    first, second = [], []
    for start in range(0, len(payments), each):
        alike = [
            one for one in payments[start : start + each] if tuple(s.text for s in one) == usual
        ]
        if len(alike) < 2:
            raise CannotAlign(f"{len(shapes)} shapes of about {len(usual)} statements")
        first.append(alike[0])
        second.append(alike[1])
    return first, second


def logged_settings() -> dict[str, str]:
    """Return what makes the server log to JSON; switch `log_statement` on when it matters."""
    return {
        "logging_collector": "on",
        "log_destination": "jsonlog",
        "log_filename": "all",
        "log_rotation_age": "0",
        "log_rotation_size": "0",
        "log_parameter_max_length": "-1",
        "log_timezone": "UTC",
    }
