"""The counter page: HTML rendered here, its own scripts and styles, and what it may frame.

Promise: nothing from elsewhere is loaded; only the screens that the settings name are framed, and
nobody frames this page. The page acts through the control API alone. Not here: that API.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import BaseModel

from simulator.counter.words import Language, kinds_in, words_in
from simulator.device_routes import table_view
from simulator.settings import CONTROL_HOST, ScreenSettings
from simulator.tabletop import Tabletop

_FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PageWish(BaseModel):
    """How the page is wanted."""

    lang: Language = "fr"


def add_counter_page(app: FastAPI, table: Tabletop, screens: Sequence[ScreenSettings]) -> None:
    """Put the page at `/` and its parts below `/counter/`."""
    app.mount("/counter", StaticFiles(directory=_FOLDER / "static"), name="counter")
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": _policy(screens)}

    @app.get("/", response_class=HTMLResponse)
    def page(request: Request, wish: Annotated[PageWish, Query()]) -> Response:
        if request.url.hostname != CONTROL_HOST:
            # The screens let themselves be framed by this address, not by another name of it.
            return RedirectResponse(str(request.url.replace(hostname=CONTROL_HOST)))
        html = render_counter(table, screens, wish.lang)
        return HTMLResponse(html, headers=headers)


def render_counter(table: Tabletop, screens: Sequence[ScreenSettings], language: Language) -> str:
    """Return the page's HTML."""
    words = words_in(language)
    known = {
        "language": language,
        "words": words,
        "kinds": kinds_in(language),
        "table": table_view(table).model_dump(mode="json"),
        "sequence": table.feed.last_sequence,
    }
    # Inside a script element only "<" could end it.
    data = Markup(json.dumps(known, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 -- see above
    return _TEMPLATES.get_template("counter.html").render(
        words=words,
        kinds=kinds_in(language),
        language=language,
        other="en" if language == "fr" else "fr",
        screens=screens,
        known=data,
        has_pad=table.cable is not None,
        has_printer=table.printer is not None,
        has_turnstile=table.turnstile is not None,
    )


def _policy(screens: Sequence[ScreenSettings]) -> str:
    framed = " ".join(sorted({_origin(screen.url) for screen in screens})) or "'none'"
    return f"default-src 'self'; frame-src {framed}; frame-ancestors 'none'; base-uri 'none'"


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
