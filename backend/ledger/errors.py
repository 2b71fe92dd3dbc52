"""Why the ledger refuses to move money."""

from backend.errors import ConflictError, InvalidInputError, NotFoundError


class InsufficientFunds(ConflictError):
    """The account may not go below zero, and this would take it there."""

    code = "insufficient_funds"
    message = "The account does not hold that much."


class TransferConflict(ConflictError):
    """This transfer id is taken by a transfer with other content."""

    code = "transfer_conflict"
    message = "This transfer id already names another movement."


class AccountUnknown(NotFoundError):
    """No account has this id."""

    code = "ledger_account_not_found"
    message = "There is no such ledger account."


class TransferUnknown(NotFoundError):
    """No transfer has this id."""

    code = "transfer_not_found"
    message = "There is no such transfer."


class TransferUnacceptable(InvalidInputError):
    """A transfer moves at least one cent, between two different accounts."""

    code = "transfer_unacceptable"
    message = "A transfer moves at least one cent between two accounts."


class HoldConflict(ConflictError):
    """This id is taken by a hold, or by a settlement, with other content."""

    code = "hold_conflict"
    message = "This id already names another hold or another settlement."


class HoldSettled(ConflictError):
    """The hold has ended; a hold ends once."""

    code = "hold_settled"
    message = "This hold has already been settled, released or expired."


class HoldExpired(ConflictError):
    """The hold's time is over; what it held goes back."""

    code = "hold_expired"
    message = "This hold's time is over."


class HoldUnknown(NotFoundError):
    """No hold has this id."""

    code = "hold_not_found"
    message = "There is no such hold."


class HoldUnacceptable(InvalidInputError):
    """A hold is on a limited account, for a time, and settled for at most what it holds."""

    code = "hold_unacceptable"
    message = "A hold is on a limited account, until later, and settled for at most its amount."
