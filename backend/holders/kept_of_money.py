"""What is kept of a person's benefits and payments: the books, and why something was given."""

from typing import Final

from sqlalchemy import or_, select

from backend.benefits.tables import Eligibility, GrantDecision, Wallet
from backend.holders.kept import Kept
from backend.holders.terms import BOOKS, WHILE_ENTITLED
from backend.ledger.tables import Account, Hold, Transfer
from backend.payments.tables import Payment, PaymentReturn

OF_MONEY: Final = (
    Kept(
        table=Eligibility,
        title="Ce qui ouvre vos droits",
        why="Calculer les avantages auxquels vous avez droit",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Eligibility.beneficiary_id == whose.beneficiary_id,
        shown=(
            "reference",
            "commune",
            "postcode",
            "department",
            "track",
            "level",
            "scholarship",
            "scholarship_proof",
            "updated_at",
        ),
        hidden=("beneficiary_id",),
    ),
    Kept(
        table=GrantDecision,
        title="Décisions sur vos avantages",
        why="Expliquer pourquoi un avantage est donné ou refusé",
        kept_for=BOOKS,
        where=lambda whose: GrantDecision.beneficiary_id == whose.beneficiary_id,
        shown=(
            "decided_at",
            "campaign_id",
            "benefit_id",
            "granted",
            "amount_cents",
            "reason",
            "words",
        ),
        hidden=("beneficiary_id", "slot", "rule_code"),
    ),
    Kept(
        table=Wallet,
        title="Portefeuilles",
        why="Garder chaque avantage à part",
        kept_for=BOOKS,
        where=lambda whose: Wallet.beneficiary_id == whose.beneficiary_id,
        shown=("campaign_id", "benefit_id", "account_id"),
        hidden=("id", "beneficiary_id"),
    ),
    Kept(
        table=Account,
        title="Soldes",
        why="Savoir ce qu’il vous reste",
        kept_for=BOOKS,
        where=lambda whose: Account.id.in_(whose.ledger_ids),
        shown=("id", "kind", "credits_posted", "debits_posted", "debits_held", "opened_at"),
        hidden=("normal_side", "limited", "rolled_up_to", "credits_held"),
    ),
    Kept(
        table=Transfer,
        title="Mouvements",
        why="Prouver chaque mouvement d’argent",
        kept_for=BOOKS,
        where=lambda whose: or_(
            Transfer.debit_account_id.in_(whose.ledger_ids),
            Transfer.credit_account_id.in_(whose.ledger_ids),
        ),
        shown=("recorded_at", "reason", "amount_cents", "debit_account_id", "credit_account_id"),
        hidden=("sequence", "id", "reference"),
    ),
    Kept(
        table=Hold,
        title="Montants réservés",
        why="Ne pas promettre deux fois la même somme",
        kept_for=BOOKS,
        where=lambda whose: or_(
            Hold.debit_account_id.in_(whose.ledger_ids),
            Hold.credit_account_id.in_(whose.ledger_ids),
        ),
        shown=("recorded_at", "reason", "amount_cents", "expires_at"),
        hidden=("id", "debit_account_id", "credit_account_id", "reference"),
    ),
    Kept(
        table=Payment,
        title="Paiements",
        why="Vous rembourser, et rembourser les partenaires",
        kept_for=BOOKS,
        where=lambda whose: Payment.beneficiary_id == whose.beneficiary_id,
        shown=(
            "created_at",
            "decided_at",
            "partner_id",
            "outlet_id",
            "terminal_id",
            "benefit_code",
            "amount_cents",
            "status",
            "reason",
            "tries_left",
            "authorisation_number",
            "remaining_cents",
            "given_back_cents",
            "reversed_cents",
            "reversed_at",
        ),
        hidden=(
            "payment_id",
            "beneficiary_id",
            "card_id",
            "proof_id",
            "ksn",
            "fingerprint",
            "advice",
            "transfer_id",
            "reversal_transfer_id",
        ),
    ),
    Kept(
        table=PaymentReturn,
        title="Remboursements et annulations",
        why="Prouver ce qui vous a été rendu",
        kept_for=BOOKS,
        where=lambda whose: PaymentReturn.payment_id.in_(
            select(Payment.payment_id).where(
                Payment.beneficiary_id == whose.beneficiary_id, Payment.transfer_id.is_not(None)
            )
        ),
        shown=(
            "recorded_at",
            "kind",
            "terminal_id",
            "amount_cents",
            "left_cents",
            "authorisation_number",
        ),
        hidden=("return_id", "payment_id", "transfer_id"),
    ),
)
