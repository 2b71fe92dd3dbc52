"""What may be refused about signing in through a provider."""

from backend.errors import (
    ConflictError,
    GoneError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)


class ProviderUnavailable(UnavailableError):
    """The provider cannot be reached, is too slow, or answers what it should not."""

    code = "identity_provider_unavailable"
    message = "The identity provider cannot be used now."


class ProviderAnswerRefused(UnauthenticatedError):
    """What the provider answered does not hold; `why` is for the log, not for the page."""

    code = "identity_refused"
    message = "What the identity provider answered does not hold."


class ProviderSaidNo(UnauthenticatedError):
    """The provider did not identify anybody, or the person gave up there; `error` says which."""

    code = "identity_given_up"
    message = "The identity provider identified nobody."


class AttemptGone(GoneError):
    """This way in was not begun in this browser, has served, or is too old: not said which."""

    code = "federation_attempt_gone"
    message = "This attempt serves no more; begin again."


class NoProvider(NotFoundError):
    """No provider is in the settings."""

    code = "no_identity_provider"
    message = "There is no identity provider here."


class IdentityTaken(ConflictError):
    """This identity, or this account, is tied to another already."""

    code = "identity_taken"
    message = "This identity or this account is tied to another already."


class OnlyWayIn(ConflictError):
    """Nothing else opens this account: it would be shut to its owner."""

    code = "only_way_in"
    message = "Nothing else opens this account; choose a password first."
