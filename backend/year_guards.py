"""The database's own refusal to forget too soon: the triggers' text, for both engines.

A row is never changed, and is removed only when it is a year old by the database's own clock: that
is the door for forgetting, and no program can open it sooner.
"""

#: One text for each statement, on SQLite and on PostgreSQL.
Guards = tuple[str, ...]


def on_sqlite(table: str, key: str, said: str) -> Guards:
    """Return the triggers that keep a table's rows for a year; its moment is the column `at`."""
    return (
        f"""CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{said} is never changed'); END""",
        f"""CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
WHEN OLD.at > datetime('now', '-12 months')
BEGIN SELECT RAISE(ABORT, '{said} is kept for twelve months'); END""",
        # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
        f"""CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{said} is never replaced'); END""",  # noqa: S608 - no value is in it
    )


def on_postgresql(table: str, said: str) -> Guards:
    """Return the same; no per cent sign in any: DDL() would take it for its own."""
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
        f"""CREATE TRIGGER {table}_fixed BEFORE UPDATE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
        f"""CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_forget()""",
    )
