"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


# As backend/ledger/tables.py had them then; a migration never changes.
SQLITE_ACCOUNT_DDL = (
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account keeps its nature'); END""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE ON ledger_account
BEGIN SELECT RAISE(ABORT, 'a ledger account is never removed'); END""",
)
SQLITE_TRANSFER_DDL = (
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
BEGIN
  UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount_cents
    WHERE id = NEW.debit_account_id;
  UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount_cents
    WHERE id = NEW.credit_account_id;
END""",
    # INSERT OR REPLACE removes the old row without firing its DELETE trigger.
    """CREATE TRIGGER ledger_transfer_not_replaced BEFORE INSERT ON ledger_transfer
WHEN EXISTS (SELECT 1 FROM ledger_transfer WHERE id = NEW.id OR sequence = NEW.sequence)
BEGIN SELECT RAISE(ABORT, 'a transfer is never replaced'); END""",
    """CREATE TRIGGER ledger_transfer_not_changed BEFORE UPDATE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never changed'); END""",
    """CREATE TRIGGER ledger_transfer_not_removed BEFORE DELETE ON ledger_transfer
BEGIN SELECT RAISE(ABORT, 'a transfer is never removed'); END""",
)
POSTGRESQL_ACCOUNT_DDL = (
    """CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = 'the ledger only grows: no ' || TG_OP || ' of ' || TG_TABLE_NAME,
    ERRCODE = 'integrity_constraint_violation';
END $$""",
    """CREATE TRIGGER ledger_account_fixed
BEFORE UPDATE OF id, kind, normal_side, limited ON ledger_account
FOR EACH ROW EXECUTE FUNCTION ledger_refuse()""",
    """CREATE TRIGGER ledger_account_kept BEFORE DELETE OR TRUNCATE ON ledger_account
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)
POSTGRESQL_TRANSFER_DDL = (
    """CREATE OR REPLACE FUNCTION ledger_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE ledger_account SET debits_posted = debits_posted + NEW.amount_cents
    WHERE id = NEW.debit_account_id;
  UPDATE ledger_account SET credits_posted = credits_posted + NEW.amount_cents
    WHERE id = NEW.credit_account_id;
  RETURN NULL;
END $$""",
    """CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer
FOR EACH ROW EXECUTE FUNCTION ledger_post()""",
    """CREATE TRIGGER ledger_transfer_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()""",
)


def upgrade() -> None:
    op.create_table(
        "beneficiary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beneficiary")),
    )
    op.create_table(
        "establishment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_establishment")),
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
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT limited OR (normal_side = 'credit' AND credits_posted >= debits_posted) OR (normal_side = 'debit' AND debits_posted >= credits_posted)",
            name=op.f("ck_ledger_account_overdraft"),
        ),
        sa.CheckConstraint(
            "debits_posted >= 0 AND credits_posted >= 0", name=op.f("ck_ledger_account_totals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
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
        sa.CheckConstraint("opens < closes", name=op.f("ck_access_service_hours")),
        sa.CheckConstraint("passages_max >= 1", name=op.f("ck_access_service_passages")),
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
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("funding_account_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("closes_on >= opens_on", name=op.f("ck_campaign_dates")),
        sa.ForeignKeyConstraint(
            ["funding_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_campaign_funding_account_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
        sa.UniqueConstraint("funding_account_id", name=op.f("uq_campaign_funding_account_id")),
    )
    op.create_table(
        "card",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=True),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("retired_uid", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("state_reason", sa.String(length=100), nullable=True),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'active' or uid is not null", name=op.f("ck_card_active_has_chip")
        ),
        sa.CheckConstraint(
            "state in ('ordered', 'active', 'blocked', 'replaced', 'expired', 'retired')",
            name=op.f("ck_card_state"),
        ),
        sa.CheckConstraint(
            "state <> 'retired' or uid is null", name=op.f("ck_card_retired_frees_chip")
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

    op.create_table(
        "enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["credit_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_ledger_transfer_credit_account_id"),
        ),
        sa.ForeignKeyConstraint(
            ["debit_account_id"],
            ["ledger_account.id"],
            name=op.f("fk_ledger_transfer_debit_account_id"),
        ),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_ledger_transfer")),
        sa.UniqueConstraint("id", name=op.f("uq_ledger_transfer_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("ledger_transfer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_credit_account_id"), ["credit_account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_debit_account_id"), ["debit_account_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_ledger_transfer_reference"), ["reference"], unique=False
        )

    op.create_table(
        "outlet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_outlet_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outlet")),
    )
    with op.batch_alter_table("outlet", schema=None) as batch_op:
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
        "pin_reference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.BigInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("tries_left", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=6), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("right_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'locked' or tries_left = 0", name=op.f("ck_pin_reference_locked_has_no_try")
        ),
        sa.CheckConstraint("state in ('active', 'locked')", name=op.f("ck_pin_reference_state")),
        sa.CheckConstraint("tries_left between 0 and 3", name=op.f("ck_pin_reference_tries_left")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["beneficiary.id"], name=op.f("fk_pin_reference_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_pin_reference")),
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
        "enrolment_service",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_enrolment_service_enrolment_id")
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["access_service.id"], name=op.f("fk_enrolment_service_service_id")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", "service_id", name=op.f("pk_enrolment_service")),
    )
    op.create_table(
        "terminal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
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
            "purpose in ('personalise', 'retire')", name=op.f("ck_card_personalisation_purpose")
        ),
        sa.CheckConstraint(
            "(purpose = 'personalise') = (key_version is not null)",
            name=op.f("ck_card_personalisation_version_given"),
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
        "gate",
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("list_version", sa.BigInteger(), nullable=False),
        sa.Column("list_hash", sa.LargeBinary(), nullable=True),
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
        "passage",
        sa.Column("passage_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_day", sa.Date(), nullable=False),
        sa.Column("uid", sa.LargeBinary(), nullable=False),
        sa.Column("card_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.String(length=17), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=True),
        sa.Column("list_version", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_maximum", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "answer <> 'OK' or (card_id is not null and service is not null)",
            name=op.f("ck_passage_admission"),
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
            batch_op.f("ix_passage_establishment_id"), ["establishment_id"], unique=False
        )

    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("terminal_id", sa.Uuid(), nullable=False),
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
                name="paymentstate",
                native_enum=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "reason",
            sa.Enum(
                "wrong_pin",
                "pin_blocked",
                "pin_not_set",
                "pin_block_invalid",
                "pin_replayed",
                "insufficient_funds",
                "benefit_not_usable",
                "proof_expired",
                "proof_unknown",
                "proof_used",
                "card_blocked",
                "reversed_before_arrival",
                "interrupted",
                name="declinereason",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("tries_left", sa.BigInteger(), nullable=True),
        sa.Column("authorisation_number", sa.String(length=6), nullable=True),
        sa.Column("remaining_cents", sa.BigInteger(), nullable=True),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("reversal_transfer_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reversed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(reversal_transfer_id IS NOT NULL) = (status = 'reversed' AND transfer_id IS NOT NULL)",
            name=op.f("ck_payment_given_back"),
        ),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_payment_decided")
        ),
        sa.CheckConstraint(
            "status <> 'approved' OR transfer_id IS NOT NULL", name=op.f("ck_payment_approved")
        ),
        sa.CheckConstraint(
            "status <> 'declined' OR reason IS NOT NULL", name=op.f("ck_payment_reason")
        ),
        sa.CheckConstraint(
            "status = 'reversed' OR (proof_id IS NOT NULL AND benefit_code IS NOT NULL AND amount_cents IS NOT NULL)",
            name=op.f("ck_payment_content"),
        ),
        sa.CheckConstraint(
            "status in ('pending', 'approved', 'declined', 'reversed')",
            name=op.f("ck_payment_status"),
        ),
        sa.CheckConstraint(
            "transfer_id IS NULL OR status in ('approved', 'reversed')",
            name=op.f("ck_payment_paid"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payment_amount")),
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
        batch_op.create_index(batch_op.f("ix_payment_terminal_id"), ["terminal_id"], unique=False)
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
        sa.Column("last_counter", sa.BigInteger(), nullable=False),
        sa.Column("invalid_blocks", sa.BigInteger(), nullable=False),
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
        "wallet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(), nullable=False),
        sa.Column("benefit_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_account.id"], name=op.f("fk_wallet_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiary.id"], name=op.f("fk_wallet_beneficiary_id")
        ),
        sa.ForeignKeyConstraint(["benefit_id"], ["benefit.id"], name=op.f("fk_wallet_benefit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wallet")),
        sa.UniqueConstraint("account_id", name=op.f("uq_wallet_account_id")),
        sa.UniqueConstraint(
            "beneficiary_id", "benefit_id", name=op.f("uq_wallet_beneficiary_id_benefit_id")
        ),
    )
    with op.batch_alter_table("wallet", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_wallet_benefit_id"), ["benefit_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        guards = (*SQLITE_ACCOUNT_DDL, *SQLITE_TRANSFER_DDL)
    else:
        guards = (*POSTGRESQL_ACCOUNT_DDL, *POSTGRESQL_TRANSFER_DDL)
    for guard in guards:
        op.get_bind().exec_driver_sql(guard)
