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


class PadIdentifierInvalid(InvalidInputError):
    """No pad of this profile can have such an initial key identifier."""

    code = "pin_pad_identifier_invalid"
    message = "This is not an initial key identifier of that profile."
