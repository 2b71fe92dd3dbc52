"""What a supervisor may do at a gate, and why: values, and nothing that acts.

Promise: each reason has a word for the record and words for people; « autre » needs a note. Pure.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

NOTE_CHARACTERS_MAX: Final = 200
SUPERVISOR_CHARACTERS_MAX: Final = 100


class InterventionKind(StrEnum):
    """What was done that no card did; the values are the API's words."""

    LET_PASS = "let_pass"  # noqa: S105 -- a card was refused, its holder was let pass
    NO_CARD = "no_card"  # found by name
    GUEST = "guest"
    DAY_CODE = "day_code"
    CANCEL = "cancel"


class CounterEntry(StrEnum):
    """In place of an answer: the line that takes a passage back."""

    ANNULE = "ANNULE"


class Reason(StrEnum):
    """Why; the short list a supervisor chooses from."""

    FORGOTTEN_CARD = "carte_oubliee"
    LOST_CARD = "carte_perdue"
    UNREADABLE_CARD = "carte_illisible"
    LATE_RESERVATION = "reservation_oubliee"
    OFFICE_AGREED = "accord_intendance"
    TIMETABLE = "emploi_du_temps"
    VISITOR = "visiteur"
    WRONG_PERSON = "erreur_de_personne"
    TRAY_RETURNED = "plateau_rendu"
    NOT_GONE_IN = "pas_passe"
    OTHER = "autre"


REASON_WORDS: Final = {
    Reason.FORGOTTEN_CARD: "Carte oubliée",
    Reason.LOST_CARD: "Carte perdue",
    Reason.UNREADABLE_CARD: "Carte illisible",
    Reason.LATE_RESERVATION: "Réservation oubliée",
    Reason.OFFICE_AGREED: "Accord de l’intendance",
    Reason.TIMETABLE: "Emploi du temps",
    Reason.VISITOR: "Visiteur",
    Reason.WRONG_PERSON: "Erreur de personne",
    Reason.TRAY_RETURNED: "Plateau rendu",
    Reason.NOT_GONE_IN: "N’est pas entré dans la salle",
    Reason.OTHER: "Autre, à préciser",
}
# No word says why somebody may not eat: a debt is not a reason here.
REASONS: Final[dict[InterventionKind, tuple[Reason, ...]]] = {
    InterventionKind.LET_PASS: (
        Reason.LATE_RESERVATION,
        Reason.OFFICE_AGREED,
        Reason.TIMETABLE,
        Reason.UNREADABLE_CARD,
        Reason.OTHER,
    ),
    InterventionKind.NO_CARD: (
        Reason.FORGOTTEN_CARD,
        Reason.LOST_CARD,
        Reason.UNREADABLE_CARD,
        Reason.OTHER,
    ),
    InterventionKind.GUEST: (Reason.VISITOR, Reason.OFFICE_AGREED, Reason.OTHER),
    InterventionKind.DAY_CODE: (Reason.OFFICE_AGREED,),
    InterventionKind.CANCEL: (
        Reason.WRONG_PERSON,
        Reason.NOT_GONE_IN,
        Reason.TRAY_RETURNED,
        Reason.OTHER,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervention:
    """What a supervisor did, who it was, and why; `reason` is kept as the record has it."""

    kind: InterventionKind
    supervisor: str
    reason: str
    note: str | None = None
    cancels: UUID | None = None
    day_code_id: UUID | None = None
