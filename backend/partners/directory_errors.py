"""What may be refused about where things are."""

from backend.errors import InvalidInputError, NotFoundError


class CommuneUnknown(NotFoundError):
    """No commune with this code is recorded."""

    code = "commune_not_found"
    message = "There is no such commune; record it first, by its INSEE code."


class PlaceInvalid(InvalidInputError):
    """A commune, an address or a point is not one; `field` says which."""

    code = "place_invalid"
    message = "This is not a place: look at the commune, the address and the coordinates."


class CommuneFileUnreadable(InvalidInputError):
    """The file is no table of communes."""

    code = "commune_file_unreadable"
    message = "This file is no table with a column for the code and one for the name of a commune."
