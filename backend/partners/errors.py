"""Why a terminal may be refused: at enrolment, for a token, or at a door that is not its own."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from backend.sentences import Sentence


class TerminalUnknown(NotFoundError):
    """No such terminal."""

    code = "terminal_not_found"
    message = "There is no such terminal."


class PartnerUnknown(NotFoundError):
    """No such partner."""

    code = "partner_not_found"
    message = "There is no such partner."


class OutletUnknown(NotFoundError):
    """No such outlet."""

    code = "outlet_not_found"
    message = "There is no such outlet."


class EnrolmentCodeUnknown(NotFoundError):
    """Nobody was given this enrolment code."""

    code = "enrolment_code_unknown"
    message = "This enrolment code was never given."


class EnrolmentCodeUsed(GoneError):
    """Another terminal enrolled with this code."""

    code = "enrolment_code_used"
    message = "This enrolment code has already served."


class EnrolmentCodeExpired(GoneError):
    """The code is too old, or its terminal was revoked before it enrolled."""

    code = "enrolment_code_expired"
    message = "This enrolment code is no longer valid."


class PublicKeyInvalid(InvalidInputError):
    """What was sent is not an Ed25519 public key."""

    code = "public_key_invalid"
    message = "The public key is not a usable Ed25519 key."


class TokenMissing(UnauthenticatedError):
    """No `Authorization: Bearer` came with the request."""

    code = "token_missing"
    message = "This route needs an access token."


class TokenInvalid(UnauthenticatedError):
    """We never gave this token, or it expired so long ago that it is forgotten."""

    code = "token_invalid"
    message = "This access token is not known."


class TokenExpired(UnauthenticatedError):
    """The token's time is over: ask for another."""

    code = "token_expired"
    message = "This access token has expired."


class TerminalRevoked(UnauthenticatedError):
    """This terminal was told to stop; nothing it holds is worth anything here."""

    code = "terminal_revoked"
    message = "This terminal has been revoked."
    sentence = Sentence(
        "Cette caisse n'est plus autorisée : appelez votre service Pass.",
        "This till is no longer allowed: call your Pass service.",
        ("CAISSE BLOQUEE", "APPELEZ SERVICE"),
    )


class AssertionInvalid(UnauthenticatedError):
    """The client assertion does not prove who is asking."""

    code = "client_assertion_invalid"
    message = "The client assertion is not acceptable."


class AssertionReplayed(UnauthenticatedError):
    """This very assertion has served already."""

    code = "client_assertion_replayed"
    message = "This client assertion has already served."


class TerminalKindNotAllowed(ForbiddenError):
    """A gate asked for what only a counter may have, or the like."""

    code = "terminal_kind_not_allowed"
    message = "A terminal of this kind may not do this."


class TerminalEnrolled(ConflictError):
    """The terminal has its key already, or is revoked: no code of it serves any more."""

    code = "terminal_enrolled"
    message = "This terminal is enrolled or revoked; make another."


class TooManyCounters(ConflictError):
    """The partner has as many counters as a partner may."""

    code = "too_many_counters"
    message = "This partner has as many counters as a partner may; revoke one first."
