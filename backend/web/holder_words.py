"""What a holder's pages say: states in words, and what to do next; errors in English too."""

from typing import Final, NamedTuple

from backend.cards.reporting import ReportReason
from backend.cards.states import CardState
from backend.holders.history import MovementKind
from backend.payments.states import PaymentState
from backend.pins.states import CodeState
from backend.web.words import Notice, Text


def french(text: str) -> str:
    """Keep high punctuation on the line of the word before it."""
    for mark in ":?;":
        text = text.replace(f" {mark}", f"\N{NO-BREAK SPACE}{mark}")
    return text


class Told(NamedTuple):
    """A state: its word, its look, and what to do next."""

    word: str
    #: good, wait or stop.
    tone: str
    next: str


#: Said on every page about the code.
NEVER_TELL: Final = french(
    "Ne communiquez jamais votre code : personne ne vous le demandera, ni nous, ni votre "
    "établissement, ni un commerçant."
)
_ANOTHER: Final = french("Vos avantages vous restent : ils vous attendent sur la prochaine carte.")
CARDS: Final[dict[CardState, Told]] = {
    CardState.ORDERED: Told("Commandée", "wait", "Elle sera bientôt fabriquée. Rien à faire."),
    CardState.CANCELLED: Told("Commande annulée", "stop", "Demandez-en une autre si besoin."),
    CardState.PRODUCED: Told("Fabriquée", "wait", "Elle va partir. Rien à faire."),
    CardState.SHIPPED: Told("Envoyée", "wait", "Elle est en route."),
    CardState.RECEIVED: Told(
        "Arrivée", "wait", french("Elle vous attend dans l’établissement : allez la chercher.")
    ),
    CardState.HANDED_OVER: Told(
        "Remise", "wait", french("Dites ci-dessous que vous l’avez : elle servira aussitôt.")
    ),
    CardState.ACTIVE: Told("En service", "good", "Elle paie et elle ouvre l’entrée."),
    CardState.BLOCKED: Told(
        "Bloquée", "stop", "Elle ne sert plus, même si vous la retrouvez. " + _ANOTHER
    ),
    CardState.REPLACED: Told("Remplacée", "stop", "Servez-vous de la nouvelle."),
    CardState.EXPIRED: Told("Périmée", "stop", "Commandez-en une autre. " + _ANOTHER),
    CardState.WITHDRAWN: Told("Retirée", "stop", "Commandez-en une autre. " + _ANOTHER),
    CardState.RETIRED: Told("Hors service", "stop", "Servez-vous de la nouvelle."),
}
NO_CARD: Final = Told("Pas encore de carte", "wait", "Vous pouvez en commander une.")
SENT_HOME: Final = french("Quand vous l’aurez, dites-le ci-dessous : elle servira aussitôt.")
REASONS: Final[dict[str, str]] = {
    ReportReason.LOST.value: "déclarée perdue",
    ReportReason.STOLEN.value: "déclarée volée",
}
CHARTER: Final = (
    "La carte est personnelle : elle ne se prête pas et ne se vend pas.",
    "Le code secret ne se dit à personne et ne s’écrit pas sur la carte.",
    "Une carte perdue ou volée se bloque tout de suite, ici ou auprès de l’établissement.",
    "Les avantages servent à ce qu’ils annoncent ; ils ne s’échangent pas contre de l’argent.",
    "À l’entrée et à la cantine, la carte ouvre sans code, même si le code est oublié ou bloqué.",
)
CODES: Final[dict[CodeState, Told]] = {
    CodeState.UNSET: Told(
        "Pas encore choisi", "wait", "Choisissez-le pour payer chez les partenaires."
    ),
    CodeState.ACTIVE: Told("Prêt", "good", "Il sert à payer, jamais à l’entrée."),
    CodeState.MUST_CHANGE: Told(
        "À changer", "wait", "Choisissez-en un autre pour payer de nouveau."
    ),
    CodeState.LOCKED: Told(
        "Bloqué",
        "stop",
        french("Trois codes faux ont été composés. Choisissez-en un autre : il sert aussitôt."),
    ),
}
CODE_BUTTONS: Final[dict[CodeState, str]] = {
    CodeState.UNSET: "Choisir le code",
    CodeState.ACTIVE: "Changer le code",
    CodeState.MUST_CHANGE: "Choisir un autre code",
    CodeState.LOCKED: french("Débloquer : choisir un autre code"),
}
MOVEMENTS: Final[dict[MovementKind, str]] = {
    MovementKind.GRANT: "Avantage reçu",
    MovementKind.PAYMENT: "Paiement",
    MovementKind.VOID: "Paiement annulé à la caisse",
    MovementKind.REFUND: "Remboursement",
    MovementKind.REVERSAL: "Paiement non abouti, rendu",
    MovementKind.EXPIRY: "Fin de la campagne",
    MovementKind.OTHER: "Mouvement",
}
PAYMENTS: Final[dict[PaymentState, str]] = {
    PaymentState.APPROVED: "payé",
    PaymentState.VOIDED: "annulé",
    PaymentState.PARTLY_REFUNDED: "remboursé en partie",
    PaymentState.REFUNDED: "remboursé",
    PaymentState.REVERSED: "annulé",
}

PASSWORD_WRONG: Final = Text(
    "Ce n’est pas votre mot de passe. C’est celui avec lequel vous vous connectez.",
    "This is not your password. It is the one you sign in with.",
)
NOT_ALLOWED: Final = Notice(
    "Ce code n’est plus à vous de choisir",
    Text(
        "Cette personne a son propre compte : elle seule choisit son code.",
        "This person has an account of their own: nobody else chooses their code.",
    ),
    "No longer yours to choose",
)
PASSWORD_MISSING: Final = Notice(
    "Par un lien, plutôt",
    Text(
        "Vous vous connectez sans mot de passe. Pour choisir le code, demandez un lien : il arrive "
        "par message.",
        "You sign in without a password. To choose the code, ask for a link: it comes by mail.",
    ),
    "By a link instead",
)
CODE_DONE: Final = Notice(
    "Code enregistré",
    Text(
        "Le nouveau code sert tout de suite. Un message le confirme.",
        "The new code serves at once. A message confirms it.",
    ),
    "Code saved",
)
DIGITS_WRONG: Final = Text(
    "Ce ne sont pas les 4 derniers chiffres de la carte. Regardez au dos ou au recto.",
    "These are not the last 4 digits of the card. Look on both sides.",
)
NOTHING_TO_ACTIVATE: Final = Notice(
    "Aucune carte n’attend",
    Text(
        "Aucune carte n’est à activer en ce moment. Regardez son état.",
        "No card waits to be activated now. Look at its state.",
    ),
    "No card waits",
)
CARD_NOT_REPORTED: Final = Notice(
    "Carte déjà hors service",
    Text(
        "Cette carte ne sert plus : il n’y a rien à bloquer.",
        "This card is of no use any more: there is nothing to stop.",
    ),
    "Card out of use already",
)
CHOOSE_DELIVERY: Final = Text(
    "Dites où la carte doit arriver.", "Say where the card should be sent."
)
ADDRESS_WRONG: Final = Text(
    "Écrivez l’adresse en 2 à 6 lignes de 38 lettres au plus : le nom, la rue, le code postal et "
    "la ville.",
    "Write the address in 2 to 6 lines of 38 letters at most: name, street, postcode and town.",
)
CHARTER_MISSING: Final = Text(
    "Lisez la charte et cochez la case.", "Read the charter and tick the box."
)
HAS_CARD: Final = Notice(
    "Une carte existe déjà",
    Text(
        "Une carte est en service ou en route. Regardez son état.",
        "A card is in use or on its way. Look at its state.",
    ),
    "There is a card already",
)
TOO_MANY_ORDERS: Final = Notice(
    "Trop de commandes",
    Text(
        "Trop de cartes ont été commandées cette année. Adressez-vous à l’établissement.",
        "Too many cards were ordered this year. Ask the school.",
    ),
    "Too many orders",
)
ORDER_REFUSED: Final = Notice(
    "Adressez-vous à l’établissement",
    Text(
        "Cette carte a été arrêtée par l’établissement ou l’opérateur : eux seuls en commandent "
        "une autre.",
        "This card was stopped by the school or the operator: only they order another.",
    ),
    "Ask the school",
)
ERASURE_ASKED_ALREADY: Final = Notice(
    "Déjà demandé",
    Text(
        "L’effacement est déjà demandé. Une réponse vient dans le mois.",
        "Erasure was asked already. An answer comes within a month.",
    ),
    "Asked already",
)
