"""What may be refused about a card, its proof, and its personalisation."""

from backend.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    NotFoundError,
)


class CardUnknown(NotFoundError):
    """No card of ours: never made, or never personalised."""

    code = "card_unknown"
    message = "This card is not known."


class CardNumberTaken(ConflictError):
    """That serial was ordered before."""

    code = "card_number_taken"
    message = "There is a card with this number already."


class CardBlocked(ForbiddenError):
    """The card was declared lost, stolen or unwanted."""

    code = "card_blocked"
    message = "This card is blocked."


class CardNotActive(ForbiddenError):
    """The card is not blocked, and not in use either; `details.state` says which."""

    code = "card_not_active"
    message = "This card is not in use."


class CardStateRefused(ConflictError):
    """The card's state does not allow this step."""

    code = "card_state_refused"
    message = "The state of this card does not allow it."


class UidTaken(ConflictError):
    """The chip already belongs to another card number."""

    code = "uid_taken"
    message = "This chip already belongs to another card."


class CardAlreadyRetired(ConflictError):
    """Nothing of ours is on this chip any more, and it is free for another card."""

    code = "card_already_retired"
    message = "This card has been retired already."


class ApplicationNotAllowed(ForbiddenError):
    """A counter may ask about the benefits application alone."""

    code = "application_not_allowed"
    message = "This terminal may not ask about this application."


class ChallengeUnknown(NotFoundError):
    """No such challenge, or another terminal's."""

    code = "challenge_not_found"
    message = "There is no such challenge."


class ChallengeUsed(ConflictError):
    """A challenge is answered once, rightly or wrongly."""

    code = "challenge_used"
    message = "This challenge has already been answered."


class ChallengeExpired(GoneError):
    """The card took too long."""

    code = "challenge_expired"
    message = "This challenge has expired; present the card again."


class CardNotGenuine(ForbiddenError):
    """The chip does not hold the key that a card with its UID holds: a copy."""

    code = "card_not_genuine"
    message = "This card did not prove that it is genuine."


class ProofUnknown(NotFoundError):
    """No such proof, or another terminal's."""

    code = "proof_unknown"
    message = "There is no such proof."


class ProofUsed(ConflictError):
    """A payment has been made on this proof."""

    code = "proof_used"
    message = "This proof has already served a payment."


class ProofExpired(GoneError):
    """The proof is too old: the card must be presented again."""

    code = "proof_expired"
    message = "This proof has expired; present the card again."


class PersonalisationUnknown(NotFoundError):
    """No such personalisation or retirement, or another desk's, or it took too long."""

    code = "personalisation_not_found"
    message = "There is no such personalisation, or it took too long."


class HasCard(ConflictError):
    """Whoever has a card, or one on its way, needs no other."""

    code = "has_card"
    message = "This person has a card, or one is on its way."


class CharterNotAccepted(InvalidInputError):
    """The charter's present text was not accepted."""

    code = "charter_not_accepted"
    message = "The charter in force must be accepted first."


class AddressInvalid(InvalidInputError):
    """A card sent home needs an address of two to six lines; no other has one."""

    code = "address_invalid"
    message = "Give the address in two to six short lines."


class TooManyOrders(ConflictError):
    """As many cards were ordered for this person in a year as may be."""

    code = "too_many_card_orders"
    message = "Too many cards were ordered for this person this year."


class LotUnknown(NotFoundError):
    """No production or shipment with this number."""

    code = "card_lot_not_found"
    message = "There is no such lot of cards."


class NothingToSend(ConflictError):
    """No card waits to be made, or to be sent to this place."""

    code = "nothing_to_send"
    message = "No card waits."


class DigitsWrong(ForbiddenError):
    """The last digits are not those of this card."""

    code = "card_digits_wrong"
    message = "These are not the last digits of this card."


class ProcedureInvalid(InvalidInputError):
    """Some lines of an establishment's procedure cannot be; `fields` names them all."""

    code = "procedure_invalid"
    message = "Some lines are not as they must be."

    def __init__(self, fields: list[str]) -> None:
        super().__init__(field=fields[0])
        self.fields = tuple(fields)
