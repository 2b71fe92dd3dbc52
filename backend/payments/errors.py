"""Why a request about a payment is no request we can answer. A decline is never here.

Where somebody stands at the counter, the sentence says what happened and what would work next.
"""

from backend.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from backend.payments.reasons import DeclineReason
from backend.payments.words import SENTENCES, euros
from backend.sentences import Sentence


class PaymentUnknown(NotFoundError):
    """No such payment, or another terminal's; for a receipt's number, another outlet's."""

    code = "payment_not_found"
    message = "There is no such payment."
    sentence = Sentence(
        "Ce paiement n'est pas connu ici : vérifiez le numéro et la date du reçu.",
        "This payment is not known here: check the receipt's number and date.",
        ("PAIEMENT INCONNU", "VOIR LE RECU"),
    )


class IdempotencyConflict(ConflictError):
    """The id is taken by something with other content: the terminal has a bug, or worse."""

    code = "idempotency_conflict"
    message = "This id already names something else."
    sentence = Sentence(
        "Ce numéro d'opération a déjà servi : recommencez l'opération.",
        "This operation's number has served already: start the operation again.",
        ("DEJA UTILISE", "RECOMMENCEZ"),
    )


class PaymentInProgress(ConflictError):
    """The same request is being decided at this moment; its outcome is not known yet."""

    code = "payment_in_progress"
    message = "This payment is being decided; ask again."
    sentence = Sentence(
        "Ce paiement est en cours : attendez quelques secondes.",
        "This payment is being decided: wait a few seconds.",
        ("EN COURS", "PATIENTEZ"),
    )


class PaymentNotApproved(ConflictError):
    """It was declined, so there is nothing to give back."""

    code = "payment_not_approved"
    message = "This payment was declined: there is nothing to give back."
    sentence = Sentence(
        "Ce paiement a été refusé : il n'y a rien à rendre.",
        "This payment was declined: there is nothing to give back.",
        ("PAIEMENT REFUSE", "RIEN A RENDRE"),
    )


class PaymentReversed(ConflictError):
    """It was reversed, and its money is back."""

    code = "payment_reversed"
    message = "This payment was reversed: its money is back already."
    sentence = Sentence(
        "Ce paiement a été annulé avant d'aboutir : il n'y a rien à rendre.",
        "This payment was reversed before it ended: there is nothing to give back.",
        ("PAIEMENT ANNULE", "RIEN A RENDRE"),
    )


class PaymentVoided(ConflictError):
    """It was voided, and its money is back."""

    code = "payment_voided"
    message = "This payment was voided: its money is back already."
    sentence = Sentence(
        "Ce paiement est déjà annulé : il n'y a plus rien à rendre.",
        "This payment is voided already: there is nothing left to give back.",
        ("DEJA ANNULE", "RIEN A RENDRE"),
    )


class PaymentRefunded(ConflictError):
    """All of it came back already."""

    code = "payment_refunded"
    message = "This payment was refunded: its money is back already."
    sentence = Sentence(
        "Ce paiement est déjà remboursé : il n'y a plus rien à rendre.",
        "This payment is refunded already: there is nothing left to give back.",
        ("DEJA REMBOURSE", "RIEN A RENDRE"),
    )


class PaymentPartlyRefunded(ConflictError):
    """A part came back, so it cannot be voided; the rest can be refunded (`left_cents`)."""

    code = "payment_partly_refunded"
    message = "A part of this payment was refunded: refund the rest instead."

    def __init__(self, left_cents: int) -> None:
        super().__init__(left_cents=left_cents)
        left, left_en = euros(left_cents), euros(left_cents, "en")
        self.sentence = Sentence(
            f"Ce paiement est déjà remboursé en partie : remboursez {left} au plus.",
            f"A part of this payment is refunded already: refund {left_en} at most.",
            ("DEJA REMBOURSE", "EN PARTIE"),
        )


class VoidTooLate(ConflictError):
    """A payment is voided on its own day only; it can still be refunded."""

    code = "void_too_late"
    message = "A payment is voided on its own day only: refund it instead."
    sentence = Sentence(
        "Ce paiement n'est pas d'aujourd'hui : remboursez-le.",
        "This payment is not from today: refund it.",
        ("PAS DU JOUR", "REMBOURSER"),
    )


class RefundTooLarge(ConflictError):
    """More than is still out of the payment (`left_cents`)."""

    code = "refund_too_large"
    message = "This is more than is left of the payment."

    def __init__(self, left_cents: int) -> None:
        super().__init__(left_cents=left_cents)
        left, left_en = euros(left_cents), euros(left_cents, "en")
        self.sentence = Sentence(
            f"C'est plus que ce qui reste du paiement : remboursez {left} au plus.",
            f"This is more than is left of the payment: refund {left_en} at most.",
            ("TROP ELEVE", f"MAX {left_cents // 100},{left_cents % 100:02d} EUR"),
        )


class RefundTooLate(ConflictError):
    """The partners' last day of the campaign is over."""

    code = "refund_too_late"
    message = "The partners' last day of this campaign is over."
    sentence = Sentence(
        "La campagne de ce paiement est close : appelez votre service Pass.",
        "This payment's campaign is closed: call your Pass service.",
        ("CAMPAGNE CLOSE", "APPELEZ SERVICE"),
    )


class PartnerSuspended(ForbiddenError):
    """Nothing is taken or given back at a suspended partner; a reversal still is heard."""

    code = "partner_suspended"
    message = "This partner is suspended."
    sentence = Sentence(
        "Ce partenaire est suspendu : appelez votre service Pass.",
        "This partner is suspended: call your Pass service.",
        ("SUSPENDU", "APPELEZ SERVICE"),
    )


class OutletClosed(ForbiddenError):
    """Nothing is taken at a closed outlet."""

    code = "outlet_closed"
    message = "This outlet is closed."
    sentence = SENTENCES[DeclineReason.OUTLET_CLOSED]


class LimitUnacceptable(InvalidInputError):
    """A limit is more than nothing, and one by partner belongs to a benefit."""

    code = "limit_unacceptable"
    message = "A limit is at least one cent; a limit by partner and day is a benefit's."


class LinesRepeated(ConflictError):
    """Two lines of a day have the same kind and id."""

    code = "lines_repeated"
    message = "Two of the lines have the same kind and id."
