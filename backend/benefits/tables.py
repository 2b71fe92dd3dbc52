"""Schemes, campaigns, benefits, who takes them, who has them. The money is in the ledger."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.benefits.rules import CampaignDays
from backend.database import Base

NAME_CHARACTERS_MAX = 100
CODE_CHARACTERS_MAX = 40
SLOT_CHARACTERS_MAX = 60
WORDS_CHARACTERS_MAX = 400


class Purse(StrEnum):
    """How a campaign's money is divided for its holder."""

    #: A wallet for each benefit, watertight: sport money never buys books.
    SEPARATE = "separate"
    #: One wallet for all the campaign's benefits, without a limit by theme.
    SINGLE = "single"


class Scheme(Base):
    """A programme of an authority, which comes back as one campaign after the other."""

    __tablename__ = "scheme"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX), unique=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    authority: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))


class Campaign(Base):
    """A period with a budget; its days are days in Paris, and all of them included."""

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("closes_on >= opens_on", name="dates"),
        CheckConstraint("spend_until IS NULL OR spend_until >= closes_on", name="spend_until"),
        CheckConstraint(
            "partners_until IS NULL OR partners_until >= COALESCE(spend_until, closes_on)",
            name="partners_until",
        ),
        CheckConstraint("purse IN ('separate', 'single')", name="purse"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    #: What the command line calls it.
    code: Mapped[str | None] = mapped_column(String(CODE_CHARACTERS_MAX), unique=True)
    scheme_id: Mapped[UUID | None] = mapped_column(ForeignKey("scheme.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    opens_on: Mapped[date]
    #: The last day on which something is granted.
    closes_on: Mapped[date]
    #: The holders' last day to spend; none: the day it closes.
    spend_until: Mapped[date | None]
    #: The partners' last day to take or give back what was begun in time; none: the holders'.
    partners_until: Mapped[date | None]
    purse: Mapped[str] = mapped_column(String(10), default=Purse.SEPARATE)
    #: Every grant of the campaign comes from here, and what expires goes back.
    funding_account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)
    #: Once wallets are being emptied, the campaign cannot be extended.
    expiry_began_at: Mapped[datetime | None]

    @property
    def spending_ends_on(self) -> date:
        """The holders' last day to spend."""
        return self.spend_until or self.closes_on

    @property
    def partners_end_on(self) -> date:
        """The partners' last day."""
        return self.partners_until or self.spending_ends_on

    @property
    def days(self) -> CampaignDays:
        """All four days."""
        return CampaignDays(
            self.opens_on, self.closes_on, self.spending_ends_on, self.partners_end_on
        )


class CampaignChange(Base):
    """A campaign's days were moved: when, by whom, and what they were before."""

    __tablename__ = "campaign_change"

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    #: 1 for the first.
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    old_closes_on: Mapped[date]
    old_spending_ends_on: Mapped[date]
    old_partners_end_on: Mapped[date]
    new_closes_on: Mapped[date]
    new_spending_ends_on: Mapped[date]
    new_partners_end_on: Mapped[date]


class Benefit(Base):
    """What a campaign gives: a code for programs, a label for people."""

    __tablename__ = "benefit"
    __table_args__ = (UniqueConstraint("campaign_id", "code"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX))
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))


class GrantRule(Base):
    """Who is given how much of a benefit; the conditions in the form of `Conditions`."""

    __tablename__ = "grant_rule"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount"),
        UniqueConstraint("benefit_id", "code"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"))
    code: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX))
    #: Of the rules that are no top-up, the first that fits gives.
    position: Mapped[int]
    label: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    amount_cents: Mapped[int]
    #: Comes on top of what another rule gave.
    top_up: Mapped[bool]
    conditions: Mapped[str] = mapped_column(Text)


class BenefitActivity(Base):
    """Every partner with this activity may take this benefit."""

    __tablename__ = "benefit_activity"

    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"), primary_key=True)
    activity: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX), primary_key=True)


class BenefitPartner(Base):
    """This partner may take this benefit, whatever its activities."""

    __tablename__ = "benefit_partner"

    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"), primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True, index=True)


class PartnerAccount(Base):
    """What we owe a partner, as a ledger account."""

    __tablename__ = "partner_account"

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class Wallet(Base):
    """What we owe a beneficiary of one benefit, or of a whole campaign, as a ledger account."""

    __tablename__ = "wallet"
    __table_args__ = (
        UniqueConstraint("beneficiary_id", "benefit_id"),
        Index(
            "uq_wallet_single",
            "beneficiary_id",
            "campaign_id",
            unique=True,
            sqlite_where=text("benefit_id IS NULL"),
            postgresql_where=text("benefit_id IS NULL"),
        ),
        # The order in which expiry walks through them.
        Index("ix_wallet_campaign_id_id", "campaign_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    #: None: the campaign's single purse.
    benefit_id: Mapped[UUID | None] = mapped_column(ForeignKey("benefit.id"), index=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"), unique=True)


class Eligibility(Base):
    """What the grant rules ask about a person, besides the birth date."""

    __tablename__ = "eligibility"

    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    #: What the authority's own files call this person.
    reference: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS_MAX), unique=True)
    commune: Mapped[str | None] = mapped_column(String(5))
    postcode: Mapped[str | None] = mapped_column(String(5))
    department: Mapped[str | None] = mapped_column(String(3))
    track: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[str | None] = mapped_column(String(CODE_CHARACTERS_MAX))
    scholarship: Mapped[bool] = mapped_column(default=False)
    #: Why the scholarship is believed, such as the day its proof was accepted.
    scholarship_proof: Mapped[str | None] = mapped_column(String(NAME_CHARACTERS_MAX))
    updated_at: Mapped[datetime]


class GrantDecision(Base):
    """What was decided for a person about a benefit, and the words that explain it.

    A granted one never changes; a refused one is replaced by a later decision.
    """

    __tablename__ = "grant_decision"
    __table_args__ = (CheckConstraint("granted = (amount_cents > 0)", name="amount"),)

    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), primary_key=True)
    benefit_id: Mapped[UUID] = mapped_column(ForeignKey("benefit.id"), primary_key=True)
    #: Each may be given once: `base`, a top-up's rule, a payment of an import.
    slot: Mapped[str] = mapped_column(String(SLOT_CHARACTERS_MAX), primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"), index=True)
    rule_code: Mapped[str | None] = mapped_column(String(CODE_CHARACTERS_MAX))
    granted: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(CODE_CHARACTERS_MAX))
    amount_cents: Mapped[int]
    words: Mapped[str] = mapped_column(String(WORDS_CHARACTERS_MAX))
    decided_at: Mapped[datetime]
