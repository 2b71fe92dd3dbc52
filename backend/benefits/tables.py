"""Campaigns, benefits, who takes them, who has them. The money itself is in the ledger."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.database import Base

NAME_CHARACTERS_MAX = 100
CODE_CHARACTERS_MAX = 40


class Campaign(Base):
    """A period with a budget; both its days are days in Paris, and both included."""

    __tablename__ = "campaign"
    __table_args__ = (CheckConstraint("closes_on >= opens_on", name="dates"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    #: Every grant of the campaign comes from here.
    funding_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class Benefit(Base):
    """What a campaign gives: a code for programs, a label for people."""

    __tablename__ = "benefit"
    __table_args__ = (UniqueConstraint("campaign_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX))
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))


class BenefitPartner(Base):
    """This partner may take this benefit."""

    __tablename__ = "benefit_partner"

    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True, index=True)


class PartnerAccount(Base):
    """What we owe a partner, as a ledger account."""

    __tablename__ = "partner_account"

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class Wallet(Base):
    """What we owe a beneficiary of one benefit, as a ledger account."""

    __tablename__ = "wallet"
    __table_args__ = (UniqueConstraint("beneficiary_id", "benefit_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)
