"""What an establishment's pages say: a card's states and what happened to it, in French."""

from typing import Final

from backend.cards.lots import ScanAnswer
from backend.cards.order_tables import Delivery
from backend.cards.reporting import WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardEvent, CardState
from backend.web.words import Notice, Text

NO_CARD: Final = "sans carte"
STATES: Final[dict[CardState, str]] = {
    CardState.ORDERED: "commandée",
    CardState.CANCELLED: "commande annulée",
    CardState.PRODUCED: "fabriquée",
    CardState.SHIPPED: "en route",
    CardState.RECEIVED: "à remettre",
    CardState.HANDED_OVER: "confiée, à activer",
    CardState.ACTIVE: "en service",
    CardState.BLOCKED: "bloquée",
    CardState.REPLACED: "remplacée",
    CardState.EXPIRED: "expirée",
    CardState.WITHDRAWN: "retirée",
    CardState.RETIRED: "effacée",
}
#: Which colour and sign a state is shown with.
TONES: Final[dict[CardState, str]] = {
    **dict.fromkeys(CardState, "stop"),
    **dict.fromkeys((CardState.ORDERED, CardState.PRODUCED, CardState.SHIPPED), "wait"),
    CardState.RECEIVED: "ready",
    CardState.HANDED_OVER: "wait",
    CardState.ACTIVE: "good",
}
EVENTS: Final[dict[CardEvent, str]] = {
    CardEvent.ORDERED: "Commandée",
    CardEvent.CANCELLED: "Commande annulée",
    CardEvent.PRODUCED: "Fabriquée",
    CardEvent.PERSONALISED: "Faite au guichet et remise",
    CardEvent.SHIPPED: "Envoyée",
    CardEvent.RECEIVED: "Arrivée",
    CardEvent.HANDED_OVER: "Remise",
    CardEvent.ACTIVATED: "Activée",
    CardEvent.BLOCKED: "Bloquée",
    CardEvent.REPLACED: "Remplacée",
    CardEvent.EXPIRED: "Expirée",
    CardEvent.WITHDRAWN: "Retirée",
    CardEvent.RETIRED: "Effacée",
}
REASONS: Final[dict[str, str]] = {
    ReplacementReason.LOST: "perdue",
    ReplacementReason.STOLEN: "volée",
    ReplacementReason.DAMAGED: "abîmée",
    ReplacementReason.CHANGED: "nom ou photo à changer",
    WithdrawalReason.LEFT: "l’élève est parti",
    WithdrawalReason.FOUND: "retrouvée après avoir été bloquée",
    WithdrawalReason.NOT_COLLECTED: "jamais réclamée",
    WithdrawalReason.DECISION: "décision de l’établissement",
}
DELIVERIES: Final[dict[Delivery, str]] = {
    Delivery.COUNTER: "faite au guichet",
    Delivery.ESTABLISHMENT: "livrée à l’établissement",
    Delivery.HOME: "envoyée au domicile",
}
SCANS: Final[dict[ScanAnswer, tuple[str, Text]]] = {
    ScanAnswer.RECEIVED: ("good", Text("Reçue", "Received")),
    ScanAnswer.ALREADY: ("wait", Text("Déjà reçue", "Already received")),
    ScanAnswer.ELSEWHERE: (
        "stop",
        Text(
            "Cette carte n’est pas pour votre établissement. Renvoyez-la à l’opérateur.",
            "This card is not for your school. Send it back to the operator.",
        ),
    ),
    ScanAnswer.NOT_TO_HAND_OVER: (
        "stop",
        Text(
            "Cette carte ne doit pas être remise : elle est bloquée, retirée ou pas encore faite.",
            "This card must not be handed over: it is blocked, withdrawn or not made yet.",
        ),
    ),
    ScanAnswer.UNKNOWN: (
        "stop",
        Text(
            "Ce numéro n’est celui d’aucune carte. Relisez-la, ou tapez ses 16 chiffres.",
            "No card has this number. Scan it again, or type its 16 digits.",
        ),
    ),
}
#: What was just done, by the word that an address carries.
DONE: Final[dict[str, str]] = {
    "commande": "La commande est enregistrée.",
    "annulation": "La commande est annulée.",
    "blocage": "La carte est bloquée. Les portiques le savent dans quelques secondes.",
    "remplacement": "L’ancienne carte ne sert plus, une autre est commandée.",
    "retrait": "La carte est retirée.",
    "remise": "La remise est enregistrée : les cartes remises servent dès maintenant.",
    "confiee": "La carte est confiée. Son titulaire l’activera sur son compte.",
    "photo": "La photo est enregistrée.",
    "photo-retiree": "La photo est retirée.",
    "procedure": "Vos lignes sont enregistrées. La procédure est prête à imprimer.",
    "rien": "Rien n’était à faire : chacun a déjà une carte, ou une en route.",
    "import": "L’import est enregistré.",
    "rattache": "Le rattachement est accordé.",
    "refuse": "La demande est refusée.",
    "code-fini": "Le code du jour ne sert plus.",
}
CARD_STATE_REFUSED: Final = Notice(
    "Pas possible",
    Text(
        "L’état de cette carte a changé entre-temps. Revenez à l’élève pour voir où elle en est.",
        "The state of this card has changed meanwhile. Look at the pupil again.",
    ),
)
HAS_CARD: Final = Notice(
    "Déjà une carte",
    Text(
        "Cet élève a déjà une carte, ou une en route. Annulez-la ou bloquez-la avant d’en "
        "commander une autre.",
        "This pupil has a card, or one on its way. Cancel or block it before ordering another.",
    ),
)
TOO_MANY_ORDERS: Final = Notice(
    "Trop de cartes",
    Text(
        "Trop de cartes ont été commandées pour cet élève cette année. Écrivez à l’opérateur.",
        "Too many cards were ordered for this pupil this year. Write to the operator.",
    ),
)
DAY_CODE_INVALID: Final = Notice(
    "Code refusé",
    Text(
        "Vérifiez le jour (aujourd’hui ou dans les 7 jours), le nom et le nombre de passages.",
        "Check the day (today or within 7 days), the name and the number of passages.",
    ),
)
TIE_TAKEN: Final = Notice(
    "Déjà un compte",
    Text(
        "Cet élève a déjà un compte à lui. Refusez la demande si elle n’est pas de lui.",
        "This pupil has an account already. Refuse the request if it is not theirs.",
    ),
)
GROWN_UP: Final = Notice(
    "Élève majeur",
    Text(
        "Cet élève a 18 ans : personne ne suit son compte à sa place.",
        "This pupil is 18: nobody looks after their account for them.",
    ),
)
NOT_OLD_ENOUGH: Final = Notice(
    "Trop jeune",
    Text(
        "Avant 15 ans, le compte d’un élève est suivi par sa famille.",
        "Before 15, a pupil’s account is looked after by their family.",
    ),
)
TOO_MANY_OF_FAMILY: Final = Notice(
    "Famille complète",
    Text(
        "Cette famille suit déjà autant d’enfants qu’il est permis.",
        "This family looks after as many children as it may.",
    ),
)
TOO_MANY_AT_ONCE: Final = Text(
    "Cochez au plus 500 cartes à la fois.", "Tick at most 500 cards at once."
)
NOTHING_TICKED: Final = Text("Cochez au moins une carte.", "Tick at least one card.")
DAY: Final = Text(
    "Écrivez la date ainsi : jour, mois, année, par exemple 14/06/2027.",
    "Write the date as day, month, year, such as 14/06/2027.",
)
#: What is wrong with a line of the procedure.
PROCEDURE: Final[dict[str, Text]] = {
    "closes_on": Text(
        "La fin des inscriptions vient avant leur début.", "Enrolment ends before it begins."
    ),
    "place": Text("Une ligne de 120 signes au plus.", "One line of 120 characters at most."),
    "phone": Text("Une ligne de 120 signes au plus.", "One line of 120 characters at most."),
    "email": Text(
        "Ce n’est pas une adresse électronique. Vérifiez-la.",
        "This is not an e-mail address. Check it.",
    ),
    "note": Text("600 signes au plus.", "600 characters at most."),
}
