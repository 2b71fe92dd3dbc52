"""The English of the first page of somebody's space; each sentence is found by its French."""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "Mon espace": "My space",
    "Compte": "Account",
    "Bonjour {name}": "Hello {name}",
    "Votre connexion précédente : {at}. Ce n’était pas vous ?": (
        "You last signed in on {at}. That was not you?"
    ),
    "Changez de mot de passe.": "Change your password.",
    "Me déconnecter": "Sign out",
    "À propos": "About",
    "Où payer": "Where to pay",
    "Aide": "Help",
    "Conditions": "Terms",
    "Données personnelles": "Personal data",
    "Accessibilité": "Accessibility",
    "Vérifiez votre adresse électronique": "Check your e-mail address",
    (
        "Les messages envoyés à {email} nous reviennent. Sans adresse qui marche, vous ne saurez"
        " pas qu’une carte est bloquée ou qu’un mot de passe a changé."
    ): (
        "Messages sent to {email} come back to us. Without an address that works, you will not be"
        " told that a card is blocked or that a password was changed."
    ),
    "L’adresse est fausse ou n’existe plus ? Demandez au service Pass de la changer.": (
        "Is the address wrong, or gone? Ask the Pass service to change it."
    ),
    "Mon adresse est juste et reçoit des messages": "My address is right and takes messages",
}
