"""Every French sentence of the counter, one per state, reason and refusal of the till's API.

What happened, then what to do, in at most two sentences (SCREENS.md, « Words »). Vouvoiement, no
exclamation mark, « code » and « carte ». A benefit's name never appears with a refusal. Pure.
"""

from datetime import timedelta

from terminal.counter.reasons import Reason
from terminal.counter.states import State
from terminal.pin.pad import CodeEntry

CODE_ENTRY_WORDS: dict[CodeEntry, str] = {
    CodeEntry.SECURE: "",
    CodeEntry.TERMINAL: "Clavier non sécurisé : code chiffré par ce poste",
}
"""What the till says, all the time, of the keypad beside it."""

STATE_WORDS: dict[State, str] = {
    State.AMOUNT: "Saisissez le montant",
    State.CARD: "Présentez la carte",
    State.PROOF: "Carte reconnue",
    State.BENEFIT: "Choisissez l’avantage",
    State.CODE: "Composez votre code sur le clavier",
    State.AUTHORISING: "Vérification…",
    State.REVERSING: "Annulation…",
    State.APPROVED: "Accepté",
    State.DECLINED: "Refusé",
    State.CANCELLED: "Annulé",
    State.FAILED: "Vente non aboutie",
    State.REVERSED: "Annulé",
}
"""The large words on the till."""

DEVICE_WORDS: dict[str, str] = {
    Reason.BACKEND_UNAVAILABLE: "hors ligne",
    Reason.BACKEND_REFUSED: "refusée par le serveur",
    Reason.TERMINAL_NOT_ALLOWED: "caisse plus autorisée",
    Reason.READER_UNAVAILABLE: "lecteur absent",
    Reason.READER_BUSY: "lecteur pris par un autre programme",
    Reason.READER_AMBIGUOUS: "plusieurs lecteurs de même nom",
    Reason.READER_SERVICE_DOWN: "service des lecteurs arrêté",
    Reason.PAD_UNAVAILABLE: "clavier absent",
    Reason.PAD_IN_USE: "clavier pris par un autre programme",
    Reason.PAD_WITHOUT_KEY: "clavier sans clé",
}
"""What the till says, while it lasts, of what does not serve."""

REASON_SENTENCES: dict[str, str] = {
    Reason.CANCELLED_AT_COUNTER: "La vente a été annulée à la caisse. Rien n’est débité.",
    Reason.CANCELLED_BY_HOLDER: "Le porteur de la carte a annulé. Rien n’est débité.",
    Reason.CARD_TIMEOUT: "Aucune carte n’a été présentée. Relancez la vente.",
    Reason.BENEFIT_TIMEOUT: "Aucun avantage n’a été choisi. Relancez la vente.",
    Reason.CODE_TIMEOUT: "Le code n’a pas été composé à temps. Relancez la vente.",
    Reason.NOT_A_PASS_CARD: "Cette carte n’est pas une carte Pass. Présentez une carte Pass.",
    Reason.CARD_REMOVED: (
        "La carte a été retirée trop tôt, rien n’est débité. "
        "Relancez la vente et laissez la carte posée."
    ),
    Reason.CARD_NOT_GENUINE: (
        "Cette carte n’a pas pu être authentifiée, rien n’est débité. "
        "Le porteur peut contacter son service Pass."
    ),
    Reason.CARD_TOO_SLOW: "La lecture de la carte a pris trop de temps. Relancez la vente.",
    Reason.CARD_UNKNOWN: (
        "Cette carte n’est pas connue, rien n’est débité. "
        "Le porteur peut contacter son service Pass."
    ),
    Reason.CARD_BLOCKED: (
        "Cette carte est mise en opposition. Le porteur peut en parler à son service Pass."
    ),
    Reason.CARD_NOT_ACTIVE: (
        "Cette carte n’est pas active. Le porteur peut vérifier son état dans son compte."
    ),
    Reason.NO_BENEFIT: (
        "Aucun avantage de cette carte n’est utilisable ici. Choisissez un autre moyen de paiement."
    ),
    Reason.BENEFIT_NOT_USABLE: (
        "Cet avantage n’est pas utilisable ici. Choisissez un autre avantage."
    ),
    Reason.READER_UNAVAILABLE: (
        "Le lecteur de cartes ne répond pas. Vérifiez qu’il est branché, puis relancez la vente."
    ),
    Reason.PAD_UNAVAILABLE: (
        "Le clavier à code ne répond pas. Vérifiez qu’il est branché, puis relancez la vente."
    ),
    Reason.READER_BUSY: (
        "Un autre programme ou une autre caisse tient le lecteur de cartes. "
        "Fermez-le, puis relancez la vente."
    ),
    Reason.READER_AMBIGUOUS: (
        "Plusieurs lecteurs de cartes portent le même nom, aucun n’est choisi. "
        "Débranchez celui qui n’est pas à cette caisse, ou appelez votre assistance."
    ),
    Reason.READER_SERVICE_DOWN: (
        "Le service des lecteurs de cartes de cette machine est arrêté. "
        "Attendez son redémarrage ou appelez votre assistance, puis relancez la vente."
    ),
    Reason.PAD_IN_USE: (
        "Un autre programme ou une autre caisse tient le clavier à code. "
        "Fermez-le, puis relancez la vente."
    ),
    Reason.PAD_WITHOUT_KEY: (
        "Le clavier à code n’a pas de clé, aucune vente n’est possible. Contactez votre assistance."
    ),
    Reason.BACKEND_UNAVAILABLE: (
        "Le serveur ne répond pas, rien n’est débité. "
        "Vérifiez la connexion, puis relancez la vente."
    ),
    Reason.BACKEND_REFUSED: (
        "Le serveur a refusé la demande, rien n’est débité. Relancez la vente."
    ),
    Reason.TERMINAL_NOT_ALLOWED: (
        "Cette caisse n’est plus autorisée à encaisser. Contactez votre service Pass."
    ),
    Reason.ANSWER_LOST: (
        "La réponse du serveur s’est perdue, le paiement est annulé. Rien ne reste débité."
    ),
    Reason.RESTARTED: "La vente a été interrompue. Rien ne reste débité.",
    Reason.JOURNAL_UNAVAILABLE: (
        "Le journal de la caisse ne peut pas être écrit, aucune vente n’est possible. "
        "Contactez votre assistance."
    ),
    Reason.INTERNAL_ERROR: (
        "La caisse a rencontré une erreur, rien ne reste débité. Relancez la vente."
    ),
    Reason.WRONG_CODE: "Le code est faux, rien n’est débité. Relancez la vente.",
    "pin_blocked": "Le code est bloqué. Le porteur peut le débloquer dans son compte.",
    "pin_not_set": "Aucun code n’est choisi. Le porteur peut le choisir dans son compte.",
    "pin_block_invalid": "Le code n’a pas pu être lu. Relancez la vente.",
    "pin_replayed": "Le clavier à code doit être vérifié. Relancez la vente.",
    "insufficient_funds": (
        "Le solde ne suffit pas. Proposez un autre avantage ou un montant plus petit."
    ),
    "proof_expired": "La carte a été présentée il y a trop longtemps. Relancez la vente.",
    "proof_unknown": "La carte doit être présentée de nouveau. Relancez la vente.",
    "proof_used": "La carte doit être présentée de nouveau. Relancez la vente.",
    "reversed_before_arrival": "Le paiement a été annulé avant d’arriver. Rien n’est débité.",
    "interrupted": "Le serveur a été interrompu, rien n’est débité. Relancez la vente.",
}
"""One sentence per reason: the terminal's own, and every decline reason of the payments API."""

NOW_BLOCKED_SENTENCE = (
    "Le code est faux et il est maintenant bloqué. Le porteur peut le débloquer dans son compte."
)
REFUSED_SENTENCE = "Le paiement est refusé. Rien n’est débité."
REVERSAL_PENDING_WORDS = "Annulation en attente"
ABANDONED_SENTENCE = "La vente a été interrompue. Rien n’est débité."
REVERSAL_PENDING_SENTENCE = (
    "Le serveur ne répond pas, le paiement sera annulé dès son retour. Rien ne restera débité."
)
CANCELLED_AFTER_SENDING_SENTENCE = "La vente est annulée. Rien ne reste débité."

API_SENTENCES: dict[str, str] = {
    "sale_in_progress": "Une vente est déjà en cours. Terminez-la ou annulez-la.",
    "no_sale_in_progress": "Aucune vente n’est en cours.",
    "sale_already_settled": "Le paiement vient d’être accepté, il ne peut plus être annulé ici.",
    "sale_not_found": "Cette vente n’existe pas.",
    "idempotency_conflict": "Ce numéro de vente est déjà celui d’une autre vente.",
    "cursor_invalid": "La liste ne continue pas ainsi. Reprenez-la du début.",
    "sale_not_finished": "Cette vente n’est pas terminée. Attendez sa fin pour avoir son reçu.",
    "return_not_found": "Ce remboursement n’existe pas.",
    "return_not_done": "Ce remboursement n’est pas fait. Son reçu vient avec lui.",
    "no_printer": "Aucune imprimante n’est réglée sur cette caisse. Montrez le reçu à l’écran.",
    "printer_absent": (
        "L’imprimante ne répond pas, la vente n’est pas touchée. "
        "Vérifiez qu’elle est allumée et branchée, puis réimprimez."
    ),
    "printer_out_of_paper": (
        "L’imprimante n’a plus de papier, la vente n’est pas touchée. "
        "Changez le rouleau, puis réimprimez."
    ),
    "printer_silent": (
        "L’imprimante n’a pas pris le reçu, la vente n’est pas touchée. "
        "Vérifiez son capot et son papier, puis réimprimez."
    ),
    "benefit_not_offered": "Cet avantage n’est pas proposé pour cette vente.",
    "too_many_open_reversals": (
        "Trop d’annulations attendent le serveur. Rétablissez la connexion avant de vendre."
    ),
    "journal_unavailable": REASON_SENTENCES[Reason.JOURNAL_UNAVAILABLE],
    "malformed_request": "La demande n’est pas valable.",
    "method_not_allowed": "Cette adresse ne fait pas cela.",
    "internal_error": "La caisse n’a pas su répondre. Recommencez.",
    "origin_refused": "Cette page n’a pas le droit de commander la caisse.",
    "token_refused": "Ce programme doit présenter le jeton de la caisse.",
    "too_many_listeners": "Trop d’écrans suivent déjà cette caisse.",
    "stopping": "La caisse s’arrête. Attendez son redémarrage.",
    "training": (
        "La caisse est en formation, rien ne peut être encaissé. Quittez la formation pour vendre."
    ),
    "not_training": "La caisse n’est pas en formation.",
    "training_not_allowed": "La formation n’est pas permise sur cette caisse.",
    "training_is_set": "Cette caisse est réglée pour la formation. Elle ne vend pas.",
    "practice_return_refused": "Il ne reste pas autant à rembourser sur cette vente d’essai.",
    "errand_in_progress": "Une demande du porteur est en cours. Terminez-la ou annulez-la.",
    "no_errand_in_progress": "Aucune demande n’est en cours.",
    "nothing_to_show": "Il n’y a plus rien à montrer. Recommencez la demande.",
    "scan_unknown": "Ce code-barres n’est pas celui d’un reçu Pass. Le montant n’a pas changé.",
    "not_found": "Cette adresse n’existe pas.",
}
"""One sentence per code that the till's own API answers with."""


RETURN_SENTENCES: dict[str, str] = {
    "sale_not_paid": "Cette vente n’a pas été payée : il n’y a rien à rembourser.",
    "return_too_large": "Le montant dépasse ce qui reste à rembourser sur cette vente.",
    "return_in_progress": (
        "Un remboursement de cette vente attend le serveur. Il se fera dès son retour."
    ),
    "idempotency_conflict": "Ce numéro de remboursement est déjà celui d’un autre.",
    "receipt_unknown": (
        "Aucun paiement de ce point de vente ne porte ce numéro ce jour-là. Vérifiez le ticket."
    ),
}
"""One sentence per refusal of a return that is the till's own."""
RETURN_REFUSED_SENTENCE = "Le remboursement est refusé. Rien n’est rendu."
RETURN_OFFLINE_SENTENCE = (
    "Le serveur ne répond pas, rien n’est remboursé. Vérifiez la connexion, puis recommencez."
)


RETURN_DONE_WORDS = "Remboursé"
RETURN_ASKED_SENTENCE = "Le serveur ne répond pas, le remboursement se fera dès son retour."

CARD_AGAIN_SENTENCE = "La carte a été retirée trop tôt. Posez-la à nouveau."
"""What the till says while a card that left before its proof is waited for again."""


def clock_words(ahead: timedelta) -> str:
    """Return what the till says of a clock that is ahead of the backend's by so much."""
    minutes = max(1, round(abs(ahead).total_seconds() / 60))
    if minutes < 120:
        distance = f"{minutes} min"
    elif minutes < 48 * 60:
        distance = f"{round(minutes / 60)} h"
    else:
        distance = f"{round(minutes / 1440)} jours"
    side = "avance" if ahead > timedelta() else "retarde"
    return f"l’horloge de ce poste {side} de {distance}"


def tries_left_sentence(tries_left: int) -> str:
    """Return what the till says while the code is typed again."""
    plural = "s" if tries_left > 1 else ""
    return f"Code faux, il reste {tries_left} essai{plural}."


CUSTOMER_WORDS: dict[str, str] = {
    "idle": "Bienvenue",
    "card": "Présentez votre carte",
    "proof": "Carte reconnue",
    "benefit": "Choisissez votre avantage",
    "code": "Composez votre code sur le clavier",
    "code_again": "Code faux, composez-le de nouveau",
    "checking": "Vérification…",
    "undoing": "Annulation…",
    "approved": "Paiement accepté",
    "declined": "Paiement refusé",
    "cancelled": "Paiement annulé",
    "failed": "Paiement non abouti",
    "balances": "Ce qu’il vous reste ici",
    "errand_declined": "Demande refusée",
    "errand_ended": "Demande terminée",
}
"""The large words on the customer's side."""
CUSTOMER_LEAVES_CARD = "Vous pouvez reprendre votre carte."
CUSTOMER_NOTHING_DEBITED = "Rien n’est débité. Voyez avec la caisse."

ERRAND_WORDS: dict[str, str] = {
    "balances card": "Solde : présentez la carte",
    "balances proof": "Carte reconnue",
    "balances code": "Le porteur compose son code",
    "balances asking": "Vérification…",
    "balances shown": "Le solde est montré au porteur",
    "balances done": "Le solde n’est plus affiché",
    "balances declined": "Solde non communiqué",
    "balances cancelled": "Demande annulée",
    "balances failed": "Demande non aboutie",
    "payments card": "Remboursement : présentez la carte",
    "payments proof": "Carte reconnue",
    "payments asking": "Recherche des paiements…",
    "payments done": "Paiements de cette carte ici",
    "payments cancelled": "Demande annulée",
    "payments failed": "Demande non aboutie",
}
"""The large words on the till for an errand: its kind and its state."""
ERRAND_REFUSED_SENTENCE = "La demande est refusée. Rien n’a été débité."
NO_CARD_PAYMENTS_SENTENCE = (
    "Aucun paiement récent de cette carte n’est à rembourser ici. Vérifiez le reçu du client."
)
