"""What may be refused about people and their links."""

from backend.errors import ConflictError, GoneError, InvalidInputError, NotFoundError


class BeneficiaryUnknown(NotFoundError):
    """No such person."""

    code = "beneficiary_not_found"
    message = "There is no such beneficiary."


class EmailInvalid(InvalidInputError):
    """Nothing can be sent there."""

    code = "email_invalid"
    message = "This is not an e-mail address."


class NameInvalid(InvalidInputError):
    """Nobody is called so: letters are missing, or there is something else among them."""

    code = "name_invalid"
    message = "This is not a name."


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


class ActivationExhausted(GoneError):
    """Too many wrong birth dates, or refused codes, were typed on it."""

    code = "activation_exhausted"
    message = "Too much was refused on this activation token; ask for another."


class BirthDateWrong(InvalidInputError):
    """Whoever holds the link does not know, or did not say, the holder's birth date."""

    code = "birth_date_wrong"
    message = "This link asks for the holder's birth date, and this is not it."


class TooManyLinks(ConflictError):
    """As many links as may be given in an hour have been."""

    code = "too_many_links"
    message = "Too many links were given to this person; wait an hour."


class NotYours(NotFoundError):
    """There is no such thing in what this person may see; whether elsewhere is not said."""

    code = "not_yours"
    message = "There is no such thing here."
