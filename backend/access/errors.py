"""Why the access room may refuse."""

from backend.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError


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


class CalendarZoneUnclear(InvalidInputError):
    """The calendar has the holidays of several zones, and none was named."""

    code = "calendar_zone_unclear"
    message = "The calendar has several zones: say which one is meant."


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


class TooManyReferents(ConflictError):
    """An establishment has as many referents as it may."""

    code = "too_many_referents"
    message = "This establishment has as many referents as it may have."


class ListTooLong(ConflictError):
    """More cards or services than a gate takes in one list."""

    code = "access_list_too_long"
    message = "The establishment has more cards or services than one list may carry."


class PhotoInvalid(InvalidInputError):
    """No small JPEG."""

    code = "photo_invalid"
    message = "The photo must be a JPEG of at most 60 kB and 800 pixels a side."


class PhotoUnknown(NotFoundError):
    """No such photo, or none that this gate may show."""

    code = "photo_not_found"
    message = "There is no such photo for this gate."


class DayCodeInvalid(InvalidInputError):
    """A one-day code that no list can carry."""

    code = "day_code_invalid"
    message = "A one-day code is for today or the next seven days, and for 1 to 200 passages."


class DayCodeUnknown(NotFoundError):
    """No such one-day code at this establishment."""

    code = "day_code_not_found"
    message = "There is no such one-day code here."


class KitchenLinkUnknown(NotFoundError):
    """No kitchen's address, or one that was ended."""

    code = "kitchen_link_not_found"
    message = "This address shows no kitchen."


class GateAddressRefused(ForbiddenError):
    """A gate's siblings are told of it: they must not be sent elsewhere."""

    code = "gate_address_refused"
    message = "This is no address of a local network, with a port."


class PaymentConflict(ConflictError):
    """The receipt's reference is another payment's."""

    code = "meal_payment_conflict"
    message = "This reference belongs to another payment already."


class PaymentInvalid(InvalidInputError):
    """A payment that no receipt says."""

    code = "meal_payment_invalid"
    message = "A payment needs a reference and an amount of 1 cent to 2000 euros."


class DietInvalid(InvalidInputError):
    """A diet whose words are too long."""

    code = "diet_invalid"
    message = "A diet is named in 1 to 40 characters."
