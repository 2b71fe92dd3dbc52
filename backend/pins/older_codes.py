"""How many codes were chosen before a moment: all that says whether a scheme's old ones are gone.

Promise: a figure, never whose. How long a code is is kept nowhere; when it was chosen is.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from backend.cards.states import ENOUGH, CardState
from backend.cards.tables import Card
from backend.pins.states import CodeState
from backend.pins.tables import PinReferenceRow


@dataclass(frozen=True, slots=True)
class ChosenCodes:
    """Codes that pay, by when they were chosen."""

    before: int
    since: int


def count_chosen(session: Session, moment: datetime) -> ChosenCodes:
    """Count the codes that pay, of holders with a card, chosen before this moment and since."""
    states = [state.value for state in (*ENOUGH, CardState.BLOCKED)]
    older = PinReferenceRow.set_at < moment
    before, since = session.execute(
        select(func.count().filter(older), func.count().filter(~older)).where(
            PinReferenceRow.state == CodeState.ACTIVE.value,
            exists().where(
                Card.beneficiary_id == PinReferenceRow.account_id, Card.state.in_(states)
            ),
        )
    ).one()
    return ChosenCodes(before, since)
