"""What a form's field may send at most, before anybody reads it.

Promise: what is longer than people can mean is refused unread. Not here: what a field may say.
"""

from typing import Annotated

from fastapi import Form

#: A date, a choice, a card's number.
TypedWord = Annotated[str, Form(max_length=40)]
TypedEmail = Annotated[str, Form(max_length=320)]
#: A name, a line of an address.
TypedLine = Annotated[str, Form(max_length=400)]
#: A code handed over on paper, or the whole address that a scanner reads it in.
TypedCode = Annotated[str, Form(max_length=600)]
