"""What the account's pages say, in French: one sentence a reason, and what to do next."""

from typing import Final

from backend.pins.weak_codes import Weakness

CODES_DIFFER: Final = "Les deux codes sont différents. Composez deux fois le même code."
FOUR_DIGITS: Final = "Un code a exactement 4 chiffres."
CHANGED_MEANWHILE: Final = (
    "Votre code vient d’être changé ailleurs. Recommencez avec un nouveau lien."
)

WEAK: Final[dict[str, str]] = {
    Weakness.BIRTH_DATE: "Ce code rappelle votre date de naissance. Choisissez-en un autre.",
    Weakness.PHONE: "Ces chiffres sont dans votre numéro de téléphone. Choisissez un autre code.",
    Weakness.POSTCODE: "Ces chiffres sont dans votre code postal. Choisissez un autre code.",
    Weakness.CARD_NUMBER: "Ces chiffres sont sur votre carte. Choisissez un autre code.",
    Weakness.SAME_DIGITS: "Ces chiffres sont tous les mêmes. Choisissez un autre code.",
    Weakness.SEQUENCE: "Ces chiffres se suivent. Choisissez un autre code.",
    Weakness.REPEATED_PAIR: "Ce code répète deux chiffres. Choisissez-en un autre.",
    Weakness.DOUBLE_PAIR: "Ce code est fait de deux doubles. Choisissez-en un autre.",
    Weakness.MIRROR: "Ce code se lit dans les deux sens. Choisissez-en un autre.",
    Weakness.THREE_ALIKE: "Trois de ces chiffres sont les mêmes. Choisissez un autre code.",
    Weakness.YEAR: "Ce code ressemble à une année. Choisissez-en un autre.",
    Weakness.DATE: "Ce code ressemble à une date. Choisissez-en un autre.",
    Weakness.KEYPAD_LINE: "Ce code suit une ligne du clavier. Choisissez-en un autre.",
    Weakness.COMMON: "Ce code est trop répandu. Choisissez-en un autre.",
    Weakness.SHARED: (
        "Ce code est trop souvent choisi dans votre établissement. Choisissez-en un autre, que "
        "personne ne vous a donné."
    ),
    Weakness.PREVIOUS: "C’est votre code précédent. Choisissez-en un autre.",
}

DONE: Final = (
    "Code enregistré",
    "Votre code est enregistré. Vous pouvez payer avec votre carte chez les partenaires.",
)
LINK_UNKNOWN: Final = (
    "Lien inconnu",
    "Ce lien n’est pas valable. Vérifiez qu’il est entier, ou demandez-en un nouveau.",
)
LINK_EXPIRED: Final = ("Lien expiré", "Ce lien est trop ancien. Demandez-en un nouveau.")
LINK_USED: Final = (
    "Lien déjà utilisé",
    "Ce lien a déjà servi. Pour changer de code, demandez-en un nouveau.",
)
