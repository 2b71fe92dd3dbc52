"""Rendering a page: its template, its headers, and a problem at the field it is about.

No page may be framed, cached, or load anything from elsewhere; a script runs only where a page lets
one of ours. A password or a code that was typed is never in a page.
"""

from pathlib import Path
from typing import Final, NamedTuple

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from backend.web.reader import reader
from backend.web.seen_as import seen
from backend.web.words import Notice, Text

FOLDER: Final = Path(__file__).parent
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

#: The policy of a page where a script of our own runs besides.
SCRIPT_POLICY: Final = f"{HEADERS['Content-Security-Policy']}; script-src 'self'"
#: Pages with a form that warns of changes about to be lost.
ASKING: Final = frozenset(
    {
        "establishment_gates.html",
        "establishment_procedure_form.html",
        "establishment_referents.html",
        "family.html",
        "holder_order.html",
        "operator_campaign.html",
        "operator_campaigns.html",
        "operator_operators.html",
        "operator_person.html",
        "organisation_form.html",
        "sign_up.html",
        "suggestions.html",
    }
)

_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined
)
_templates.globals["seen"] = seen
_templates.globals["reader"] = reader


class Problem(NamedTuple):
    """What is wrong, and the field to put right."""

    field: str
    text: Text


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template."""
    html = _templates.get_template(template).render(values)
    response = HTMLResponse(html, status_code=status, headers=HEADERS)
    return let_script(response) if template in ASKING else response


def form(template: str, problem: Problem | None = None, **values: object) -> HTMLResponse:
    """Render a form, with its problem if it has one."""
    return page(template, 422 if problem else 200, problem=problem, **values)


def let_script(response: HTMLResponse) -> HTMLResponse:
    """Let a script of our own run on a page."""
    response.headers["Content-Security-Policy"] = SCRIPT_POLICY
    return response


def notice(
    tone: str,
    said: Notice,
    status: int = 200,
    way: str = "",
    *,
    language: str = "",
    form_token: str = "",
) -> HTMLResponse:
    """Render a page that only says something; `tone` is good or stop, `way` where to go next.

    It is in one language, where it has a heading in it: the one given, else the reader’s. With a
    `form_token` somebody is signed in: the page does not offer to.
    """
    alone = (language or reader().language.value) if said.heading_en else ""
    heading = said.heading_en if alone == "en" else said.heading
    second = "" if alone else said.heading_en
    told = {"tone": tone, "heading": heading, "heading_en": second, "text": said.text, "way": way}
    return page("notice.html", status, **told, language=alone, form_token=form_token)
