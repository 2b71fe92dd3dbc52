"""The English of what a partner's pages say; each sentence is found by its French."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "Mon espace": "My space",
    "Suspendu : aucune vente n’est acceptée. Écrivez à l’opérateur.": (
        "Suspended: no sale is accepted. Write to the operator."
    ),
    "fermé": "closed",
    "code valable jusqu’au {at}": "code valid until {at}",
    "code périmé le {at}": "code out of date since {at}",
    "depuis le {at}": "since {at}",
    "aujourd’hui {sum}": "today {sum}",
    "rendu {amount}": "given back {amount}",
    "Nouveau code pour {name}": "New code for {name}",
    "Nouveau code": "New code",
    "Révoquer": "Revoke",
    "Révoquer {name}": "Revoke {name}",
    "Elle ne vendra plus, tout de suite et pour toujours.": (
        "It sells no more, at once and for good."
    ),
    "Révoquer {name} pour toujours": "Revoke {name} for good",
    "Révoquer pour toujours": "Revoke for good",
    "Aucune caisse encore.": "No till yet.",
    "Nom d’une nouvelle caisse": "Name of a new till",
    "Caisse 2": "Till 2",
    "Ajouter une caisse": "Add a till",
    "Aucun lieu de vente n’est encore déclaré.": "No outlet is recorded yet.",
    "Relier votre logiciel": "Connect your own program",
    "À corriger :": "To put right:",
    "Compte": "Account",
    "À propos": "About",
    "Aide": "Help",
    "Où payer": "Where to pay",
    "Conditions": "Terms",
    "Données personnelles": "Personal data",
    "Accessibilité": "Accessibility",
    "Événements": "Events",
    (
        "Votre logiciel peut apprendre seul chaque paiement, annulation et remboursement. "
        "Le mode d’emploi est pour la personne qui s’en occupe."
    ): (
        "Your program can learn by itself of each payment, cancellation and refund. The "
        "manual is for whoever looks after it."
    ),
    "Adresses où nous les envoyons": "Addresses we send them to",
    "Envoi arrêté : votre serveur n’a pas répondu pendant des jours. Rien n’est perdu.": (
        "Sending stopped: your server did not answer for days. Nothing is lost."
    ),
    "pas reçu depuis le {at} · nous essayons encore": "not taken since {at} · we go on trying",
    "en service depuis le {at}": "in service since {at}",
    "l’ancien secret signe aussi jusqu’au {at}": "the old secret signs too until {at}",
    "Reprendre l’envoi à {url}": "Send to {url} again",
    "Reprendre l’envoi": "Begin sending again",
    "Derniers envois": "Last tries",
    "Rien n’a encore été envoyé.": "Nothing was sent yet.",
    "Tout renvoyer depuis le": "Send everything again since",
    "Renvoyer à {url}": "Send again to {url}",
    "Renvoyer": "Send again",
    "Changer le secret ou retirer": "Change the secret or remove",
    "L’ancien secret signe encore pendant un jour.": "The old secret still signs for a day.",
    "Nouveau secret pour {url}": "New secret for {url}",
    "Nouveau secret": "New secret",
    "Plus rien n’y sera envoyé.": "Nothing more will be sent there.",
    "Retirer {url}": "Remove {url}",
    "Retirer": "Remove",
    "Aucune adresse encore.": "No address yet.",
    "Nouvelle adresse": "New address",
    "Ajouter une adresse": "Add an address",
    "Jetons pour les lire": "Tokens to read them with",
    "Aucun jeton encore.": "No token yet.",
    "Logiciel qui lira les événements": "Program that will read the events",
    "Comptabilité": "Accounting",
    "Ajouter un jeton": "Add a token",
    "Secret de signature": "Signing secret",
    "Jeton de lecture": "Reading token",
    (
        "Copiez-le dans votre logiciel : il vérifie que les événements viennent de nous. Il"
        " n’est plus montré ensuite."
    ): (
        "Copy it into your program, which checks with it that the events come from us. It "
        "is not shown again."
    ),
    (
        "Copiez-le dans votre logiciel : il lit vos événements avec lui. Il n’est plus "
        "montré ensuite."
    ): "Copy it into your program, which reads your events with it. It is not shown again.",
    "Retour": "Back",
    "Code de la caisse": "The till’s code",
    (
        "Tapez ce code sur la caisse, une fois, dans les deux jours. Il n’est plus montré ensuite."
    ): "Type this code at the till, once, within two days. It is not shown again.",
    "Sur la machine de la caisse :": "On the till’s machine:",
}
