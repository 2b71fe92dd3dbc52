"""The facts behind a decline that its sentence names: what was asked, and what would work. Pure.

They are kept with the payment, so that its answer is the same each time. Only those of a decline
that came after the right code depend on a balance.
"""

import json
from dataclasses import asdict, dataclass

#: How many other benefits are offered in place of the one that was refused.
CHOICES_MAX = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """A benefit that would pay `accepts_cents` of the amount here."""

    benefit_code: str
    label: str
    accepts_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Facts in cents; none where a reason has no use for it."""

    amount_cents: int = 0
    benefit_label: str | None = None
    #: What one payment may be.
    limit_cents: int | None = None
    #: What the asked benefit or the day has left.
    left_cents: int | None = None
    choices: tuple[Choice, ...] = ()


NO_ADVICE = Advice()


def write_advice(advice: Advice) -> str | None:
    """Return the text that is kept; None for no advice."""
    if advice == NO_ADVICE:
        return None
    return json.dumps(asdict(advice), ensure_ascii=False)


def read_advice(text: str | None) -> Advice:
    """Return the advice that was kept."""
    if text is None:
        return NO_ADVICE
    facts = json.loads(text)
    return Advice(**facts | {"choices": tuple(Choice(**one) for one in facts["choices"])})
