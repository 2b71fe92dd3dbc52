"""What an establishment's pages say: states of cards, what happened, was done, was refused."""

from typing import Final

from backend.access.event_tables import GateEventKind
from backend.access.referents import REFERENTS_MAX
from backend.cards.lots import ScanAnswer
from backend.cards.order_tables import Delivery
from backend.cards.reporting import WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardEvent, CardState
from backend.web.words import Notice, Text

NO_CARD: Final = Text("sans carte", "no card")
STATES: Final[dict[CardState, Text]] = {
    CardState.ORDERED: Text("commandée", "ordered"),
    CardState.CANCELLED: Text("commande annulée", "order cancelled"),
    CardState.PRODUCED: Text("fabriquée", "made"),
    CardState.SHIPPED: Text("en route", "on its way"),
    CardState.RECEIVED: Text("à remettre", "to hand over"),
    CardState.HANDED_OVER: Text("confiée, à activer", "entrusted, to activate"),
    CardState.ACTIVE: Text("en service", "in use"),
    CardState.BLOCKED: Text("bloquée", "blocked"),
    CardState.REPLACED: Text("remplacée", "replaced"),
    CardState.EXPIRED: Text("expirée", "expired"),
    CardState.WITHDRAWN: Text("retirée", "withdrawn"),
    CardState.RETIRED: Text("effacée", "erased"),
}
#: Which colour and sign a state is shown with.
TONES: Final[dict[CardState, str]] = {
    **dict.fromkeys(CardState, "stop"),
    **dict.fromkeys((CardState.ORDERED, CardState.PRODUCED, CardState.SHIPPED), "wait"),
    CardState.RECEIVED: "ready",
    CardState.HANDED_OVER: "wait",
    CardState.ACTIVE: "good",
}
EVENTS: Final[dict[CardEvent, Text]] = {
    CardEvent.ORDERED: Text("Commandée", "Ordered"),
    CardEvent.CANCELLED: Text("Commande annulée", "Order cancelled"),
    CardEvent.PRODUCED: Text("Fabriquée", "Made"),
    CardEvent.PERSONALISED: Text("Faite au guichet et remise", "Made at the desk and handed over"),
    CardEvent.SHIPPED: Text("Envoyée", "Sent"),
    CardEvent.RECEIVED: Text("Arrivée", "Arrived"),
    CardEvent.HANDED_OVER: Text("Remise", "Handed over"),
    CardEvent.ACTIVATED: Text("Activée", "Activated"),
    CardEvent.BLOCKED: Text("Bloquée", "Blocked"),
    CardEvent.REPLACED: Text("Remplacée", "Replaced"),
    CardEvent.EXPIRED: Text("Expirée", "Expired"),
    CardEvent.WITHDRAWN: Text("Retirée", "Withdrawn"),
    CardEvent.RETIRED: Text("Effacée", "Erased"),
}
REASONS: Final[dict[str, Text]] = {
    ReplacementReason.LOST: Text("perdue", "lost"),
    ReplacementReason.STOLEN: Text("volée", "stolen"),
    ReplacementReason.DAMAGED: Text("abîmée", "damaged"),
    ReplacementReason.CHANGED: Text("nom ou photo à changer", "name or photo to change"),
    WithdrawalReason.LEFT: Text("l’élève est parti", "the pupil has left"),
    WithdrawalReason.FOUND: Text("retrouvée après avoir été bloquée", "found after it was blocked"),
    WithdrawalReason.NOT_COLLECTED: Text("jamais réclamée", "never collected"),
    WithdrawalReason.DECISION: Text("décision de l’établissement", "the school’s decision"),
}
DELIVERIES: Final[dict[Delivery, Text]] = {
    Delivery.COUNTER: Text("faite au guichet", "made at the desk"),
    Delivery.ESTABLISHMENT: Text("livrée à l’établissement", "delivered to the school"),
    Delivery.HOME: Text("envoyée au domicile", "sent home"),
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
DONE: Final[dict[str, Text]] = {
    "referent": Text(
        "Le référent est ajouté. Il choisira son code sur son compte.",
        "The referent is added. They will choose their code on their account.",
    ),
    "referent_fin": Text("Ce référent est retiré.", "This referent is taken away."),
    "commande": Text("La commande est enregistrée.", "The order is recorded."),
    "annulation": Text("La commande est annulée.", "The order is cancelled."),
    "blocage": Text(
        "La carte est bloquée. Les portiques le savent dans quelques secondes.",
        "The card is blocked. Gates know it within seconds.",
    ),
    "remplacement": Text(
        "L’ancienne carte ne sert plus, une autre est commandée.",
        "The old card serves no more, another is ordered.",
    ),
    "retrait": Text("La carte est retirée.", "The card is withdrawn."),
    "remise": Text(
        "La remise est enregistrée : les cartes remises servent dès maintenant.",
        "The handing over is recorded: these cards serve from now on.",
    ),
    "confiee": Text(
        "La carte est confiée. Son titulaire l’activera sur son compte.",
        "The card is entrusted. Its holder will activate it in their account.",
    ),
    "photo": Text("La photo est enregistrée.", "The photo is kept."),
    "photo-retiree": Text("La photo est retirée.", "The photo is taken away."),
    "procedure": Text(
        "Vos lignes sont enregistrées. La procédure est prête à imprimer.",
        "Your lines are kept. The procedure is ready to print.",
    ),
    "rien": Text(
        "Rien n’était à faire : chacun a déjà une carte, ou une en route.",
        "Nothing was to be done: everybody has a card, or one on its way.",
    ),
    "import": Text("L’import est enregistré.", "The import is recorded."),
    "rattache": Text("Le rattachement est accordé.", "The tie is granted."),
    "refuse": Text("La demande est refusée.", "The request is refused."),
    "code-fini": Text("Le code du jour ne sert plus.", "The day’s code serves no more."),
}
#: The days of a service, from Monday on.
WEEKDAYS: Final = (
    Text("lun", "Mon"),
    Text("mar", "Tue"),
    Text("mer", "Wed"),
    Text("jeu", "Thu"),
    Text("ven", "Fri"),
    Text("sam", "Sat"),
    Text("dim", "Sun"),
)
#: What a supervisor did at a gate.
INTERVENTIONS: Final[dict[str, Text]] = {
    "let_pass": Text("Carte refusée, laissé passer", "Card refused, let pass"),
    "no_card": Text("Sans carte", "Without a card"),
    "guest": Text("Invité", "Guest"),
    "day_code": Text("Code du jour", "Code of the day"),
    "cancel": Text("Passage annulé", "Passage cancelled"),
}
#: Why they did, by the word that a gate keeps.
SUPERVISORS_REASONS: Final[dict[str, Text]] = {
    "carte_oubliee": Text("Carte oubliée", "Card forgotten"),
    "carte_perdue": Text("Carte perdue", "Card lost"),
    "carte_illisible": Text("Carte illisible", "Card unreadable"),
    "reservation_oubliee": Text("Réservation oubliée", "Reservation forgotten"),
    "accord_intendance": Text("Accord de l’intendance", "The bursar’s office agreed"),
    "emploi_du_temps": Text("Emploi du temps", "Timetable"),
    "visiteur": Text("Visiteur", "Visitor"),
    "erreur_de_personne": Text("Erreur de personne", "Wrong person"),
    "plateau_rendu": Text("Plateau rendu", "Tray returned"),
    "pas_passe": Text("N’est pas entré dans la salle", "Did not go in"),
    "autre": Text("Autre", "Other"),
}
HAPPENED: Final[dict[GateEventKind, Text]] = {
    GateEventKind.NOT_PASSED: Text(
        "ouvert, et personne n’est passé", "opened, and nobody went through"
    ),
    GateEventKind.IN_DOUBT: Text("passage compté dans le doute", "passage counted in doubt"),
    GateEventKind.FORCED: Text("passage forcé", "forced passage"),
    GateEventKind.HELD_OPEN: Text("resté ouvert", "held open"),
    GateEventKind.SENSOR_STUCK: Text("capteur bloqué", "sensor stuck"),
    GateEventKind.LINE_LOST: Text(
        "tourniquet ou porte sans réponse", "turnstile or door without answer"
    ),
    GateEventKind.ALARM_OVER: Text("fin de l’alerte", "end of the alert"),
    GateEventKind.EMERGENCY: Text(
        "issue de secours ouverte par l’alarme incendie",
        "emergency exit opened by the fire alarm",
    ),
    GateEventKind.EMERGENCY_BY_HAND: Text(
        "issue de secours ouverte par un surveillant", "emergency exit opened by a supervisor"
    ),
    GateEventKind.EMERGENCY_OVER: Text("fin de l’issue de secours", "end of the emergency exit"),
    GateEventKind.READER_LOST: Text("lecteur de cartes débranché", "card reader unplugged"),
    GateEventKind.READER_BACK: Text("lecteur de cartes revenu", "card reader back"),
}
CARD_STATE_REFUSED: Final = Notice(
    "Pas possible",
    Text(
        "L’état de cette carte a changé entre-temps. Revenez à l’élève pour voir où elle en est.",
        "The state of this card has changed meanwhile. Look at the pupil again.",
    ),
    "Not possible",
)
HAS_CARD: Final = Notice(
    "Déjà une carte",
    Text(
        "Cet élève a déjà une carte, ou une en route. Annulez-la ou bloquez-la avant d’en "
        "commander une autre.",
        "This pupil has a card, or one on its way. Cancel or block it before ordering another.",
    ),
    "A card already",
)
TOO_MANY_ORDERS: Final = Notice(
    "Trop de cartes",
    Text(
        "Trop de cartes ont été commandées pour cet élève cette année. Écrivez à l’opérateur.",
        "Too many cards were ordered for this pupil this year. Write to the operator.",
    ),
    "Too many cards",
)
DAY_CODE_INVALID: Final = Notice(
    "Code refusé",
    Text(
        "Vérifiez le jour (aujourd’hui ou dans les 7 jours), le nom et le nombre de passages.",
        "Check the day (today or within 7 days), the name and the number of passages.",
    ),
    "Code refused",
)
TIE_TAKEN: Final = Notice(
    "Déjà un compte",
    Text(
        "Cet élève a déjà un compte à lui. Refusez la demande si elle n’est pas de lui.",
        "This pupil has an account already. Refuse the request if it is not theirs.",
    ),
    "An account already",
)
GROWN_UP: Final = Notice(
    "Élève majeur",
    Text(
        "Cet élève a 18 ans : personne ne suit son compte à sa place.",
        "This pupil is 18: nobody looks after their account for them.",
    ),
    "A grown-up pupil",
)
NOT_OLD_ENOUGH: Final = Notice(
    "Trop jeune",
    Text(
        "Avant 15 ans, le compte d’un élève est suivi par sa famille.",
        "Before 15, a pupil’s account is looked after by their family.",
    ),
    "Too young",
)
TOO_MANY_OF_FAMILY: Final = Notice(
    "Famille complète",
    Text(
        "Cette famille suit déjà autant d’enfants qu’il est permis.",
        "This family looks after as many children as it may.",
    ),
    "Family complete",
)
TOO_MANY_AT_ONCE: Final = Text(
    "Cochez au plus 500 cartes à la fois.", "Tick at most 500 cards at once."
)
NOTHING_TICKED: Final = Text("Cochez au moins une carte.", "Tick at least one card.")
DAY: Final = Text(
    "Écrivez la date ainsi : jour, mois, année, par exemple 14/06/2027.",
    "Write the date as day, month, year, such as 14/06/2027.",
)
NAME: Final = Text(
    "Écrivez le nom en lettres, comme sur une pièce d’identité.",
    "Write the name in letters, as on an identity document.",
)
REFERENT_OF_AGE: Final = Text(
    "Un référent est majeur. Vérifiez la date.", "A referent is of age. Check the date."
)
SERVICE_GONE: Final = Text(
    "Ce service n’existe plus ici. Choisissez de nouveau.",
    "This service is no longer here. Choose again.",
)
TOO_MANY_REFERENTS: Final = Text(
    f"Il y a déjà {REFERENTS_MAX} référents ici. Retirez d’abord ceux qui sont partis.",
    f"There are {REFERENTS_MAX} referents here already. Take away those who left first.",
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
