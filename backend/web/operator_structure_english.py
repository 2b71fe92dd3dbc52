"""The English of what the operator's pages say of documents and of suggested partners."""

from collections.abc import Mapping
from typing import Final

STRUCTURES: Final[Mapping[str, str]] = {
    "1 personne": "1 person",
    "Adresse électronique de la structure": "E-mail address of the organisation",
    "Aucune pièce": "No document",
    "Demander son accord": "Ask whether it agrees",
    "La structure reçoit un courriel, sans le nom de personne.": (
        "The organisation gets a mail, with nobody’s name in it."
    ),
    "Partenaires proposés": "Suggested partners",
    "Partenaires que des titulaires proposent": "Partners that holders suggest",
    "Qui l’a proposée lit cette raison.": "Whoever suggested it reads this reason.",
    (
        "Vérifiez que la structure peut devenir partenaire, puis demandez-lui son accord : elle "
        "reçoit un courriel et décrit elle-même son organisme. Rien n’entre dans l’annuaire sans "
        "elle."
    ): (
        "Check that the organisation may be a partner, then ask whether it agrees: it gets a mail "
        "and describes itself. Nothing enters the directory without it."
    ),
    "Voir les partenaires que des titulaires proposent": "See the partners that holders suggest",
    "depuis le {at}": "since {at}",
    "pièces :": "documents:",
    "répondu le {at} à d’autres personnes": "answered on {at} to other people",
    "{count} personnes": "{count} people",
    "Écarter": "Set aside",
}
