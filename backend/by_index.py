"""Asking PostgreSQL to find rows by their indexes, where few are wanted of very many.

For one school's pupils a planner that knows only averages may rather read everybody's cards once
than look up three thousand: for a while that is right, and then there are more people. SQLite does
so by itself. Not here: which indexes there are.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def find_by_index(session: Session) -> None:
    """Prefer indexes until the unit of work ends; one short statement."""
    if session.get_bind().dialect.name != "postgresql":
        return
    # Where a table must be read through all the same, its cost would look worth compiling for.
    session.execute(
        select(func.set_config("enable_seqscan", "off", True), func.set_config("jit", "off", True))
    )
