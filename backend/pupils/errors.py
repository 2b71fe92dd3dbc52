"""Why the pupils' room may refuse. What a line is refused for: rows.py."""

from backend.errors import ConflictError, InvalidInputError


class PupilFileRefused(Exception):
    """A file as a whole cannot be taken: a stable code, and one French sentence."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class OtherEstablishment(ConflictError):
    """The file names another establishment than the one it is imported into."""

    code = "other_establishment"
    message = "The file is another establishment's."


class TooManyDepartures(ConflictError):
    """More pupils would leave than anybody confirmed."""

    code = "too_many_departures"
    message = "So many pupils would leave that a person must confirm their number."


class RegimeUnknown(InvalidInputError):
    """A regime's name that no file could carry."""

    code = "regime_invalid"
    message = "A regime has a name of 1 to 60 characters."


class DecisionInvalid(InvalidInputError):
    """A decision about a line that asks for none, or about a person who is not a candidate."""

    code = "decision_invalid"
    message = "The file has no such doubtful line, or the line no such candidate."
