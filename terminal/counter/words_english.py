"""The same words in English, in the same order as in `words.py`. Pure."""

from datetime import timedelta

from terminal.counter.reasons import Reason
from terminal.counter.states import State
from terminal.pin.pad import CodeEntry

CODE_ENTRY_WORDS: dict[CodeEntry, str] = {
    CodeEntry.SECURE: "",
    CodeEntry.TERMINAL: "Keypad not secure: code encrypted by this machine",
}

STATE_WORDS: dict[State, str] = {
    State.AMOUNT: "Type the amount",
    State.CARD: "Present the card",
    State.PROOF: "Card recognised",
    State.BENEFIT: "Choose the benefit",
    State.CODE: "Type your code on the keypad",
    State.AUTHORISING: "Checking…",
    State.REVERSING: "Cancelling…",
    State.APPROVED: "Accepted",
    State.DECLINED: "Declined",
    State.CANCELLED: "Cancelled",
    State.FAILED: "Sale not completed",
    State.REVERSED: "Cancelled",
}

DEVICE_WORDS: dict[str, str] = {
    Reason.BACKEND_UNAVAILABLE: "offline",
    Reason.BACKEND_REFUSED: "refused by the server",
    Reason.TERMINAL_NOT_ALLOWED: "till no longer allowed",
    Reason.READER_UNAVAILABLE: "reader absent",
    Reason.READER_BUSY: "reader held by another program",
    Reason.READER_AMBIGUOUS: "several readers of one name",
    Reason.READER_SERVICE_DOWN: "reader service stopped",
    Reason.PAD_UNAVAILABLE: "keypad absent",
    Reason.PAD_IN_USE: "keypad held by another program",
    Reason.PAD_WITHOUT_KEY: "keypad without a key",
}

REASON_SENTENCES: dict[str, str] = {
    Reason.CANCELLED_AT_COUNTER: "The sale was cancelled at the till. Nothing is debited.",
    Reason.CANCELLED_BY_HOLDER: "The cardholder cancelled. Nothing is debited.",
    Reason.CARD_TIMEOUT: "No card was presented. Start the sale again.",
    Reason.BENEFIT_TIMEOUT: "No benefit was chosen. Start the sale again.",
    Reason.CODE_TIMEOUT: "The code was not typed in time. Start the sale again.",
    Reason.NOT_A_PASS_CARD: "This is not a Pass card. Present a Pass card.",
    Reason.CARD_REMOVED: (
        "The card was taken away too early, nothing is debited. "
        "Start the sale again and leave the card in place."
    ),
    Reason.CARD_NOT_GENUINE: (
        "This card could not be authenticated, nothing is debited. "
        "The cardholder can contact their Pass service."
    ),
    Reason.CARD_TOO_SLOW: "Reading the card took too long. Start the sale again.",
    Reason.CARD_UNKNOWN: (
        "This card is not known, nothing is debited. The cardholder can contact their Pass service."
    ),
    Reason.CARD_BLOCKED: "This card is blocked. The cardholder can ask their Pass service.",
    Reason.CARD_NOT_ACTIVE: (
        "This card is not active. The cardholder can check its state in their account."
    ),
    Reason.NO_BENEFIT: (
        "No benefit of this card can be used here. Choose another means of payment."
    ),
    Reason.BENEFIT_NOT_USABLE: "This benefit cannot be used here. Choose another benefit.",
    Reason.READER_UNAVAILABLE: (
        "The card reader does not answer. Check that it is plugged in, then start the sale again."
    ),
    Reason.PAD_UNAVAILABLE: (
        "The keypad does not answer. Check that it is plugged in, then start the sale again."
    ),
    Reason.READER_BUSY: (
        "Another program or another till holds the card reader. "
        "Close it, then start the sale again."
    ),
    Reason.READER_AMBIGUOUS: (
        "Several card readers have the same name, none is chosen. "
        "Unplug the one that is not this till’s, or call your support."
    ),
    Reason.READER_SERVICE_DOWN: (
        "This machine’s card reader service is stopped. "
        "Wait for its restart or call your support, then start the sale again."
    ),
    Reason.PAD_IN_USE: (
        "Another program or another till holds the keypad. Close it, then start the sale again."
    ),
    Reason.PAD_WITHOUT_KEY: ("The keypad has no key, no sale is possible. Contact your support."),
    Reason.BACKEND_UNAVAILABLE: (
        "The server does not answer, nothing is debited. "
        "Check the connection, then start the sale again."
    ),
    Reason.BACKEND_REFUSED: (
        "The server refused the request, nothing is debited. Start the sale again."
    ),
    Reason.TERMINAL_NOT_ALLOWED: (
        "This till may not take payments any more. Contact your Pass service."
    ),
    Reason.ANSWER_LOST: (
        "The server’s answer was lost, the payment is cancelled. Nothing stays debited."
    ),
    Reason.RESTARTED: "The sale was interrupted. Nothing stays debited.",
    Reason.JOURNAL_UNAVAILABLE: (
        "The till’s journal cannot be written, no sale is possible. Contact your support."
    ),
    Reason.INTERNAL_ERROR: ("The till met an error, nothing stays debited. Start the sale again."),
    Reason.WRONG_CODE: "The code is wrong, nothing is debited. Start the sale again.",
    "pin_blocked": "The code is blocked. The cardholder can unblock it in their account.",
    "pin_not_set": "No code is chosen. The cardholder can choose it in their account.",
    "pin_block_invalid": "The code could not be read. Start the sale again.",
    "pin_replayed": "The keypad must be checked. Start the sale again.",
    "insufficient_funds": ("The balance is not enough. Offer another benefit or a smaller amount."),
    "proof_expired": "The card was presented too long ago. Start the sale again.",
    "proof_unknown": "The card must be presented again. Start the sale again.",
    "proof_used": "The card must be presented again. Start the sale again.",
    "reversed_before_arrival": "The payment was cancelled before it arrived. Nothing is debited.",
    "interrupted": "The server was interrupted, nothing is debited. Start the sale again.",
}

NOW_BLOCKED_SENTENCE = (
    "The code is wrong and it is now blocked. The cardholder can unblock it in their account."
)
REFUSED_SENTENCE = "The payment is declined. Nothing is debited."
REVERSAL_PENDING_WORDS = "Cancellation pending"
ABANDONED_SENTENCE = "The sale was interrupted. Nothing is debited."
REVERSAL_PENDING_SENTENCE = (
    "The server does not answer, the payment will be cancelled as soon as it is back. "
    "Nothing will stay debited."
)
CANCELLED_AFTER_SENDING_SENTENCE = "The sale is cancelled. Nothing stays debited."

API_SENTENCES: dict[str, str] = {
    "sale_in_progress": "A sale is in progress. Finish it or cancel it.",
    "no_sale_in_progress": "No sale is in progress.",
    "sale_already_settled": (
        "The payment has just been accepted, it cannot be cancelled here any more."
    ),
    "sale_not_found": "There is no such sale.",
    "idempotency_conflict": "This id is that of another sale already.",
    "cursor_invalid": "The list does not go on so. Begin it again.",
    "sale_not_finished": "This sale is not finished. Wait for its end to have its receipt.",
    "return_not_found": "There is no such refund.",
    "return_not_done": "This refund is not done. Its receipt comes with it.",
    "no_printer": "No printer is set up on this till. Show the receipt on the screen.",
    "printer_absent": (
        "The printer does not answer, the sale is not touched. "
        "Check that it is switched on and plugged in, then print again."
    ),
    "printer_out_of_paper": (
        "The printer is out of paper, the sale is not touched. Change the roll, then print again."
    ),
    "printer_silent": (
        "The printer did not take the receipt, the sale is not touched. "
        "Check its cover and its paper, then print again."
    ),
    "benefit_not_offered": "This benefit is not offered for this sale.",
    "too_many_open_reversals": (
        "Too many cancellations wait for the server. Restore the connection before selling."
    ),
    "journal_unavailable": REASON_SENTENCES[Reason.JOURNAL_UNAVAILABLE],
    "malformed_request": "The request is not valid.",
    "method_not_allowed": "This address does not do that.",
    "internal_error": "The counter could not answer. Try again.",
    "origin_refused": "This page may not command the till.",
    "token_refused": "This program must present the till’s token.",
    "too_many_listeners": "Too many screens follow this till already.",
    "stopping": "The till is stopping. Wait for it to start again.",
    "training": "The till is in training, nothing can be paid. Leave training to sell.",
    "not_training": "The till is not in training.",
    "training_not_allowed": "Training is not allowed on this till.",
    "training_is_set": "This till is set up for training. It does not sell.",
    "practice_return_refused": "Not that much is left to refund on this practice sale.",
    "errand_in_progress": "A request of the cardholder is in progress. Finish it or cancel it.",
    "no_errand_in_progress": "No request is in progress.",
    "nothing_to_show": "There is nothing left to show. Make the request again.",
    "scan_unknown": "This bar code is not that of a Pass receipt. The amount has not changed.",
    "not_found": "There is no such address.",
}

RETURN_SENTENCES: dict[str, str] = {
    "sale_not_paid": "This sale was not paid: there is nothing to refund.",
    "return_too_large": "The amount is more than what is left to refund on this sale.",
    "return_in_progress": (
        "A refund of this sale waits for the server. It will be done as soon as it is back."
    ),
    "idempotency_conflict": "This id is that of another refund already.",
    "receipt_unknown": (
        "No payment of this outlet bears this number on that day. Check the receipt."
    ),
}
RETURN_REFUSED_SENTENCE = "The refund is declined. Nothing is given back."
RETURN_OFFLINE_SENTENCE = (
    "The server does not answer, nothing is refunded. Check the connection, then try again."
)
RETURN_DONE_WORDS = "Refunded"
RETURN_ASKED_SENTENCE = "The server does not answer, the refund will be done as soon as it is back."

CARD_AGAIN_SENTENCE = "The card was taken away too early. Put it back."


def clock_words(ahead: timedelta) -> str:
    """Return what the till says of a clock that is ahead of the backend's by so much."""
    minutes = max(1, round(abs(ahead).total_seconds() / 60))
    if minutes < 120:
        distance = f"{minutes} min"
    elif minutes < 48 * 60:
        distance = f"{round(minutes / 60)} h"
    else:
        distance = f"{round(minutes / 1440)} days"
    return f"this machine’s clock is {distance} {'fast' if ahead > timedelta() else 'slow'}"


def tries_left_sentence(tries_left: int) -> str:
    """Return what the till says while the code is typed again."""
    return f"Wrong code, {tries_left} {'tries' if tries_left > 1 else 'try'} left."


CUSTOMER_WORDS: dict[str, str] = {
    "idle": "Welcome",
    "card": "Present your card",
    "proof": "Card recognised",
    "benefit": "Choose your benefit",
    "code": "Type your code on the keypad",
    "code_again": "Wrong code, type it again",
    "checking": "Checking…",
    "undoing": "Cancelling…",
    "approved": "Payment accepted",
    "declined": "Payment declined",
    "cancelled": "Payment cancelled",
    "failed": "Payment not completed",
    "balances": "What you have left here",
    "errand_declined": "Request declined",
    "errand_ended": "Request ended",
}
CUSTOMER_LEAVES_CARD = "You can take your card back."
CUSTOMER_NOTHING_DEBITED = "Nothing is debited. Please ask at the till."

ERRAND_WORDS: dict[str, str] = {
    "balances card": "Balance: present the card",
    "balances proof": "Card recognised",
    "balances code": "The cardholder types their code",
    "balances asking": "Checking…",
    "balances shown": "The balance is shown to the cardholder",
    "balances done": "The balance is no longer shown",
    "balances declined": "Balance not told",
    "balances cancelled": "Request cancelled",
    "balances failed": "Request not completed",
    "payments card": "Refund: present the card",
    "payments proof": "Card recognised",
    "payments asking": "Looking for payments…",
    "payments done": "This card’s payments here",
    "payments cancelled": "Request cancelled",
    "payments failed": "Request not completed",
}
ERRAND_REFUSED_SENTENCE = "The request is declined. Nothing was debited."
NO_CARD_PAYMENTS_SENTENCE = (
    "No recent payment of this card can be refunded here. Check the customer’s receipt."
)
