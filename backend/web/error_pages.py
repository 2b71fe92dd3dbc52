"""What people see where nothing else is shown: no such page, not allowed, too much, or our fault.

Promise: a browser that opens a page is answered with a page, in words and in one language, with
whom to ask; a program is answered with a problem, as before (http.py). Nothing of the database is
needed. Not here: which status it is.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from backend.http import API_PREFIX
from backend.web.pages import notice
from backend.web.reader import reading_again
from backend.web.words import Notice, Text

Handler = Callable[[Request, Any], Response | Awaitable[Response]]
#: What a browser sends that opens a page, and a program does not.
PAGE: Final = "text/html"
KEPT_HEADERS: Final = ("Allow", "Connection", "Retry-After")

FORBIDDEN: Final = Notice(
    "Accès refusé",
    Text("Vous n’avez pas accès à cette page.", "You may not open this page."),
    "Not allowed",
)
MISSING: Final = Notice(
    "Rien ici",
    Text(
        "Cette page n’existe pas, ou plus. Vérifiez l’adresse, ou repartez de l’accueil.",
        "This page does not exist, or no longer does. Check the address, or start from the "
        "beginning.",
    ),
    "Nothing here",
)
NOT_SO: Final = Notice(
    "Cette page s’ouvre autrement",
    Text(
        "On y arrive par un bouton d’une autre page. Repartez de l’accueil.",
        "A button of another page leads here. Start from the beginning.",
    ),
    "This page is opened otherwise",
)
CHANGED: Final = Notice(
    "Quelque chose a changé entre-temps",
    Text(
        "Ce que vous avez demandé ne va plus avec ce qui est enregistré. Rouvrez la page.",
        "What you asked no longer goes with what is recorded. Open the page again.",
    ),
    "Something has changed meanwhile",
)
OVER: Final = Notice(
    "C’est trop tard",
    Text(
        "Ce que vous ouvrez n’est plus valable. Demandez-en un autre.",
        "What you open is no longer good. Ask for another.",
    ),
    "Too late",
)
TOO_LARGE: Final = Notice(
    "Fichier trop grand",
    Text("Ce fichier est trop grand. Choisissez-en un plus petit.", "Choose a smaller file."),
    "File too large",
)
UNREAD: Final = Notice(
    "Ce formulaire n’a pas pu être lu",
    Text(
        "Quelque chose n’a pas la forme attendue. Rouvrez la page et recommencez.",
        "Something is not of the form that is wanted. Open the page and start again.",
    ),
    "This form could not be read",
)
TOO_MANY: Final = Notice(
    "Trop de demandes",
    Text(
        "Trop de demandes arrivent en ce moment. Réessayez dans quelques minutes.",
        "Too many requests are arriving now. Try again in a few minutes.",
    ),
    "Too many requests",
)
BROKEN: Final = Notice(
    "Nous avons un problème",
    Text(
        "Ce n’est pas de votre fait, et c’est noté. Réessayez dans quelques minutes.",
        "It is not your doing, and it has been written down. Try again in a few minutes.",
    ),
    "We have a problem",
)
AWAY: Final = Notice(
    "Le service est momentanément indisponible",
    Text("Réessayez dans quelques minutes.", "Try again in a few minutes."),
    "The service is unavailable for the moment",
)
SAID: Final[dict[int, Notice]] = {
    400: UNREAD,
    401: FORBIDDEN,
    403: FORBIDDEN,
    404: MISSING,
    405: NOT_SO,
    409: CHANGED,
    410: OVER,
    413: TOO_LARGE,
    415: UNREAD,
    422: UNREAD,
    429: TOO_MANY,
    503: AWAY,
}


def install_error_pages(app: FastAPI) -> None:
    """Answer people with a page wherever programs get a problem."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _for_people(handler))


def _for_people(handler: Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        made = handler(request, error)
        answered = made if isinstance(made, Response) else await made
        if not opens_a_page(request):
            return answered
        # What crashed is answered outside of everything that knows who reads.
        with reading_again(request.scope):
            return _page(answered)

    return answer


def opens_a_page(request: Request) -> bool:
    """Say whether people look at what is answered."""
    wants_page = PAGE in request.headers.get("accept", "")
    return wants_page and not request.url.path.startswith(API_PREFIX)


def _page(answered: Response) -> Response:
    said = SAID.get(answered.status_code, BROKEN)
    shown = notice("stop", said, answered.status_code, way="/")
    for name in KEPT_HEADERS:
        if name in answered.headers:
            shown.headers[name] = answered.headers[name]
    return shown
