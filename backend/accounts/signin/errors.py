"""What may be refused about signing in. None says whether an address has an account."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    UnauthenticatedError,
)


class SignInRefused(UnauthenticatedError):
    """The address, the password or the one-time password is wrong; which, is not said."""

    code = "sign_in_refused"
    message = "This address and password do not go together."


class TooManyTries(ConflictError):
    """Too many wrong tries: `wait_seconds` says how long none is looked at."""

    code = "too_many_tries"
    message = "Too many wrong tries; wait before the next."


class NotSignedIn(UnauthenticatedError):
    """Nobody is signed in, or their session is over."""

    code = "not_signed_in"
    message = "Sign in first."


class FactorNeeded(ForbiddenError):
    """The password was right; the second factor is still to come."""

    code = "second_factor_needed"
    message = "The second factor is still to be typed."


class FactorDemanded(ForbiddenError):
    """What is asked for needs a second factor, and none is in place."""

    code = "second_factor_demanded"
    message = "Put a second factor in place first."


class TermsNeeded(ForbiddenError):
    """New terms are in force, and still to be accepted."""

    code = "terms_needed"
    message = "The terms of use are still to be accepted."


class PasswordRefused(InvalidInputError):
    """The password is too easy to guess; `why` says the rule."""

    code = "password_refused"
    message = "This password is too easy to guess; choose another."


class LinkGone(GoneError):
    """The link was never given, has served, or is too old: which, is not said."""

    code = "link_gone"
    message = "This link serves no more; ask for another."


class AccountExists(ConflictError):
    """Somebody signs in with this address already."""

    code = "account_exists"
    message = "There is an account with this address already."
