"""What may be refused to those who run the service."""

from backend.errors import ConflictError, ForbiddenError, GoneError, InvalidInputError


class OperatorOnly(ForbiddenError):
    """An auditor looks and does nothing."""

    code = "operator_only"
    message = "An auditor may look, and do nothing."


class FactorStale(ForbiddenError):
    """What is asked wants the second factor again: it was typed too long ago, or never here."""

    code = "factor_stale"
    message = "Type a one-time password again first."


class LastOperator(ConflictError):
    """Somebody must stay who can act."""

    code = "last_operator"
    message = "This is the last operator; invite another first."


class OperatorAlready(ConflictError):
    """They have that role already."""

    code = "operator_already"
    message = "This person has this role already."


class AlreadyDone(ConflictError):
    """It is as asked already: a form sent twice, or another operator's."""

    code = "already_done"
    message = "This was done already."


class OperatorAccount(ConflictError):
    """It is somebody's who runs the service: their role is taken away first."""

    code = "operator_account"
    message = "This account runs the service; take its role away first."


class ReasonMissing(InvalidInputError):
    """An act has a reason."""

    code = "reason_missing"
    message = "Say why."


class SearchTooShort(InvalidInputError):
    """Too little to find anybody by."""

    code = "search_too_short"
    message = "Type at least two letters of a name."


class AmountUnacceptable(InvalidInputError):
    """Not an amount that a person may give by hand."""

    code = "amount_unacceptable"
    message = "This is no amount, or more than may be given by hand."


class SeeingAsOver(GoneError):
    """Looking as somebody else has ended."""

    code = "seeing_as_over"
    message = "Looking as somebody else has ended."


class NotShown(ForbiddenError):
    """What only its owner may see."""

    code = "not_shown"
    message = "This page is its owner's alone."


class ReadOnly(ForbiddenError):
    """Nothing is done while looking as somebody else."""

    code = "read_only"
    message = "Looking as somebody else, nothing can be done."
