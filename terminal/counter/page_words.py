"""The words that stand on the pages themselves, in French and in English, each pair in one place.

The sentences that go with a state or a refusal are in `words.py` and `words_english.py`. Pure.
"""

from typing import Final

from terminal.counter.speech import Language

PAGE_WORDS: Final[dict[str, tuple[str, str]]] = {
    "other_language": ("English", "Français"),
    "connecting": ("connexion…", "connecting…"),
    "online": ("en ligne", "online"),
    "offline": ("hors ligne", "offline"),
    "journal_blocked": ("journal bloqué", "journal blocked"),
    "reader_absent": ("lecteur absent", "reader absent"),
    "pad_absent": ("clavier absent", "keypad absent"),
    "till_stopped": ("caisse arrêtée", "till stopped"),
    "reversals_waiting": ("annulation(s) en attente", "cancellation(s) pending"),
    "offline_banner": (
        "Hors ligne : aucune vente n’est possible, rien n’est débité. Vérifiez la connexion.",
        "Offline: no sale is possible, nothing is debited. Check the connection.",
    ),
    "stopped_banner": (
        "La caisse ne répond pas. Vérifiez qu’elle est démarrée.",
        "The till does not answer. Check that it is started.",
    ),
    "journal_banner": (
        "Le journal ne peut pas être écrit : aucune vente n’est possible.",
        "The journal cannot be written: no sale is possible.",
    ),
    "training": ("Formation", "Training"),
    "training_banner": (
        "FORMATION : rien n’est débité, rien ne compte",
        "TRAINING: nothing is debited, nothing counts",
    ),
    "training_begin_title": ("Passer en formation", "Start training"),
    "training_begin_text": (
        (
            "La caisse ne vendra plus rien jusqu’à la fin de la formation. "
            "N’utilisez pas de vrai code : il serait ignoré."
        ),
        "The till will sell nothing until training ends. Use no real code: it would be ignored.",
    ),
    "training_begin": ("Passer en formation", "Start training"),
    "training_end_title": ("Quitter la formation", "Leave training"),
    "training_end_text": (
        "Les ventes compteront de nouveau. Les ventes d’essai seront oubliées.",
        "Sales will count again. The practice sales will be forgotten.",
    ),
    "training_end": ("Quitter la formation", "Leave training"),
    "play": ("Simuler", "Simulate"),
    "play_one_benefit": ("Carte", "Card"),
    "play_two_benefits": ("Carte à deux avantages", "Card with two benefits"),
    "play_blocked": ("Carte en opposition", "Blocked card"),
    "play_right": ("Code juste", "Right code"),
    "play_wrong": ("Code faux", "Wrong code"),
    "play_short": ("Solde insuffisant", "Balance too low"),
    "amount": ("Saisissez le montant", "Type the amount"),
    "comma": ("virgule", "decimal point"),
    "clear": ("Effacer", "Clear"),
    "pay": ("Encaisser", "Pay"),
    "amount_too_large": ("Le montant ne peut pas dépasser", "The amount cannot exceed"),
    "today": ("Aujourd’hui", "Today"),
    "practice_list": ("Ventes d’essai", "Practice sales"),
    "returned": ("rendu", "refunded"),
    "no_sale_yet": ("Aucune vente pour le moment.", "No sale yet."),
    "balance": ("Solde", "Balance"),
    "refund": ("Rembourser", "Refund"),
    "cancel": ("Annuler", "Cancel"),
    "do_not_wait": ("Ne pas attendre", "Do not wait"),
    "finish": ("Terminer", "Finish"),
    "again": ("Réessayer", "Try again"),
    "other_benefit": ("Autre avantage", "Other benefit"),
    "receipt": ("Reçu", "Receipt"),
    "list_running": ("en cours", "in progress"),
    "list_declined": ("refusé", "declined"),
    "list_failed": ("non aboutie", "not completed"),
    "list_cancelled": ("annulée", "cancelled"),
    "list_reversed": ("annulée", "cancelled"),
    "list_reversing": ("en attente", "pending"),
    "list_interrupted": ("interrompue", "interrupted"),
    "time": ("Heure", "Time"),
    "state": ("État", "State"),
    "benefit": ("Avantage", "Benefit"),
    "card": ("Carte", "Card"),
    "authorisation": ("Autorisation", "Authorisation"),
    "reference": ("Référence", "Reference"),
    "close": ("Fermer", "Close"),
    "amount_to_refund": ("Montant à rembourser", "Amount to refund"),
    "refunded_already": ("Déjà remboursé :", "Refunded already:"),
    "left_to_refund": ("Reste à rembourser :", "Left to refund:"),
    "print": ("Imprimer le reçu", "Print the receipt"),
    "print_again": ("Réimprimer", "Print again"),
    "show_receipt": ("Afficher le reçu", "Show the receipt"),
    "with_balance": ("Avec le solde, à la demande du client", "With the balance, if asked for"),
    "printed": ("Le reçu est imprimé.", "The receipt is printed."),
    "printed_again": ("Le duplicata est imprimé.", "The duplicate is printed."),
    "refund_title": ("Rembourser", "Refund"),
    "refund_how": (
        "Scannez le code-barres du reçu, saisissez son numéro, ou faites présenter la carte.",
        "Scan the bar code of the receipt, type its number, or have the card presented.",
    ),
    "receipt_number": ("Autorisation n° (6 signes)", "Authorisation no. (6 signs)"),
    "receipt_day": ("Jour du reçu", "Day of the receipt"),
    "search": ("Chercher", "Search"),
    "with_the_card": ("Avec la carte", "With the card"),
    "show_here": ("Afficher ici", "Show here"),
    "hide": ("Masquer", "Hide"),
    "for_the_holder": (
        (
            "Le solde est sur le clavier et l’écran du client. "
            "Ne l’affichez ici que si le client le demande."
        ),
        (
            "The balance is on the keypad and the customer’s screen. "
            "Show it here only if the customer asks."
        ),
    ),
    "other_till": ("Paiement d’une autre caisse", "Payment of another till"),
    "welcome": ("Bienvenue", "Welcome"),
    "training_scan": (
        "La caisse est en formation : les vrais reçus attendent sa fin.",
        "The till is in training: real receipts wait for its end.",
    ),
    "customer_screen": ("Écran client", "Customer’s screen"),
    "remaining_ask": ("Voir mon solde restant", "See what I have left"),
    "remaining": ("Il vous reste", "You have left"),
    "nothing_usable": ("Aucun avantage utilisable ici.", "No benefit can be used here."),
}
"""What a key says in French, then in English; the page's script reads the same keys."""


def page_words(language: Language) -> dict[str, str]:
    """Return every key's words in one language."""
    place = 0 if language is Language.FRENCH else 1
    return {key: both[place] for key, both in PAGE_WORDS.items()}
