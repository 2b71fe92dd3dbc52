"""What the operator's pages call each state, kind and reason, in two languages."""

from collections.abc import Mapping
from typing import Final

from backend.access.tables import HolderCategory
from backend.accounts.families.tables import Relation
from backend.accounts.tables import AddressNoticeKind, NoticeKind, NoticeState, SignInNoticeKind
from backend.benefits.eligibility import Reason
from backend.benefits.rules import Phase
from backend.benefits.tables import Purse
from backend.cards.reporting import WithdrawalReason
from backend.cards.requests import ReplacementReason
from backend.cards.states import CardEvent, CardState
from backend.operators.acting import CardReason
from backend.operators.devices import Order, Standing
from backend.operators.tables import OperatorRole
from backend.partners.tables import TerminalKind
from backend.payments.reasons import DeclineReason
from backend.payments.states import PaymentState
from backend.payments.tables import ReturnKind
from backend.pins.states import CodeState
from backend.pins.tables import AlarmKind, CodeHappening
from backend.web.words import Text

ROLES: Final[Mapping[str, Text]] = {
    OperatorRole.OPERATOR: Text("exploitant", "operator"),
    OperatorRole.AUDITOR: Text("auditeur", "auditor"),
}
CARDS: Final[Mapping[str, Text]] = {
    CardState.ORDERED: Text("commandée", "ordered"),
    CardState.ACTIVE: Text("active", "active"),
    CardState.BLOCKED: Text("bloquée", "blocked"),
    CardState.REPLACED: Text("remplacée", "replaced"),
    CardState.EXPIRED: Text("expirée", "expired"),
    CardState.RETIRED: Text("puce rendue libre", "chip set free"),
    CardState.PRODUCED: Text("fabriquée", "made"),
    CardState.SHIPPED: Text("expédiée", "sent"),
    CardState.RECEIVED: Text("reçue", "arrived"),
    CardState.HANDED_OVER: Text("remise", "handed over"),
    CardEvent.PERSONALISED: Text("fabriquée et remise", "made and handed over"),
    CardState.WITHDRAWN: Text("retirée", "withdrawn"),
    CardEvent.ACTIVATED: Text("activée", "activated"),
    CardState.CANCELLED: Text("annulée", "cancelled"),
}
CODES: Final[Mapping[str, Text]] = {
    CodeState.UNSET: Text("pas encore choisi", "not chosen yet"),
    CodeState.ACTIVE: Text("en service", "in service"),
    CodeState.MUST_CHANGE: Text("à changer par la personne", "to be changed by the person"),
    CodeState.LOCKED: Text("bloqué", "blocked"),
}
HAPPENINGS: Final[Mapping[str, Text]] = {
    CodeHappening.SET: Text("choisi", "chosen"),
    CodeHappening.BLOCKED: Text("bloqué", "blocked"),
    CodeHappening.UNBLOCKED: Text("débloqué", "unblocked"),
    CodeHappening.CHANGE_FORCED: Text("changement demandé", "change asked for"),
    CodeHappening.LINK_GIVEN: Text("lien donné", "link given"),
}
PAYMENTS: Final[Mapping[str, Text]] = {
    PaymentState.ABSENT: Text("jamais arrivé", "never arrived"),
    PaymentState.PENDING: Text("en cours", "under way"),
    PaymentState.APPROVED: Text("accepté", "accepted"),
    PaymentState.DECLINED: Text("refusé", "refused"),
    PaymentState.REVERSED: Text("annulé par la caisse", "cancelled by the till"),
    PaymentState.VOIDED: Text("annulé", "cancelled"),
    PaymentState.PARTLY_REFUNDED: Text("rendu en partie", "partly given back"),
    PaymentState.REFUNDED: Text("rendu", "given back"),
    ReturnKind.VOID: Text("annulation", "cancellation"),
    ReturnKind.REFUND: Text("remboursement", "refund"),
}
REASONS: Final[Mapping[str, Text]] = {
    Reason.RULE: Text("règle", "rule"),
    Reason.NAMED: Text("montant nommé", "amount named"),
    Reason.NO_RULE: Text("aucune règle", "no rule"),
    Reason.TOO_YOUNG: Text("trop jeune", "too young"),
    Reason.TOO_OLD: Text("trop âgé", "too old"),
    Reason.RESIDENCE_UNKNOWN: Text("domicile inconnu", "home unknown"),
    Reason.RESIDENCE_OUTSIDE: Text("domicile hors du territoire", "home outside the territory"),
    Reason.TRACK_UNKNOWN: Text("filière inconnue", "track unknown"),
    Reason.TRACK_NOT_COVERED: Text("filière non concernée", "track not covered"),
    Reason.LEVEL_UNKNOWN: Text("niveau inconnu", "level unknown"),
    Reason.LEVEL_NOT_COVERED: Text("niveau non concerné", "level not covered"),
    Reason.NO_SCHOLARSHIP: Text("pas de bourse", "no scholarship"),
    Reason.SCHOLARSHIP: Text("bourse", "scholarship"),
    Reason.OTHER_HOLDERS: Text("pour d’autres titulaires", "for other holders"),
}
DECLINES: Final[Mapping[str, Text]] = {
    DeclineReason.WRONG_PIN: Text("code faux", "wrong code"),
    DeclineReason.PIN_BLOCKED: Text("code bloqué", "code blocked"),
    DeclineReason.PIN_NOT_SET: Text("code pas encore choisi", "code not chosen yet"),
    DeclineReason.PIN_CHANGE_REQUIRED: Text("code à changer", "code to be changed"),
    DeclineReason.PIN_BLOCK_INVALID: Text("clavier illisible", "keypad unreadable"),
    DeclineReason.PIN_REPLAYED: Text("saisie déjà servie", "entry served already"),
    DeclineReason.PIN_CHECKS_SUSPENDED: Text(
        "vérification des codes suspendue", "code checks suspended"
    ),
    DeclineReason.INSUFFICIENT_FUNDS: Text("solde insuffisant", "not enough left"),
    DeclineReason.BENEFIT_NOT_USABLE: Text("avantage non accepté ici", "benefit not taken here"),
    DeclineReason.NO_WALLET: Text("aucune dotation", "nothing granted"),
    DeclineReason.CAMPAIGN_NOT_OPEN: Text("campagne pas ouverte", "campaign not open"),
    DeclineReason.CAMPAIGN_OVER: Text("campagne terminée", "campaign over"),
    DeclineReason.PARTNER_SUSPENDED: Text("partenaire suspendu", "partner suspended"),
    DeclineReason.OUTLET_CLOSED: Text("lieu fermé", "place closed"),
    DeclineReason.AMOUNT_LIMIT: Text("montant au-dessus de la limite", "amount above the limit"),
    DeclineReason.DAY_LIMIT: Text("limite du jour atteinte", "day’s limit reached"),
    DeclineReason.PARTNER_DAY_LIMIT: Text(
        "limite du jour chez ce partenaire", "day’s limit at this partner"
    ),
    DeclineReason.PROOF_EXPIRED: Text(
        "carte présentée il y a trop longtemps", "card shown too long ago"
    ),
    DeclineReason.PROOF_UNKNOWN: Text("carte non présentée", "card not shown"),
    DeclineReason.PROOF_USED: Text("présentation déjà servie", "showing served already"),
    DeclineReason.CARD_BLOCKED: Text("carte bloquée", "card blocked"),
    DeclineReason.CARD_LOST: Text("carte perdue", "card lost"),
    DeclineReason.CARD_STOLEN: Text("carte volée", "card stolen"),
    DeclineReason.CARD_EXPIRED: Text("carte expirée", "card expired"),
    DeclineReason.CARD_REPLACED: Text("carte remplacée", "card replaced"),
    DeclineReason.CARD_NOT_ACTIVE: Text("carte pas en service", "card not in service"),
    DeclineReason.VOIDED: Text("annulé", "cancelled"),
    DeclineReason.REVERSED_BEFORE_ARRIVAL: Text(
        "annulé avant d’arriver", "cancelled before it arrived"
    ),
    DeclineReason.INTERRUPTED: Text("interrompu", "interrupted"),
}
PHASES: Final[Mapping[str, Text]] = {
    Phase.PLANNED: Text("à venir", "to come"),
    Phase.OPEN: Text("ouverte", "open"),
    Phase.CLOSED: Text("close, encore dépensable", "closed, may still be spent"),
    Phase.PARTNERS_ONLY: Text("close, remboursements seulement", "closed, refunds only"),
    Phase.OVER: Text("terminée", "over"),
}
RELATIONS: Final[Mapping[str, Text]] = {
    Relation.SELF: Text("son propre compte", "their own account"),
    Relation.CHILD: Text("famille", "family"),
}
CATEGORIES: Final[Mapping[str, Text]] = {
    HolderCategory.PUPIL: Text("élève", "pupil"),
    HolderCategory.STAFF: Text("personnel", "staff"),
    HolderCategory.TRAINEE: Text("stagiaire", "trainee"),
    HolderCategory.GUEST: Text("invité", "guest"),
    HolderCategory.REFERENT: Text("référent", "referent"),
}
ALARMS: Final[Mapping[str, Text]] = {
    AlarmKind.SPRAYING: Text("codes faux sur beaucoup de cartes", "wrong codes on many cards"),
    AlarmKind.UNREADABLE_BLOCKS: Text(
        "codes illisibles d’un clavier", "unreadable codes from a keypad"
    ),
    AlarmKind.SHARED_CODE: Text("un code choisi par beaucoup", "one code chosen by many"),
}
NOTICE_STATES: Final[Mapping[str, Text]] = {
    NoticeState.WAITING: Text("en attente", "waiting"),
    NoticeState.SENT: Text("envoyé", "sent"),
    NoticeState.GIVEN_UP: Text("abandonné", "given up"),
    NoticeState.BOUNCED: Text("revenu", "came back"),
}
NOTICES: Final[Mapping[str, Text]] = {
    NoticeKind.CODE_SET: Text("code choisi", "code chosen"),
    NoticeKind.CODE_BLOCKED: Text("code bloqué", "code blocked"),
    NoticeKind.CODE_UNBLOCKED: Text("code débloqué", "code unblocked"),
    NoticeKind.CODE_MUST_CHANGE: Text("code à changer", "code to be changed"),
    NoticeKind.NEW_CODE_LINK: Text("lien pour un code", "link for a code"),
    NoticeKind.ALARM: Text("alerte", "alarm"),
    SignInNoticeKind.INVITATION: Text("invitation", "invitation"),
    SignInNoticeKind.PASSWORD_LINK: Text("lien de mot de passe", "link for a password"),
    SignInNoticeKind.PASSWORD_SET: Text("mot de passe choisi", "password chosen"),
    SignInNoticeKind.FACTOR_SET: Text("double vérification en place", "second factor in place"),
    SignInNoticeKind.OPERATOR_CHANGED: Text("droits d’exploitation", "operator’s rights"),
    SignInNoticeKind.FACTOR_REMOVED: Text(
        "double vérification retirée", "second factor taken away"
    ),
    SignInNoticeKind.NEW_BROWSER: Text(
        "connexion d’un nouvel appareil", "sign-in from a new device"
    ),
    SignInNoticeKind.IDENTIFIER: Text("rappel de l’identifiant", "reminder of the identifier"),
    SignInNoticeKind.EMAIL_CHANGE_ASKED: Text("adresse à changer", "address to be changed"),
    SignInNoticeKind.EMAIL_CHANGED: Text("adresse changée", "address changed"),
    SignInNoticeKind.FAMILY_CHANGED: Text("famille modifiée", "family changed"),
    SignInNoticeKind.TIE_DECIDED: Text("réponse à un rattachement", "answer about a tie"),
    SignInNoticeKind.PASS_ACT: Text("acte sur un Pass", "act on a Pass"),
    SignInNoticeKind.PASSKEY_ADDED: Text("clé d’accès ajoutée", "passkey added"),
    SignInNoticeKind.PASSKEY_REMOVED: Text("clé d’accès retirée", "passkey removed"),
    SignInNoticeKind.PASSKEY_COPIED: Text("clé d’accès peut-être copiée", "passkey perhaps copied"),
    SignInNoticeKind.IDENTITY_LINKED: Text("FranceConnect rattaché", "FranceConnect tied"),
    SignInNoticeKind.IDENTITY_UNLINKED: Text("FranceConnect détaché", "FranceConnect untied"),
    SignInNoticeKind.EVENTS_STOPPED: Text("envoi d’événements arrêté", "sending of events stopped"),
    SignInNoticeKind.SESSIONS_ENDED: Text("connexions fermées", "sessions ended"),
    SignInNoticeKind.ACCOUNT_CLOSED: Text("compte fermé", "account closed"),
    SignInNoticeKind.ERASURE_ANSWERED: Text("réponse à un effacement", "answer about erasure"),
    AddressNoticeKind.SIGN_UP: Text("lien d’inscription", "link for signing up"),
    AddressNoticeKind.EMAIL_CHANGE: Text("nouvelle adresse à confirmer", "new address to confirm"),
    AddressNoticeKind.EMAIL_CHANGED: Text("ancienne adresse prévenue", "old address told"),
    AddressNoticeKind.FAMILY_INVITATION: Text("invitation d’un parent", "invitation of a parent"),
    AddressNoticeKind.DOOR_ALARM: Text("alerte d’une porte", "alarm of a door"),
    AddressNoticeKind.STRUCTURE_SUGGESTED: Text(
        "structure proposée", "organisation that was suggested"
    ),
    AddressNoticeKind.ORGANISATION_INVITATION: Text(
        "invitation à un organisme", "invitation to an organisation"
    ),
    AddressNoticeKind.ORGANISATION_DECIDED: Text(
        "réponse à un organisme", "answer to an organisation"
    ),
    AddressNoticeKind.ORGANISATION_PEOPLE: Text(
        "gestionnaires d’organisme", "organisation’s keepers"
    ),
    NoticeKind.CARD_BLOCKED: Text("carte bloquée", "card blocked"),
    NoticeKind.CARD_STOPPED: Text("carte arrêtée", "card stopped"),
    NoticeKind.CARD_ARRIVED: Text("carte arrivée", "card arrived"),
    NoticeKind.CARD_SENT: Text("carte envoyée", "card sent"),
}
TERMINALS: Final[Mapping[str, Text]] = {
    TerminalKind.COUNTER: Text("caisse", "till"),
    TerminalKind.GATE: Text("portillon", "gate"),
    TerminalKind.DESK: Text("guichet", "desk"),
}
THINGS: Final[Mapping[str, Text]] = {
    "personnes": Text("personne", "person"),
    "comptes": Text("compte", "account"),
    "paiements": Text("paiement", "payment"),
    "terminaux": Text("terminal", "terminal"),
    "partenaires": Text("partenaire", "partner"),
    "etablissements": Text("établissement", "establishment"),
    "campagnes": Text("campagne", "campaign"),
}
#: Why an operator blocks a card, in the order of the form.
BLOCKING: Final[Mapping[str, Text]] = {
    CardReason.LOST: Text("perdue", "lost"),
    CardReason.STOLEN: Text("volée", "stolen"),
    CardReason.DAMAGED: Text("abîmée", "damaged"),
    CardReason.DECISION: Text("décision de l’exploitation", "decision of those who run the Pass"),
}
#: Why a card is in its state, whoever said so.
CARD_WHY: Final[Mapping[str, Text]] = {
    **BLOCKING,
    ReplacementReason.CHANGED: Text("nom ou photo à changer", "name or photo to be changed"),
    WithdrawalReason.LEFT: Text("départ de l’établissement", "left the establishment"),
    WithdrawalReason.FOUND: Text(
        "retrouvée après avoir été bloquée", "found after it had been blocked"
    ),
    WithdrawalReason.NOT_COLLECTED: Text("jamais réclamée", "never collected"),
    WithdrawalReason.DECISION: Text("décision", "decision"),
    CardReason.DECISION: Text("décision", "decision"),
}
PURSES: Final[Mapping[str, Text]] = {
    Purse.SEPARATE: Text("un par avantage", "one for each benefit"),
    Purse.SINGLE: Text("un seul pour toute la campagne", "one for the whole campaign"),
}
STANDINGS: Final[Mapping[str, Text]] = {
    Standing.WORKING: Text("en service", "in service"),
    Standing.SILENT: Text("sans nouvelles depuis un jour", "not heard of for a day"),
    Standing.WAITING: Text("attend son code", "waits for its code"),
    Standing.REVOKED: Text("révoqué", "revoked"),
}
ORDERS: Final[Mapping[str, Text]] = {
    Order.NAME: Text("nom", "name"),
    Order.PLACE: Text("lieu", "place"),
    Order.HEARD: Text("silence le plus long", "longest silence"),
}
