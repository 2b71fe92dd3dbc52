"""What the database itself refuses about what people did: the triggers' text, for both engines.

An act is never changed, and is removed only when it is a year old by the database's own clock: that
is the door for forgetting, and no program can open it sooner.
"""

from typing import Final

SQLITE_ACT_DDL: Final = (
    """CREATE TRIGGER sign_in_act_not_changed BEFORE UPDATE ON sign_in_act
BEGIN SELECT RAISE(ABORT, 'what somebody did is never changed'); END""",
    """CREATE TRIGGER sign_in_act_kept BEFORE DELETE ON sign_in_act
WHEN OLD.at > datetime('now', '-12 months')
BEGIN SELECT RAISE(ABORT, 'what somebody did is kept for twelve months'); END""",
    # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
    """CREATE TRIGGER sign_in_act_not_replaced BEFORE INSERT ON sign_in_act
WHEN EXISTS (SELECT 1 FROM sign_in_act WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what somebody did is never replaced'); END""",
)
# No per cent sign in any of them: DDL() would take it for its own.
POSTGRESQL_ACT_DDL: Final = (
    """CREATE OR REPLACE FUNCTION sign_in_act_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'what somebody did is kept: no ' || TG_OP,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE OR REPLACE FUNCTION sign_in_act_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.at > now() - interval '12 months' THEN
    RAISE EXCEPTION USING
      MESSAGE = 'what somebody did is kept for twelve months',
      ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$""",
    """CREATE TRIGGER sign_in_act_fixed BEFORE UPDATE OR TRUNCATE ON sign_in_act
FOR EACH STATEMENT EXECUTE FUNCTION sign_in_act_refuse()""",
    """CREATE TRIGGER sign_in_act_kept BEFORE DELETE ON sign_in_act
FOR EACH ROW EXECUTE FUNCTION sign_in_act_forget()""",
)
