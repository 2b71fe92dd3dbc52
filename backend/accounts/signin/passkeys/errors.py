"""What may be refused about passkeys."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    UnauthenticatedError,
    UnavailableError,
)


class PasskeyRefused(UnauthenticatedError):
    """What the device answered does not hold; `why` is for the log, not for the page."""

    code = "passkey_refused"
    message = "This passkey's answer does not hold; ask again."


class PasskeyKnown(ConflictError):
    """This passkey is there already."""

    code = "passkey_known"
    message = "This passkey is there already."


class TooManyPasskeys(ConflictError):
    """Somebody has as many passkeys as they may."""

    code = "too_many_passkeys"
    message = "There are as many passkeys as there may be; remove one first."


class SignedInTooLongAgo(ForbiddenError):
    """What opens an account is changed only soon after signing in."""

    code = "signed_in_too_long_ago"
    message = "Sign in again before changing what opens the account."


class PasskeysNotOffered(UnavailableError):
    """Our pages are not where passkeys work: HTTPS on a name, or localhost."""

    code = "passkeys_not_offered"
    message = "Passkeys need our pages on HTTPS under a name."
