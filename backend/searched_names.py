"""The folded name beside a name: what a search through partners, places and terminals compares.

Promise: whoever writes a row writes it too, in the same statement. There are thousands of such
rows, not hundreds of thousands: they are read through, and folding each of them for every search
would cost more than the rest of the page. Not here: people, who have an index (person_key).
"""

from typing import Final

from sqlalchemy.engine.default import DefaultExecutionContext

from backend.folding import fold

#: Of a name of a hundred letters, some of which become two, after its space.
SEARCHED_CHARACTERS_MAX: Final = 201


def searched_name(context: DefaultExecutionContext) -> str:
    """Fold the name of the row that is being written; a column's default."""
    written: dict[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return folded_words(written["name"])


def folded_words(name: str) -> str:
    """Fold a name so that each of its words, the first too, comes after a space."""
    return f" {fold(name)}"[:SEARCHED_CHARACTERS_MAX]
