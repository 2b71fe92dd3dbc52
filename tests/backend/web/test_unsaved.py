"""Which forms warn of changes about to be lost; the browser's journeys show that they do."""

import re
from pathlib import Path

from backend.web.pages import ASKING, FOLDER

TEMPLATES = FOLDER / "templates"
FIELDS_MIN = 3
FORM = re.compile(r'<form(?: class="[^"]*")? method="post"(?P<rest>.*?)</form>', re.DOTALL)
FIELD = re.compile(r"<select|<textarea|\{\{ field\(|<input(?![^>]*type=\"hidden\")")
#: Forms with as many fields of which nothing is to be kept, and why.
NOT_ASKING = {
    "account.html": "passwords",
    "activation.html": "codes",
    "email_change.html": "an address typed twice and a password",
    "establishment_import.html": "files: the page shows what they say, and keeps nothing itself",
    "federation_first_time.html": "boxes",
    "holder_code.html": "codes",
    "password.html": "passwords",
    "sign_in.html": "a password",
    "sign_up_password.html": "passwords",
}


def long_forms(template: Path) -> list[str]:
    """Return the forms of a page with many fields, each from its tag on."""
    text = template.read_text(encoding="utf-8")
    forms = [one["rest"] for one in FORM.finditer(text)]
    return [one for one in forms if len(FIELD.findall(one)) >= FIELDS_MIN]


def test_every_long_form_warns_or_is_named_with_its_reason() -> None:
    long = {one.name: long_forms(one) for one in TEMPLATES.glob("*.html") if long_forms(one)}
    asking = {
        name
        for name, forms in long.items()
        if all("{{ unsaved(" in one.partition(">\n")[0] for one in forms)
    }
    assert set(long) - asking - set(NOT_ASKING) == set()
    assert asking <= ASKING
    assert not asking & set(NOT_ASKING)


def test_what_asks_is_brought_by_its_page_and_let_run() -> None:
    for name in ASKING:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        assert "{{ unsaved(" in text, name
        assert text.count("{{ asking() }}") == 1, name
