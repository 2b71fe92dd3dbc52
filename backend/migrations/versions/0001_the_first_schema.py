"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001e"  # nothing is released: made anew, it tells a database made before from its own
down_revision = None
branch_labels = None
depends_on = None


# The guards as the rooms' tables had them then; a migration never changes.
SQLITE_ACCOUNT_DDL = (
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited, opened_at ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account keeps its nature'); END""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account is never removed'); END""",
    """CREATE TRIGGER ledger_account_not_replaced BEFORE INSERT ON ledger_account
WHEN EXISTS (SELECT 1 FROM ledger_account WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a ledger account is never replaced'); END""",
    """CREATE TRIGGER ledger_account_overdraft BEFORE UPDATE ON ledger_account
WHEN NEW.limited AND NOT CASE NEW.normal_side
  WHEN 'credit' THEN NEW.credits_posted >= NEW.debits_posted + NEW.debits_held
  ELSE NEW.debits_posted >= NEW.credits_posted + NEW.credits_held END
BEGIN SELECT RAISE(ABORT, 'overdraft of a ledger account'); END""",
)

SQLITE_TRANSFER_DDL = (
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
    """CREATE TRIGGER ledger_transfer_not_replaced BEFORE INSERT ON ledger_transfer
WHEN EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id OR sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never replaced in ledger_transfer'); END""",
    """CREATE TRIGGER ledger_transfer_not_changed BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never changed in ledger_transfer'); END""",
    """CREATE TRIGGER ledger_transfer_not_removed BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never removed from ledger_transfer'); END""",
)

SQLITE_HOLD_DDL = (
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
    """CREATE TRIGGER ledger_hold_not_replaced BEFORE INSERT ON ledger_hold
WHEN EXISTS (SELECT 1 FROM ledger_hold WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never replaced in ledger_hold'); END""",
    """CREATE TRIGGER ledger_hold_not_changed BEFORE UPDATE ON ledger_hold
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never changed in ledger_hold'); END""",
    """CREATE TRIGGER ledger_hold_not_removed BEFORE DELETE ON ledger_hold
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never removed from ledger_hold'); END""",
)

SQLITE_SETTLEMENT_DDL = (
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
    """CREATE TRIGGER ledger_settlement_not_replaced BEFORE INSERT ON ledger_settlement
WHEN EXISTS (SELECT 1 FROM ledger_settlement WHERE id = NEW.id OR hold_id = NEW.hold_id)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never replaced in ledger_settlement'); END""",
    """CREATE TRIGGER ledger_settlement_not_changed BEFORE UPDATE ON ledger_settlement
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never changed in ledger_settlement'); END""",
    """CREATE TRIGGER ledger_settlement_not_removed BEFORE DELETE ON ledger_settlement
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never removed from ledger_settlement'); END""",
)

SQLITE_SEAL_DDL = (
    """CREATE TRIGGER ledger_seal_not_replaced BEFORE INSERT ON ledger_seal
WHEN EXISTS (SELECT 1 FROM ledger_seal WHERE account_id = NEW.account_id AND number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never replaced in ledger_seal'); END""",
    """CREATE TRIGGER ledger_seal_not_changed BEFORE UPDATE ON ledger_seal
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never changed in ledger_seal'); END""",
    """CREATE TRIGGER ledger_seal_not_removed BEFORE DELETE ON ledger_seal
BEGIN SELECT RAISE(ABORT, 'the ledger only grows: never removed from ledger_seal'); END""",
)

POSTGRESQL_ACCOUNT_DDL = (
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

POSTGRESQL_TRANSFER_DDL = (
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
    """CREATE TRIGGER ledger_transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

POSTGRESQL_HOLD_DDL = (
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
    """CREATE TRIGGER ledger_hold_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_hold
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

POSTGRESQL_SETTLEMENT_DDL = (
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
    """CREATE TRIGGER ledger_settlement_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_settlement
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

POSTGRESQL_SEAL_DDL = (
    """CREATE TRIGGER ledger_seal_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seal
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)

SQLITE_LISTS_DDL = (
    """CREATE TRIGGER establishment_in_lists_insert
AFTER INSERT ON establishment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER establishment_in_lists_update
AFTER UPDATE ON establishment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.id, NEW.id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER establishment_in_lists_delete
AFTER DELETE ON establishment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER access_service_in_lists_insert
AFTER INSERT ON access_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER access_service_in_lists_update
AFTER UPDATE ON access_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER access_service_in_lists_delete
AFTER DELETE ON access_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER closed_day_in_lists_insert
AFTER INSERT ON closed_day
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER closed_day_in_lists_update
AFTER UPDATE ON closed_day
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER closed_day_in_lists_delete
AFTER DELETE ON closed_day
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_in_lists_insert
AFTER INSERT ON enrolment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_in_lists_update
AFTER UPDATE ON enrolment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_in_lists_delete
AFTER DELETE ON enrolment
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_service_in_lists_insert
AFTER INSERT ON enrolment_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_service_in_lists_update
AFTER UPDATE ON enrolment_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER enrolment_service_in_lists_delete
AFTER DELETE ON enrolment_service
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER reservation_in_lists_insert
AFTER INSERT ON reservation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER reservation_in_lists_update
AFTER UPDATE ON reservation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER reservation_in_lists_delete
AFTER DELETE ON reservation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER holder_photo_in_lists_insert
AFTER INSERT ON holder_photo
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER holder_photo_in_lists_update
AFTER UPDATE ON holder_photo
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER holder_photo_in_lists_delete
AFTER DELETE ON holder_photo
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_account_in_lists_insert
AFTER INSERT ON meal_account
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_account_in_lists_update
AFTER UPDATE ON meal_account
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_account_in_lists_delete
AFTER DELETE ON meal_account
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_price_in_lists_insert
AFTER INSERT ON meal_price
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (NEW.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_price_in_lists_update
AFTER UPDATE ON meal_price
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id, NEW.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER meal_price_in_lists_delete
AFTER DELETE ON meal_price
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER day_code_in_lists_insert
AFTER INSERT ON day_code
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (NEW.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER day_code_in_lists_update
AFTER UPDATE ON day_code
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id, NEW.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER day_code_in_lists_delete
AFTER DELETE ON day_code
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_cancellation_in_lists_insert
AFTER INSERT ON passage_cancellation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_cancellation_in_lists_update
AFTER UPDATE ON passage_cancellation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_cancellation_in_lists_delete
AFTER DELETE ON passage_cancellation
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_in_lists_insert
AFTER INSERT ON passage
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE week_max IS NOT NULL AND establishment_id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_in_lists_update
AFTER UPDATE ON passage
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE week_max IS NOT NULL AND establishment_id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER passage_in_lists_delete
AFTER DELETE ON passage
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM access_service WHERE week_max IS NOT NULL AND establishment_id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER card_in_lists_insert
AFTER INSERT ON card
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (NEW.beneficiary_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER card_in_lists_update
AFTER UPDATE OF uid, key_version, state, beneficiary_id ON card
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (OLD.beneficiary_id, NEW.beneficiary_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER card_in_lists_delete
AFTER DELETE ON card
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (OLD.beneficiary_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER beneficiary_in_lists_update
AFTER UPDATE OF given_name, family_name ON beneficiary
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (OLD.id, NEW.id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER gate_in_lists_insert
AFTER INSERT ON gate
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER gate_in_lists_update
AFTER UPDATE OF establishment_id ON gate
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER gate_in_lists_delete
AFTER DELETE ON gate
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT id FROM establishment WHERE id IN (OLD.establishment_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER terminal_in_lists_update
AFTER UPDATE OF name, public_key, revoked_at ON terminal
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT establishment_id FROM gate WHERE terminal_id IN (OLD.id, NEW.id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
    """CREATE TRIGGER ledger_transfer_in_lists_insert
AFTER INSERT ON ledger_transfer
WHEN substr(NEW.reference, 1, 8) <> 'payment:' AND substr(NEW.reference, 1, 6) <> 'grant:'
BEGIN
  INSERT INTO access_list_mark (establishment_id, mark)
    SELECT DISTINCT place, 1 FROM (SELECT NULL AS place WHERE 0
      UNION ALL SELECT enrolment.establishment_id FROM enrolment JOIN meal_account ON meal_account.enrolment_id = enrolment.id WHERE meal_account.account_id IN (NEW.debit_account_id, NEW.credit_account_id)) WHERE true
    ON CONFLICT (establishment_id) DO UPDATE SET mark = mark + 1;
END""",
)

POSTGRESQL_LISTS_DDL = (
    """CREATE OR REPLACE FUNCTION access_list_move(places uuid[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO access_list_change (establishment_id, moved_in)
    SELECT DISTINCT place, pg_current_xact_id()::text || ' '
      || extract(epoch FROM transaction_timestamp())::text
    FROM unnest(places) AS place WHERE place IS NOT NULL
    ON CONFLICT DO NOTHING;
END $$""",
    """CREATE OR REPLACE FUNCTION establishment_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER establishment_in_lists_insert AFTER INSERT ON establishment
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION establishment_in_lists_rows()""",
    """CREATE TRIGGER establishment_in_lists_delete AFTER DELETE ON establishment
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION establishment_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION establishment_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.id, NEW.id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER establishment_in_lists_update AFTER UPDATE ON establishment
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION establishment_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION access_service_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER access_service_in_lists_insert AFTER INSERT ON access_service
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION access_service_in_lists_rows()""",
    """CREATE TRIGGER access_service_in_lists_delete AFTER DELETE ON access_service
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION access_service_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION access_service_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER access_service_in_lists_update AFTER UPDATE ON access_service
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION access_service_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION closed_day_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER closed_day_in_lists_insert AFTER INSERT ON closed_day
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION closed_day_in_lists_rows()""",
    """CREATE TRIGGER closed_day_in_lists_delete AFTER DELETE ON closed_day
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION closed_day_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION closed_day_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER closed_day_in_lists_update AFTER UPDATE ON closed_day
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION closed_day_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION enrolment_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER enrolment_in_lists_insert AFTER INSERT ON enrolment
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION enrolment_in_lists_rows()""",
    """CREATE TRIGGER enrolment_in_lists_delete AFTER DELETE ON enrolment
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION enrolment_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION enrolment_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER enrolment_in_lists_update AFTER UPDATE ON enrolment
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION enrolment_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION enrolment_service_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (SELECT enrolment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER enrolment_service_in_lists_insert AFTER INSERT ON enrolment_service
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION enrolment_service_in_lists_rows()""",
    """CREATE TRIGGER enrolment_service_in_lists_delete AFTER DELETE ON enrolment_service
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION enrolment_service_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION enrolment_service_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER enrolment_service_in_lists_update AFTER UPDATE ON enrolment_service
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION enrolment_service_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION reservation_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (SELECT enrolment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER reservation_in_lists_insert AFTER INSERT ON reservation
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION reservation_in_lists_rows()""",
    """CREATE TRIGGER reservation_in_lists_delete AFTER DELETE ON reservation
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION reservation_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION reservation_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER reservation_in_lists_update AFTER UPDATE ON reservation
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION reservation_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION holder_photo_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (SELECT enrolment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER holder_photo_in_lists_insert AFTER INSERT ON holder_photo
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION holder_photo_in_lists_rows()""",
    """CREATE TRIGGER holder_photo_in_lists_delete AFTER DELETE ON holder_photo
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION holder_photo_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION holder_photo_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER holder_photo_in_lists_update AFTER UPDATE ON holder_photo
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION holder_photo_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION meal_account_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (SELECT enrolment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER meal_account_in_lists_insert AFTER INSERT ON meal_account
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION meal_account_in_lists_rows()""",
    """CREATE TRIGGER meal_account_in_lists_delete AFTER DELETE ON meal_account
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION meal_account_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION meal_account_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE id IN (OLD.enrolment_id, NEW.enrolment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER meal_account_in_lists_update AFTER UPDATE ON meal_account
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION meal_account_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION meal_price_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE id IN (SELECT service_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER meal_price_in_lists_insert AFTER INSERT ON meal_price
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION meal_price_in_lists_rows()""",
    """CREATE TRIGGER meal_price_in_lists_delete AFTER DELETE ON meal_price
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION meal_price_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION meal_price_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id, NEW.service_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER meal_price_in_lists_update AFTER UPDATE ON meal_price
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION meal_price_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION day_code_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE id IN (SELECT service_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER day_code_in_lists_insert AFTER INSERT ON day_code
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION day_code_in_lists_rows()""",
    """CREATE TRIGGER day_code_in_lists_delete AFTER DELETE ON day_code
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION day_code_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION day_code_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE id IN (OLD.service_id, NEW.service_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER day_code_in_lists_update AFTER UPDATE ON day_code
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION day_code_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION passage_cancellation_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER passage_cancellation_in_lists_insert AFTER INSERT ON passage_cancellation
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION passage_cancellation_in_lists_rows()""",
    """CREATE TRIGGER passage_cancellation_in_lists_delete AFTER DELETE ON passage_cancellation
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION passage_cancellation_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION passage_cancellation_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER passage_cancellation_in_lists_update AFTER UPDATE ON passage_cancellation
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION passage_cancellation_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION passage_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE week_max IS NOT NULL AND establishment_id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER passage_in_lists_insert AFTER INSERT ON passage
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION passage_in_lists_rows()""",
    """CREATE TRIGGER passage_in_lists_delete AFTER DELETE ON passage
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION passage_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION passage_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM access_service WHERE week_max IS NOT NULL AND establishment_id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER passage_in_lists_update AFTER UPDATE ON passage
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION passage_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION card_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (SELECT beneficiary_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER card_in_lists_insert AFTER INSERT ON card
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION card_in_lists_rows()""",
    """CREATE TRIGGER card_in_lists_delete AFTER DELETE ON card
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION card_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION card_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (OLD.beneficiary_id, NEW.beneficiary_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER card_in_lists_update AFTER UPDATE OF uid, key_version, state, beneficiary_id ON card
FOR EACH ROW WHEN (ROW(OLD.uid, OLD.key_version, OLD.state, OLD.beneficiary_id) IS DISTINCT FROM ROW(NEW.uid, NEW.key_version, NEW.state, NEW.beneficiary_id)) EXECUTE FUNCTION card_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION beneficiary_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM enrolment WHERE beneficiary_id IN (OLD.id, NEW.id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER beneficiary_in_lists_update AFTER UPDATE OF given_name, family_name ON beneficiary
FOR EACH ROW WHEN (ROW(OLD.given_name, OLD.family_name) IS DISTINCT FROM ROW(NEW.given_name, NEW.family_name)) EXECUTE FUNCTION beneficiary_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION gate_in_lists_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (SELECT establishment_id FROM moved)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER gate_in_lists_insert AFTER INSERT ON gate
REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION gate_in_lists_rows()""",
    """CREATE TRIGGER gate_in_lists_delete AFTER DELETE ON gate
REFERENCING OLD TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION gate_in_lists_rows()""",
    """CREATE OR REPLACE FUNCTION gate_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT id FROM establishment WHERE id IN (OLD.establishment_id, NEW.establishment_id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER gate_in_lists_update AFTER UPDATE OF establishment_id ON gate
FOR EACH ROW WHEN (ROW(OLD.establishment_id) IS DISTINCT FROM ROW(NEW.establishment_id)) EXECUTE FUNCTION gate_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION terminal_in_lists_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_list_move(ARRAY(SELECT establishment_id FROM gate WHERE terminal_id IN (OLD.id, NEW.id)));
  RETURN NULL;
END $$""",
    """CREATE TRIGGER terminal_in_lists_update AFTER UPDATE OF name, public_key, revoked_at ON terminal
FOR EACH ROW WHEN (ROW(OLD.name, OLD.public_key, OLD.revoked_at) IS DISTINCT FROM ROW(NEW.name, NEW.public_key, NEW.revoked_at)) EXECUTE FUNCTION terminal_in_lists_row()""",
    """CREATE OR REPLACE FUNCTION ledger_transfer_in_lists_row() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
  places uuid[] := ARRAY(SELECT enrolment.establishment_id FROM enrolment JOIN meal_account ON meal_account.enrolment_id = enrolment.id WHERE meal_account.account_id IN (NEW.debit_account_id, NEW.credit_account_id));
BEGIN
  IF cardinality(places) > 0 THEN
    PERFORM access_list_move(places);
  END IF;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_transfer_in_lists_insert AFTER INSERT ON ledger_transfer
FOR EACH ROW WHEN (left(NEW.reference, 8) <> 'payment:' AND left(NEW.reference, 6) <> 'grant:') EXECUTE FUNCTION ledger_transfer_in_lists_row()""",
)

SQLITE_ACT_DDL = (
    """CREATE TRIGGER sign_in_act_not_changed BEFORE UPDATE OF "id", "at", "account_id", "kind", "subject", "beneficiary_id", "session_id" ON sign_in_act
BEGIN SELECT RAISE(ABORT, 'what somebody did is never changed'); END""",
    """CREATE TRIGGER sign_in_act_not_reworded BEFORE UPDATE OF words ON sign_in_act
WHEN NEW.words IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'what somebody did is never said otherwise'); END""",
    """CREATE TRIGGER sign_in_act_kept BEFORE DELETE ON sign_in_act
WHEN OLD.at > datetime('now', '-12 months')
BEGIN SELECT RAISE(ABORT, 'what somebody did is kept for twelve months'); END""",
    """CREATE TRIGGER sign_in_act_not_replaced BEFORE INSERT ON sign_in_act
WHEN EXISTS (SELECT 1 FROM sign_in_act WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'what somebody did is never replaced'); END""",
)

POSTGRESQL_ACT_DDL = (
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
    """CREATE TRIGGER sign_in_act_fixed
BEFORE UPDATE OF "id", "at", "account_id", "kind", "subject", "beneficiary_id", "session_id" OR TRUNCATE ON sign_in_act
FOR EACH STATEMENT EXECUTE FUNCTION sign_in_act_refuse()""",
    """CREATE TRIGGER sign_in_act_not_reworded BEFORE UPDATE OF words ON sign_in_act
FOR EACH ROW WHEN (NEW.words IS NOT NULL) EXECUTE FUNCTION sign_in_act_refuse()""",
    """CREATE TRIGGER sign_in_act_kept BEFORE DELETE ON sign_in_act
FOR EACH ROW EXECUTE FUNCTION sign_in_act_forget()""",
)

SQLITE_SEARCH_DDL = (
    """CREATE TRIGGER beneficiary_key_made AFTER INSERT ON beneficiary
BEGIN INSERT INTO person_key (beneficiary_id, family, given, email) VALUES
  (NEW.id, fold_name(NEW.family_name), fold_name(NEW.given_name), fold_name(NEW.email)); END""",
    """CREATE TRIGGER beneficiary_key_changed
AFTER UPDATE OF family_name, given_name, email ON beneficiary
BEGIN UPDATE person_key SET family = fold_name(NEW.family_name),
  given = fold_name(NEW.given_name), email = fold_name(NEW.email)
  WHERE beneficiary_id = NEW.id; END""",
)

POSTGRESQL_SEARCH_DDL = (
    """CREATE OR REPLACE FUNCTION fold_name(text) RETURNS bytea
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT convert_to(lower(CASE WHEN octet_length($1) = length($1) THEN translate($1, '-''.', '   ') ELSE translate(replace(replace(replace(replace(replace($1, 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), 'ß', 'ss'), 'øØđĐłŁıÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĲĳĴĵĶķĹĺĻļĽľĿŀŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžſ-''’.', 'ooddlliaaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiiiijjkkllllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzs    ') END), 'UTF8') $$""",
    """CREATE OR REPLACE FUNCTION person_key_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO person_key (beneficiary_id, family, given, email)
    SELECT id, fold_name(family_name), fold_name(given_name), fold_name(email) FROM fresh;
  RETURN NULL;
END $$""",
    """CREATE OR REPLACE FUNCTION person_key_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE person_key k SET family = n.family, given = n.given, email = n.email
    FROM (SELECT id, fold_name(family_name) AS family, fold_name(given_name) AS given,
      fold_name(email) AS email FROM fresh) n
    WHERE k.beneficiary_id = n.id AND (k.family, k.given, k.email) IS DISTINCT FROM (n.family, n.given, n.email);
  RETURN NULL;
END $$""",
    """CREATE TRIGGER beneficiary_key_made AFTER INSERT ON beneficiary
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION person_key_made()""",
    """CREATE TRIGGER beneficiary_key_changed AFTER UPDATE ON beneficiary
REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION person_key_changed()""",
)

SQLITE_CODE_RECORD_DDL = (
    """CREATE TRIGGER code_record_not_changed BEFORE UPDATE OF "sequence", "account_id", "happening", "at", "by" ON code_record
BEGIN SELECT RAISE(ABORT, 'what happened to a code is never changed'); END""",
    """CREATE TRIGGER code_record_not_reworded BEFORE UPDATE OF reason ON code_record
WHEN NEW.reason IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'what happened to a code is never said otherwise'); END""",
    """CREATE TRIGGER code_record_kept BEFORE DELETE ON code_record
WHEN OLD.at > datetime('now', '-12 months')
BEGIN SELECT RAISE(ABORT, 'what happened to a code is kept for twelve months'); END""",
    """CREATE TRIGGER code_record_not_replaced BEFORE INSERT ON code_record
WHEN EXISTS (SELECT 1 FROM code_record WHERE sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'what happened to a code is never replaced'); END""",
)

POSTGRESQL_CODE_RECORD_DDL = (
    """CREATE OR REPLACE FUNCTION code_record_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'what happened to a code is kept: no ' || TG_OP,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE OR REPLACE FUNCTION code_record_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.at > now() - interval '12 months' THEN
    RAISE EXCEPTION USING
      MESSAGE = 'what happened to a code is kept for twelve months',
      ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$""",
    """CREATE TRIGGER code_record_fixed
BEFORE UPDATE OF "sequence", "account_id", "happening", "at", "by" OR TRUNCATE ON code_record
FOR EACH STATEMENT EXECUTE FUNCTION code_record_refuse()""",
    """CREATE TRIGGER code_record_not_reworded BEFORE UPDATE OF reason ON code_record
FOR EACH ROW WHEN (NEW.reason IS NOT NULL) EXECUTE FUNCTION code_record_refuse()""",
    """CREATE TRIGGER code_record_kept BEFORE DELETE ON code_record
FOR EACH ROW EXECUTE FUNCTION code_record_forget()""",
)


def upgrade() -> None:
    op.create_table(
        "access_list_change",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("moved_in", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("establishment_id", "moved_in", name=op.f("pk_access_list_change")),
    )
    op.create_table(
        "access_list_mark",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_access_list_mark")),
    )
    op.create_table(
        "address_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('sign_up', 'new_address', 'old_address', 'family', 'organism')",
            name=op.f("ck_address_link_kind"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_address_link")),
    )
    with op.batch_alter_table("address_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_link_about_id"), ["about_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_address_link_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "beneficiary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("postcode", sa.String(length=10), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="young", nullable=False),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_code", sa.String(length=9), nullable=True),
        sa.CheckConstraint("kind in ('young', 'referent')", name=op.f("ck_beneficiary_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beneficiary")),
    )
    with op.batch_alter_table("beneficiary", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_beneficiary_birth_date"), ["birth_date"], unique=False)

    op.create_table(
        "code_link_request",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("card_number", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_link_request")),
    )
    with op.batch_alter_table("code_link_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_code_link_request_asked_at"), ["asked_at"], unique=False
        )

    op.create_table(
        "commune",
        sa.Column("code", sa.String(length=5), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("latitude_e6", sa.BigInteger(), nullable=True),
        sa.Column("longitude_e6", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(latitude_e6 is null) = (longitude_e6 is null)", name=op.f("ck_commune_point")
        ),
        sa.CheckConstraint(
            "latitude_e6 between -90000000 and 90000000 and longitude_e6 between -180000000 and 180000000",
            name=op.f("ck_commune_on_earth"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_commune")),
    )
    op.create_table(
        "erased_person",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_erased_person")),
    )
    with op.batch_alter_table("erased_person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erased_person_erased_at"), ["erased_at"], unique=False)

    op.create_table(
        "establishment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("searched", sa.String(length=201), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("initials_on_gates", sa.Boolean(), nullable=False),
        sa.Column("photos_on_gates", sa.Boolean(), nullable=False),
        sa.Column("alarm_email", sa.String(length=254), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_establishment")),
    )
    op.create_table(
        "federated_visit",
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("id_token", sa.Text(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("browser_hash", name=op.f("pk_federated_visit")),
    )
    with op.batch_alter_table("federated_visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_federated_visit_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "federation_pending",
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("sign_up_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("browser_hash", name=op.f("pk_federation_pending")),
    )
    with op.batch_alter_table("federation_pending", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_federation_pending_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index("ix_federation_pending_sign_up_id", ["sign_up_id"], unique=False)

    op.create_table(
        "forgetting_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.BigInteger(), nullable=False),
        sa.Column("left_over", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "removed >= 0 and left_over >= 0", name=op.f("ck_forgetting_run_counts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forgetting_run")),
    )
    with op.batch_alter_table("forgetting_run", schema=None) as batch_op:
        batch_op.create_index("ix_forgetting_run_rule_ran_at", ["rule", "ran_at"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index("ix_job_run_job_ended_at", ["job", "ended_at"], unique=False)

    op.create_table(
        "key_sighting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("check_value", sa.String(length=6), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "version", "check_value", name=op.f("pk_key_sighting")),
    )
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "funding",
                "wallet",
                "payable",
                "meals",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column(
            "normal_side",
            sa.Enum(
                "debit",
                "credit",
                name="normal_side",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("limited", sa.Boolean(), nullable=False),
        sa.Column("debits_posted", sa.BigInteger(), nullable=False),
        sa.Column("credits_posted", sa.BigInteger(), nullable=False),
        sa.Column("rolled_up_to", sa.BigInteger(), nullable=False),
        sa.Column("debits_held", sa.BigInteger(), nullable=False),
        sa.Column("credits_held", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT limited OR (normal_side = 'credit' AND credits_posted >= debits_posted + debits_held) OR (normal_side = 'debit' AND debits_posted >= credits_posted + credits_held)",
            name=op.f("ck_ledger_account_overdraft"),
        ),
        sa.CheckConstraint(
            "CASE WHEN limited THEN rolled_up_to = 0 ELSE rolled_up_to >= 0 AND debits_held = 0 AND credits_held = 0 END",
            name=op.f("ck_ledger_account_nature"),
        ),
        sa.CheckConstraint(
            "debits_held >= 0 AND credits_held >= 0", name=op.f("ck_ledger_account_held")
        ),
        sa.CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0", name=op.f("ck_ledger_account_totals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
    )
    op.create_table(
        "ledger_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_ledger_hold_amount")),
        sa.CheckConstraint(
            "debit_account_id <> credit_account_id", name=op.f("ck_ledger_hold_two_accounts")
        ),
        sa.CheckConstraint("expires_at > recorded_at", name=op.f("ck_ledger_hold_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_hold")),
    )
    with op.batch_alter_table("ledger_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_hold_reference"), ["reference"], unique=False)

    op.create_table(
        "ledger_open_hold",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_ledger_open_hold")),
    )
    with op.batch_alter_table("ledger_open_hold", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_open_hold_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "ledger_settlement",
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "settled",
                "released",
                "expired",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'settled') = (amount_cents > 0)", name=op.f("ck_ledger_settlement_amount")
        ),
        sa.CheckConstraint("amount_cents >= 0", name=op.f("ck_ledger_settlement_not_negative")),
        sa.PrimaryKeyConstraint("hold_id", name=op.f("pk_ledger_settlement")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_settlement_id")),
    )
    op.create_table(
        "ledger_transfer",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=True),
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("debit_account_id", sa.Uuid(), nullable=False),
        sa.Column("credit_account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_ledger_transfer_amount")),
        sa.CheckConstraint(
            "debit_account_id <> credit_account_id", name=op.f("ck_ledger_transfer_two_accounts")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ledger_transfer")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transfer_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ledger_transfer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_credit_account_id_sequence"),
            ["credit_account_id", "sequence"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_debit_account_id_sequence"),
            ["debit_account_id", "sequence"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_reference"), ["reference"], unique=False
        )

    op.create_table(
        "operator_session",
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("searched", sa.String(length=100), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_operator_session")),
    )
    with op.batch_alter_table("operator_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_operator_session_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("searched", sa.String(length=201), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_table(
        "passkey_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("bearer_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('adding', 'sign_in', 'factor')", name=op.f("ck_passkey_challenge_kind")
        ),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_passkey_challenge")),
    )
    with op.batch_alter_table("passkey_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_passkey_challenge_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "retention_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_day", sa.Date(), nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.Column("quarantined", sa.BigInteger(), nullable=False),
        sa.Column("gate_events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_table(
        "scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("authority", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme")),
        sa.UniqueConstraint("code", name=op.f("uq_scheme_code")),
    )
    op.create_table(
        "sign_in_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=160), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("factor_generation", sa.BigInteger(), nullable=False),
        sa.Column("factor_key_version", sa.BigInteger(), nullable=False),
        sa.Column("factor_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("factor_last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("terms_version", sa.BigInteger(), nullable=True),
        sa.Column("passkeys", sa.BigInteger(), nullable=False),
        sa.Column("unreachable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("unreachable_code", sa.String(length=9), nullable=True),
        sa.CheckConstraint("language in ('fr', 'en')", name=op.f("ck_sign_in_account_language")),
        sa.CheckConstraint(
            "(password_hash is null) = (password_set_at is null)",
            name=op.f("ck_sign_in_account_password"),
        ),
        sa.CheckConstraint(
            "factor_confirmed_at is null or factor_generation > 0",
            name=op.f("ck_sign_in_account_factor"),
        ),
        sa.CheckConstraint("passkeys >= 0", name=op.f("ck_sign_in_account_passkeys")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_account")),
        sa.UniqueConstraint("email", name=op.f("uq_sign_in_account_email")),
    )
    op.create_table(
        "sign_in_quota",
        sa.Column("door_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("door_hash", name=op.f("pk_sign_in_quota")),
    )
    with op.batch_alter_table("sign_in_quota", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_quota_began_at"), ["began_at"], unique=False)

    op.create_table(
        "sign_in_tries",
        sa.Column("door_hash", sa.LargeBinary(), nullable=False),
        sa.Column("in_a_row", sa.BigInteger(), nullable=False),
        sa.Column("of_the_day", sa.BigInteger(), nullable=False),
        sa.Column("day_began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("door_hash", name=op.f("pk_sign_in_tries")),
    )
    with op.batch_alter_table("sign_in_tries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_tries_day_began_at"), ["day_began_at"], unique=False
        )

    op.create_table(
        "sign_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("terms_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language in ('fr', 'en')", name=op.f("ck_sign_up_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
    )
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_up_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_up_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "stranger_key",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("seal_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_stranger_key")),
    )
    op.create_table(
        "access_service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("days", sa.String(length=7), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("passages_max", sa.BigInteger(), nullable=False),
        sa.Column("week_max", sa.BigInteger(), nullable=True),
        sa.Column("held_on_closed_days", sa.Boolean(), nullable=False),
        sa.Column("reservation_cutoff", sa.Time(), nullable=False),
        sa.CheckConstraint("opens < closes", name=op.f("ck_access_service_hours")),
        sa.CheckConstraint("passages_max >= 1", name=op.f("ck_access_service_passages")),
        sa.CheckConstraint("week_max >= 1", name=op.f("ck_access_service_week")),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_access_service_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_service")),
        sa.UniqueConstraint(
            "establishment_id", "code", name=op.f("uq_access_service_establishment_id_code")
        ),
    )
    op.create_table(
        "activation",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers_left", sa.BigInteger(), nullable=False),
        sa.Column("refusals_left", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('activation', 'new_code')", name=op.f("ck_activation_kind")),
        sa.CheckConstraint(
            "answers_left >= 0 and refusals_left >= 0", name=op.f("ck_activation_limits")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_activation_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_activation")),
    )
    with op.batch_alter_table("activation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_activation_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_activation_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("scheme_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("spend_until", sa.Date(), nullable=True),
        sa.Column("partners_until", sa.Date(), nullable=True),
        sa.Column("purse", sa.String(length=10), nullable=False),
        sa.Column("funding_account_id", sa.Uuid(), nullable=False),
        sa.Column("expiry_began_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purse IN ('separate', 'single')", name=op.f("ck_campaign_purse")),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_campaign_dates")),
        sa.CheckConstraint(
            "partners_until IS NULL OR partners_until >= COALESCE(spend_until, closes_on)",
            name=op.f("ck_campaign_partners_until"),
        ),
        sa.CheckConstraint(
            "spend_until IS NULL OR spend_until >= closes_on", name=op.f("ck_campaign_spend_until")
        ),
        sa.ForeignKeyConstraint(
            ["funding_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_campaign_funding_account_id"),
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["scheme.id"], name=op.f("fk_campaign_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("code", name=op.f("uq_campaign_code")),
        sa.UniqueConstraint("funding_account_id", name=op.f("uq_campaign_funding_account_id")),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_campaign_scheme_id"), ["scheme_id"], unique=False)

    op.create_table(
        "canteen_account",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("received_account_id", sa.Uuid(), nullable=False),
        sa.Column("sales_account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_canteen_account_establishment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["received_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_canteen_account_received_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["sales_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_canteen_account_sales_account_id"),
        ),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_canteen_account")),
        sa.UniqueConstraint(
            "received_account_id", name=op.f("uq_canteen_account_received_account_id")
        ),
        sa.UniqueConstraint("sales_account_id", name=op.f("uq_canteen_account_sales_account_id")),
    )
    op.create_table(
        "card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("retired_uid", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("state_reason", sa.String(length=100), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'retired' or uid is null", name=op.f("ck_card_retired_frees_chip")
        ),
        sa.CheckConstraint(
            "state in ('ordered', 'cancelled', 'produced', 'shipped', 'received', 'handed_over', 'active', 'blocked', 'replaced', 'expired', 'withdrawn', 'retired')",
            name=op.f("ck_card_state"),
        ),
        sa.CheckConstraint(
            "state not in ('produced', 'shipped', 'received', 'handed_over', 'active') or uid is not null",
            name=op.f("ck_card_has_chip"),
        ),
        sa.CheckConstraint("key_version between 1 and 255", name=op.f("ck_card_key_version")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_card_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card")),
        sa.UniqueConstraint("number", name=op.f("uq_card_number")),
        sa.UniqueConstraint("uid", name=op.f("uq_card_uid")),
    )
    with op.batch_alter_table("card", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_card_retired_uid"), ["retired_uid"], unique=False)
        batch_op.create_index("ix_card_state_number", ["state", "number"], unique=False)
        batch_op.create_index("ix_card_state_since", ["state", "state_since"], unique=False)

    op.create_table(
        "card_lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("kind in ('production', 'shipment')", name=op.f("ck_card_lot_kind")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_card_lot_establishment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_lot")),
        sa.UniqueConstraint("number", name=op.f("uq_card_lot_number")),
    )
    with op.batch_alter_table("card_lot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_lot_establishment_id"), ["establishment_id"], unique=False
        )

    op.create_table(
        "card_photo",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_card_photo_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_card_photo_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_card_photo")),
    )
    op.create_table(
        "card_procedure",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("online_until", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=120), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("note", sa.String(length=600), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "opens_on is null or closes_on is null or opens_on <= closes_on",
            name=op.f("ck_card_procedure_days"),
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_card_procedure_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_card_procedure")),
    )
    op.create_table(
        "closed_day",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_closed_day_establishment_id")
        ),
        sa.PrimaryKeyConstraint("establishment_id", "day", name=op.f("pk_closed_day")),
    )
    op.create_table(
        "code_record",
        sa.Column(
            "sequence",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=True),
            nullable=False,
        ),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("happening", sa.String(length=13), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "happening in ('set', 'blocked', 'unblocked', 'change_forced', 'link_given')",
            name=op.f("ck_code_record_happening"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["beneficiary.id"], name=op.f("fk_code_record_account_id")
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_code_record")),
    )
    with op.batch_alter_table("code_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_code_record_account_id_sequence", ["account_id", "sequence"], unique=False
        )

    op.create_table(
        "code_tally",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("shared_codes", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_code_tally_establishment_id")
        ),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_code_tally")),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("text_version", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("child_agrees", sa.Boolean(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose in ('gate_photo')", name=op.f("ck_consent_of")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_consent_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_consent_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_account_id"), ["account_id"], unique=False)
        batch_op.create_index(
            "ix_consent_running",
            ["beneficiary_id", "purpose", "account_id"],
            unique=True,
            postgresql_where=sa.text("withdrawn_at is null"),
            sqlite_where=sa.text("withdrawn_at is null"),
        )

    op.create_table(
        "eligibility",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=True),
        sa.Column("commune", sa.String(length=5), nullable=True),
        sa.Column("postcode", sa.String(length=5), nullable=True),
        sa.Column("department", sa.String(length=3), nullable=True),
        sa.Column("track", sa.String(length=20), nullable=True),
        sa.Column("level", sa.String(length=40), nullable=True),
        sa.Column("scholarship", sa.Boolean(), nullable=False),
        sa.Column("scholarship_proof", sa.String(length=100), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_eligibility_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_eligibility")),
        sa.UniqueConstraint("reference", name=op.f("uq_eligibility_reference")),
    )
    op.create_table(
        "email_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("new_email", sa.String(length=254), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.Uuid(), nullable=True),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.Uuid(), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "agreed_by is null or asked_by is null or agreed_by <> asked_by",
            name=op.f("ck_email_change_two_people"),
        ),
        sa.CheckConstraint(
            "done_at is null or (agreed_at is not null and answered_at is not null)",
            name=op.f("ck_email_change_done"),
        ),
        sa.CheckConstraint(
            "done_at is null or refused_at is null", name=op.f("ck_email_change_over")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_email_change_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["agreed_by"], ["sign_in_account.id"], name=op.f("fk_email_change_agreed_by")
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["sign_in_account.id"], name=op.f("fk_email_change_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["refused_by"], ["sign_in_account.id"], name=op.f("fk_email_change_refused_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email_change")),
    )
    with op.batch_alter_table("email_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_email_change_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_email_change_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("diet", sa.String(length=40), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "category in ('pupil', 'staff', 'trainee', 'guest', 'referent')",
            name=op.f("ck_enrolment_category"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_enrolment_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_enrolment_establishment_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint(
            "establishment_id",
            "beneficiary_id",
            name=op.f("uq_enrolment_establishment_id_beneficiary_id"),
        ),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enrolment_beneficiary_id"), ["beneficiary_id"], unique=False
        )

    op.create_table(
        "erasure_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(length=400), nullable=True),
        sa.CheckConstraint(
            "(answered_at is null) = (answer is null)", name=op.f("ck_erasure_request_answered")
        ),
        sa.CheckConstraint(
            "withdrawn_at is null or answered_at is null", name=op.f("ck_erasure_request_one_end")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_erasure_request_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_erasure_request_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_request")),
    )
    with op.batch_alter_table("erasure_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_erasure_request_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index("ix_erasure_request_asked_at", ["asked_at"], unique=False)
        batch_op.create_index(
            "uq_erasure_request_open",
            ["beneficiary_id"],
            unique=True,
            sqlite_where=sa.text("withdrawn_at is null and answered_at is null"),
            postgresql_where=sa.text("withdrawn_at is null and answered_at is null"),
        )

    op.create_table(
        "establishment_member",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_establishment_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_establishment_member_establishment_id"),
        ),
        sa.PrimaryKeyConstraint(
            "account_id", "establishment_id", name=op.f("pk_establishment_member")
        ),
    )
    with op.batch_alter_table("establishment_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_establishment_member_establishment_id"),
            ["establishment_id"],
            unique=False,
        )

    op.create_table(
        "event_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("previous_key_version", sa.BigInteger(), nullable=True),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('active', 'disabled', 'removed')", name=op.f("ck_event_endpoint_state")
        ),
        sa.CheckConstraint(
            "(previous_until IS NULL) = (previous_key_version IS NULL)",
            name=op.f("ck_event_endpoint_previous"),
        ),
        sa.CheckConstraint(
            "generation > 0 AND tries >= 0 AND reached >= 0", name=op.f("ck_event_endpoint_counts")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_event_endpoint_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_endpoint")),
    )
    with op.batch_alter_table("event_endpoint", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_endpoint_next_try_at",
            ["next_try_at"],
            unique=False,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.create_index(
            batch_op.f("ix_event_endpoint_partner_id"), ["partner_id"], unique=False
        )

    op.create_table(
        "event_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_event_token_partner_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_event_token")),
        sa.UniqueConstraint("id", name=op.f("uq_event_token_id")),
    )
    with op.batch_alter_table("event_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_token_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "family",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["sign_in_account.id"], name=op.f("fk_family_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family")),
    )
    op.create_table(
        "federated_identity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_federated_identity_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_federated_identity")),
        sa.UniqueConstraint("account_id", "issuer", name="account"),
        sa.UniqueConstraint("issuer", "subject", name="subject"),
    )
    op.create_table(
        "federation_attempt",
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.String(length=128), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_federation_attempt_account_id")
        ),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_federation_attempt")),
    )
    with op.batch_alter_table("federation_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_federation_attempt_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "impersonation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_impersonation_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["sign_in_account.id"], name=op.f("fk_impersonation_operator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_impersonation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_impersonation_token_hash")),
    )
    with op.batch_alter_table("impersonation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_impersonation_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "kitchen_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_kitchen_link_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kitchen_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_kitchen_link_token_hash")),
    )
    with op.batch_alter_table("kitchen_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_kitchen_link_establishment_id"), ["establishment_id"], unique=False
        )

    op.create_table(
        "ledger_seal",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("last_sequence", sa.BigInteger(), nullable=False),
        sa.Column("transfers_count", sa.BigInteger(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "length(previous_hash) = 32 AND length(hash) = 32", name=op.f("ck_ledger_seal_hashes")
        ),
        sa.CheckConstraint(
            "number > 0 AND transfers_count > 0", name=op.f("ck_ledger_seal_counts")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_seal_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "number", name=op.f("pk_ledger_seal")),
    )
    with op.batch_alter_table("ledger_seal", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_seal_last_sequence"), ["last_sequence"], unique=False
        )

    op.create_table(
        "meal_charge",
        sa.Column("passage_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_meal_charge_transfer_id")
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_meal_charge")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_meal_charge_transfer_id")),
    )
    op.create_table(
        "national_number",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("ine", sa.String(length=11), nullable=False),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_national_number_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_national_number")),
        sa.UniqueConstraint("ine", name=op.f("uq_national_number_ine")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.Column("facts", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_hash", sa.LargeBinary(), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(), nullable=True),
        sa.Column("bounce_code", sa.String(length=9), nullable=True),
        sa.CheckConstraint(
            "(beneficiary_id is not null) = (kind <> 'alarm' and kind not like 'signin%' and kind not like 'address%') and (account_id is not null) = (kind like 'signin%') and (kind not like 'address%' or about_id is not null)",
            name=op.f("ck_notice_recipient"),
        ),
        sa.CheckConstraint(
            "(state = 'bounced') = (bounce_code is not null)", name=op.f("ck_notice_bounced")
        ),
        sa.CheckConstraint(
            "kind in ('code_set', 'code_blocked', 'code_unblocked', 'code_must_change', 'new_code_link', 'card_blocked', 'card_stopped', 'card_arrived', 'card_sent', 'alarm', 'signin_invitation', 'signin_password_link', 'signin_password_set', 'signin_factor_set', 'signin_operator', 'signin_factor_removed', 'signin_new_browser', 'signin_identifier', 'signin_email_asked', 'signin_email_changed', 'signin_family', 'signin_tie', 'signin_pass_act', 'signin_passkey_added', 'signin_passkey_gone', 'signin_passkey_copy', 'signin_fc_linked', 'signin_fc_gone', 'signin_events_stopped', 'signin_ended', 'signin_closed', 'signin_erasure', 'address_sign_up', 'address_change', 'address_changed', 'address_family', 'address_door', 'address_org_invited', 'address_org_decided', 'address_org_people', 'address_suggested')",
            name=op.f("ck_notice_kind"),
        ),
        sa.CheckConstraint("state <> 'sent' or sent_at is not null", name=op.f("ck_notice_sent")),
        sa.CheckConstraint(
            "state in ('sent', 'bounced') or sent_at is null", name=op.f("ck_notice_not_sent")
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'given_up', 'bounced')", name=op.f("ck_notice_state")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_notice_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_notice_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("return_hash", name=op.f("uq_notice_return_hash")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_account_id_kind_created_at",
            ["account_id", "kind", "created_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_notice_beneficiary_id_kind_created_at",
            ["beneficiary_id", "kind", "created_at"],
            unique=False,
        )
        batch_op.create_index("ix_notice_state_next_try_at", ["state", "next_try_at"], unique=False)

    op.create_table(
        "operator",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('operator', 'auditor')", name=op.f("ck_operator_role")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_operator_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_operator")),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("rna", sa.String(length=10), nullable=True),
        sa.Column("siret", sa.String(length=14), nullable=True),
        sa.Column("owner_name", sa.String(length=100), nullable=True),
        sa.Column("address_1", sa.String(length=100), nullable=False),
        sa.Column("address_2", sa.String(length=100), nullable=True),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state = 'accepted') = (partner_id is not null)", name=op.f("ck_organisation_partner")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (reason is not null)", name=op.f("ck_organisation_reason")
        ),
        sa.CheckConstraint(
            "(state in ('accepted', 'refused')) = (decided_at is not null)",
            name=op.f("ck_organisation_decided"),
        ),
        sa.CheckConstraint(
            "state = 'own' or asked_at is not null", name=op.f("ck_organisation_asked")
        ),
        sa.CheckConstraint(
            "state in ('own', 'asked', 'accepted', 'refused')", name=op.f("ck_organisation_state")
        ),
        sa.CheckConstraint("(rna is null) <> (siret is null)", name=op.f("ck_organisation_number")),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["commune.code"], name=op.f("fk_organisation_commune_code")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["sign_in_account.id"], name=op.f("fk_organisation_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_organisation_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("partner_id", name=op.f("uq_organisation_partner_id")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_accepted_rna",
            ["rna"],
            unique=True,
            postgresql_where=sa.text("state = 'accepted'"),
            sqlite_where=sa.text("state = 'accepted'"),
        )
        batch_op.create_index(
            "ix_organisation_accepted_siret",
            ["siret"],
            unique=True,
            postgresql_where=sa.text("state = 'accepted'"),
            sqlite_where=sa.text("state = 'accepted'"),
        )
        batch_op.create_index(
            "ix_organisation_state_asked_at", ["state", "asked_at", "id"], unique=False
        )

    op.create_table(
        "outlet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("folded_name", sa.String(length=500), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=True),
        sa.Column("address_1", sa.String(length=100), nullable=True),
        sa.Column("address_2", sa.String(length=100), nullable=True),
        sa.Column("postcode", sa.String(length=5), nullable=True),
        sa.Column("latitude_e6", sa.BigInteger(), nullable=True),
        sa.Column("longitude_e6", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(latitude_e6 is null) = (longitude_e6 is null)", name=op.f("ck_outlet_point")
        ),
        sa.CheckConstraint(
            "latitude_e6 between -90000000 and 90000000 and longitude_e6 between -180000000 and 180000000",
            name=op.f("ck_outlet_on_earth"),
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["commune.code"], name=op.f("fk_outlet_commune_code")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_outlet_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet")),
    )
    with op.batch_alter_table("outlet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outlet_commune_code"), ["commune_code"], unique=False)
        batch_op.create_index("ix_outlet_folded_name_id", ["folded_name", "id"], unique=False)
        batch_op.create_index("ix_outlet_latitude_e6", ["latitude_e6"], unique=False)
        batch_op.create_index(batch_op.f("ix_outlet_partner_id"), ["partner_id"], unique=False)

    op.create_table(
        "partner_account",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_partner_account_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_partner_account_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_partner_account")),
        sa.UniqueConstraint("account_id", name=op.f("uq_partner_account_account_id")),
    )
    op.create_table(
        "partner_activity",
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("activity", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_partner_activity_partner_id")
        ),
        sa.PrimaryKeyConstraint("partner_id", "activity", name=op.f("pk_partner_activity")),
    )
    op.create_table(
        "partner_member",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_partner_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_partner_member_partner_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "partner_id", name=op.f("pk_partner_member")),
    )
    with op.batch_alter_table("partner_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_partner_member_partner_id"), ["partner_id"], unique=False
        )

    op.create_table(
        "partner_suggestion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("folded_name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=100), nullable=False),
        sa.Column("postcode", sa.String(length=5), nullable=False),
        sa.Column("commune_code", sa.String(length=5), nullable=False),
        sa.Column("number", sa.String(length=30), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("invited_email", sa.String(length=254), nullable=True),
        sa.CheckConstraint(
            "(state = 'set_aside') = (reason is not null)",
            name=op.f("ck_partner_suggestion_reason"),
        ),
        sa.CheckConstraint(
            "(state = 'waiting') = (decided_at is null)", name=op.f("ck_partner_suggestion_decided")
        ),
        sa.CheckConstraint(
            "state <> 'invited' or invited_email is not null",
            name=op.f("ck_partner_suggestion_invited"),
        ),
        sa.CheckConstraint(
            "state in ('waiting', 'invited', 'listed', 'set_aside')",
            name=op.f("ck_partner_suggestion_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_partner_suggestion_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["commune_code"], ["commune.code"], name=op.f("fk_partner_suggestion_commune_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_suggestion")),
    )
    with op.batch_alter_table("partner_suggestion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_partner_suggestion_decided_at"), ["decided_at"], unique=False
        )
        batch_op.create_index(
            "ix_partner_suggestion_once", ["account_id", "commune_code", "folded_name"], unique=True
        )
        batch_op.create_index(
            "ix_partner_suggestion_place", ["commune_code", "folded_name"], unique=False
        )
        batch_op.create_index(
            "ix_partner_suggestion_state_said_at", ["state", "said_at", "id"], unique=False
        )

    op.create_table(
        "passage_cancellation",
        sa.Column("passage_id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("cancelled_by", sa.String(length=100), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_passage_cancellation_establishment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"],
            ["ledger_transfer.id"],
            name=op.f("fk_passage_cancellation_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passage_cancellation")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_passage_cancellation_transfer_id")),
    )
    with op.batch_alter_table("passage_cancellation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_passage_cancellation_establishment_id_cancelled_at",
            ["establishment_id", "cancelled_at"],
            unique=False,
        )

    op.create_table(
        "passage_count",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=17), nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("passages > 0", name=op.f("ck_passage_count_passages")),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_passage_count_establishment_id"),
        ),
        sa.PrimaryKeyConstraint(
            "establishment_id", "local_day", "service", "answer", name=op.f("pk_passage_count")
        ),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("regressed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_passkey_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    with op.batch_alter_table("passkey", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passkey_account_id"), ["account_id"], unique=False)

    op.create_table(
        "payment_limit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("benefit_code", sa.String(length=40), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("per_payment_cents", sa.BigInteger(), nullable=True),
        sa.Column("per_day_cents", sa.BigInteger(), nullable=True),
        sa.Column("per_partner_day_cents", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(benefit_code IS NULL) <> (partner_id IS NULL)", name=op.f("ck_payment_limit_scope")
        ),
        sa.CheckConstraint("per_day_cents > 0", name=op.f("ck_payment_limit_per_day")),
        sa.CheckConstraint(
            "per_partner_day_cents IS NULL OR (per_partner_day_cents > 0 AND benefit_code IS NOT NULL)",
            name=op.f("ck_payment_limit_per_partner_day"),
        ),
        sa.CheckConstraint("per_payment_cents > 0", name=op.f("ck_payment_limit_per_payment")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_payment_limit_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_limit")),
        sa.UniqueConstraint("benefit_code", name=op.f("uq_payment_limit_benefit_code")),
        sa.UniqueConstraint("partner_id", name=op.f("uq_payment_limit_partner_id")),
    )
    op.create_table(
        "person_key",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("family", sa.LargeBinary(), nullable=False),
        sa.Column("given", sa.LargeBinary(), nullable=False),
        sa.Column("email", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"],
            ["beneficiary.id"],
            name=op.f("fk_person_key_beneficiary_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_person_key")),
    )
    with op.batch_alter_table("person_key", schema=None) as batch_op:
        batch_op.create_index("ix_person_key_email", ["email", "beneficiary_id"], unique=False)
        batch_op.create_index(
            "ix_person_key_family_given", ["family", "given", "beneficiary_id"], unique=False
        )
        batch_op.create_index(
            "ix_person_key_given_family", ["given", "family", "beneficiary_id"], unique=False
        )

    op.create_table(
        "pin_reference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("tries_left", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("right_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'locked' or tries_left = 0", name=op.f("ck_pin_reference_locked_has_no_try")
        ),
        sa.CheckConstraint(
            "state in ('active', 'must_change', 'locked')", name=op.f("ck_pin_reference_state")
        ),
        sa.CheckConstraint("tries_left between 0 and 3", name=op.f("ck_pin_reference_tries_left")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["beneficiary.id"], name=op.f("fk_pin_reference_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pin_reference")),
    )
    op.create_table(
        "pupil_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=7), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("pupils", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("departed", sa.BigInteger(), nullable=False),
        sa.Column("doubtful", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_pupil_import_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pupil_import")),
    )
    with op.batch_alter_table("pupil_import", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pupil_import_establishment_id"), ["establishment_id"], unique=False
        )

    op.create_table(
        "pupil_roster",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("uai", sa.String(length=8), nullable=True),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_pupil_roster_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_pupil_roster")),
    )
    op.create_table(
        "regime",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_regime_establishment_id")
        ),
        sa.PrimaryKeyConstraint("establishment_id", "name", name=op.f("pk_regime")),
    )
    op.create_table(
        "school_class",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_school_class_establishment_id"),
        ),
        sa.PrimaryKeyConstraint("establishment_id", "code", name=op.f("pk_school_class")),
    )
    op.create_table(
        "sign_in_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_sign_in_act_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_act")),
    )
    with op.batch_alter_table("sign_in_act", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sign_in_act_account_id_at_id", ["account_id", "at", "id"], unique=False
        )
        batch_op.create_index("ix_sign_in_act_at_id", ["at", "id"], unique=False)
        batch_op.create_index(
            "ix_sign_in_act_beneficiary_id_at_id", ["beneficiary_id", "at", "id"], unique=False
        )
        batch_op.create_index("ix_sign_in_act_kind_at_id", ["kind", "at", "id"], unique=False)
        batch_op.create_index("ix_sign_in_act_subject_at_id", ["subject", "at", "id"], unique=False)

    op.create_table(
        "sign_in_browser",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("mark_hash", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_sign_in_browser_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "mark_hash", name=op.f("pk_sign_in_browser")),
    )
    with op.batch_alter_table("sign_in_browser", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_browser_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('invitation', 'password')", name=op.f("ck_sign_in_link_kind")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_sign_in_link_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    with op.batch_alter_table("sign_in_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_link_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_link_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "sign_in_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=6), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("factor_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage in ('factor', 'terms', 'full')", name=op.f("ck_sign_in_session_stage")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_sign_in_session_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_session")),
        sa.UniqueConstraint("id", name=op.f("uq_sign_in_session_id")),
    )
    with op.batch_alter_table("sign_in_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_account_id"), ["account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sign_in_session_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "sign_in_visit",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_sign_in_visit_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_sign_in_visit")),
    )
    op.create_table(
        "terms_acceptance",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_terms_acceptance_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "version", name=op.f("pk_terms_acceptance")),
    )
    op.create_table(
        "tie",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("ended_by is null or ended_at is not null", name=op.f("ck_tie_ended")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_tie_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_tie_beneficiary_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie")),
    )
    with op.batch_alter_table("tie", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tie_open_account_id",
            ["account_id"],
            unique=True,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.create_index(
            "ix_tie_open_beneficiary_id",
            ["beneficiary_id"],
            unique=True,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "benefit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_benefit_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benefit")),
        sa.UniqueConstraint("campaign_id", "code", name=op.f("uq_benefit_campaign_id_code")),
    )
    op.create_table(
        "campaign_change",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("old_closes_on", sa.Date(), nullable=False),
        sa.Column("old_spending_ends_on", sa.Date(), nullable=False),
        sa.Column("old_partners_end_on", sa.Date(), nullable=False),
        sa.Column("new_closes_on", sa.Date(), nullable=False),
        sa.Column("new_spending_ends_on", sa.Date(), nullable=False),
        sa.Column("new_partners_end_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_change_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "number", name=op.f("pk_campaign_change")),
    )
    op.create_table(
        "campaign_count",
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_campaign_count_campaign_id")
        ),
        sa.PrimaryKeyConstraint("campaign_id", name=op.f("pk_campaign_count")),
    )
    op.create_table(
        "card_request",
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("delivery", sa.String(length=13), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("fee_cents", sa.BigInteger(), nullable=False),
        sa.Column("charter_version", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=400), nullable=True),
        sa.Column("production_id", sa.Uuid(), nullable=True),
        sa.Column("shipment_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "address is null or delivery = 'home'", name=op.f("ck_card_request_address")
        ),
        sa.CheckConstraint(
            "delivery <> 'establishment' or establishment_id is not null",
            name=op.f("ck_card_request_place"),
        ),
        sa.CheckConstraint(
            "delivery in ('counter', 'establishment', 'home')",
            name=op.f("ck_card_request_delivery"),
        ),
        sa.CheckConstraint("fee_cents >= 0", name=op.f("ck_card_request_fee")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_request_card_id")),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_card_request_establishment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["production_id"], ["card_lot.id"], name=op.f("fk_card_request_production_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["card.id"], name=op.f("fk_card_request_replaces_id")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["card_lot.id"], name=op.f("fk_card_request_shipment_id")
        ),
        sa.PrimaryKeyConstraint("card_id", name=op.f("pk_card_request")),
    )
    with op.batch_alter_table("card_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_request_establishment_id"), ["establishment_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_card_request_production_id"), ["production_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_card_request_replaces_id"), ["replaces_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_card_request_shipment_id"), ["shipment_id"], unique=False
        )

    op.create_table(
        "day_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("passages_max", sa.BigInteger(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("passages_max >= 1", name=op.f("ck_day_code_passages")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_day_code_card_id")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_day_code_service_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_code")),
        sa.UniqueConstraint("day", "code_hash", name=op.f("uq_day_code_day_code_hash")),
    )
    with op.batch_alter_table("day_code", schema=None) as batch_op:
        batch_op.create_index("ix_day_code_service_id_day", ["service_id", "day"], unique=False)

    op.create_table(
        "enrolment_service",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.String(length=7), nullable=True),
        sa.Column("by_reservation", sa.Boolean(), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.Column("passages_max", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("passages_max >= 1", name=op.f("ck_enrolment_service_passages")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_service_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_enrolment_service_service_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "service_id", name=op.f("pk_enrolment_service")),
    )
    with op.batch_alter_table("enrolment_service", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_enrolment_service_service_id"), ["service_id"], unique=False
        )

    op.create_table(
        "event_delivery",
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=True),
            nullable=False,
        ),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["event_endpoint.id"], name=op.f("fk_event_delivery_endpoint_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_event_delivery")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event_delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_event_delivery_endpoint_id_number", ["endpoint_id", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_event_delivery_tried_at"), ["tried_at"], unique=False)

    op.create_table(
        "family_child",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "ended_by is null or ended_at is not null", name=op.f("ck_family_child_ended")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_family_child_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_family_child_family_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_child")),
    )
    with op.batch_alter_table("family_child", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_family_child_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index(
            "ix_family_child_open",
            ["family_id", "beneficiary_id"],
            unique=True,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "family_invitation",
        sa.Column("relation", sa.String(length=6), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(relation = 'parent') = (family_id is not null)",
            name=op.f("ck_family_invitation_family"),
        ),
        sa.CheckConstraint(
            "(relation = 'self') = (beneficiary_id is not null)",
            name=op.f("ck_family_invitation_beneficiary"),
        ),
        sa.CheckConstraint(
            "relation in ('parent', 'self')", name=op.f("ck_family_invitation_relation")
        ),
        sa.CheckConstraint(
            "used_at is null or withdrawn_at is null", name=op.f("ck_family_invitation_over")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_family_invitation_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_family_invitation_family_id")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["sign_in_account.id"], name=op.f("fk_family_invitation_invited_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_invitation")),
    )
    with op.batch_alter_table("family_invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_family_invitation_beneficiary_id"), ["beneficiary_id"], unique=False
        )
        batch_op.create_index("ix_family_invitation_email", ["email"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_family_invitation_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_family_invitation_family_id"), ["family_id"], unique=False
        )

    op.create_table(
        "family_member",
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "ended_by is null or ended_at is not null", name=op.f("ck_family_member_ended")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_family_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_family_member_family_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_family_member")),
    )
    with op.batch_alter_table("family_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_family_member_family_id"), ["family_id"], unique=False)
        batch_op.create_index(
            "ix_family_member_open",
            ["account_id", "family_id"],
            unique=True,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "holder_photo",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_holder_photo_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_holder_photo")),
    )
    with op.batch_alter_table("holder_photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holder_photo_sha256"), ["sha256"], unique=False)

    op.create_table(
        "meal_account",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_meal_account_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_meal_account_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_meal_account")),
        sa.UniqueConstraint("account_id", name=op.f("uq_meal_account_account_id")),
    )
    op.create_table(
        "meal_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("means", sa.String(length=13), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_by", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "means in ('cash', 'cheque', 'bank_card', 'bank_transfer', 'other')",
            name=op.f("ck_meal_payment_means"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_meal_payment_amount")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_meal_payment_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"],
            ["establishment.id"],
            name=op.f("fk_meal_payment_establishment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_meal_payment_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meal_payment")),
        sa.UniqueConstraint(
            "establishment_id", "reference", name=op.f("uq_meal_payment_establishment_id_reference")
        ),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_meal_payment_transfer_id")),
    )
    with op.batch_alter_table("meal_payment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meal_payment_enrolment_id"), ["enrolment_id"], unique=False
        )

    op.create_table(
        "meal_price",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=8), nullable=False),
        sa.Column("price_cents", sa.BigInteger(), nullable=False),
        sa.Column("negative_meals", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "category in ('pupil', 'staff', 'trainee', 'guest', 'referent')",
            name=op.f("ck_meal_price_category"),
        ),
        sa.CheckConstraint("negative_meals >= 0", name=op.f("ck_meal_price_negative_meals")),
        sa.CheckConstraint("price_cents > 0", name=op.f("ck_meal_price_price")),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_meal_price_service_id")
        ),
        sa.PrimaryKeyConstraint("service_id", "category", name=op.f("pk_meal_price")),
    )
    op.create_table(
        "organisation_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("media_type", sa.String(length=15), nullable=False),
        sa.Column("bytes_long", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("counted_from", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('statutes', 'register', 'bank', 'approval', 'other')",
            name=op.f("ck_organisation_document_kind"),
        ),
        sa.CheckConstraint(
            "media_type in ('application/pdf', 'image/jpeg')",
            name=op.f("ck_organisation_document_media_type"),
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["sign_in_account.id"], name=op.f("fk_organisation_document_given_by")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_document_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_document")),
    )
    with op.batch_alter_table("organisation_document", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_organisation_document_counted_from"), ["counted_from"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_document_given_by"), ["given_by"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_document_organisation_id"),
            ["organisation_id"],
            unique=False,
        )

    op.create_table(
        "organisation_invitation",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "used_at is null or withdrawn_at is null", name=op.f("ck_organisation_invitation_over")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"],
            ["sign_in_account.id"],
            name=op.f("fk_organisation_invitation_invited_by"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_invitation_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_invitation")),
    )
    with op.batch_alter_table("organisation_invitation", schema=None) as batch_op:
        batch_op.create_index("ix_organisation_invitation_email", ["email"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_organisation_invitation_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_invitation_organisation_id"),
            ["organisation_id"],
            unique=False,
        )

    op.create_table(
        "organisation_member",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "ended_by is null or ended_at is not null", name=op.f("ck_organisation_member_ended")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_organisation_member_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_organisation_member_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_member")),
    )
    with op.batch_alter_table("organisation_member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_organisation_member_open",
            ["account_id", "organisation_id"],
            unique=True,
            postgresql_where=sa.text("ended_at is null"),
            sqlite_where=sa.text("ended_at is null"),
        )
        batch_op.create_index(
            batch_op.f("ix_organisation_member_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "pupil",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("class_code", sa.String(length=40), nullable=True),
        sa.Column("regime", sa.String(length=60), nullable=True),
        sa.Column("days", sa.String(length=7), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_pupil_enrolment_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_pupil")),
    )
    op.create_table(
        "regime_right",
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("regime", sa.String(length=60), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.String(length=7), nullable=True),
        sa.Column("by_reservation", sa.Boolean(), nullable=False),
        sa.Column("prepaid", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["establishment_id", "regime"],
            ["regime.establishment_id", "regime.name"],
            name=op.f("fk_regime_right_establishment_id_regime"),
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_regime_right_service_id")
        ),
        sa.PrimaryKeyConstraint(
            "establishment_id", "regime", "service_id", name=op.f("pk_regime_right")
        ),
    )
    op.create_table(
        "reservation",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_reservation_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_reservation_service_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "service_id", "day", name=op.f("pk_reservation")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index("ix_reservation_service_id_day", ["service_id", "day"], unique=False)

    op.create_table(
        "terminal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("searched", sa.String(length=201), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("establishment_name", sa.String(length=100), nullable=True),
        sa.Column("enrolment_hash", sa.LargeBinary(), nullable=False),
        sa.Column("enrolment_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('counter', 'gate', 'desk')", name=op.f("ck_terminal_kind")),
        sa.CheckConstraint(
            "(public_key is null) = (enrolled_at is null)", name=op.f("ck_terminal_enrolled")
        ),
        sa.ForeignKeyConstraint(["outlet_id"], ["outlet.id"], name=op.f("fk_terminal_outlet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terminal")),
        sa.UniqueConstraint("enrolment_hash", name=op.f("uq_terminal_enrolment_hash")),
    )
    with op.batch_alter_table("terminal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_terminal_outlet_id"), ["outlet_id"], unique=False)

    op.create_table(
        "tie_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=5), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=True),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(family_id is not null) = (relation = 'child')", name=op.f("ck_tie_request_relation")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (decided_at is null)", name=op.f("ck_tie_request_decided")
        ),
        sa.CheckConstraint(
            "relation in ('self', 'child')", name=op.f("ck_tie_request_known_relation")
        ),
        sa.CheckConstraint(
            "state <> 'approved' or beneficiary_id is not null",
            name=op.f("ck_tie_request_approved"),
        ),
        sa.CheckConstraint(
            "state in ('asked', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_tie_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_tie_request_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_tie_request_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["family_id"], ["family.id"], name=op.f("fk_tie_request_family_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tie_request")),
    )
    with op.batch_alter_table("tie_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tie_request_account_id"), ["account_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tie_request_family_id"), ["family_id"], unique=False)
        batch_op.create_index(
            "ix_tie_request_state_asked_at", ["state", "asked_at", "id"], unique=False
        )

    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_access_token_terminal_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_token_expires_at"), ["expires_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_access_token_terminal_id"), ["terminal_id"], unique=False
        )

    op.create_table(
        "balance_enquiry",
        sa.Column("enquiry_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum("pending", "answered", "declined", name="enquirystate", native_enum=False),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong_pin",
                "pin_blocked",
                "pin_not_set",
                "pin_change_required",
                "pin_block_invalid",
                "pin_replayed",
                "pin_checks_suspended",
                "insufficient_funds",
                "benefit_not_usable",
                "no_wallet",
                "campaign_not_open",
                "campaign_over",
                "partner_suspended",
                "outlet_closed",
                "amount_limit",
                "day_limit",
                "partner_day_limit",
                "proof_expired",
                "proof_unknown",
                "proof_used",
                "card_blocked",
                "card_lost",
                "card_stolen",
                "card_expired",
                "card_replaced",
                "card_not_active",
                "voided",
                "reversed_before_arrival",
                "interrupted",
                name="declinereason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("tries_left", sa.BigInteger(), nullable=True),
        sa.Column("balances", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(status = 'answered') = (balances IS NOT NULL)",
            name=op.f("ck_balance_enquiry_answered"),
        ),
        sa.CheckConstraint(
            "(status = 'declined') = (reason IS NOT NULL)", name=op.f("ck_balance_enquiry_reason")
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_balance_enquiry_decided")
        ),
        sa.CheckConstraint(
            "status in ('pending', 'answered', 'declined')", name=op.f("ck_balance_enquiry_status")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_balance_enquiry_terminal_id")
        ),
        sa.PrimaryKeyConstraint("enquiry_id", name=op.f("pk_balance_enquiry")),
    )
    with op.batch_alter_table("balance_enquiry", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_balance_enquiry_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "benefit_activity",
        sa.Column("benefit_id", sa.Uuid(), nullable=False),
        sa.Column("activity", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["benefit_id"], ["benefit.id"], name=op.f("fk_benefit_activity_benefit_id")
        ),
        sa.PrimaryKeyConstraint("benefit_id", "activity", name=op.f("pk_benefit_activity")),
    )
    op.create_table(
        "benefit_partner",
        sa.Column("benefit_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["benefit_id"], ["benefit.id"], name=op.f("fk_benefit_partner_benefit_id")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partner.id"], name=op.f("fk_benefit_partner_partner_id")
        ),
        sa.PrimaryKeyConstraint("benefit_id", "partner_id", name=op.f("pk_benefit_partner")),
    )
    with op.batch_alter_table("benefit_partner", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_benefit_partner_partner_id"), ["partner_id"], unique=False
        )

    op.create_table(
        "card_challenge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=False),
        sa.Column("application", sa.String(length=8), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("sealed_state", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_card_challenge_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_challenge")),
    )
    with op.batch_alter_table("card_challenge", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_challenge_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "card_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("command", sa.String(length=60), nullable=True),
        sa.CheckConstraint(
            "event in ('ordered', 'cancelled', 'produced', 'personalised', 'shipped', 'received', 'handed_over', 'activated', 'blocked', 'replaced', 'expired', 'withdrawn', 'retired')",
            name=op.f("ck_card_history_event"),
        ),
        sa.CheckConstraint(
            "state in ('ordered', 'cancelled', 'produced', 'shipped', 'received', 'handed_over', 'active', 'blocked', 'replaced', 'expired', 'withdrawn', 'retired')",
            name=op.f("ck_card_history_state"),
        ),
        sa.CheckConstraint(
            "(account_id is not null and terminal_id is null and command is null) or (account_id is null and terminal_id is not null and command is null) or (account_id is null and terminal_id is null and command is not null)",
            name=op.f("ck_card_history_by_one"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sign_in_account.id"], name=op.f("fk_card_history_account_id")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_history_card_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_card_history_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_history")),
    )
    with op.batch_alter_table("card_history", schema=None) as batch_op:
        batch_op.create_index("ix_card_history_card_id_at", ["card_id", "at"], unique=False)

    op.create_table(
        "card_personalisation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", sa.String(length=11), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=True),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(purpose = 'personalise') = (key_version is not null)",
            name=op.f("ck_card_personalisation_version_given"),
        ),
        sa.CheckConstraint(
            "purpose in ('personalise', 'retire')", name=op.f("ck_card_personalisation_purpose")
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["card.id"], name=op.f("fk_card_personalisation_card_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_card_personalisation_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_personalisation")),
    )
    with op.batch_alter_table("card_personalisation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_card_personalisation_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "card_proof",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_card_proof_card_id")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_card_proof_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_proof")),
    )
    with op.batch_alter_table("card_proof", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_card_proof_expires_at"), ["expires_at"], unique=False)

    op.create_table(
        "code_alarm",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=17), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=True),
        sa.Column("establishment_id", sa.Uuid(), nullable=True),
        sa.Column("figure", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "(establishment_id is null) = (kind <> 'shared_code')", name=op.f("ck_code_alarm_place")
        ),
        sa.CheckConstraint(
            "(terminal_id is null) = (kind = 'shared_code')", name=op.f("ck_code_alarm_terminal")
        ),
        sa.CheckConstraint(
            "kind in ('spraying', 'unreadable_blocks', 'shared_code')",
            name=op.f("ck_code_alarm_kind"),
        ),
        sa.CheckConstraint(
            "(released_at is null) = (released_by is null)", name=op.f("ck_code_alarm_released")
        ),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_code_alarm_establishment_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_code_alarm_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_alarm")),
    )
    with op.batch_alter_table("code_alarm", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_code_alarm_raised_at"), ["raised_at"], unique=False)

    op.create_table(
        "code_miss",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wrong", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["beneficiary.id"], name=op.f("fk_code_miss_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_code_miss_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "account_id", name=op.f("pk_code_miss")),
    )
    op.create_table(
        "gate",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("list_version", sa.BigInteger(), nullable=False),
        sa.Column("list_hash", sa.LargeBinary(), nullable=True),
        sa.Column("list_basis", sa.String(length=120), nullable=True),
        sa.Column("lan_address", sa.String(length=53), nullable=True),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_gate_establishment_id")
        ),
        sa.ForeignKeyConstraint(["terminal_id"], ["terminal.id"], name=op.f("fk_gate_terminal_id")),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_gate")),
    )
    with op.batch_alter_table("gate", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gate_establishment_id"), ["establishment_id"], unique=False
        )

    op.create_table(
        "gate_event",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("passages", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('not_passed', 'in_doubt', 'forced', 'held_open', 'sensor_stuck', 'line_lost', 'alarm_over', 'emergency', 'emergency_hand', 'emergency_over', 'reader_lost', 'reader_back')",
            name=op.f("ck_gate_event_kind"),
        ),
        sa.CheckConstraint("passages >= 0", name=op.f("ck_gate_event_passages")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_gate_event_establishment_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_gate_event_terminal_id")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_gate_event")),
    )
    with op.batch_alter_table("gate_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_gate_event_establishment_id_occurred_at",
            ["establishment_id", "occurred_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_gate_event_occurred_at"), ["occurred_at"], unique=False
        )
        batch_op.create_index(
            "ix_gate_event_terminal_id_mailed_at", ["terminal_id", "mailed_at"], unique=False
        )

    op.create_table(
        "grant_decision",
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("benefit_id", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.String(length=60), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.String(length=40), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.String(length=400), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("granted = (amount_cents > 0)", name=op.f("ck_grant_decision_amount")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_grant_decision_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(
            ["benefit_id"], ["benefit.id"], name=op.f("fk_grant_decision_benefit_id")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_grant_decision_campaign_id")
        ),
        sa.PrimaryKeyConstraint(
            "beneficiary_id", "benefit_id", "slot", name=op.f("pk_grant_decision")
        ),
    )
    with op.batch_alter_table("grant_decision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_grant_decision_campaign_id"), ["campaign_id"], unique=False
        )

    op.create_table(
        "grant_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("benefit_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("top_up", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_grant_rule_amount")),
        sa.ForeignKeyConstraint(
            ["benefit_id"], ["benefit.id"], name=op.f("fk_grant_rule_benefit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_rule")),
        sa.UniqueConstraint("benefit_id", "code", name=op.f("uq_grant_rule_benefit_id_code")),
    )
    op.create_table(
        "passage",
        sa.Column("passage_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=17), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=True),
        sa.Column("list_version", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_maximum", sa.Boolean(), nullable=False),
        sa.Column("intervention", sa.String(length=8), nullable=True),
        sa.Column("supervisor", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("cancels", sa.Uuid(), nullable=True),
        sa.Column("day_code_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(answer = 'ANNULE') = (cancels is not null)", name=op.f("ck_passage_counter_entry")
        ),
        sa.CheckConstraint(
            "answer <> 'OK' or (service is not null and (card_id is not null or intervention in ('guest', 'day_code')))",
            name=op.f("ck_passage_admission"),
        ),
        sa.CheckConstraint(
            "(intervention is null) = (supervisor is null)", name=op.f("ck_passage_signed")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_passage_card_id")),
        sa.ForeignKeyConstraint(
            ["establishment_id"], ["establishment.id"], name=op.f("fk_passage_establishment_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_passage_terminal_id")
        ),
        sa.PrimaryKeyConstraint("passage_id", name=op.f("pk_passage")),
        sa.UniqueConstraint(
            "terminal_id", "sequence", name=op.f("uq_passage_terminal_id_sequence")
        ),
    )
    with op.batch_alter_table("passage", schema=None) as batch_op:
        batch_op.create_index(
            "ix_passage_card_id_local_day", ["card_id", "local_day"], unique=False
        )
        batch_op.create_index(
            "ix_passage_establishment_id_local_day", ["establishment_id", "local_day"], unique=False
        )
        batch_op.create_index(
            "ix_passage_establishment_id_received_at",
            ["establishment_id", "received_at"],
            unique=False,
        )
        batch_op.create_index(
            "ix_passage_reviewed",
            ["establishment_id", "occurred_at"],
            unique=False,
            sqlite_where=sa.text("intervention is not null or over_maximum"),
            postgresql_where=sa.text("intervention is not null or over_maximum"),
        )

    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("outlet_id", sa.Uuid(), nullable=True),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=True),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("proof_id", sa.Uuid(), nullable=True),
        sa.Column("benefit_code", sa.String(length=40), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("ksn", sa.String(length=24), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "absent",
                "pending",
                "approved",
                "declined",
                "reversed",
                "voided",
                "partly_refunded",
                "refunded",
                name="paymentstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong_pin",
                "pin_blocked",
                "pin_not_set",
                "pin_change_required",
                "pin_block_invalid",
                "pin_replayed",
                "pin_checks_suspended",
                "insufficient_funds",
                "benefit_not_usable",
                "no_wallet",
                "campaign_not_open",
                "campaign_over",
                "partner_suspended",
                "outlet_closed",
                "amount_limit",
                "day_limit",
                "partner_day_limit",
                "proof_expired",
                "proof_unknown",
                "proof_used",
                "card_blocked",
                "card_lost",
                "card_stolen",
                "card_expired",
                "card_replaced",
                "card_not_active",
                "voided",
                "reversed_before_arrival",
                "interrupted",
                name="declinereason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("tries_left", sa.BigInteger(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("authorisation_number", sa.String(length=6), nullable=True),
        sa.Column("remaining_cents", sa.BigInteger(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("reversal_transfer_id", sa.Uuid(), nullable=True),
        sa.Column("given_back_cents", sa.BigInteger(), nullable=False),
        sa.Column("reversed_cents", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(reversal_transfer_id IS NOT NULL) = (status = 'reversed' AND transfer_id IS NOT NULL)",
            name=op.f("ck_payment_reversal_moved"),
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_payment_decided")
        ),
        sa.CheckConstraint(
            "CASE status WHEN 'partly_refunded' THEN given_back_cents > 0 AND given_back_cents < amount_cents WHEN 'refunded' THEN given_back_cents = amount_cents WHEN 'voided' THEN given_back_cents = amount_cents WHEN 'reversed' THEN given_back_cents = CASE WHEN transfer_id IS NULL THEN 0 ELSE amount_cents END ELSE given_back_cents = 0 END",
            name=op.f("ck_payment_given_back"),
        ),
        sa.CheckConstraint(
            "status <> 'declined' OR reason IS NOT NULL", name=op.f("ck_payment_reason")
        ),
        sa.CheckConstraint(
            "status = 'reversed' OR (proof_id IS NOT NULL AND benefit_code IS NOT NULL AND amount_cents IS NOT NULL)",
            name=op.f("ck_payment_content"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'voided', 'partly_refunded', 'refunded') OR transfer_id IS NOT NULL",
            name=op.f("ck_payment_approved"),
        ),
        sa.CheckConstraint(
            "status in ('pending', 'approved', 'declined', 'reversed', 'voided', 'partly_refunded', 'refunded')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint(
            "transfer_id IS NULL OR status in ('approved', 'voided', 'partly_refunded', 'refunded', 'reversed')",
            name=op.f("ck_payment_paid"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint(
            "reversed_cents BETWEEN 0 AND given_back_cents AND (reversed_cents > 0) = (reversal_transfer_id IS NOT NULL)",
            name=op.f("ck_payment_reversed_cents"),
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_payment_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_payment_card_id")),
        sa.ForeignKeyConstraint(
            ["reversal_transfer_id"],
            ["ledger_transfer.id"],
            name=op.f("fk_payment_reversal_transfer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_payment_terminal_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_payment_transfer_id")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payment")),
        sa.UniqueConstraint("reversal_transfer_id", name=op.f("uq_payment_reversal_transfer_id")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payment_transfer_id")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_authorisation_number",
            ["authorisation_number"],
            unique=False,
            sqlite_where=sa.text("transfer_id IS NOT NULL"),
            postgresql_where=sa.text("transfer_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_payment_beneficiary_id_decided_at",
            ["beneficiary_id", "decided_at"],
            unique=False,
            sqlite_where=sa.text("transfer_id IS NOT NULL"),
            postgresql_where=sa.text("transfer_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_payment_beneficiary_id_refused",
            ["beneficiary_id", "decided_at"],
            unique=False,
            sqlite_where=sa.text("status = 'declined'"),
            postgresql_where=sa.text("status = 'declined'"),
        )
        batch_op.create_index(
            "ix_payment_terminal_id_created_at", ["terminal_id", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_payment_terminal_id_reversed_at",
            ["terminal_id", "reversed_at"],
            unique=False,
            sqlite_where=sa.text("reversed_at IS NOT NULL"),
            postgresql_where=sa.text("reversed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_payment_paid_proof",
            ["proof_id"],
            unique=True,
            sqlite_where=sa.text("transfer_id IS NOT NULL"),
            postgresql_where=sa.text("transfer_id IS NOT NULL"),
        )

    op.create_table(
        "pin_pad",
        sa.Column("initial_key_id", sa.LargeBinary(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("profile", sa.String(length=24), nullable=False),
        sa.Column("entry", sa.String(length=8), nullable=False),
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("entry in ('secure', 'terminal')", name=op.f("ck_pin_pad_entry")),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_pin_pad_terminal_id")
        ),
        sa.PrimaryKeyConstraint("initial_key_id", name=op.f("pk_pin_pad")),
    )
    with op.batch_alter_table("pin_pad", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pin_pad_terminal_id"), ["terminal_id"], unique=False)

    op.create_table(
        "quarantined_passage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("passage_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.String(length=2000), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_quarantined_passage_terminal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantined_passage")),
        sa.UniqueConstraint(
            "terminal_id",
            "passage_id",
            "content_hash",
            name=op.f("uq_quarantined_passage_terminal_id_passage_id_content_hash"),
        ),
    )
    op.create_table(
        "seen_assertion",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_seen_assertion_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "jti", name=op.f("pk_seen_assertion")),
    )
    with op.batch_alter_table("seen_assertion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_seen_assertion_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "terminal_guard",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("unreadable_blocks", sa.BigInteger(), nullable=False),
        sa.Column("unreadable_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_guard_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal_guard")),
    )
    op.create_table(
        "terminal_heard",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_terminal_heard_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminal_heard")),
    )
    op.create_table(
        "wallet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("benefit_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_wallet_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_wallet_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(["benefit_id"], ["benefit.id"], name=op.f("fk_wallet_benefit_id")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_wallet_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("account_id", name=op.f("uq_wallet_account_id")),
        sa.UniqueConstraint(
            "beneficiary_id", "benefit_id", name=op.f("uq_wallet_beneficiary_id_benefit_id")
        ),
    )
    with op.batch_alter_table("wallet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wallet_benefit_id"), ["benefit_id"], unique=False)
        batch_op.create_index("ix_wallet_campaign_id_id", ["campaign_id", "id"], unique=False)
        batch_op.create_index(
            "uq_wallet_single",
            ["beneficiary_id", "campaign_id"],
            unique=True,
            sqlite_where=sa.text("benefit_id IS NULL"),
            postgresql_where=sa.text("benefit_id IS NULL"),
        )

    op.create_table(
        "gate_list_card",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("changed_in", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["gate.terminal_id"], name=op.f("fk_gate_list_card_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "card_id", name=op.f("pk_gate_list_card")),
    )
    with op.batch_alter_table("gate_list_card", schema=None) as batch_op:
        batch_op.create_index(
            "ix_gate_list_card_terminal_id_changed_in", ["terminal_id", "changed_in"], unique=False
        )

    op.create_table(
        "gate_list_version",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["gate.terminal_id"], name=op.f("fk_gate_list_version_terminal_id")
        ),
        sa.PrimaryKeyConstraint("terminal_id", "version", name=op.f("pk_gate_list_version")),
    )
    op.create_table(
        "payment_return",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("void", "refund", name="returnkind", native_enum=False), nullable=False
        ),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("left_cents", sa.BigInteger(), nullable=False),
        sa.Column("authorisation_number", sa.String(length=6), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'void' OR left_cents = 0", name=op.f("ck_payment_return_void_is_whole")
        ),
        sa.CheckConstraint("kind in ('void', 'refund')", name=op.f("ck_payment_return_kind")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_return_amount")),
        sa.CheckConstraint("left_cents >= 0", name=op.f("ck_payment_return_left")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.payment_id"], name=op.f("fk_payment_return_payment_id")
        ),
        sa.ForeignKeyConstraint(
            ["terminal_id"], ["terminal.id"], name=op.f("fk_payment_return_terminal_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_payment_return_transfer_id")
        ),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_payment_return")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payment_return_transfer_id")),
    )
    with op.batch_alter_table("payment_return", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payment_return_payment_id"), ["payment_id"], unique=False
        )
        batch_op.create_index(
            "ix_payment_return_terminal_id_recorded_at",
            ["terminal_id", "recorded_at"],
            unique=False,
        )
        batch_op.create_index(
            "uq_payment_return_void",
            ["payment_id"],
            unique=True,
            sqlite_where=sa.text("kind = 'void'"),
            postgresql_where=sa.text("kind = 'void'"),
        )
    if op.get_bind().dialect.name == "sqlite":
        guards: tuple[str, ...] = (
            *SQLITE_ACCOUNT_DDL,
            *SQLITE_TRANSFER_DDL,
            *SQLITE_HOLD_DDL,
            *SQLITE_SETTLEMENT_DDL,
            *SQLITE_SEAL_DDL,
            *SQLITE_LISTS_DDL,
            *SQLITE_ACT_DDL,
            *SQLITE_SEARCH_DDL,
            *SQLITE_CODE_RECORD_DDL,
        )
    else:
        guards = (
            *POSTGRESQL_ACCOUNT_DDL,
            *POSTGRESQL_TRANSFER_DDL,
            *POSTGRESQL_HOLD_DDL,
            *POSTGRESQL_SETTLEMENT_DDL,
            *POSTGRESQL_SEAL_DDL,
            *POSTGRESQL_LISTS_DDL,
            *POSTGRESQL_ACT_DDL,
            *POSTGRESQL_SEARCH_DDL,
            *POSTGRESQL_CODE_RECORD_DDL,
        )
    for guard in guards:
        op.get_bind().exec_driver_sql(guard)
