"""An establishment's referents: grown-ups with a card of their own, named here by its staff."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Form
from fastapi.responses import HTMLResponse, Response

from backend.access.errors import ServiceUnknown, TooManyReferents
from backend.access.referents import NewReferent, add_referent, end_referent, list_referents
from backend.access.staff_cards import order_cards_for
from backend.accounts.errors import EmailInvalid, NameInvalid
from backend.accounts.holder_kinds import HolderKind
from backend.accounts.names import normal_name
from backend.accounts.signin.errors import BirthDateUnlikely
from backend.benefits.eligibility import Person
from backend.benefits.people import set_eligibility
from backend.web import establishment_words as words
from backend.web.establishment_frame import Frame, StaffFrame, list_services, new_router
from backend.web.signed_in import OwnForm
from backend.web.typed_dates import read_date
from backend.web.typed_fields import TypedLine, TypedWord
from backend.web.words import Text

REFERENTS: Final = "/referents"
SERVICES_MAX: Final = 50
router = new_router()


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed of a new referent."""

    given_name: str = ""
    family_name: str = ""
    birth_date: str = ""
    email: str = ""
    services: tuple[str, ...] = ()
    card: bool = True


def _typed(  # noqa: PLR0917
    given_name: TypedLine = "",
    family_name: TypedLine = "",
    birth_date: TypedWord = "",
    email: TypedLine = "",
    services: Annotated[list[str] | None, Form(max_length=SERVICES_MAX)] = None,
    card: Annotated[str, Form(max_length=3)] = "",
) -> Typed:
    chosen = tuple(services or ())
    return Typed(given_name, family_name, birth_date, email, chosen, card == "oui")


@router.get(REFERENTS)
def referents(frame: Frame, fait: str = "") -> HTMLResponse:
    """Show the establishment's referents, and the form that adds one."""
    return _show(frame, Typed(), {}, done=fait)


@router.post(REFERENTS, dependencies=[OwnForm])
def add(frame: Frame, typed: Annotated[Typed, Depends(_typed)]) -> Response:
    """Add a referent and order their card, or show what is to be put right."""
    born = read_date(typed.birth_date)
    problems = _wrong_names(typed)
    if born is None:
        problems["birth_date"] = words.DAY
    if problems or born is None:
        return _show(frame, typed, problems)
    new = NewReferent(typed.given_name, typed.family_name, born, typed.email)
    try:
        with frame.services.database.unit_of_work() as session:
            office = frame.office()
            _, person = add_referent(session, office, new, typed.services)
            known = Person(born, kind=HolderKind.REFERENT)
            set_eligibility(session, person, known, now=office.now)
            if typed.card:
                order_cards_for(session, office, [person])
    except tuple(REFUSED) as refusal:
        field, text = REFUSED[type(refusal)]
        return _show(frame, typed, {field: text})
    return frame.back(REFERENTS, "referent")


@router.post(f"{REFERENTS}/{{enrolment_id}}/fin", dependencies=[OwnForm])
def end(frame: Frame, enrolment_id: UUID) -> Response:
    """Let somebody be a referent here no more."""
    with frame.services.database.unit_of_work() as session:
        end_referent(session, frame.office(), enrolment_id)
    return frame.back(REFERENTS, "referent_fin")


REFUSED: Final[dict[type[Exception], tuple[str, Text]]] = {
    EmailInvalid: ("email", words.PROCEDURE["email"]),
    BirthDateUnlikely: ("birth_date", words.REFERENT_OF_AGE),
    ServiceUnknown: ("services", words.SERVICE_GONE),
    TooManyReferents: ("given_name", words.TOO_MANY_REFERENTS),
}


def _wrong_names(typed: Typed) -> dict[str, Text]:
    problems = {}
    for field in ("given_name", "family_name"):
        try:
            normal_name(getattr(typed, field))
        except NameInvalid:
            problems[field] = words.NAME
    return problems


def _show(
    frame: StaffFrame, typed: Typed, problems: dict[str, Text], *, done: str = ""
) -> HTMLResponse:
    with frame.reading() as session:
        found = list_referents(session, frame.establishment_id)
        services = list_services(session, frame.establishment_id)
    return frame.show(
        "establishment_referents.html",
        REFERENTS,
        problems=problems,
        done=done,
        found=found,
        services=services,
        typed=typed,
    )
