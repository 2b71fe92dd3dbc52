"""How a card is ordered at an establishment, to print for its families; and the lines it writes.

Promise: what is printed is made of the service's settings and of what the establishment typed;
what nobody typed is left out. Never a password or a code: each chooses their own.
"""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import Depends, Form
from fastapi.responses import HTMLResponse, Response

from backend.accounts.signin.sign_up import LINK_HOURS_MAX
from backend.cards.errors import ProcedureInvalid
from backend.cards.procedure_tables import NOTE_CHARACTERS_MAX
from backend.cards.procedures import Lines, find_procedure, keep_procedure
from backend.web import establishment_words as words
from backend.web.establishment_frame import Frame, StaffFrame, new_router
from backend.web.languages import is_english
from backend.web.signed_in import OwnForm
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedLine, TypedWord
from backend.web.words import Text

PROCEDURE: Final = "/procedure"
DATES: Final = ("opens_on", "closes_on", "online_until")
router = new_router()


def _typed(  # noqa: PLR0917
    opens_on: TypedWord = "",
    closes_on: TypedWord = "",
    online_until: TypedWord = "",
    place: TypedLine = "",
    phone: TypedLine = "",
    email: TypedLine = "",
    note: Annotated[str, Form(max_length=4 * NOTE_CHARACTERS_MAX)] = "",
) -> dict[str, str]:
    return {
        "opens_on": opens_on,
        "closes_on": closes_on,
        "online_until": online_until,
        "place": place,
        "phone": phone,
        "email": email,
        "note": note,
    }


@router.get(PROCEDURE)
def procedure(frame: Frame, langue: str = "", fait: str = "") -> HTMLResponse:
    """Show the procedure as it is printed: in the account's language, or in the other."""
    settings = frame.services.settings
    with frame.reading() as session:
        lines = find_procedure(session, frame.establishment_id)
    english = is_english(langue or frame.voice.language)
    return frame.show(
        "establishment_procedure_en.html" if english else "establishment_procedure.html",
        "/cartes",
        done=fait,
        lines=lines,
        day=lambda when: f"{when:%d/%m/%Y}",
        site=settings.public_url.rstrip("/"),
        hours=LINK_HOURS_MAX,
        support=settings,
    )


@router.get(f"{PROCEDURE}/lignes")
def lines_form(frame: Frame) -> HTMLResponse:
    """Show the establishment's own lines, to put them right."""
    with frame.reading() as session:
        lines = find_procedure(session, frame.establishment_id)
    typed = {field: _written(value) for field, value in asdict(lines).items()}
    return _form(frame, typed, {})


@router.post(f"{PROCEDURE}/lignes", dependencies=[OwnForm])
def keep(frame: Frame, typed: Annotated[dict[str, str], Depends(_typed)]) -> Response:
    """Keep the establishment's lines, or show what is to be put right."""
    days = {field: read_date(typed[field]) for field in DATES if typed[field].strip()}
    wrong = [field for field, read in days.items() if read is None]
    if wrong:
        return _form(frame, typed, dict.fromkeys(wrong, words.DAY))
    lines = Lines(
        opens_on=days.get("opens_on"),
        closes_on=days.get("closes_on"),
        online_until=days.get("online_until"),
        place=typed["place"],
        phone=typed["phone"],
        email=typed["email"].strip() or None,
        note=typed["note"],
    )
    try:
        with frame.services.database.unit_of_work() as session:
            office = frame.office()
            keep_procedure(session, frame.establishment_id, lines, frame.account_id, office.now)
    except ProcedureInvalid as refusal:
        return _form(frame, typed, {field: words.PROCEDURE[field] for field in refusal.fields})
    return frame.back(PROCEDURE, "procedure")


def _form(frame: StaffFrame, typed: dict[str, str], problems: dict[str, Text]) -> HTMLResponse:
    return frame.show(
        "establishment_procedure_form.html",
        "/cartes",
        typed=typed,
        problems=problems,
        note_characters_max=NOTE_CHARACTERS_MAX,
    )


def _written(value: object) -> str:
    return f"{value:%d/%m/%Y}" if hasattr(value, "year") else str(value or "")
