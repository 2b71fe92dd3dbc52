"""What may be refused about signing in. None says whether an address has an account."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    ThrottledError,
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


class TooManyRequests(ThrottledError):
    """Too much is asked from one place, or by all at once; `wait_seconds` says how long."""

    code = "too_many_requests"
    message = "Too much was asked; wait before asking again."


class TooYoung(InvalidInputError):
    """Who is under 15 does not open an account alone (loi Informatique et Libertés, art. 45)."""

    code = "too_young"
    message = "Under 15, a parent opens the account."


class BirthDateUnlikely(InvalidInputError):
    """Nobody who is alive was born then."""

    code = "birth_date_unlikely"
    message = "This is not a likely birth date."


class TermsChanged(ConflictError):
    """Other terms of use are in force than those that were accepted."""

    code = "terms_changed"
    message = "Other terms of use are in force by now; read and accept them."


class SameOperator(ConflictError):
    """Who asked cannot agree as well: it takes two."""

    code = "same_operator"
    message = "Somebody else has to agree."


class EmailChangeOver(GoneError):
    """The change was done, refused, or waited too long."""

    code = "email_change_over"
    message = "This change of address is over."
