"""Who may command the till over HTTP: its own page, and programs that can read its token.

Promise: a page of another site in the same browser can neither sell, cancel nor read, whatever name
it asks by; a program that brings no token can look, and change nothing. The token is 32 random
bytes in a file that only this counter's account can read, made once. It is no protection from a
program that runs under that account, nor from one that forges a browser's headers on this machine.
"""

import contextlib
import hmac
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import Request, Response
from starlette.routing import Match

from terminal.errors import SettingsError

TOKEN_FILE = "till-token"  # noqa: S105 -- a file's name
TOKEN_BYTES = 32
TOKEN_CHARACTERS = 2 * TOKEN_BYTES
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
_LOOKING = frozenset({"GET", "HEAD"})

Refuse = Callable[[str], Response]
"""Makes the answer for a code: `origin_refused` or `token_refused`."""
CallNext = Callable[[Request], Awaitable[Response]]


def load_token(folder: Path, random: Callable[[int], str] = secrets.token_hex) -> str:
    """Return the token kept in this folder, made on the first call; raises SettingsError."""
    path = folder / TOKEN_FILE
    try:
        with contextlib.suppress(FileExistsError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with open(os.open(path, flags, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 -- the mode is given as it is made
                file.write(random(TOKEN_BYTES))
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsError(f"{path} cannot be made or read") from cause
    if len(token) != TOKEN_CHARACTERS:
        raise SettingsError(f"{path} is damaged: remove it, and a new one is made")
    return token


def only_from_here(token: str | None, refuse: Refuse) -> Callable[..., Awaitable[Response]]:
    """Return the middleware that lets in whom this module lets in; without a token, any program."""

    async def let_in(request: Request, call_next: CallNext) -> Response:
        code = _refusal_of(request, token)
        return refuse(code) if code is not None else await call_next(request)

    return let_in


def _refusal_of(request: Request, token: str | None) -> str | None:
    origin = request.headers.get("origin")
    here = f"{request.url.scheme}://{request.url.netloc}"
    if request.url.hostname not in _LOCAL_HOSTS or origin not in {None, here}:
        return "origin_refused"
    if _is_part_of_another_site(request):
        return "origin_refused"
    if token is None or origin == here or request.method in _LOOKING:
        return None
    if _bears(request, token) or _lacks_the_method(request):
        return None
    return "token_refused"


def _lacks_the_method(request: Request) -> bool:
    """Say whether an address is there, and never does what is asked: that is said to anybody."""
    matches = {one.matches(request.scope)[0] for one in request.app.router.routes}
    return Match.PARTIAL in matches and Match.FULL not in matches


def _is_part_of_another_site(request: Request) -> bool:
    """Say whether a browser asks on behalf of another site, other than to show the page itself."""
    site, mode = request.headers.get("sec-fetch-site"), request.headers.get("sec-fetch-mode")
    return site == "cross-site" and mode != "navigate"


def _bears(request: Request, token: str) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())
