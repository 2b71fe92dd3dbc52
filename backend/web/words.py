"""What the account's pages say: French first, English after it; the reason, and what to do next."""

from typing import Final, NamedTuple

from backend.pins.weak_codes import Weakness


class Text(NamedTuple):
    """The same in two languages."""

    fr: str
    en: str


class Notice(NamedTuple):
    """A page that only says something."""

    heading: str
    text: Text
    #: For a page that is wholly in English.
    heading_en: str = ""


CODES_DIFFER: Final = Text(
    "Les deux codes sont différents. Composez deux fois le même code.",
    "The two codes differ. Type the same code twice.",
)
CHANGED_MEANWHILE: Final = Text(
    "Votre code vient d’être changé ailleurs. Recommencez avec un nouveau lien.",
    "Your code has just been changed elsewhere. Start again with a new link.",
)
BIRTH_DATE_WRONG: Final = Text(
    "Ce n’est pas la date de naissance du titulaire de la carte. Vérifiez-la.",
    "This is not the birth date of the card’s holder. Check it.",
)
BIRTH_DATE_FORM: Final = Text(
    "Écrivez la date ainsi : jour, mois, année, par exemple 14/03/2010.",
    "Write the date as day, month, year, such as 14/03/2010.",
)
CARD_NUMBER_FORM: Final = Text(
    "Ce n’est pas un numéro de carte Pass. Recopiez les 16 chiffres écrits sur votre carte.",
    "This is not the number of a Pass card. Copy the 16 digits on your card.",
)
EMAIL_FORM: Final = Text(
    "Ce n’est pas une adresse électronique. Vérifiez-la.",
    "This is not an e-mail address. Check it.",
)
TOO_MANY: Final = Text(
    "Trop de demandes arrivent en ce moment. Réessayez dans quelques minutes.",
    "Too many requests are arriving now. Try again in a few minutes.",
)

WEAK: Final[dict[str, Text]] = {
    Weakness.LENGTH: Text(
        "Ce code n’a pas le bon nombre de chiffres.",
        "This code has not the right number of digits.",
    ),
    Weakness.BIRTH_DATE: Text(
        "Ce code rappelle votre date de naissance. Choisissez-en un autre.",
        "This code is in your birth date. Choose another.",
    ),
    Weakness.PHONE: Text(
        "Ces chiffres sont dans votre numéro de téléphone. Choisissez un autre code.",
        "These digits are in your telephone number. Choose another code.",
    ),
    Weakness.POSTCODE: Text(
        "Ces chiffres sont dans votre code postal. Choisissez un autre code.",
        "These digits are in your postcode. Choose another code.",
    ),
    Weakness.CARD_NUMBER: Text(
        "Ces chiffres sont sur votre carte. Choisissez un autre code.",
        "These digits are on your card. Choose another code.",
    ),
    Weakness.SAME_DIGITS: Text(
        "Ces chiffres sont tous les mêmes. Choisissez un autre code.",
        "These digits are all the same. Choose another code.",
    ),
    Weakness.SEQUENCE: Text(
        "Ces chiffres se suivent. Choisissez un autre code.",
        "These digits follow one another. Choose another code.",
    ),
    Weakness.REPEATED_PAIR: Text(
        "Ce code répète les mêmes chiffres. Choisissez-en un autre.",
        "This code repeats the same digits. Choose another.",
    ),
    Weakness.DOUBLE_PAIR: Text(
        "Ce code est fait de chiffres doublés. Choisissez-en un autre.",
        "This code is made of doubled digits. Choose another.",
    ),
    Weakness.MIRROR: Text(
        "Ce code se lit dans les deux sens. Choisissez-en un autre.",
        "This code reads the same both ways. Choose another.",
    ),
    Weakness.THREE_ALIKE: Text(
        "Trois chiffres de suite sont les mêmes. Choisissez un autre code.",
        "Three digits in a row are the same. Choose another code.",
    ),
    Weakness.YEAR: Text(
        "Ce code ressemble à une année. Choisissez-en un autre.",
        "This code looks like a year. Choose another.",
    ),
    Weakness.DATE: Text(
        "Ce code ressemble à une date. Choisissez-en un autre.",
        "This code looks like a date. Choose another.",
    ),
    Weakness.KEYPAD_LINE: Text(
        "Ce code suit une ligne du clavier. Choisissez-en un autre.",
        "This code follows a line of the keypad. Choose another.",
    ),
    Weakness.COMMON: Text(
        "Ce code est trop répandu. Choisissez-en un autre.",
        "Too many people use this code. Choose another.",
    ),
    Weakness.SHARED: Text(
        "Ce code est trop souvent choisi dans votre établissement. Choisissez-en un autre, que "
        "personne ne vous a donné.",
        "This code is chosen too often at your school. Choose another, that nobody gave you.",
    ),
    Weakness.PREVIOUS: Text(
        "C’est votre code précédent. Choisissez-en un autre.",
        "This is your previous code. Choose another.",
    ),
}


def so_many_digits(digits: int) -> Text:
    """Say how long a code must be."""
    return Text(f"Un code a exactement {digits} chiffres.", f"A code has exactly {digits} digits.")


DONE: Final = Notice(
    "Code enregistré",
    Text(
        "Votre code est enregistré. Vous pouvez payer avec votre carte chez les partenaires.",
        "Your code is saved. You can pay with your card at the partners’.",
    ),
    "Code saved",
)
ASKED: Final = Notice(
    "Demande enregistrée",
    Text(
        "Si ce numéro de carte et cette adresse vont ensemble, un message part vers cette adresse "
        "dans les minutes qui viennent. Son lien sert une fois, pendant une heure. Rien n’arrive ? "
        "Adressez-vous à votre établissement.",
        "If this card number and this address belong together, a message will soon be sent to that "
        "address. Its link serves once, for an hour. Nothing arrives? Ask your school.",
    ),
    "Request noted",
)
LATER: Final = Notice("Réessayez plus tard", TOO_MANY, "Try again later")
LINK_UNKNOWN: Final = Notice(
    "Lien inconnu",
    Text(
        "Ce lien n’est pas valable. Vérifiez qu’il est entier, ou demandez-en un nouveau.",
        "This link is not valid. Check that it is whole, or ask for another.",
    ),
    "Unknown link",
)
LINK_EXPIRED: Final = Notice(
    "Lien expiré",
    Text(
        "Ce lien est trop ancien. Demandez-en un nouveau.",
        "This link is too old. Ask for another.",
    ),
    "Link too old",
)
LINK_USED: Final = Notice(
    "Lien déjà utilisé",
    Text(
        "Ce lien a déjà servi. Pour changer de code, demandez-en un nouveau.",
        "This link has served already. To change your code, ask for another.",
    ),
    "Link used already",
)
LINK_EXHAUSTED: Final = Notice(
    "Lien fermé",
    Text(
        "Trop d’essais ont été faits avec ce lien : il est fermé. Demandez-en un nouveau.",
        "Too much was tried with this link: it is closed. Ask for another.",
    ),
    "Link closed",
)
