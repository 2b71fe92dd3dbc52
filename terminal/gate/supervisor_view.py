"""What the supervisor's and the kitchen's pages of a gate are given: JSON values and words.

Promise: pure. A name comes from the list at the moment it is asked; the kitchen gets numbers only.
No word tells a debt: the tablet stands beside the queue.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from terminal.gate.access_list import AccessList
from terminal.gate.decision import Answer, Detail, Holder, Service
from terminal.gate.door.event_book import DoorEvent, DoorNews
from terminal.gate.interventions import (
    REASON_WORDS,
    REASONS,
    CounterEntry,
    InterventionKind,
    Reason,
)
from terminal.gate.passages import Passage, PassageState
from terminal.gate.supervision import ActRefused, Found
from terminal.gate.words import Notice, hour, uncharged_words, words_for_notice

Json = dict[str, object]

_DETAIL_WORDS: Final = {
    Detail.NOT_LISTED: "Carte inconnue ici",
    Detail.NOT_GENUINE: "Carte contrefaite ou abîmée",
    Detail.FOREIGN: "Ce n’est pas une carte Pass",
    Detail.BLOCKED: "Carte bloquée",
    Detail.NO_SERVICE_HERE: "Non inscrit",
    Detail.CLOSED: "Hors des heures de service",
    Detail.CLOSED_DAY: "Jour fermé",
    Detail.NO_RIGHT: "Pas inscrit à ce service",
    Detail.NOT_TODAY: "Pas prévu aujourd’hui",
    Detail.NO_MEAL_LEFT: "Voir avec l’intendance",
    Detail.WEEK_MAX: "Déjà pris cette semaine",
    Detail.DOUBLE_TAP: "Carte posée deux fois",
    Detail.PASSAGES_MAX: "Passage déjà fait",
    Detail.IN_DOUBT: "Passage compté dans le doute",
}
_KIND_WORDS: Final = {
    InterventionKind.LET_PASS: "Laissé passer",
    InterventionKind.NO_CARD: "Sans carte",
    InterventionKind.GUEST: "Invité",
    InterventionKind.DAY_CODE: "Code d’un jour",
    InterventionKind.CANCEL: "Annulation",
}
REFUSED_WORDS: Final = {
    ActRefused.NO_LIST: "La borne attend la liste des cartes.",
    ActRefused.WRONG_CLOCK: "La borne n’est pas à l’heure.",
    ActRefused.UNKNOWN_PASSAGE: "Ce passage n’est pas de cette borne.",
    ActRefused.NOT_ADMITTED: "Personne n’est passé : il n’y a rien à annuler.",
    ActRefused.TAKEN_BACK: "Ce passage est déjà annulé.",
    ActRefused.NO_CARD_KNOWN: "Cette personne n’est pas sur la liste. Cherchez-la par son nom.",
    ActRefused.SERVICE_UNKNOWN: "Choisissez un service.",
    ActRefused.REASON_WRONG: "Choisissez une raison de la liste.",
    ActRefused.NOTE_NEEDED: "Précisez la raison en quelques mots.",
    ActRefused.CODE_WRONG: "Ce code n’est pas valable aujourd’hui ici.",
    ActRefused.CODE_USED_UP: "Ce code a déjà servi autant de fois que prévu.",
    ActRefused.COUNT_WRONG: "Indiquez un nombre d’invités de 1 à 30.",
    ActRefused.NO_DOOR: "Cette borne n’ouvre ni tourniquet ni porte.",
    ActRefused.PANEL_HOLDS: "L’alarme incendie tient le passage ouvert jusqu’à sa fin.",
}
_EVENT_WORDS: Final = {
    DoorNews.NOT_PASSED: "Ouvert, et personne n’est passé",
    DoorNews.IN_DOUBT: "Passage compté dans le doute",
    DoorNews.FORCED: "Passage forcé",
    DoorNews.HELD_OPEN: "Resté ouvert",
    DoorNews.SENSOR_STUCK: "Capteur bloqué",
    DoorNews.LINE_LOST: "Le tourniquet ne répond plus",
    DoorNews.ALARM_OVER: "Fin de l’alerte",
    DoorNews.EMERGENCY: "Issue de secours ouverte par l’alarme incendie",
    DoorNews.EMERGENCY_BY_HAND: "Issue de secours ouverte",
    DoorNews.EMERGENCY_OVER: "Fin de l’issue de secours",
    DoorNews.READER_LOST: "Le lecteur de cartes est débranché",
    DoorNews.READER_BACK: "Le lecteur de cartes est revenu",
}
_CALM: Final = frozenset(
    {
        DoorNews.NOT_PASSED,
        DoorNews.ALARM_OVER,
        DoorNews.READER_BACK,
        DoorNews.EMERGENCY_OVER,
    }
)
_STATE_WORDS: Final = {
    PassageState.WAITING: "à transmettre",
    PassageState.RECORDED: "",
    PassageState.QUARANTINED: "à vérifier",
}


def line_json(passage: Passage, held: AccessList | None, *, taken_back: bool) -> Json:
    """Return a line of the journal, as the supervisor reads it."""
    zone = None if held is None else held.zone
    name = None
    if held is not None and passage.card_id is not None:
        name = held.name_of(passage.card_id)
    done = passage.intervention
    admitted = passage.answer is Answer.OK
    knows_card = held is not None and passage.card_id is not None and name is not None
    return {
        "passage_id": str(passage.passage_id),
        "sequence": passage.sequence,
        "time": passage.occurred_at.strftime("%H:%M")
        if zone is None
        else hour(passage.occurred_at, zone),
        "name": name or ("Invité" if done is not None and passage.card_id is None else "Inconnu"),
        "words": _line_words(passage),
        "why": "" if done is None else why_words(done.reason, done.note),
        "by": "" if done is None else done.supervisor,
        "tone": "stop" if not admitted else "wait" if taken_back else "good",
        "taken_back": taken_back,
        "state": _STATE_WORDS[passage.state],
        "service": passage.service,
        "may_let_pass": isinstance(passage.answer, Answer) and not admitted and knows_card,
        "may_cancel": admitted and not taken_back,
    }


def event_json(event: DoorEvent, held: AccessList | None) -> Json:
    """Return what happened at door or reader, as the supervisor reads it; no holder's name."""
    at, through = event.occurred_at, event.passages
    counted = "" if through is None else f" · {uncharged_words(through)}"
    by_hand = "" if event.supervisor is None else f" · {event.supervisor}"
    return {
        "time": at.strftime("%H:%M") if held is None else hour(at, held.zone),
        "words": f"{_EVENT_WORDS[event.kind]}{counted}{by_hand}",
        "tone": "wait" if event.kind in _CALM else "stop",
        "state": "" if event.is_told else _STATE_WORDS[PassageState.WAITING],
    }


def _line_words(passage: Passage) -> str:
    if passage.answer is CounterEntry.ANNULE:
        return "Passage annulé"
    if passage.intervention is not None:
        return _KIND_WORDS[passage.intervention.kind]
    if passage.detail is not None:
        return _DETAIL_WORDS[passage.detail]
    return "Passé"


def why_words(reason: str, note: str | None) -> str:
    """Return a reason as people read it, with its note."""
    known = next((REASON_WORDS[each] for each in Reason if each == reason), reason)
    if reason == Reason.OTHER:
        return note or ""
    return f"{known} · {note}" if note else known


def reasons_json() -> Json:
    """Return, by kind of act, the reasons to choose from."""
    return {
        kind.value: [
            {"reason": each.value, "words": REASON_WORDS[each], "needs_note": each is Reason.OTHER}
            for each in reasons
        ]
        for kind, reasons in REASONS.items()
    }


def services_json(services: list[Service], first: str | None) -> list[Json]:
    """Return the services to choose from; the one to offer first is marked."""
    return [
        {"service": each.code, "label": each.label, "first": each.code == first}
        for each in services
    ]


def found_json(found: Found, held: AccessList) -> Json:
    """Return somebody who was searched for."""
    at = found.passed_at
    return {
        "card_id": found.card.holder.card_id,
        "name": found.card.name,
        "photo": found.card.photo,
        "blocked": found.card.holder.blocked,
        "passed": "" if at is None else f"déjà passé à {hour(at, held.zone)}",
    }


def outcome_json(outcomes: Sequence[Passage | Notice]) -> Json:
    """Return what became of acts that open, one after the other; the last may have been refused."""
    last = outcomes[-1]
    if not isinstance(last, Notice):
        return {"done": True, "message": "C’est noté, le passage est ouvert."}
    said = words_for_notice(last)
    noted = f"{len(outcomes) - 1} noté. " if len(outcomes) > 1 else ""
    return {"done": False, "message": f"{noted}{said.message}. {said.line}".strip()}


def kitchen_json(held: AccessList, now: datetime, passed: Mapping[str, int]) -> list[Json]:
    """Return, by service of this day, how many are expected, have passed, may still come."""
    local = now.astimezone(held.zone)
    closed = local.date() in held.hours.closed_days
    rows = list[Json]()
    for service in sorted(held.hours.services, key=lambda each: (each.opens, each.code)):
        if local.isoweekday() not in service.days or (closed and not service.held_on_closed_days):
            continue
        holders = (card.holder for card in held.cards.values())
        expected = sum(_expects(holder, service, local) for holder in holders)
        made = passed.get(service.code, 0)
        rows.append(
            {
                "service": service.code,
                "label": service.label,
                "hours": f"{service.opens:%H:%M}–{service.closes:%H:%M}",
                "expected": expected,
                "passed": made,
                "remaining": max(0, expected - made),
            }
        )
    return rows


def _expects(holder: Holder, service: Service, local: datetime) -> bool:
    right = holder.right_to(service.code)
    if right is None or holder.blocked:
        return False
    return (
        right.is_unconditional
        or (right.days is not None and local.isoweekday() in right.days)
        or (right.reserved_on is not None and local.date() in right.reserved_on)
    )
