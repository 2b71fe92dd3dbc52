"""What this room keeps of a person, for those who ask for everything that is kept of them."""

from typing import Final

from backend.holders.kept import Kept
from backend.holders.terms import WHILE_ENTITLED
from backend.privacy.tables import Consent

OF_PRIVACY: Final = (
    Kept(
        table=Consent,
        title="Accords donnés",
        why="Ne faire qu’avec votre accord ce qui en demande un",
        kept_for=WHILE_ENTITLED,
        where=lambda whose: Consent.beneficiary_id == whose.beneficiary_id,
        shown=("purpose", "text_version", "own", "child_agrees", "given_at", "withdrawn_at"),
        hidden=("id", "beneficiary_id", "account_id"),
    ),
)
