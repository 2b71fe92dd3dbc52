"""What may be refused about people and their activation."""

from backend.errors import GoneError, NotFoundError


class BeneficiaryUnknown(NotFoundError):
    """No such person."""

    code = "beneficiary_not_found"
    message = "There is no such beneficiary."


class ActivationUnknown(NotFoundError):
    """Nobody was given this activation link, or a newer one replaced it."""

    code = "activation_unknown"
    message = "This activation token was never given, or a newer one replaced it."


class ActivationExpired(GoneError):
    """The activation link is too old."""

    code = "activation_expired"
    message = "This activation token has expired; ask for another."


class ActivationUsed(GoneError):
    """The activation link has served; it serves once."""

    code = "activation_used"
    message = "This activation token has already served; ask for another."
