"""Why a payment is declined: a stable word for programs. The sentences are in words.py."""

from enum import StrEnum


class DeclineReason(StrEnum):
    """Part of the API: a reason may be added, never renamed."""

    WRONG_PIN = "wrong_pin"
    PIN_BLOCKED = "pin_blocked"
    PIN_NOT_SET = "pin_not_set"
    PIN_CHANGE_REQUIRED = "pin_change_required"
    PIN_BLOCK_INVALID = "pin_block_invalid"
    PIN_REPLAYED = "pin_replayed"
    PIN_CHECKS_SUSPENDED = "pin_checks_suspended"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    #: This partner does not take it, or there is no such benefit.
    BENEFIT_NOT_USABLE = "benefit_not_usable"
    #: The holder was granted nothing of it.
    NO_WALLET = "no_wallet"
    CAMPAIGN_NOT_OPEN = "campaign_not_open"
    CAMPAIGN_OVER = "campaign_over"
    PARTNER_SUSPENDED = "partner_suspended"
    OUTLET_CLOSED = "outlet_closed"
    #: More than one payment may be: of this benefit, or at this partner.
    AMOUNT_LIMIT = "amount_limit"
    #: More than the holder may spend of this benefit in a day.
    DAY_LIMIT = "day_limit"
    #: More than the holder may spend at this partner in a day.
    PARTNER_DAY_LIMIT = "partner_day_limit"
    PROOF_EXPIRED = "proof_expired"
    PROOF_UNKNOWN = "proof_unknown"
    PROOF_USED = "proof_used"
    #: Blocked for no reason that has a word of its own.
    CARD_BLOCKED = "card_blocked"
    CARD_LOST = "card_lost"
    CARD_STOLEN = "card_stolen"
    CARD_EXPIRED = "card_expired"
    CARD_REPLACED = "card_replaced"
    #: Not made yet, or retired.
    CARD_NOT_ACTIVE = "card_not_active"
    VOIDED = "voided"
    REVERSED_BEFORE_ARRIVAL = "reversed_before_arrival"
    INTERRUPTED = "interrupted"
