"""How an amount in cents is written for people.

Whole numbers only: a cent is never a fraction of anything. Pure.
"""

_NARROW_NO_BREAK = "\u202f"  # between thousands, in French
_NO_BREAK = "\u00a0"  # before the euro sign


def euros(cents: int) -> str:
    """Return `1 234,50 €` with the no-break spaces of French; cents are never negative."""
    assert cents >= 0, "amounts are never negative"
    whole = f"{cents // 100:,}".replace(",", _NARROW_NO_BREAK)
    return f"{whole},{cents % 100:02d}{_NO_BREAK}€"


def euros_in_english(cents: int) -> str:
    """Return `€1,234.50`; cents are never negative."""
    assert cents >= 0, "amounts are never negative"
    return f"€{cents // 100:,}.{cents % 100:02d}"


def pad_amount(cents: int) -> str:
    """Return `12,50 EUR`, at most 16 characters without accents."""
    assert cents >= 0, "amounts are never negative"
    return f"{cents // 100},{cents % 100:02d} EUR"
