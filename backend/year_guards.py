"""The database's own refusal to forget too soon: the triggers' text, for both engines.

A row is never changed, and is removed only when it is a year old by the database's own clock: that
is the door for forgetting, and no program can open it sooner. Words that somebody typed may be
emptied, when the person they are about is erased; nothing else of the row, and with nothing else.
"""

from typing import NamedTuple

#: One text for each statement, on SQLite and on PostgreSQL.
Guards = tuple[str, ...]


class Kept(NamedTuple):
    """A table whose rows are kept for a year; its moment is the column `at`."""

    name: str
    key: str
    #: What its rows are, for whoever is refused.
    said: str
    #: The column that may be emptied, and all the others.
    words: str
    fixed: tuple[str, ...]

    @property
    def fixed_columns(self) -> str:
        """Return the columns that nothing changes, as SQL names them."""
        return ", ".join(f'"{column}"' for column in self.fixed)


def on_sqlite(kept: Kept) -> Guards:
    """Return the triggers that keep a table's rows."""
    table, key, said = kept.name, kept.key, kept.said
    return (
        f"""CREATE TRIGGER {table}_not_changed BEFORE UPDATE OF {kept.fixed_columns} ON {table}
BEGIN SELECT RAISE(ABORT, '{said} is never changed'); END""",
        f"""CREATE TRIGGER {table}_not_reworded BEFORE UPDATE OF {kept.words} ON {table}
WHEN NEW.{kept.words} IS NOT NULL
BEGIN SELECT RAISE(ABORT, '{said} is never said otherwise'); END""",
        f"""CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
WHEN OLD.at > datetime('now', '-12 months')
BEGIN SELECT RAISE(ABORT, '{said} is kept for twelve months'); END""",
        # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
        f"""CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{said} is never replaced'); END""",  # noqa: S608 - no value is in it
    )


def on_postgresql(kept: Kept) -> Guards:
    """Return the same; no per cent sign in any: DDL() would take it for its own."""
    table, said = kept.name, kept.said
    return (
        f"""CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = '{said} is kept: no ' || TG_OP,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
        f"""CREATE OR REPLACE FUNCTION {table}_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.at > now() - interval '12 months' THEN
    RAISE EXCEPTION USING
      MESSAGE = '{said} is kept for twelve months',
      ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$""",
        f"""CREATE TRIGGER {table}_fixed
BEFORE UPDATE OF {kept.fixed_columns} OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
        f"""CREATE TRIGGER {table}_not_reworded BEFORE UPDATE OF {kept.words} ON {table}
FOR EACH ROW WHEN (NEW.{kept.words} IS NOT NULL) EXECUTE FUNCTION {table}_refuse()""",
        f"""CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_forget()""",
    )
