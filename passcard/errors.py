"""Everything that can go wrong with a card, in one tree; leaves carry facts.

Promise: the host side of the card protocol raises nothing but `PassCardError`s (and `ValueError`
for a caller's own mistake, such as a key of 15 bytes). No leaf holds a key, a random or a card
number. Not here: a card that was pulled or is silent. That is the reader's tree.
"""

from passcard.status_word import StatusWord


class PassCardError(Exception):
    """The root: anything a card, or what claims to be one, can do to us."""


class CardRefused(PassCardError):
    """The card answered with an error; whatever session it held is gone."""

    def __init__(self, status: StatusWord) -> None:
        super().__init__(f"the card answered {status}")
        self.status = status


class CardNotGenuine(PassCardError):
    """The card does not hold the key it should: a copy, another issuer's, or another card.

    `status` is the card's own refusal, None when it accepted us and then proved nothing.
    """

    def __init__(self, status: StatusWord | None = None) -> None:
        super().__init__("the card does not hold the expected key")
        self.status = status


class NotAPassCard(PassCardError):
    """There is no such application on this card: a bank card, a phone, another issuer's card."""

    def __init__(self, status: StatusWord | None = None) -> None:
        super().__init__("the card has no Pass application")
        self.status = status


class UnexpectedAnswer(PassCardError):
    """The answer has a shape the protocol does not allow, or its MAC is wrong."""

    def __init__(self, expected: str, length: int) -> None:
        super().__init__(f"expected {expected}, got {length} bytes")
        self.expected = expected
        self.length = length


class AnotherCard(PassCardError):
    """The chip's own UID is not the UID the caller was told."""

    def __init__(self) -> None:
        super().__init__("the chip has another UID")


class UnsuitableCard(PassCardError):
    """This chip cannot become a Pass card; `fact` says why, in English."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class KeysUnknown(PassCardError):
    """Neither the factory key nor ours opens `level`: somebody else owns this card."""

    def __init__(self, level: str, status: StatusWord | None) -> None:
        super().__init__(f"no known key opens {level}")
        self.level = level
        self.status = status


class SessionEnded(PassCardError):
    """The secure session is over (error, own key changed, counter used up): open another."""

    def __init__(self) -> None:
        super().__init__("the session with the card is over")


class InvalidCardNumber(PassCardError):
    """The text is not a Pass card number; `reason` says why and never quotes it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a card number: {reason}")
        self.reason = reason
