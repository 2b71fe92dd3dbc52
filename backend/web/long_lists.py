"""A list to choose from that is long and seldom changes: written once, not for every page.

Promise: what is written depends on what is given and on nothing else, so it is never behind. Not
here: what is in the list.
"""

from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

#: Different lists that are kept at a time, as they were last asked for.
LISTS_KEPT_MAX: Final = 8
_CHOSEN: Final = Markup(" selected>")
Choices = tuple[tuple[str, str], ...]


@lru_cache(maxsize=LISTS_KEPT_MAX)
def written(choices: Choices) -> Markup:
    """Write each code and its name as an option, in the order given."""
    return Markup("").join(_option(escape(code)) + name + "</option>" for code, name in choices)


def written_with(choices: Choices, chosen: str) -> Markup:
    """Write the options, one of them chosen."""
    option = _option(escape(chosen))
    return written(choices).replace(option, option[:-1] + _CHOSEN)


def _option(code: Markup) -> Markup:
    return Markup('<option value="') + code + Markup('">')
