"""What may be refused to a holder in their own space."""

from backend.errors import ConflictError, InvalidInputError


class PasswordWrong(InvalidInputError):
    """The password that was asked for again is not the right one."""

    code = "password_wrong"
    message = "This is not your password."


class PasswordMissing(ConflictError):
    """Whoever signs in without a password cannot be asked for it: a mailed link serves instead."""

    code = "password_missing"
    message = "This account has no password; choose a code by the mailed link."


class CardOrderRefused(ConflictError):
    """This card was stopped for a reason its holder cannot end by ordering another."""

    code = "card_order_refused"
    message = "Another card cannot be ordered here for this one; ask the establishment."


class ErasureAsked(ConflictError):
    """It was asked already, and not answered yet."""

    code = "erasure_asked"
    message = "Erasure was asked already; it will be answered."
