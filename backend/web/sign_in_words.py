"""What the pages for those who sign in say: French first, English after it."""

from typing import Final

from backend.accounts.signin.passwords import WeakPassword
from backend.partners.space import CounterState
from backend.web.words import Notice, Text

LINK_GONE: Final = Notice(
    "Ce lien ne sert plus",
    Text(
        "Ce lien a déjà servi, est trop ancien ou n’a jamais existé. Demandez-en un autre.",
        "This link has served, is too old or never was. Ask for another.",
    ),
    "This link no longer serves",
)
NOTHING_HERE: Final = Notice(
    "Rien ici",
    Text(
        "Cette page n’existe pas, ou vous n’y avez pas accès.",
        "This page does not exist, or is not yours to see.",
    ),
    "Nothing here",
)
FORM_FORGED: Final = Notice(
    "Formulaire refusé",
    Text(
        "Ce formulaire ne vient pas d’une page à vous. Rouvrez la page et recommencez.",
        "This form does not come from a page of yours. Open the page again.",
    ),
    "Form refused",
)
COUNTER_ENROLLED: Final = Notice(
    "Caisse déjà en service",
    Text(
        "Cette caisse a déjà sa clé, ou elle est révoquée. Ajoutez une autre caisse.",
        "This counter has its key already, or is revoked. Add another counter.",
    ),
    "Counter in service already",
)
TOO_MANY_COUNTERS: Final = Notice(
    "Trop de caisses",
    Text(
        "Vous avez atteint le nombre de caisses permis. Révoquez-en une avant d’en ajouter.",
        "You have as many counters as you may. Revoke one before adding another.",
    ),
    "Too many counters",
)
LINK_ASKED: Final = Notice(
    "Demande reçue",
    Text(
        "Si cette adresse a un accès, un lien y est envoyé. Il sert une fois, pendant une heure.",
        "If this address has an account, a link is on its way. It serves once, for an hour.",
    ),
    "Request received",
)
PASSWORD_SET: Final = Notice(
    "Mot de passe enregistré",
    Text(
        "Vous pouvez maintenant vous connecter. Toutes vos connexions ont été fermées.",
        "You may now sign in. All your sessions were ended.",
    ),
    "Password saved",
)
PASSWORD_CHANGED: Final = Notice(
    "Mot de passe changé",
    Text(
        "Vos autres connexions ont été fermées. Un message vous le confirme.",
        "Your other sessions were ended. A message confirms it.",
    ),
    "Password changed",
)
REFUSED: Final = Text(
    "L’adresse ou le mot de passe n’est pas le bon. Vérifiez les deux.",
    "The address or the password is wrong. Check both.",
)
FACTOR_REFUSED: Final = Text(
    "Ce mot de passe à usage unique n’est pas le bon, ou il a déjà servi. Attendez le suivant.",
    "This one-time password is wrong, or has served. Wait for the next.",
)
EMAIL_FORM: Final = Text(
    "Ce n’est pas une adresse électronique. Vérifiez-la.",
    "This is not an e-mail address. Check it.",
)
PASSWORDS_DIFFER: Final = Text(
    "Les deux mots de passe sont différents. Tapez deux fois le même.",
    "The two passwords differ. Type the same twice.",
)
NAME_MISSING: Final = Text(
    "Donnez un nom à la caisse, par exemple « Caisse 2 ».",
    "Give the counter a name, such as “Till 2”.",
)
WEAK: Final[dict[str, Text]] = {
    WeakPassword.TOO_SHORT: Text(
        "Trop court : au moins 8 caractères avec majuscule, minuscule, chiffre ou signe, ou une "
        "phrase d’au moins 14 caractères.",
        "Too short: at least 8 characters of three kinds, or a phrase of at least 14.",
    ),
    WeakPassword.TOO_LONG: Text(
        "Trop long : 128 caractères au plus.", "Too long: 128 characters at most."
    ),
    WeakPassword.IDENTITY: Text(
        "Ce mot de passe est fait de votre nom ou de votre adresse : qui vous connaît le devine. "
        "Prenez plutôt quatre mots sans rapport entre eux.",
        "This password is made of your name or address: who knows you guesses it. Take four words "
        "that have nothing to do with one another.",
    ),
    WeakPassword.GUESSABLE: Text(
        "Ce mot de passe est parmi les premiers qu’un programme essaie. Prenez plutôt quatre mots "
        "sans rapport entre eux.",
        "This password is among the first that a program tries. Take four words that have nothing "
        "to do with one another.",
    ),
}
STATES: Final[dict[CounterState, Text]] = {
    CounterState.WAITING: Text("attend son code", "waits for its code"),
    CounterState.LATE: Text("code trop ancien", "code too old"),
    CounterState.ENROLLED: Text("en service", "in service"),
    CounterState.REVOKED: Text("révoquée", "revoked"),
}


def too_many_tries(minutes: int) -> Notice:
    """Say how long to wait."""
    unit = "minute" if minutes == 1 else "minutes"
    return Notice(
        "Trop d’essais",
        Text(
            f"Trop d’essais faux. Réessayez dans {minutes} {unit}.",
            f"Too many wrong tries. Try again in {minutes} {unit}.",
        ),
        "Too many tries",
    )
