"""What may be refused about families. None says whether a young person is known."""

from backend.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


class ProofRefused(InvalidInputError):
    """What was shown does not belong to the person who was named; which part, is not said."""

    code = "tie_proof_refused"
    message = "This does not show what was to be shown."


class RequestUnknown(NotFoundError):
    """There is no such request, or it was decided already."""

    code = "tie_request_not_found"
    message = "There is no such request that waits."


class IdentityDiffers(ConflictError):
    """The request names somebody born on another day."""

    code = "tie_identity_differs"
    message = "The request names somebody else."


class TieTaken(ConflictError):
    """The young person has an account already, or the account is another's own."""

    code = "tie_taken"
    message = "The account, or the young person, is tied already."


class NotOldEnough(ConflictError):
    """Somebody under 15 has no account of their own."""

    code = "not_old_enough"
    message = "Before 15, nobody has an account of their own."


class GrownUp(ConflictError):
    """Somebody of 18 or more is nobody's child here."""

    code = "grown_up"
    message = "Who is of age is looked after by nobody."


class AddressDiffers(ForbiddenError):
    """The invitation was sent to another address than the one who would accept it has."""

    code = "invitation_address_differs"
    message = "This invitation is for another address."


class TooManyOfFamily(ConflictError):
    """As many families, children or requests as one person may have."""

    code = "too_many_of_family"
    message = "There are as many as there may be."
