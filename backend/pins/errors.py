"""What may be refused when a code is set. Checking a code gives a verdict, not an error."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    ThrottledError,
)


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


class PadEntryNotAllowed(ForbiddenError):
    """This scheme takes codes from pads that encrypt them themselves, and from no other."""

    code = "pin_pad_entry_not_allowed"
    message = "This scheme does not allow a keypad whose code the terminal encrypts."


class CodeNotSet(ConflictError):
    """There is no code to change: its holder has never chosen one."""

    code = "code_not_set"
    message = "This holder has not chosen a code yet."


class TooManyLinkRequests(ThrottledError):
    """As many requests as may wait do."""

    code = "too_many_link_requests"
    message = "Too many links are being asked for at this moment; try again."


class AlarmUnknown(NotFoundError):
    """No such alarm."""

    code = "alarm_not_found"
    message = "There is no such alarm."


class AlarmReleased(ConflictError):
    """Somebody has released it already."""

    code = "alarm_released"
    message = "This alarm was released already."
