"""`pass-backend statement`: what happened to a wallet, oldest first."""

import json
from dataclasses import dataclass

from backend.benefits.rules import WalletLine
from backend.benefits.wallets import wallet_of, wallet_statement
from backend.commands.lookup import card_numbered
from backend.services import Services


@dataclass(frozen=True, slots=True)
class WalletStatement:
    """A wallet's movements, oldest first, and what is left (cents)."""

    label: str
    balance_cents: int
    lines: tuple[WalletLine, ...]

    def as_text(self) -> str:
        """Write it in French, a line a movement."""
        return "\n".join([f"Relevé {self.label}", *(line.in_words() for line in self.lines)])

    def as_json(self) -> str:
        """Write it for a program; what left the wallet is negative."""
        lines = [
            {
                "recorded_at": line.recorded_at.isoformat(),
                "words": line.words,
                "amount_cents": line.amount.value if line.received else -line.amount.value,
                "balance_after_cents": line.balance_after.value,
            }
            for line in self.lines
        ]
        whole = {"benefit": self.label, "balance_cents": self.balance_cents, "lines": lines}
        return json.dumps(whole, ensure_ascii=False)


def read_statement(services: Services, card_number: str, benefit: str) -> WalletStatement:
    """Return the statement of the wallet behind a card.

    Raises CommandRefused for a card number that is not one, or that nobody holds; WalletUnknown.
    """
    with services.database.reading() as session:
        holder = card_numbered(session, card_number).beneficiary_id
        wallet = wallet_of(session, holder, benefit, services.now())
        lines = wallet_statement(session, wallet.account_id)
    return WalletStatement(wallet.label, wallet.balance.value, tuple(reversed(lines)))
