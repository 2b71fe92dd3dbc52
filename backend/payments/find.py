"""What became of a payment."""

from uuid import UUID

from backend.partners.authentication import AuthenticatedTerminal
from backend.payments.orders import Answer
from backend.payments.reasons import DeclineReason
from backend.payments.record import answer_of, decline, is_abandoned, lock, of_terminal
from backend.payments.tables import Payment
from backend.services import Services


def find_payment(services: Services, terminal: AuthenticatedTerminal, payment_id: UUID) -> Answer:
    """Say what became of one of this terminal's payments.

    One that was abandoned undecided is declined here and now, so that the answer is final.
    Raises PaymentUnknown, for another terminal's payment too.
    """
    now = services.now()
    with services.database.reading() as session:
        row = of_terminal(session.get(Payment, payment_id), terminal.terminal_id)
        if not is_abandoned(row, now):
            return answer_of(row)
    with services.database.unit_of_work() as session:
        row = of_terminal(lock(session, payment_id), terminal.terminal_id)
        # Again under the lock: whoever was thought dead may have decided in between.
        if is_abandoned(row, now):
            decline(row, DeclineReason.INTERRUPTED, now)
        return answer_of(row)
