"""What people who sign in did, and when: a list that only grows.

Not here: what is done at a counter or a gate; that is in the payments and the passages.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from backend.accounts.signin.act_tables import (
    SUBJECT_CHARACTERS_MAX,
    WORDS_CHARACTERS_MAX,
    SignInAct,
)


class ActKind(StrEnum):
    """What was done."""

    COUNTER_MADE = "counter_made"
    COUNTER_CODE_RENEWED = "counter_code_renewed"
    COUNTER_REVOKED = "counter_revoked"
    EVENTS_CHANGED = "events_changed"
    # A holder's own, or a parent's for them.
    CODE_CHOSEN = "code_chosen"
    CARD_REPORTED = "card_reported"
    CARD_ORDERED = "card_ordered"
    CARD_ACTIVATED = "card_activated"
    DATA_EXPORTED = "data_exported"
    ERASURE_ASKED = "erasure_asked"
    ERASURE_WITHDRAWN = "erasure_withdrawn"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    # An operator's: what was read.
    PEOPLE_SEARCHED = "people_searched"
    PERSON_READ = "person_read"
    ACCOUNT_READ = "account_read"
    TRAIL_EXPORTED = "trail_exported"
    # An operator's: what was done to somebody's card, code, money or account.
    CARD_BLOCKED = "card_blocked"
    CODE_LINK_SENT = "code_link_sent"
    CODE_CHANGE_FORCED = "code_change_forced"
    GRANT_GIVEN = "grant_given"
    FACTOR_TAKEN_AWAY = "factor_taken_away"
    SESSIONS_ENDED = "sessions_ended"
    ACCOUNT_CLOSED = "account_closed"
    SEEN_AS_BEGUN = "seen_as_begun"
    SEEN_AS_PAGE = "seen_as_page"
    SEEN_AS_ENDED = "seen_as_ended"
    PERSON_ERASED = "person_erased"
    ERASURE_REFUSED = "erasure_refused"
    # An operator's: what was done to a place, a device or a campaign.
    PARTNER_SUSPENDED = "partner_suspended"
    PARTNER_RESUMED = "partner_resumed"
    OUTLET_CLOSED = "outlet_closed"
    OUTLET_REOPENED = "outlet_reopened"
    TERMINAL_REVOKED = "terminal_revoked"
    CAMPAIGN_OPENED = "campaign_opened"
    CAMPAIGN_EXTENDED = "campaign_extended"
    CAMPAIGN_CLOSED = "campaign_closed"
    BENEFIT_ADDED = "benefit_added"
    # An operator's: what was done to the service itself.
    ALARM_RELEASED = "alarm_released"
    MAIL_TRIED_AGAIN = "mail_tried_again"
    OPERATOR_INVITED = "operator_invited"
    OPERATOR_CHANGED = "operator_changed"
    OPERATOR_TAKEN_AWAY = "operator_taken_away"
    # Of an establishment's staff.
    CARDS_ORDERED = "cards_ordered"
    CARD_ORDER_CANCELLED = "card_order_cancelled"
    CARD_RECEIVED = "card_received"
    CARDS_HANDED_OVER = "cards_handed_over"
    CARD_REPLACED = "card_replaced"
    CARD_WITHDRAWN = "card_withdrawn"
    PHOTO_GIVEN = "photo_given"
    PHOTO_TAKEN_AWAY = "photo_taken_away"
    DAY_CODE_GIVEN = "day_code_given"
    PUPILS_IMPORTED = "pupils_imported"
    PROCEDURE_CHANGED = "procedure_changed"
    ADDRESS_CONFIRMED = "address_confirmed"
    REFERENT_ADDED = "referent_added"
    REFERENT_ENDED = "referent_ended"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COUNTER_REGRESSED = "passkey_counter_regressed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    # Of families, and of whose account is whose own.
    FAMILY_MADE = "family_made"
    MEMBER_INVITED = "member_invited"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    MEMBER_REMOVED = "member_removed"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    TIE_ASKED = "tie_asked"
    TIE_APPROVED = "tie_approved"
    TIE_REFUSED = "tie_refused"
    TIE_WITHDRAWN = "tie_withdrawn"
    CHILD_ADDED = "child_added"
    CHILD_REMOVED = "child_removed"
    OWN_ACCOUNT_INVITED = "own_account_invited"
    OWN_ACCOUNT_TIED = "own_account_tied"
    OWN_ACCOUNT_ENDED = "own_account_ended"
    # Of organisations: by those who look after one, then by an operator.
    ORGANISATION_MADE = "organisation_made"
    ORGANISATION_CHANGED = "organisation_changed"
    ORGANISATION_INVITED = "organisation_invited"
    ORGANISATION_UNINVITED = "organisation_uninvited"
    ORGANISATION_JOINED = "organisation_joined"
    ORGANISATION_LEFT = "organisation_left"
    ORGANISATION_PUT_OUT = "organisation_put_out"
    ORGANISATION_ASKED = "organisation_asked"
    ORGANISATION_WITHDRAWN = "organisation_withdrawn"
    ORGANISATION_ACCEPTED = "organisation_accepted"
    ORGANISATION_REFUSED = "organisation_refused"
    DOCUMENT_GIVEN = "document_given"
    DOCUMENT_TAKEN_AWAY = "document_taken_away"
    DOCUMENT_READ = "document_read"
    # Of structures that people would spend their Pass at.
    SUGGESTION_MADE = "suggestion_made"
    SUGGESTION_WITHDRAWN = "suggestion_withdrawn"
    SUGGESTION_INVITED = "suggestion_invited"
    SUGGESTION_SET_ASIDE = "suggestion_set_aside"
    # Of the address an account is opened with.
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGE_AGREED = "email_change_agreed"
    EMAIL_CHANGE_REFUSED = "email_change_refused"
    EMAIL_CHANGED = "email_changed"


def record_act(
    session: Session,
    kind: ActKind,
    account_id: UUID,
    subject_id: UUID,
    now: datetime,
    *,
    beneficiary_id: UUID | None = None,
    session_id: UUID | None = None,
    words: str | None = None,
) -> None:
    """Write down what somebody did to what, in the unit of work that does it.

    `beneficiary_id` is the young person it was done for, kept apart from who acts. `words` is the
    reason they gave, or what was done besides: never a code, a link or an address.
    """
    session.add(
        SignInAct(
            id=uuid4(),
            at=now,
            account_id=account_id,
            kind=kind.value,
            subject=str(subject_id)[:SUBJECT_CHARACTERS_MAX],
            beneficiary_id=beneficiary_id,
            session_id=session_id,
            words=None if words is None else words[:WORDS_CHARACTERS_MAX],
        )
    )
    session.flush()
