"""What may be refused when a code is set. Checking a code gives a verdict, not an error."""

from backend.errors import ConflictError, InvalidInputError


class CodeRefused(InvalidInputError):
    """The code is too easy to guess; `details.why` names the rule, never the code."""

    code = "code_refused"
    message = "This code is too easy to guess; choose another."


class CodeBeingSet(ConflictError):
    """Somebody else set this code at the same moment."""

    code = "code_changed_meanwhile"
    message = "The code was changed at the same moment; look again."


class PadProfileConflict(ConflictError):
    """This pad is known, and encrypts in another way."""

    code = "pin_pad_profile_conflict"
    message = "This PIN pad is registered with another profile."
