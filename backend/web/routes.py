"""The pages: for now the activation of an account, where the holder chooses a code.

What was typed is never in a page, an address or a log. No page may be framed, cached, or load
anything from elsewhere; no script runs here.
"""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.accounts.activation import find_activation
from backend.accounts.errors import ActivationExpired, ActivationUnknown, ActivationUsed
from backend.errors import BackendError, NotFoundError
from backend.http import ServicesDependency, status_of
from backend.pins.errors import CodeBeingSet, CodeRefused
from backend.pins.setting import activate_code
from backend.vault.values import SecretCode
from backend.web import words

FOLDER: Final = Path(__file__).parent
TOKEN_CHARACTERS_MAX: Final = 128
FIELD_CHARACTERS_MAX: Final = 64
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STYLES: Final = {name: FOLDER / "static" / name for name in ("tokens.css", "account.css")}
LINK_TROUBLE: Final[dict[type[BackendError], tuple[str, str]]] = {
    ActivationUnknown: words.LINK_UNKNOWN,
    ActivationExpired: words.LINK_EXPIRED,
    ActivationUsed: words.LINK_USED,
}

router = APIRouter(include_in_schema=False)
TypedCode = Annotated[str, Form(max_length=FIELD_CHARACTERS_MAX)]

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
)


class StyleUnknown(NotFoundError):
    """No such style sheet."""

    code = "style_not_found"
    message = "There is no such style sheet."


@router.get("/")
def home() -> HTMLResponse:
    """Say what this is to whoever opens the address."""
    return _page("home.html")


@router.get("/static/{name}")
def style(name: str) -> FileResponse:
    """Send one of the pages' style sheets, by its name in a closed list."""
    if name not in STYLES:
        raise StyleUnknown
    return FileResponse(STYLES[name], headers={"Cache-Control": "max-age=3600"})


@router.get("/activation/{token}")
def activation(token: str, services: ServicesDependency) -> HTMLResponse:
    """Show the form, or why this link opens nothing."""
    try:
        with services.database.reading() as session:
            find_activation(session, token[:TOKEN_CHARACTERS_MAX], services.now())
    except tuple(LINK_TROUBLE) as error:
        return _link_trouble(error)
    return _form(None)


@router.post("/activation/{token}")
def choose_code(
    token: str, services: ServicesDependency, code: TypedCode = "", code_again: TypedCode = ""
) -> HTMLResponse:
    """Set the code, or show the form again with the reason and empty fields."""
    if code != code_again:
        return _form(words.CODES_DIFFER)
    try:
        chosen = SecretCode(code.strip())
    except ValueError:
        return _form(words.FOUR_DIGITS)
    try:
        activate_code(services, token[:TOKEN_CHARACTERS_MAX], chosen)
    except CodeRefused as error:
        return _form(words.WEAK[str(error.details["why"])])
    except CodeBeingSet:
        return _form(words.CHANGED_MEANWHILE)
    except tuple(LINK_TROUBLE) as error:
        return _link_trouble(error)
    return _notice("good", words.DONE)


def _page(template: str, status: int = 200, **values: str | None) -> HTMLResponse:
    html = _templates.get_template(template).render(values)
    return HTMLResponse(html, status_code=status, headers=HEADERS)


def _form(problem: str | None) -> HTMLResponse:
    return _page("activation.html", 422 if problem else 200, problem=problem)


def _notice(tone: str, text: tuple[str, str], status: int = 200) -> HTMLResponse:
    heading, sentence = text
    return _page("notice.html", status, tone=tone, heading=heading, sentence=sentence)


def _link_trouble(error: BackendError) -> HTMLResponse:
    return _notice("stop", LINK_TROUBLE[type(error)], status_of(error))
