"""Why the access room may refuse."""

from backend.errors import ConflictError, InvalidInputError, NotFoundError


class EstablishmentUnknown(NotFoundError):
    """No such establishment."""

    code = "establishment_not_found"
    message = "There is no such establishment."


class ServiceUnknown(NotFoundError):
    """The establishment has no service of this code."""

    code = "service_not_found"
    message = "The establishment has no such service."


class EnrolmentUnknown(NotFoundError):
    """The person does not belong to this establishment."""

    code = "enrolment_not_found"
    message = "This person is not enrolled at this establishment."


class GateNotAssigned(NotFoundError):
    """The terminal stands at no establishment yet."""

    code = "gate_not_assigned"
    message = "This gate is not assigned to an establishment."


class NotAGate(InvalidInputError):
    """The terminal is of another kind."""

    code = "terminal_not_a_gate"
    message = "Only a gate can be assigned to an establishment."


class ServiceInvalid(InvalidInputError):
    """The service could never be open, or has a code no list can carry."""

    code = "service_invalid"
    message = "The service needs a code, a label, days 1 to 7, an opening before its closing."


class TimeZoneUnknown(InvalidInputError):
    """Not a name of the IANA time zone database."""

    code = "time_zone_unknown"
    message = "The time zone is not known."


class ServiceCodeTaken(ConflictError):
    """The establishment has a service of this code already."""

    code = "service_code_taken"
    message = "The establishment already has a service of this code."


class RightInvalid(InvalidInputError):
    """A right that no list can carry."""

    code = "right_invalid"
    message = "A right has days 1 to 7, and at least one passage."


class ReservationNotNeeded(ConflictError):
    """The person's right to this service does not go by reservation."""

    code = "reservation_not_needed"
    message = "This person does not need a reservation for this service."


class ReservationTooLate(ConflictError):
    """The day's cut-off has passed."""

    code = "reservation_too_late"
    message = "Reservations for this day are closed."


class ReservationDayInvalid(InvalidInputError):
    """No service on that day, or too far ahead."""

    code = "reservation_day_invalid"
    message = "The service is not held on this day, or the day is too far ahead."


class CalendarInvalid(InvalidInputError):
    """A calendar that cannot be read, or covers too much."""

    code = "calendar_invalid"
    message = "The calendar cannot be read, or closes too many days."


class PassageUnknown(NotFoundError):
    """No such passage at this establishment."""

    code = "passage_not_found"
    message = "There is no such passage here."


class PassageNotAdmitted(ConflictError):
    """Nobody passed: there is nothing to take back."""

    code = "passage_not_admitted"
    message = "This passage was refused: there is nothing to take back."


class MealPriceInvalid(InvalidInputError):
    """A price that no meal has."""

    code = "meal_price_invalid"
    message = "A meal costs at least one cent, and nobody owes fewer than no meals."


class ListTooLong(ConflictError):
    """More cards or services than a gate takes in one list."""

    code = "access_list_too_long"
    message = "The establishment has more cards or services than one list may carry."
