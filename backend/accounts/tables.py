"""People: who a card is for, the one-time links they are given, and the mails they are owed.

A link is kept as a hash. A notice holds no address and no link: both are found when it is sent.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.accounts.holder_kinds import KIND_CHARACTERS_MAX, HolderKind
from backend.database import Base

NAME_CHARACTERS_MAX = 100
#: RFC 5321 §4.5.3.1.3, without the angle brackets.
EMAIL_CHARACTERS_MAX = 254
PHONE_CHARACTERS_MAX = 20
POSTCODE_CHARACTERS_MAX = 10
FACTS_CHARACTERS_MAX = 200
#: 5.255.255 is the longest there may be (RFC 3463 §2).
BOUNCE_CODE_CHARACTERS_MAX = 9


class LinkKind(StrEnum):
    """What a one-time link was given for."""

    #: Handed over with the card, for the first code.
    ACTIVATION = "activation"
    #: Sent to the address on record, or handed over, for a code after the first.
    NEW_CODE = "new_code"


class NoticeKind(StrEnum):
    """What a mail is about; the words are in letters.py."""

    CODE_SET = "code_set"
    CODE_BLOCKED = "code_blocked"
    CODE_UNBLOCKED = "code_unblocked"
    CODE_MUST_CHANGE = "code_must_change"
    NEW_CODE_LINK = "new_code_link"
    #: Reported lost or stolen, by its holder or for them.
    CARD_BLOCKED = "card_blocked"
    #: Blocked or withdrawn by an office or an operator.
    CARD_STOPPED = "card_stopped"
    #: Their card waits for them at their establishment.
    CARD_ARRIVED = "card_arrived"
    CARD_SENT = "card_sent"
    #: To the operator, not to a beneficiary.
    ALARM = "alarm"


class SignInNoticeKind(StrEnum):
    """What a mail to somebody who signs in is about; the words are in signin/letters.py."""

    INVITATION = "signin_invitation"
    PASSWORD_LINK = "signin_password_link"  # noqa: S105
    PASSWORD_SET = "signin_password_set"  # noqa: S105
    FACTOR_SET = "signin_factor_set"
    OPERATOR_CHANGED = "signin_operator"
    FACTOR_REMOVED = "signin_factor_removed"
    NEW_BROWSER = "signin_new_browser"
    IDENTIFIER = "signin_identifier"
    EMAIL_CHANGE_ASKED = "signin_email_asked"
    EMAIL_CHANGED = "signin_email_changed"
    FAMILY_CHANGED = "signin_family"
    TIE_DECIDED = "signin_tie"
    #: Done to a Pass that they may see: their own, or a child's.
    PASS_ACT = "signin_pass_act"  # noqa: S105
    PASSKEY_ADDED = "signin_passkey_added"
    PASSKEY_REMOVED = "signin_passkey_gone"
    PASSKEY_COPIED = "signin_passkey_copy"
    IDENTITY_LINKED = "signin_fc_linked"
    IDENTITY_UNLINKED = "signin_fc_gone"
    EVENTS_STOPPED = "signin_events_stopped"
    SESSIONS_ENDED = "signin_ended"
    ACCOUNT_CLOSED = "signin_closed"
    #: To whoever asked that a Pass be erased.
    ERASURE_ANSWERED = "signin_erasure"


class AddressNoticeKind(StrEnum):
    """What a mail to an address is about that belongs to nobody yet, or no more."""

    SIGN_UP = "address_sign_up"
    EMAIL_CHANGE = "address_change"
    EMAIL_CHANGED = "address_changed"
    FAMILY_INVITATION = "address_family"
    DOOR_ALARM = "address_door"
    ORGANISATION_INVITATION = "address_org_invited"
    #: To a member: accepted as a partner, or refused.
    ORGANISATION_DECIDED = "address_org_decided"
    #: To a member: somebody else came or went.
    ORGANISATION_PEOPLE = "address_org_people"
    #: To a structure that people suggested: does it agree?
    STRUCTURE_SUGGESTED = "address_suggested"


class NoticeState(StrEnum):
    """Where a mail is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"
    #: Refused for good where it should have gone, at once or afterwards.
    BOUNCED = "bounced"


#: Mails that an operator may let be tried again.
NOT_DELIVERED: Final = (NoticeState.GIVEN_UP.value, NoticeState.BOUNCED.value)


def _of(*words: type[StrEnum]) -> str:
    return ", ".join(f"'{word.value}'" for kind in words for word in kind)


class Beneficiary(Base):
    """Somebody who holds a card; e-mail, telephone and postcode where they are known."""

    __tablename__ = "beneficiary"
    __table_args__ = (CheckConstraint(f"kind in ({_of(HolderKind)})", name="kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    given_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    family_name: Mapped[str] = mapped_column(String(NAME_CHARACTERS_MAX))
    birth_date: Mapped[date] = mapped_column(index=True)
    email: Mapped[str | None] = mapped_column(String(EMAIL_CHARACTERS_MAX))
    phone: Mapped[str | None] = mapped_column(String(PHONE_CHARACTERS_MAX))
    postcode: Mapped[str | None] = mapped_column(String(POSTCODE_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    #: Most are young: whoever writes many at once need not say it.
    kind: Mapped[str] = mapped_column(
        String(KIND_CHARACTERS_MAX), default=HolderKind.YOUNG.value, server_default="young"
    )
    #: Since when mails to the address come back, and why; None: they do not.
    unreachable_since: Mapped[datetime | None]
    unreachable_code: Mapped[str | None] = mapped_column(String(BOUNCE_CODE_CHARACTERS_MAX))


class Activation(Base):
    """A link given once; only the SHA-256 of its token is kept."""

    __tablename__ = "activation"
    __table_args__ = (
        CheckConstraint(f"kind in ({_of(LinkKind)})", name="kind"),
        CheckConstraint("answers_left >= 0 and refusals_left >= 0", name="limits"),
    )

    token_hash: Mapped[bytes] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(ForeignKey("beneficiary.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    #: How many wrong birth dates may still be typed, and how many codes refused.
    answers_left: Mapped[int]
    refusals_left: Mapped[int]


class Notice(Base):
    """A mail that is owed: written with what it tells of, sent later by a job of its own."""

    __tablename__ = "notice"
    __table_args__ = (
        CheckConstraint(
            f"kind in ({_of(NoticeKind, SignInNoticeKind, AddressNoticeKind)})", name="kind"
        ),
        CheckConstraint(f"state in ({_of(NoticeState)})", name="state"),
        CheckConstraint("state <> 'sent' or sent_at is not null", name="sent"),
        CheckConstraint("state in ('sent', 'bounced') or sent_at is null", name="not_sent"),
        CheckConstraint("(state = 'bounced') = (bounce_code is not null)", name="bounced"),
        CheckConstraint(
            "(beneficiary_id is not null)"
            " = (kind <> 'alarm' and kind not like 'signin%' and kind not like 'address%')"
            " and (account_id is not null) = (kind like 'signin%')"
            " and (kind not like 'address%' or about_id is not null)",
            name="recipient",
        ),
        Index("ix_notice_state_next_try_at", "state", "next_try_at"),
        Index("ix_notice_beneficiary_id_kind_created_at", "beneficiary_id", "kind", "created_at"),
        Index("ix_notice_account_id_kind_created_at", "account_id", "kind", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    #: Whose address: this person's, or theirs who signs in; neither: the operator's.
    beneficiary_id: Mapped[UUID | None] = mapped_column(ForeignKey("beneficiary.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("sign_in_account.id"))
    #: The row that the mail tells of, where more is needed than who it goes to.
    about_id: Mapped[UUID | None]
    #: What the words need besides: never a code, a link or an address.
    facts: Mapped[str] = mapped_column(String(FACTS_CHARACTERS_MAX))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    tries: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column()
    sent_at: Mapped[datetime | None]
    #: SHA-256 of the token that this sending may come back with, and of the address it went to.
    return_hash: Mapped[bytes | None] = mapped_column(unique=True)
    address_hash: Mapped[bytes | None]
    #: Why it came back (RFC 3463).
    bounce_code: Mapped[str | None] = mapped_column(String(BOUNCE_CODE_CHARACTERS_MAX))
