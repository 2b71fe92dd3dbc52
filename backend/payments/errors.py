"""Why a request about a payment is no request we can answer. A decline is never here."""

from backend.errors import ConflictError, NotFoundError


class PaymentUnknown(NotFoundError):
    """No such payment, or another terminal's."""

    code = "payment_not_found"
    message = "There is no such payment."


class IdempotencyConflict(ConflictError):
    """The id is taken by a payment with other content: the terminal has a bug, or worse."""

    code = "idempotency_conflict"
    message = "This payment id already names another payment."


class PaymentInProgress(ConflictError):
    """The same request is being decided at this moment; its outcome is not known yet."""

    code = "payment_in_progress"
    message = "This payment is being decided; ask again."
