"""What the database itself does and refuses: the triggers' text, for both engines.

Only text: tables.py attaches it to the tables, and a migration repeats it. Three habits:
accounts are written in id order, as the program locks them, so raw SQL does not deadlock either;
only limited accounts are written, so no payment waits for another at its partner; and an account
is looked for without a lock, which is enough because none is ever removed.
"""

from typing import Final

#: Tables whose rows stay as they were written.
GROWING: Final = ("ledger_transfer", "ledger_hold", "ledger_settlement", "ledger_seal")


def _kept_on_sqlite(table: str, same: str) -> tuple[str, ...]:
    return (
        # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
        f"""CREATE TRIGGER {table}_not_replaced BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never replaced in {table}'); END""",  # noqa: S608
        f"""CREATE TRIGGER {table}_not_changed BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never changed in {table}'); END""",
        f"""CREATE TRIGGER {table}_not_removed BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never removed from {table}'); END""",  # noqa: S608
    )


def _kept_on_postgresql(table: str) -> str:
    return f"""CREATE TRIGGER {table}_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"""


SQLITE_ACCOUNT_DDL: Final = (
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited, opened_at ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account keeps its nature'); END""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account is never removed'); END""",
    """CREATE TRIGGER ledger_account_not_replaced BEFORE INSERT ON ledger_account
WHEN EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a ledger account is never replaced'); END""",
    # The CHECK says the same, but INSERT OR IGNORE of a transfer would skip the posting that
    # the CHECK refuses, and keep the transfer. Nothing skips a RAISE.
    """CREATE TRIGGER ledger_account_overdraft BEFORE UPDATE ON ledger_account
WHEN NEW.limited AND NOT CASE NEW.normal_side
  WHEN 'credit' THEN NEW.credits_posted >= NEW.debits_posted + NEW.debits_held
  ELSE NEW.debits_posted >= NEW.credits_posted + NEW.credits_held END
BEGIN SELECT RAISE(ABORT, 'overdraft of a ledger account'); END""",
)

SQLITE_TRANSFER_DDL: Final = (
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
BEGIN
  SELECT RAISE(ABORT, 'a transfer is between two known accounts')
    WHERE (SELECT count(*) FROM ledger_account
      WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 2;
  UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount_cents
    WHERE id = NEW.debit_account_id AND limited;
  UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount_cents
    WHERE id = NEW.credit_account_id AND limited;
END""",
    *_kept_on_sqlite("ledger_transfer", "id = NEW.id OR sequence = NEW.sequence"),
)

SQLITE_HOLD_DDL: Final = (
    """CREATE TRIGGER ledger_hold_reserve AFTER INSERT ON ledger_hold
BEGIN
  SELECT RAISE(ABORT, 'a hold is between two known accounts, one of them limited')
    WHERE (SELECT count(*) + 2 * coalesce(max(limited), 0) FROM ledger_account
      WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 4;
  UPDATE ledger_account SET debits_held = debits_held + NEW.amount_cents
    WHERE id = NEW.debit_account_id AND limited;
  UPDATE ledger_account SET credits_held = credits_held + NEW.amount_cents
    WHERE id = NEW.credit_account_id AND limited;
  INSERT INTO ledger_open_hold (hold_id, expires_at) VALUES (NEW.id, NEW.expires_at);
END""",
    *_kept_on_sqlite("ledger_hold", "id = NEW.id"),
)

SQLITE_SETTLEMENT_DDL: Final = (
    """CREATE TRIGGER ledger_settlement_settle AFTER INSERT ON ledger_settlement
BEGIN
  SELECT RAISE(ABORT, 'a settlement names a hold')
    WHERE NOT EXISTS (SELECT 1 FROM ledger_hold WHERE id = NEW.hold_id);
  SELECT RAISE(ABORT, 'a hold is settled for at most what it holds')
    FROM ledger_hold WHERE id = NEW.hold_id AND NEW.amount_cents > amount_cents;
  SELECT RAISE(ABORT, 'a hold is settled before its time, and expires after it')
    FROM ledger_hold WHERE id = NEW.hold_id
      AND ((NEW.outcome = 'settled' AND NEW.recorded_at >= expires_at)
        OR (NEW.outcome = 'expired' AND NEW.recorded_at < expires_at));
  UPDATE ledger_account
    SET debits_held = debits_held
      - (SELECT amount_cents FROM ledger_hold WHERE id = NEW.hold_id)
    WHERE id = (SELECT debit_account_id FROM ledger_hold WHERE id = NEW.hold_id) AND limited;
  UPDATE ledger_account
    SET credits_held = credits_held
      - (SELECT amount_cents FROM ledger_hold WHERE id = NEW.hold_id)
    WHERE id = (SELECT credit_account_id FROM ledger_hold WHERE id = NEW.hold_id) AND limited;
  DELETE FROM ledger_open_hold WHERE hold_id = NEW.hold_id;
  INSERT INTO ledger_transfer
    (id, debit_account_id, credit_account_id, amount_cents, reason, reference, recorded_at)
    SELECT NEW.id, debit_account_id, credit_account_id, NEW.amount_cents, NEW.reason,
      NEW.reference, NEW.recorded_at
    FROM ledger_hold WHERE id = NEW.hold_id AND NEW.outcome = 'settled';
END""",
    *_kept_on_sqlite("ledger_settlement", "id = NEW.id OR hold_id = NEW.hold_id"),
)

SQLITE_SEAL_DDL: Final = _kept_on_sqlite(
    "ledger_seal", "account_id = NEW.account_id AND number = NEW.number"
)

# No per cent sign in any of them: DDL() would take it for its own.
POSTGRESQL_ACCOUNT_DDL: Final = (
    """CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'the ledger only grows: no ' || TG_OP || ' of ' || TG_TABLE_NAME,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited, opened_at ON ledger_account
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

POSTGRESQL_TRANSFER_DDL: Final = (
    """CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  account uuid;
BEGIN
  FOREACH account IN ARRAY ARRAY[LEAST(NEW.debit_account_id, NEW.credit_account_id),
                                 GREATEST(NEW.debit_account_id, NEW.credit_account_id)] LOOP
    UPDATE ledger_account SET
      debits_posted = debits_posted
        + CASE account WHEN NEW.debit_account_id THEN NEW.amount_cents ELSE 0 END,
      credits_posted = credits_posted
        + CASE account WHEN NEW.credit_account_id THEN NEW.amount_cents ELSE 0 END
      WHERE id = account AND limited;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM ledger_account WHERE id = account) THEN
      RAISE EXCEPTION USING
        MESSAGE = 'a transfer is between two known accounts',
        ERRCODE = 'foreign_key_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
FOR EACH ROW EXECUTE FUNCTION ledger_post()""",
    _kept_on_postgresql("ledger_transfer"),
)

POSTGRESQL_HOLD_DDL: Final = (
    # Adds to what is held, or with a negative amount gives it back.
    """CREATE OR REPLACE FUNCTION ledger_reserve(debit uuid, credit uuid, cents bigint)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  account uuid;
  written integer := 0;
BEGIN
  FOREACH account IN ARRAY ARRAY[LEAST(debit, credit), GREATEST(debit, credit)] LOOP
    UPDATE ledger_account SET
      debits_held = debits_held + CASE account WHEN debit THEN cents ELSE 0 END,
      credits_held = credits_held + CASE account WHEN credit THEN cents ELSE 0 END
      WHERE id = account AND limited;
    IF FOUND THEN
      written := written + 1;
    END IF;
  END LOOP;
  RETURN written;
END $$""",
    """CREATE OR REPLACE FUNCTION ledger_hold_reserve() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF ledger_reserve(NEW.debit_account_id, NEW.credit_account_id, NEW.amount_cents) = 0
    OR (SELECT count(*) FROM ledger_account
      WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 2 THEN
    RAISE EXCEPTION USING
      MESSAGE = 'a hold is between two known accounts, one of them limited',
      ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO ledger_open_hold (hold_id, expires_at) VALUES (NEW.id, NEW.expires_at);
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_hold_reserve AFTER INSERT ON ledger_hold
FOR EACH ROW EXECUTE FUNCTION ledger_hold_reserve()""",
    _kept_on_postgresql("ledger_hold"),
)

POSTGRESQL_SETTLEMENT_DDL: Final = (
    """CREATE OR REPLACE FUNCTION ledger_settle() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held ledger_hold;
  refusal text;
BEGIN
  SELECT * INTO held FROM ledger_hold WHERE id = NEW.hold_id;
  IF NOT FOUND THEN
    refusal := 'a settlement names a hold';
  ELSIF NEW.amount_cents > held.amount_cents THEN
    refusal := 'a hold is settled for at most what it holds';
  ELSIF (NEW.outcome = 'settled' AND NEW.recorded_at >= held.expires_at)
    OR (NEW.outcome = 'expired' AND NEW.recorded_at < held.expires_at) THEN
    refusal := 'a hold is settled before its time, and expires after it';
  END IF;
  IF refusal IS NOT NULL THEN
    RAISE EXCEPTION USING MESSAGE = refusal, ERRCODE = 'integrity_constraint_violation';
  END IF;
  PERFORM ledger_reserve(held.debit_account_id, held.credit_account_id, -held.amount_cents);
  DELETE FROM ledger_open_hold WHERE hold_id = NEW.hold_id;
  IF NEW.outcome = 'settled' THEN
    INSERT INTO ledger_transfer
      (id, debit_account_id, credit_account_id, amount_cents, reason, reference, recorded_at)
      VALUES (NEW.id, held.debit_account_id, held.credit_account_id, NEW.amount_cents,
        NEW.reason, NEW.reference, NEW.recorded_at);
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_settlement_settle AFTER INSERT ON ledger_settlement
FOR EACH ROW EXECUTE FUNCTION ledger_settle()""",
    _kept_on_postgresql("ledger_settlement"),
)

POSTGRESQL_SEAL_DDL: Final = (_kept_on_postgresql("ledger_seal"),)
