"""What our mails say: French first, English second; never a digit of a code.

Pure. Not here: who is written to, and when.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from backend.accounts.outbox import Facts
from backend.accounts.tables import NoticeKind
from backend.accounts.written import Part, Written

FORGOTTEN_PATH: Final = "/code-oublie"
NEVER_TELL: Final = (
    Part(
        "fr",
        "Ne communiquez jamais votre code : personne ne vous le demandera, ni nous, ni votre "
        "établissement, ni un commerçant.",
    ),
    Part("en", "Never tell anybody your code: nobody will ask you for it."),
)
NOT_YOU: Final = (
    Part(
        "fr",
        "Ce n’était pas vous ? Prévenez votre établissement et choisissez un autre code :\n"
        "{forgotten}",
    ),
    Part("en", "Not you? Tell your school and choose another code at the address above."),
)


@dataclass(frozen=True, slots=True)
class Words:
    """A mail's subject, and its text in two languages."""

    subject: str
    fr: str
    en: str
    subject_en: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the words of one mail need: where our pages are, when it happened, the link if any."""

    public_url: str
    at: datetime
    zone: ZoneInfo
    given_name: str = ""
    link: str = ""
    language: str = "fr"
    #: What is told of, in the words of the one who is written to.
    about: str = ""


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
    NoticeKind.CARD_BLOCKED: Words(
        "Votre carte Pass est bloquée",
        "Votre carte a été déclarée perdue ou volée le {when}. Elle ne paie plus et n’ouvre plus "
        "rien, pour toujours, même si vous la retrouvez. Vos avantages vous restent : ils vous "
        "attendent sur votre prochaine carte. Ce n’était pas vous ? Prévenez votre établissement.",
        "Your card was reported lost or stolen on that day. It is of no use any more, for good, "
        "even if you find it. What you are entitled to stays yours, on your next card. Not you? "
        "Tell your school.",
    ),
    NoticeKind.CARD_STOPPED: Words(
        "Votre carte Pass est arrêtée",
        "Votre établissement ou le service Pass a arrêté votre carte le {when}. Elle ne paie plus "
        "et n’ouvre plus rien. Vos avantages vous restent. Pour savoir pourquoi, ou pour une autre "
        "carte, adressez-vous à votre établissement.",
        "Your school or the Pass service stopped your card on that day. It pays and opens nothing "
        "any more. What you are entitled to stays yours. Ask your school why, or for another card.",
    ),
    NoticeKind.CARD_ARRIVED: Words(
        "Votre carte Pass est arrivée",
        "Votre carte est dans votre établissement depuis le {when}. Elle vous y sera remise.",
        "Your card has been at your school since that day. It will be handed to you there.",
    ),
    NoticeKind.CARD_SENT: Words(
        "Votre carte Pass est partie",
        "Votre carte a été envoyée à votre adresse le {when}. Quand vous l’aurez, activez-la sur "
        "votre compte : avant cela, elle ne sert à personne.",
        "Your card was sent to your address on that day. When you have it, activate it on your "
        "account: before that it is of no use to anybody.",
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


def compose_letter(kind: NoticeKind, occasion: Occasion) -> Written:
    """Write a mail to a beneficiary, whose language nobody asked: French, then English."""
    words = LETTERS[kind]
    forgotten = occasion.public_url + FORGOTTEN_PATH
    told = {"when": moment_in_words(occasion), "forgotten": forgotten, "link": occasion.link}
    greeting = Part("fr", f"Bonjour {occasion.given_name},")
    parts = [greeting, Part("fr", words.fr.format_map(told)), Part("en", words.en)]
    if kind in _ALERTS:
        parts += [Part(one.language, one.text.format_map(told)) for one in NOT_YOU]
    return Written(words.subject, (*parts, *NEVER_TELL))


def write_letter(kind: NoticeKind, occasion: Occasion) -> tuple[str, str]:
    """Return the subject and the plain text of a mail to a beneficiary."""
    written = compose_letter(kind, occasion)
    return written.subject, written.text


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


_MONTHS_EN: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def moment_in_words(occasion: Occasion) -> str:
    """Say when it happened, as people say it in the mail's language."""
    local = occasion.at.astimezone(occasion.zone)
    if occasion.language == "en":
        return f"{local.day} {_MONTHS_EN[local.month - 1]} {local.year} at {local:%H:%M}"
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} à {local:%H:%M}"
