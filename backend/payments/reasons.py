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
    BENEFIT_NOT_USABLE = "benefit_not_usable"
    PROOF_EXPIRED = "proof_expired"
    PROOF_UNKNOWN = "proof_unknown"
    PROOF_USED = "proof_used"
    CARD_BLOCKED = "card_blocked"
    REVERSED_BEFORE_ARRIVAL = "reversed_before_arrival"
    INTERRUPTED = "interrupted"
