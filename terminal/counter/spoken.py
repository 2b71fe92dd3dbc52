"""Which language an answer of the till's HTTP is in: `?language=` of the request, or the set one.

The application keeps the set one in `app.state.language`.
"""

from typing import Annotated

from fastapi import Depends, Request

from terminal.counter.speech import SPEECHES, Language, Speech


async def speech_of(request: Request) -> Speech:
    """Return how to answer this request; a language nobody knows is the set one."""
    return speech_for(request)


def speech_for(request: Request) -> Speech:
    """Return the same, for handlers of refusals."""
    default: Language = request.app.state.language
    asked = request.query_params.get("language", default)
    return SPEECHES[Language(asked) if asked in set(Language) else default]


Spoken = Annotated[Speech, Depends(speech_of)]
