"""Migrations lock nothing for long: what every revision after the first may not do.

Expand, then contract: a release adds what both it and the former one can live with; the next one
removes what nobody uses any more. A statement that would hold a table while it reads or rewrites
all of it is refused here, with the way that does not. And whoever waits for a lock gives up.
"""

import ast

import pytest
from sqlalchemy import text

from backend import schema
from backend.database import Database

VERSIONS = schema.MIGRATIONS / "versions"
FIRST = "0001_the_first_schema.py"

#: An operation, what makes it acceptable, and the way to do it.
REFUSED = {
    "create_index": "postgresql_concurrently=True, in an autocommit block",
    "drop_index": "postgresql_concurrently=True, in an autocommit block",
    "alter_column": "a new column, written by both, then swapped in a later release",
    "rename_table": "a view under the old name, for one release",
    "create_check_constraint": "NOT VALID first, VALIDATE in a migration of its own",
    "create_foreign_key": "postgresql_not_valid=True first, VALIDATE in a migration of its own",
    "create_unique_constraint": "a unique index made concurrently, then USING INDEX",
    "batch_alter_table": "the operations themselves: on PostgreSQL a batch hides them",
}
EXCUSED_BY = {
    "create_index": "postgresql_concurrently",
    "drop_index": "postgresql_concurrently",
    "create_check_constraint": "postgresql_not_valid",
    "create_foreign_key": "postgresql_not_valid",
}
REFUSED_SQL = ("ALTER COLUMN", "SET NOT NULL", "CREATE INDEX", "LOCK TABLE", "CLUSTER ", "VACUUM F")


def problems_of(source: str) -> list[str]:
    """Return what in a migration would lock for long."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name, named = node.func.attr, {one.arg: one.value for one in node.keywords}
        excuse = named.get(EXCUSED_BY.get(name, ""))
        excused = isinstance(excuse, ast.Constant) and excuse.value is True
        if name in REFUSED and not excused:
            found.append(f"{name}: {REFUSED[name]}")
        if name == "add_column" and _is_heavy(node):
            found.append("add_column: nullable, or with a constant server_default")
        if name == "execute":
            written = " ".join(ast.unparse(one).upper() for one in node.args)
            heavy = [words for words in REFUSED_SQL if words in written]
            if heavy and "CONCURRENTLY" not in written:
                found.append(f"execute: {heavy[0]}")
            if "ADD CONSTRAINT" in written and not {"NOT VALID", "USING INDEX"} & {
                words for words in ("NOT VALID", "USING INDEX") if words in written
            }:
                found.append("execute: ADD CONSTRAINT without NOT VALID")
    return found


def _is_heavy(call: ast.Call) -> bool:
    """Say whether a new column makes PostgreSQL read or rewrite every row."""
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Column"):
            named = {one.arg: ast.unparse(one.value) for one in node.keywords}
            default = named.get("server_default")
            if default is not None and "(" in default.replace("sa.text(", "", 1).rstrip(")"):
                return True
            return named.get("nullable") == "False" and default is None
    return False


def test_no_migration_after_the_first_locks_for_long() -> None:
    for path in sorted(VERSIONS.glob("*.py")):
        if path.name != FIRST:
            assert problems_of(path.read_text(encoding="utf-8")) == [], path.name


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("op.create_index('ix', 't', ['a'])", True),
        ("op.create_index('ix', 't', ['a'], postgresql_concurrently=True)", False),
        ("op.create_index('ix', 't', ['a'], postgresql_concurrently=False)", True),
        ("op.add_column('t', sa.Column('a', sa.Text(), nullable=False))", True),
        ("op.add_column('t', sa.Column('a', sa.Text(), nullable=True))", False),
        ("op.add_column('t', sa.Column('a', sa.Text(), nullable=False, server_default=''))", False),
        (
            "op.add_column('t', sa.Column('a', sa.Text(), server_default=sa.text('random()')))",
            True,
        ),
        ("op.alter_column('t', 'a', type_=sa.BigInteger())", True),
        ("op.create_foreign_key('fk', 't', 'u', ['a'], ['b'])", True),
        ("op.create_foreign_key('fk', 't', 'u', ['a'], ['b'], postgresql_not_valid=True)", False),
        ("op.execute('ALTER TABLE t ALTER COLUMN a SET NOT NULL')", True),
        ("op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)')", True),
        ("op.execute('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID')", False),
        ("op.execute('ALTER TABLE t VALIDATE CONSTRAINT c')", False),
        ("op.execute('CREATE INDEX CONCURRENTLY ix ON t (a)')", False),
        ("op.create_table('t', sa.Column('a', sa.Text(), nullable=False))", False),
        ("op.drop_column('t', 'a')", False),
    ],
)
def test_what_is_refused(statement: str, refused: bool) -> None:
    assert bool(problems_of(statement)) is refused


def test_the_first_is_the_only_one_excused() -> None:
    assert (VERSIONS / FIRST).is_file()


def test_a_migration_waits_for_a_lock_for_a_moment_only(postgres_url: str) -> None:
    database, waited = Database(postgres_url), []
    with database.engine.begin() as connection:
        schema.limit_waits(connection)
        waited.append(connection.scalar(text("SHOW lock_timeout")))
    with database.engine.begin() as connection:
        waited.append(connection.scalar(text("SHOW lock_timeout")))
    database.close()
    # The second is what any unit of work waits: nothing outlives the transaction.
    assert waited == ["2s", "5s"]
