"""What a counter measures: what it stands on, what waits, and today's sales by their end."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from terminal.counter.api_shapes import HealthShape
from terminal.metrics import Figure

_PARTS = ("reader", "pad", "backend", "journal")


def counter_figures(
    health: HealthShape,
    today: Mapping[str, int],
    approved_cents: int,
    clock_ahead: timedelta | None,
) -> Iterator[Figure]:
    """Give the figures; `today` counts the sales begun today by state."""
    yield Figure(
        "pass_counter_part_ready",
        "1 if the part answers, 0 if not.",
        label="part",
        values={part: float(getattr(health, part) == "ok") for part in _PARTS},
    )
    yield Figure(
        "pass_counter_open_reversals",
        "Payments whose reversal the backend has not acknowledged yet.",
        health.open_reversals,
    )
    yield Figure(
        "pass_counter_sales_today",
        "Sales begun today, by the state they are in.",
        label="state",
        values={state: float(count) for state, count in today.items()},
    )
    yield Figure(
        "pass_counter_approved_cents_today",
        "Cents approved today, refunds left in.",
        approved_cents,
    )
    yield Figure(
        "pass_clock_ahead_seconds",
        "How far this machine's clock is ahead of the backend's; below zero it is behind.",
        None if clock_ahead is None else clock_ahead.total_seconds(),
    )
