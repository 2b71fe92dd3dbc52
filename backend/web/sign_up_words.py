"""What the pages say on which one signs up, or gets back in: French first, English after it."""

from typing import Final

from backend.web.words import Notice, Text

GIVEN_NAME: Final = Text("Écrivez votre prénom, en lettres.", "Write your given name, in letters.")
FAMILY_NAME: Final = Text("Écrivez votre nom, en lettres.", "Write your family name, in letters.")
BIRTH_DATE: Final = Text(
    "Écrivez la date ainsi : jour, mois, année, par exemple 14/03/1985.",
    "Write the date as day, month, year, such as 14/03/1985.",
)
TOO_YOUNG: Final = Text(
    "Avant 15 ans, c’est un parent qui ouvre un compte et y ajoute son enfant.",
    "Before 15, a parent opens an account and adds the child.",
)
EMAIL: Final = Text(
    "Ce n’est pas une adresse électronique. Vérifiez-la.",
    "This is not an e-mail address. Check it.",
)
EMAILS_DIFFER: Final = Text(
    "Les deux adresses sont différentes. Tapez deux fois la même.",
    "The two addresses differ. Type the same twice.",
)
TERMS: Final = Text(
    "Pour ouvrir un compte, acceptez les conditions d’utilisation.",
    "To open an account, accept the terms of use.",
)
CARD_NUMBER: Final = Text(
    "Ce n’est pas un numéro de carte Pass. Recopiez les 16 chiffres écrits sur la carte.",
    "This is not the number of a Pass card. Copy the 16 digits on the card.",
)
CURRENT_WRONG: Final = Text(
    "Ce n’est pas votre mot de passe actuel.", "This is not your present password."
)
ASKED: Final = Notice(
    "Regardez vos messages",
    Text(
        "Un message part vers cette adresse. Ouvrez son lien dans la journée pour continuer. Rien "
        "n’arrive au bout de quelques minutes ? Regardez dans les messages indésirables, ou "
        "demandez un autre lien.",
        "A message is on its way to this address. Open its link within the day to go on. Nothing "
        "after some minutes? Look among unwanted messages, or ask for another link.",
    ),
    "Look at your messages",
)
LINK_ASKED: Final = Notice(
    "Demande reçue",
    Text(
        "Si un compte attend d’être activé avec cette adresse, un lien y est envoyé.",
        "If an account waits to be activated with this address, a link is on its way.",
    ),
    "Request received",
)
OPENED: Final = Notice(
    "Compte activé",
    Text("Vous pouvez maintenant vous connecter.", "You may now sign in."),
    "Account activated",
)
IDENTIFIER_ASKED: Final = Notice(
    "Demande reçue",
    Text(
        "Si cette carte et cette date de naissance vont ensemble, un message part vers l’adresse "
        "de chaque compte qui la suit. Rien n’arrive ? Adressez-vous à votre établissement.",
        "If this card and this birth date belong together, a message goes to the address of each "
        "account that looks after it. Nothing arrives? Ask your school.",
    ),
    "Request received",
)
AGREED: Final = Notice(
    "C’est noté",
    Text(
        "L’adresse change dès que tout le monde a répondu. Vous recevrez un message.",
        "The address changes as soon as everybody has answered. You will get a message.",
    ),
    "Noted",
)
CHANGED: Final = Notice(
    "Adresse changée",
    Text(
        "L’espace s’ouvre maintenant avec la nouvelle adresse. Toutes les connexions ont été "
        "fermées.",
        "The account now opens with the new address. All sessions were ended.",
    ),
    "Address changed",
)
OBJECTED: Final = Notice(
    "C’est noté",
    Text("L’adresse ne change pas.", "The address does not change."),
    "Noted",
)
ADDRESS_TAKEN: Final = Notice(
    "Adresse déjà prise",
    Text(
        "Un autre compte a pris cette adresse entre-temps. Rien n’est changé.",
        "Another account has taken this address meanwhile. Nothing is changed.",
    ),
    "Address taken already",
)


def too_many_requests(minutes: int) -> Notice:
    """Say how long to wait."""
    unit = "minute" if minutes == 1 else "minutes"
    return Notice(
        "Trop de demandes",
        Text(
            f"Trop de demandes arrivent en ce moment. Réessayez dans {minutes} {unit}.",
            f"Too much is asked at this moment. Try again in {minutes} {unit}.",
        ),
        "Too many requests",
    )


def likely_domain(mailbox: str, meant: str) -> Text:
    """Ask whether another provider was meant."""
    return Text(
        f"Vouliez-vous dire {mailbox}@{meant} ? Corrigez, ou envoyez de nouveau si l’adresse est "
        "juste.",
        f"Did you mean {mailbox}@{meant}? Put it right, or send again if the address is right.",
    )
