"""What may be refused about organisations."""

from backend.errors import ConflictError, InvalidInputError, NotFoundError


class OrganisationInvalid(InvalidInputError):
    """A field says what it cannot; `field` is the first of them, `problems` all."""

    code = "organisation_invalid"
    message = "Some fields are not as they must be."

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(field=next(iter(problems)))
        #: What is wrong, by field: a word that the page says in words.
        self.problems = problems


class OrganisationFixed(ConflictError):
    """It waits for an answer, or is a partner: what it says of itself does not change."""

    code = "organisation_fixed"
    message = "Take the request back first; a partner is changed by those who run the service."


class OrganisationUnknown(NotFoundError):
    """No organisation waits for an answer under this id."""

    code = "organisation_not_found"
    message = "There is no such organisation that waits."


class OrganisationTwice(ConflictError):
    """Another organisation of this number is a partner already."""

    code = "organisation_twice"
    message = "An organisation of this number is a partner already."


class TooManyOfOrganisation(ConflictError):
    """As many organisations or people as there may be."""

    code = "too_many_of_organisation"
    message = "There are as many as there may be."


class DocumentUnknown(NotFoundError):
    """No such document, or of an organisation that asks for nothing."""

    code = "document_not_found"
    message = "There is no such document."


class AlreadyListed(ConflictError):
    """The directory has this place already."""

    code = "partner_listed_already"
    message = "This place is in the directory already."


class TooManySuggestions(ConflictError):
    """As many suggestions as one person may have."""

    code = "too_many_suggestions"
    message = "There are as many suggestions as there may be."


class SuggestionUnknown(NotFoundError):
    """No suggestion waits under this id."""

    code = "suggestion_not_found"
    message = "There is no such suggestion that waits."
