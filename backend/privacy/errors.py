"""What privacy refuses."""

from backend.errors import ConflictError, NotFoundError


class MoneyLeft(ConflictError):
    """The person's meal account holds money of the family, or owes some."""

    code = "money_left"
    message = "The meal account is not at zero: give back what is left, or settle it, first."


class RequestUnknown(NotFoundError):
    """There is no such request, or it has been answered or withdrawn."""

    code = "request_unknown"
    message = "No such request is open."


class ConsentNotYours(ConflictError):
    """Whoever asks may not agree to this for this person."""

    code = "consent_not_yours"
    message = "From fifteen on a person agrees alone; before, a parent does, and the child too."
