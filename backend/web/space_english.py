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
}
