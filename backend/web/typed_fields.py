"""What a form's field may send at most, before anybody reads it; and reading a chosen code.

Promise: what is longer than people can mean is refused unread. Not here: what a field may say.
"""

from typing import Annotated

from fastapi import Form

from backend.vault.values import SecretCode

#: A date, a choice, a card's number.
TypedWord = Annotated[str, Form(max_length=40)]
TypedEmail = Annotated[str, Form(max_length=320)]
#: A name, a line of an address.
TypedLine = Annotated[str, Form(max_length=400)]
#: A code handed over on paper, or the whole address that a scanner reads it in.
TypedCode = Annotated[str, Form(max_length=600)]


def read_code(typed: str, digits: int) -> SecretCode:
    """Read the code that somebody chooses; raise ValueError unless it has so many digits."""
    code = SecretCode(typed.strip())
    if len(code) != digits:
        raise ValueError("a code of another length")
    return code
