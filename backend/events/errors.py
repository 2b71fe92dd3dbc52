"""What may be refused about events, their endpoints and the tokens they are read with."""

from backend.errors import ConflictError, InvalidInputError, NotFoundError, UnauthenticatedError


class EventTokenMissing(UnauthenticatedError):
    """No token came."""

    code = "event_token_missing"
    message = "Send the partner's token: Authorization: Bearer …"


class EventTokenInvalid(UnauthenticatedError):
    """Not a token of any partner, or one that was revoked."""

    code = "event_token_invalid"
    message = "This token is not known, or was revoked."


class EventTokenUnknown(NotFoundError):
    """No such token of this partner."""

    code = "event_token_not_found"
    message = "There is no such token."


class TooManyEventTokens(ConflictError):
    """A partner has as many tokens as it may."""

    code = "too_many_event_tokens"
    message = "This partner has as many tokens as it may; revoke one first."


class EndpointUnknown(NotFoundError):
    """No such endpoint of this partner."""

    code = "endpoint_not_found"
    message = "There is no such endpoint."


class TooManyEndpoints(ConflictError):
    """A partner has as many endpoints as it may."""

    code = "too_many_endpoints"
    message = "This partner has as many endpoints as it may; remove one first."


class EndpointUrlRefused(InvalidInputError):
    """Events are not sent to such an address; `details.why` names the rule."""

    code = "endpoint_url_refused"
    message = "Events are not sent to such an address."
