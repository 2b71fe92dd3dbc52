"""What the operator's pages say: each state, kind and reason as people here call it."""

from collections.abc import Mapping
from typing import Final

from backend.access.tables import HolderCategory
from backend.accounts.families.tables import Relation
from backend.accounts.tables import NoticeKind, NoticeState, SignInNoticeKind
from backend.benefits.eligibility import Reason
from backend.benefits.rules import Phase
from backend.cards.states import CardState
from backend.operators.tables import OperatorRole
from backend.payments.reasons import DeclineReason
from backend.payments.states import PaymentState
from backend.pins.states import CodeState
from backend.pins.tables import AlarmKind, CodeHappening
from backend.web.act_words import ACTS  # noqa: F401 - the pages read it among their words
from backend.web.words import Notice, Text


def _said(heading: str, fr: str, en: str) -> Notice:
    return Notice(heading, Text(fr, en))


READ_ONLY: Final = _said(
    "Lecture seule",
    "Vous regardez l’espace d’une autre personne : rien ne peut y être fait.",
    "You are looking at somebody else’s space: nothing can be done there.",
)
SEEING_OVER: Final = _said(
    "Consultation terminée",
    "Vous ne regardez plus l’espace d’une autre personne : le temps est passé, ou vous y avez mis "
    "fin.",
    "You no longer look at somebody else’s space: time is up, or you ended it.",
)
NOT_SHOWN: Final = _said(
    "Page réservée à la personne",
    "Cette page ne se montre qu’à la personne elle-même.",
    "This page is shown to its owner alone.",
)
OPERATOR_ONLY: Final = _said(
    "Consultation seule",
    "Votre rôle permet de tout voir et de ne rien changer.",
    "Your role lets you see everything and change nothing.",
)
FACTOR_WRONG: Final = _said(
    "Mot de passe à usage unique refusé",
    "Rien n’a été fait. Attendez que votre application montre les chiffres suivants, puis "
    "recommencez.",
    "Nothing was done. Wait for the next digits of your application, then start again.",
)
FACTOR_STALE: Final = _said(
    "Double vérification à refaire",
    "Rien n’a été fait : cet acte demande un mot de passe à usage unique de moins de cinq minutes. "
    "Rouvrez la page et tapez-le avec l’acte.",
    "Nothing was done: this asks for a one-time password of the last five minutes. Open the page "
    "again and type it with what you want to do.",
)
REASON_MISSING: Final = _said(
    "Raison manquante", "Rien n’a été fait : dites pourquoi.", "Nothing was done: say why."
)
LAST_OPERATOR: Final = _said(
    "Dernier exploitant",
    "Rien n’a été fait : il doit rester au moins un exploitant. Invitez-en un autre d’abord.",
    "Nothing was done: at least one operator must stay. Invite another first.",
)
OPERATOR_ALREADY: Final = _said(
    "Déjà fait", "Cette personne a déjà ce rôle.", "This person has that role already."
)
NOT_THEMSELVES: Final = _said(
    "Un autre exploitant doit le faire",
    "Rien n’a été fait : cela demande une deuxième personne.",
    "Nothing was done: this takes a second person.",
)
OPERATOR_ACCOUNT: Final = _said(
    "Compte d’exploitation",
    "Rien n’a été fait : cette personne exploite le service. Retirez-lui d’abord son rôle.",
    "Nothing was done: this person runs the service. Take their role away first.",
)
AMOUNT: Final = _said(
    "Montant refusé",
    "Rien n’a été donné : écrivez un montant comme 12,50, de 500 euros au plus.",
    "Nothing was given: write an amount such as 12,50, of 500 euros at most.",
)
EMAIL: Final = _said(
    "Adresse refusée",
    "Rien n’a été fait : il n’y a pas d’adresse électronique, ou ce n’en est pas une.",
    "Nothing was done: there is no e-mail address, or it is none.",
)
TOO_MANY_LINKS: Final = _said(
    "Trop de liens",
    "Trois liens sont déjà partis dans l’heure. Attendez qu’elle soit passée.",
    "Three links left within the hour already. Wait for it to pass.",
)
CARD_STATE: Final = _said(
    "Carte inchangée",
    "Dans son état, cette carte ne peut pas être bloquée.",
    "In its state this card cannot be blocked.",
)
CODE_NOT_SET: Final = _said(
    "Pas de code",
    "Cette personne n’a pas encore choisi de code : il n’y a rien à changer.",
    "This person has not chosen a code yet: there is nothing to change.",
)
CAMPAIGN_CLOSED: Final = _said(
    "Campagne close", "La campagne n’accorde plus rien.", "The campaign grants no more."
)
CAMPAIGN_DATES: Final = _said(
    "Dates refusées",
    "Rien n’a été fait : les dates doivent se suivre, et une prolongation ne raccourcit rien.",
    "Nothing was done: the days must be in order, and an extension shortens nothing.",
)
CAMPAIGN_CODE: Final = _said(
    "Code de campagne refusé",
    "Rien n’a été fait : ce code manque ou est déjà pris.",
    "Nothing was done: this code is missing or taken.",
)
BENEFIT_OVERLAPS: Final = _said(
    "Avantage en double",
    "Rien n’a été fait : une autre campagne des mêmes jours a un avantage de ce code.",
    "Nothing was done: another campaign of these days has a benefit of this code.",
)
CONFLICT: Final = _said(
    "Déjà fait",
    "Cet acte a déjà été fait, ou quelque chose a changé entre-temps. Rouvrez la page.",
    "This was done already, or something changed meanwhile. Open the page again.",
)
MONEY_LEFT: Final = _said(
    "De l’argent reste à la cantine",
    "Rendez d’abord à la famille ce qui reste sur le compte de repas, ou réglez ce qui est dû.",
    "First give the family back what is left on the meal account, or settle what is owed.",
)
EMAIL_CHANGE: Final = _said(
    "Changement d’adresse refusé",
    "Rien n’a été fait. Rouvrez la page : la demande a pu expirer, être confirmée ou retirée.",
    "Nothing was done. Open the page again: the request may have expired, served or gone.",
)
ACCOUNT_EXISTS: Final = _said(
    "Adresse déjà prise",
    "Rien n’a été fait : un autre compte a déjà cette adresse.",
    "Nothing was done: another account has this address.",
)
SEARCH_SHORT: Final = Text(
    "Tapez au moins deux lettres d’un nom, ou un numéro entier.",
    "Type at least two letters of a name, or a whole number.",
)
DIGITS_WRONG: Final = Text(
    "Ce mot de passe à usage unique n’est pas le bon, ou il a déjà servi. Attendez le suivant.",
    "This one-time password is wrong, or has served. Wait for the next.",
)

ROLES: Final[Mapping[str, str]] = {
    OperatorRole.OPERATOR: "exploitant",
    OperatorRole.AUDITOR: "auditeur",
}
CARDS: Final[Mapping[str, str]] = {
    CardState.ORDERED: "commandée",
    CardState.ACTIVE: "active",
    CardState.BLOCKED: "bloquée",
    CardState.REPLACED: "remplacée",
    CardState.EXPIRED: "expirée",
    CardState.RETIRED: "puce rendue libre",
    "produced": "fabriquée",
    "shipped": "expédiée",
    "received": "reçue",
    "handed_over": "remise",
    "personalised": "fabriquée et remise",
    "withdrawn": "retirée",
    "activated": "activée",
    "cancelled": "annulée",
}
CODES: Final[Mapping[str, str]] = {
    CodeState.UNSET: "pas encore choisi",
    CodeState.ACTIVE: "en service",
    CodeState.MUST_CHANGE: "à changer par la personne",
    CodeState.LOCKED: "bloqué",
}
HAPPENINGS: Final[Mapping[str, str]] = {
    CodeHappening.SET: "choisi",
    CodeHappening.BLOCKED: "bloqué",
    CodeHappening.UNBLOCKED: "débloqué",
    CodeHappening.CHANGE_FORCED: "changement demandé",
    CodeHappening.LINK_GIVEN: "lien donné",
}
PAYMENTS: Final[Mapping[str, str]] = {
    PaymentState.PENDING: "en cours",
    PaymentState.APPROVED: "accepté",
    PaymentState.DECLINED: "refusé",
    PaymentState.REVERSED: "annulé par la caisse",
    PaymentState.VOIDED: "annulé",
    PaymentState.PARTLY_REFUNDED: "rendu en partie",
    PaymentState.REFUNDED: "rendu",
    "void": "annulation",
    "refund": "remboursement",
}
REASONS: Final[Mapping[str, str]] = {
    Reason.RULE: "règle",
    Reason.NAMED: "montant nommé",
    Reason.NO_RULE: "aucune règle",
    Reason.TOO_YOUNG: "trop jeune",
    Reason.TOO_OLD: "trop âgé",
    Reason.RESIDENCE_UNKNOWN: "domicile inconnu",
    Reason.RESIDENCE_OUTSIDE: "domicile hors du territoire",
    Reason.TRACK_UNKNOWN: "filière inconnue",
    Reason.TRACK_NOT_COVERED: "filière non concernée",
    Reason.LEVEL_UNKNOWN: "niveau inconnu",
    Reason.LEVEL_NOT_COVERED: "niveau non concerné",
    Reason.NO_SCHOLARSHIP: "pas de bourse",
    Reason.SCHOLARSHIP: "bourse",
}
DECLINES: Final[Mapping[str, str]] = {
    DeclineReason.WRONG_PIN: "code faux",
    DeclineReason.PIN_BLOCKED: "code bloqué",
    DeclineReason.PIN_NOT_SET: "code pas encore choisi",
    DeclineReason.PIN_CHANGE_REQUIRED: "code à changer",
    DeclineReason.PIN_BLOCK_INVALID: "clavier illisible",
    DeclineReason.PIN_REPLAYED: "saisie déjà servie",
    DeclineReason.PIN_CHECKS_SUSPENDED: "vérification des codes suspendue",
    DeclineReason.INSUFFICIENT_FUNDS: "solde insuffisant",
    DeclineReason.BENEFIT_NOT_USABLE: "avantage non accepté ici",
    DeclineReason.NO_WALLET: "aucune dotation",
    DeclineReason.CAMPAIGN_NOT_OPEN: "campagne pas ouverte",
    DeclineReason.CAMPAIGN_OVER: "campagne terminée",
    DeclineReason.PARTNER_SUSPENDED: "partenaire suspendu",
    DeclineReason.OUTLET_CLOSED: "lieu fermé",
    DeclineReason.AMOUNT_LIMIT: "montant au-dessus de la limite",
    DeclineReason.DAY_LIMIT: "limite du jour atteinte",
    DeclineReason.PARTNER_DAY_LIMIT: "limite du jour chez ce partenaire",
    DeclineReason.PROOF_EXPIRED: "carte présentée il y a trop longtemps",
    DeclineReason.PROOF_UNKNOWN: "carte non présentée",
    DeclineReason.PROOF_USED: "présentation déjà servie",
    DeclineReason.CARD_BLOCKED: "carte bloquée",
    DeclineReason.CARD_LOST: "carte perdue",
    DeclineReason.CARD_STOLEN: "carte volée",
    DeclineReason.CARD_EXPIRED: "carte expirée",
    DeclineReason.CARD_REPLACED: "carte remplacée",
    DeclineReason.CARD_NOT_ACTIVE: "carte pas en service",
    DeclineReason.VOIDED: "annulé",
    DeclineReason.REVERSED_BEFORE_ARRIVAL: "annulé avant d’arriver",
    DeclineReason.INTERRUPTED: "interrompu",
}
PHASES: Final[Mapping[str, str]] = {
    Phase.PLANNED: "à venir",
    Phase.OPEN: "ouverte",
    Phase.CLOSED: "close, encore dépensable",
    Phase.PARTNERS_ONLY: "close, remboursements seulement",
    Phase.OVER: "terminée",
}
RELATIONS: Final[Mapping[str, str]] = {
    Relation.SELF: "son propre compte",
    Relation.CHILD: "famille",
}
CATEGORIES: Final[Mapping[str, str]] = {
    HolderCategory.PUPIL: "élève",
    HolderCategory.STAFF: "personnel",
    HolderCategory.TRAINEE: "stagiaire",
    HolderCategory.GUEST: "invité",
}
ALARMS: Final[Mapping[str, str]] = {
    AlarmKind.SPRAYING: "codes faux sur beaucoup de cartes",
    AlarmKind.UNREADABLE_BLOCKS: "codes illisibles d’un clavier",
    AlarmKind.SHARED_CODE: "un code choisi par beaucoup",
}
NOTICE_STATES: Final[Mapping[str, str]] = {
    NoticeState.WAITING: "en attente",
    NoticeState.SENT: "envoyé",
    NoticeState.GIVEN_UP: "abandonné",
}
NOTICES: Final[Mapping[str, str]] = {
    NoticeKind.CODE_SET: "code choisi",
    NoticeKind.CODE_BLOCKED: "code bloqué",
    NoticeKind.CODE_UNBLOCKED: "code débloqué",
    NoticeKind.CODE_MUST_CHANGE: "code à changer",
    NoticeKind.NEW_CODE_LINK: "lien pour un code",
    NoticeKind.ALARM: "alerte",
    SignInNoticeKind.INVITATION: "invitation",
    SignInNoticeKind.PASSWORD_LINK: "lien de mot de passe",
    SignInNoticeKind.PASSWORD_SET: "mot de passe choisi",
    SignInNoticeKind.FACTOR_SET: "double vérification en place",
    SignInNoticeKind.OPERATOR_CHANGED: "droits d’exploitation",
    "card_blocked": "carte bloquée",
    "card_arrived": "carte arrivée",
    "card_sent": "carte envoyée",
}
TERMINALS: Final[Mapping[str, str]] = {
    "counter": "caisse",
    "gate": "portillon",
    "desk": "guichet",
}
THINGS: Final[Mapping[str, str]] = {
    "personnes": "personne",
    "comptes": "compte",
    "paiements": "paiement",
    "terminaux": "terminal",
    "partenaires": "partenaire",
    "etablissements": "établissement",
    "campagnes": "campagne",
}


def told(words: Mapping[str, str], key: object) -> str:
    """Say it as people call it; what has no word yet is shown as it is."""
    text = str(key)
    return words.get(text, text.replace("_", " "))
