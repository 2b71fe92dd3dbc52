"""Money as a value: whole euro cents, never negative, never a float.

Direction is not a sign here: it is a debit or a credit, and the ledger keeps it.
"""

from dataclasses import dataclass

# What a BIGINT column holds; beyond it the database would refuse what Python accepts.
CENTS_MAX = 2**63 - 1
BASIS_POINTS = 10_000


class NotMoney(ValueError):
    """The number is no amount: not whole, negative, or too large for the database."""


@dataclass(frozen=True, slots=True, order=True)
class Cents:
    """An amount in euro cents, 0 to `CENTS_MAX`; raises NotMoney for anything else."""

    value: int

    def __post_init__(self) -> None:
        # bool is an int to Python; an amount of True is a bug and not one cent.
        if type(self.value) is not int or not 0 <= self.value <= CENTS_MAX:
            raise NotMoney("an amount is a whole number of cents, zero or more")

    def __add__(self, other: "Cents") -> "Cents":
        return Cents(self.value + other.value)

    def __sub__(self, other: "Cents") -> "Cents":
        return Cents(self.value - other.value)

    def share(self, basis_points: int) -> "Cents":
        """Return this share, rounded down; the caller posts the remainder."""
        return Cents(self.value * basis_points // BASIS_POINTS)

    def in_words(self, language: str = "fr") -> str:
        """Write it as people read it: `1 234,50 €`, with no-break spaces; in English €1,234.50."""
        euros, cents = divmod(self.value, 100)
        if language == "en":
            return f"€{euros:,}.{cents:02d}"
        grouped = f"{euros:,}".replace(",", "\u202f")
        return f"{grouped},{cents:02d}\u00a0€"
