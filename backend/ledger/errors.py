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
