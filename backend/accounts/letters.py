"""What our mails say: French first, English second; never a digit of a code.

Pure. Not here: who is written to, and when.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from backend.accounts.outbox import Facts
from backend.accounts.tables import NoticeKind

FORGOTTEN_PATH: Final = "/code-oublie"
NEVER_TELL: Final = (
    "Ne communiquez jamais votre code : personne ne vous le demandera, ni nous, ni votre "
    "établissement, ni un commerçant.\n"
    "Never tell anybody your code: nobody will ask you for it."
)
NOT_YOU: Final = (
    "Ce n’était pas vous ? Prévenez votre établissement et choisissez un autre code :\n"
    "Not you? Tell your school and choose another code:\n{forgotten}"
)


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's subject, and its text in two languages."""

    subject: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the words of one mail need: where our pages are, when it happened, the link if any."""

    public_url: str
    at: datetime
    zone: ZoneInfo
    given_name: str = ""
    link: str = ""


LETTERS: Final[dict[NoticeKind, Words]] = {
    NoticeKind.CODE_SET: Words(
        "Votre code Pass est enregistré",
        "Le code de votre carte a été choisi le {when}.",
        "The code of your card was chosen on that day.",
    ),
    NoticeKind.CODE_UNBLOCKED: Words(
        "Votre code Pass est débloqué",
        "Un nouveau code a été choisi le {when}. Votre carte paie de nouveau.",
        "A new code was chosen on that day. Your card pays again.",
    ),
    NoticeKind.CODE_BLOCKED: Words(
        "Votre code Pass est bloqué",
        "Trois codes faux ont été composés ; le dernier, le {when}. Votre carte ne paie plus, mais "
        "elle ouvre toujours l’entrée de votre établissement. Pour choisir un nouveau code :\n"
        "{forgotten}",
        "Three wrong codes were typed. Your card still opens the gate of your school; to pay "
        "again, choose a new code at the address above.",
    ),
    NoticeKind.CODE_MUST_CHANGE: Words(
        "Choisissez un nouveau code Pass",
        "Depuis le {when}, votre code ne sert plus à payer : choisissez-en un autre. Votre carte "
        "ouvre toujours l’entrée de votre établissement.\n{forgotten}",
        "Since that day your code no longer pays: choose another at the address above. Your card "
        "still opens the gate of your school.",
    ),
    NoticeKind.NEW_CODE_LINK: Words(
        "Choisissez un nouveau code Pass",
        "Vous avez demandé à choisir un nouveau code. Ce lien sert une fois, pendant une heure ; "
        "votre date de naissance vous sera demandée :\n{link}\n"
        "Vous n’avez rien demandé ? Ignorez ce message : rien n’a changé.",
        "You asked to choose a new code. The link above serves once, for an hour, and asks for "
        "your birth date. You did not ask? Ignore this message: nothing has changed.",
    ),
}
#: What a mail about a code ends with, unless it only brings a link.
_ALERTS: Final = frozenset({NoticeKind.CODE_SET, NoticeKind.CODE_UNBLOCKED})


def write_letter(kind: NoticeKind, occasion: Occasion) -> tuple[str, str]:
    """Return the subject and the text of a mail to a beneficiary."""
    words = LETTERS[kind]
    forgotten = occasion.public_url + FORGOTTEN_PATH
    told = {"when": moment_in_words(occasion), "forgotten": forgotten, "link": occasion.link}
    parts = [f"Bonjour {occasion.given_name},", words.fr.format_map(told), words.en]
    if kind in _ALERTS:
        parts.append(NOT_YOU.format_map(told))
    parts.append(NEVER_TELL)
    return words.subject, "\n\n".join(parts) + "\n"


def write_alarm(facts: Facts, occasion: Occasion) -> tuple[str, str]:
    """Return the subject and the text of a mail to the operator."""
    lines = [f"{name} : {value}" for name, value in facts.items()]
    text = [
        f"Une alerte a été levée le {moment_in_words(occasion)}.",
        *lines,
        "Voir : pass-backend alarms",
    ]
    return "Pass : alerte", "\n".join(text) + "\n"


_MONTHS: Final = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def moment_in_words(occasion: Occasion) -> str:
    """Say when it happened, as people here say it."""
    local = occasion.at.astimezone(occasion.zone)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} à {local:%H:%M}"
