"""Refunds and cancellations asked for by a till: not here yet."""

from terminal.counter.tills.book import Exchange
from terminal.counter.tills.wish import Failure, Result, Wish, failed


class GivesNothingBack:
    """Says honestly that it cannot."""

    def give_back(self, wish: Wish) -> Result:  # noqa: ARG002 -- the shape is MoneyBack's
        """Refuse."""
        return failed(Failure.UNKNOWN_ACTION)

    def told_again(self, exchange: Exchange) -> Result:  # noqa: ARG002 -- idem
        """Refuse."""
        return failed(Failure.BAD_SELECTION)
