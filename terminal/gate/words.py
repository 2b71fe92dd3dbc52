"""What the gate says: French words, and the tone that gives colour, shape and sound.

Promise: every answer and every notice has words, and a refusal tells the queue neither a debt nor
a right: « Voir la vie scolaire ». Pure; the page only draws what is chosen here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from terminal.gate.decision import Answer, Decision, Service

MEALS: Final = frozenset({"breakfast", "lunch", "dinner"})
SEE_THE_OFFICE: Final = "Voir la vie scolaire"


class Notice(StrEnum):
    """What the screen says when nothing could be decided; never recorded as a passage."""

    CARTE_A_REPRESENTER = "CARTE_A_REPRESENTER"  # the card left before its proof
    HORS_SERVICE = "HORS_SERVICE"  # no list yet, a wrong clock, or nothing can be written down
    # Of a gate with a turnstile or door:
    AVANCEZ = "AVANCEZ"  # the same card again, while the door waits for its holder
    PATIENTEZ = "PATIENTEZ"  # somebody else is still going through
    PASSAGE_NON_FAIT = "PASSAGE_NON_FAIT"  # released, and nobody went through: nothing is counted
    PASSAGE_A_FERMER = "PASSAGE_A_FERMER"  # it stands open: nobody is released
    PASSAGE_EN_PANNE = "PASSAGE_EN_PANNE"  # it does not answer, or its sensor is stuck
    PASSAGE_FORCE = "PASSAGE_FORCE"  # somebody went through without a release
    PASSAGE_RESTE_OUVERT = "PASSAGE_RESTE_OUVERT"
    ISSUE_DE_SECOURS = "ISSUE_DE_SECOURS"  # everybody may go through, nobody is charged


class Tone(StrEnum):
    """A look and a sound, always together; the values name the design tokens."""

    READY = "ready"
    GOOD = "good"
    WAIT = "wait"
    STOP = "stop"

    @property
    def shape(self) -> str:
        """Return the shape that says it without colour."""
        return _SHAPES[self]

    @property
    def sound(self) -> str:
        """Return the name of the sound that says it without eyes."""
        return _SOUNDS[self]


_SHAPES: Final = {
    Tone.READY: "card-waves",
    Tone.GOOD: "tick-circle",
    Tone.WAIT: "clock-diamond",
    Tone.STOP: "bar-octagon",
}
_SOUNDS: Final = {
    Tone.READY: "one-low-tap",
    Tone.GOOD: "two-rising",
    Tone.WAIT: "two-equal",
    Tone.STOP: "one-long-low",
}


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in large, one line under it (may be empty), and their tone."""

    message: str
    line: str
    tone: Tone


_REFUSALS: Final = {
    Answer.NON_RESERVE: Words(SEE_THE_OFFICE, "", Tone.STOP),
    Answer.SOLDE_INSUFFISANT: Words(SEE_THE_OFFICE, "", Tone.STOP),
    Answer.NON_INSCRIT: Words(SEE_THE_OFFICE, "", Tone.STOP),
    Answer.CARTE_OPPOSEE: Words(SEE_THE_OFFICE, "", Tone.STOP),
    Answer.CARTE_INCONNUE: Words(SEE_THE_OFFICE, "Carte non reconnue", Tone.STOP),
}
_NOTICES: Final = {
    Notice.CARTE_A_REPRESENTER: Words(
        "Présentez à nouveau la carte", "Laissez-la un instant sur le lecteur", Tone.WAIT
    ),
    Notice.HORS_SERVICE: Words(SEE_THE_OFFICE, "Borne hors service", Tone.STOP),
    Notice.AVANCEZ: Words("Avancez", "Le passage est ouvert", Tone.GOOD),
    Notice.PATIENTEZ: Words(
        "Un instant", "Quelqu’un passe, présentez à nouveau la carte", Tone.WAIT
    ),
    Notice.PASSAGE_NON_FAIT: Words(
        "Présentez à nouveau la carte", "Le passage s’est refermé, rien n’est compté", Tone.WAIT
    ),
    Notice.PASSAGE_A_FERMER: Words("Refermez le passage", "Puis présentez la carte", Tone.WAIT),
    Notice.PASSAGE_EN_PANNE: Words(SEE_THE_OFFICE, "Le passage ne répond pas", Tone.STOP),
    Notice.PASSAGE_FORCE: Words("Passage forcé", "Quelqu’un est passé sans carte", Tone.STOP),
    Notice.PASSAGE_RESTE_OUVERT: Words("Refermez le passage", "Il reste ouvert", Tone.STOP),
    Notice.ISSUE_DE_SECOURS: Words(
        "Issue de secours", "Le passage est libre, sans carte", Tone.GOOD
    ),
}
READY: Final = Words("Présentez votre carte", "", Tone.READY)
# The arm fell back: whoever comes next need not wait for the alarm to end.
FORCED_AND_SERVING: Final = Words("Passage forcé", "Au suivant : présentez la carte", Tone.STOP)
READY_AND_FREE: Final = Words("Présentez votre carte", "Le passage est libre", Tone.READY)
NO_JOURNAL: Final = Words(SEE_THE_OFFICE, "Les passages ne peuvent pas être notés", Tone.STOP)
NO_LIST: Final = Words(SEE_THE_OFFICE, "La borne attend la liste des cartes", Tone.STOP)
WRONG_CLOCK: Final = Words(SEE_THE_OFFICE, "La borne n’est pas à l’heure", Tone.STOP)
NO_READER: Final = Words(SEE_THE_OFFICE, "Le lecteur de cartes ne répond pas", Tone.STOP)
NO_SERVICE: Final = "Pas de service en ce moment"
NO_LIST_YET: Final = "aucune liste"


def words_for(
    decision: Decision, display_name: str, zone: ZoneInfo, opening_next: Service | None = None
) -> Words:
    """Return what to say; `opening_next` is a service that opens later on the same day."""
    if decision.answer is Answer.OK:
        return Words(welcome_words(decision.service, display_name), "", Tone.GOOD)
    if decision.answer is Answer.DEJA_PASSE:
        assert decision.passed_at is not None, "already passed, at some time"
        # « Déjà passé » would have to know the holder's gender; a passage has its own.
        message = f"Passage déjà fait à {hour(decision.passed_at, zone)}"
        return Words(message, "", Tone.WAIT)
    if decision.answer is Answer.HORS_HORAIRES:
        return Words(NO_SERVICE, _opening(opening_next), Tone.STOP)
    return _REFUSALS[decision.answer]


def closed_words(opening_next: Service | None) -> Words:
    """Return what the idle screen says while nothing is open."""
    return Words(NO_SERVICE, "" if opening_next is None else _opens_at(opening_next), Tone.WAIT)


def words_for_notice(notice: Notice) -> Words:
    """Return what to say when nothing could be decided."""
    return _NOTICES[notice]


def link_words(*, online: bool) -> str:
    """Return the word beside the health dot."""
    return "en ligne" if online else "hors ligne"


def outbox_words(waiting: int, quarantined: int) -> str:
    """Return what is left to do with passages, nothing if nothing is."""
    parts = [
        f"{_passages(waiting)} à transmettre" if waiting else "",
        f"{_passages(quarantined)} à vérifier" if quarantined else "",
    ]
    return " · ".join(part for part in parts if part)


def siblings_words(known: int, heard: int) -> str:
    """Return how many gates of the place hear each other, nothing where there is no other."""
    return f"portillons voisins entendus : {heard} sur {known}" if known else ""


def emergency_words(since: str, passages: int | None) -> str:
    """Return how long a door has been released for everybody, and for how many."""
    counted = "" if passages is None else f" · {uncharged_words(passages)}"
    return f"Issue de secours ouverte depuis {since}{counted}"


def uncharged_words(passages: int) -> str:
    """Return how many went through a door released for everybody."""
    if passages == 0:
        return "personne n’est passé"
    return f"{_passages(passages)}, {'non' if passages == 1 else 'aucun'} débité"


def _passages(count: int) -> str:
    return f"{count} passage" if count == 1 else f"{count} passages"


def hour(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment as people read it on the wall, `12:04`."""
    return moment.astimezone(zone).strftime("%H:%M")


def service_words(service: Service) -> str:
    """Return a service as the idle screen names it: label and hours."""
    return f"{service.label} · {service.opens:%H:%M}–{service.closes:%H:%M}"


def welcome_words(service: Service | None, display_name: str) -> str:
    """Return what whoever passes is told."""
    greeting = "Bon appétit" if service is not None and service.code in MEALS else "Bienvenue"
    return f"{greeting} {display_name}".rstrip()


def _opening(service: Service | None) -> str:
    return SEE_THE_OFFICE if service is None else _opens_at(service)


def _opens_at(service: Service) -> str:
    return f"{service.label} à {service.opens:%H:%M}"
