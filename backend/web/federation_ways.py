"""Ways in besides a password, as the pages that offer them need to know; and the way out."""

import base64
import logging
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import Request

from backend.accounts.signin.address_links import find_address_link
from backend.accounts.signin.federation.signing_in import opens_here
from backend.accounts.signin.passkeys.ceremonies import site_of
from backend.accounts.signin.sign_up_tables import AddressLinkKind
from backend.accounts.signin.tokens import TOKEN_CHARACTERS_MAX
from backend.services import Services
from backend.settings import Settings
from backend.web.signed_in import SIGN_IN

LOG: Final = logging.getLogger(__name__)
START: Final = f"{SIGN_IN}/franceconnect"
GOODBYE: Final = f"{START}/fin"
BROWSER_COOKIE: Final = "__Host-pass-fc"
BUTTON_BYTES_MAX: Final = 64 * 1024


class Ways(NamedTuple):
    """What the sign-in page offers besides the password."""

    passkeys: bool
    franceconnect: bool
    #: The official button as a picture; None: its words.
    button: str | None


def ways_in(settings: Settings) -> Ways:
    """Return what may be offered here."""
    file = settings.franceconnect_button_file
    button = None if file is None else _picture(file)
    return Ways(site_of(settings) is not None, settings.franceconnect_issuer is not None, button)


def browser_token(request: Request) -> str:
    """Return what this browser's way to the provider is known by; empty where it has none."""
    return request.cookies.get(BROWSER_COOKIE, "")[:TOKEN_CHARACTERS_MAX]


def opens_link_here(services: Services, link: str, token: str) -> bool:
    """Say whether whom a mailed link is for was identified in this browser; raise LinkGone."""
    if not token:
        return False
    with services.database.reading() as session:
        kind, now = AddressLinkKind.SIGN_UP, services.now()
        sign_up_id = find_address_link(session, kind, link[:TOKEN_CHARACTERS_MAX], now)
    return opens_here(services, token, sign_up_id)


def way_out(request: Request) -> str:
    """Return where a browser goes that was signed out here: to the provider, if it came by it."""
    return GOODBYE if browser_token(request) else SIGN_IN


@cache
def _picture(file: Path) -> str | None:
    """Return a picture as a page holds it: nothing is fetched from elsewhere.

    None where there is none that is small enough; the page then says it in words.
    """
    try:
        with file.open("rb") as opened:
            read = opened.read(BUTTON_BYTES_MAX + 1)
    except OSError as cause:
        LOG.warning("franceconnect_button_file cannot be read: %s", type(cause).__name__)
        return None
    if not 0 < len(read) <= BUTTON_BYTES_MAX:
        LOG.warning("franceconnect_button_file has no more than %d bytes", BUTTON_BYTES_MAX)
        return None
    kind = "image/svg+xml" if file.suffix == ".svg" else "image/png"
    return f"data:{kind};base64,{base64.b64encode(read).decode()}"
