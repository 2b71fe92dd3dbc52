"""What the family's pages say: French first, English after it."""

from typing import Final

from backend.accounts.families.errors import (
    AddressDiffers,
    GrownUp,
    NotOldEnough,
    RequestUnknown,
    TieTaken,
    TooManyOfFamily,
)
from backend.errors import BackendError
from backend.web.words import Notice, Text

SAID: Final[dict[type[BackendError], Notice]] = {
    AddressDiffers: Notice(
        "Une autre adresse est invitée",
        Text(
            "Cette invitation a été envoyée à une autre adresse que celle de votre compte. "
            "Connectez-vous avec l’adresse invitée.",
            "This invitation was sent to another address than your account’s. Sign in with the "
            "address that was invited.",
        ),
        "Another address is invited",
    ),
    RequestUnknown: Notice(
        "Rien à faire ici",
        Text(
            "Cette demande n’existe pas, ou elle est déjà réglée.",
            "There is no such request, or it is settled already.",
        ),
        "Nothing to do here",
    ),
    TieTaken: Notice(
        "Déjà rattaché",
        Text(
            "Ce compte, ou cette carte, est déjà rattaché. Adressez-vous à votre établissement.",
            "This account, or this card, is tied already. Ask your school.",
        ),
        "Tied already",
    ),
    NotOldEnough: Notice(
        "Pas avant 15 ans",
        Text(
            "Un compte à soi s’ouvre à partir de 15 ans.",
            "An account of one’s own can be had from 15 on.",
        ),
        "Not before 15",
    ),
    GrownUp: Notice(
        "Majeur",
        Text(
            "À 18 ans, on suit sa carte soi-même : ouvrez un compte à son nom.",
            "At 18 one looks after one’s card alone: open an account in their name.",
        ),
        "Of age",
    ),
    TooManyOfFamily: Notice(
        "Trop de rattachements",
        Text(
            "Le nombre permis est atteint. Retirez d’abord ce qui ne sert plus.",
            "There are as many as may be. Take off first what is of no use any more.",
        ),
        "Too many ties",
    ),
}
NAME: Final = Text("Écrivez un nom, en lettres.", "Write a name, in letters.")
BIRTH_DATE: Final = Text(
    "Écrivez la date ainsi : jour, mois, année, par exemple 14/03/2010.",
    "Write the date as day, month, year, such as 14/03/2010.",
)
CHILD_GROWN_UP: Final = Text(
    "À 18 ans, on suit sa carte soi-même.", "At 18 one looks after one’s card alone."
)
EMAIL: Final = Text(
    "Ce n’est pas une adresse électronique. Vérifiez-la.",
    "This is not an e-mail address. Check it.",
)
TERMS: Final = Text(
    "Pour continuer, acceptez les conditions d’utilisation.",
    "To go on, accept the terms of use.",
)
PROOF: Final = Text(
    "Cela ne correspond pas. Vérifiez le lien ou le code remis avec la carte, et la date de "
    "naissance ; s’il a déjà servi, demandez à l’établissement d’accepter votre demande.",
    "This does not match. Check the link or code handed over with the card, and the birth date; "
    "if it has served already, ask the school to approve your request.",
)
RECORD: Final = Text(
    "Cela ne correspond pas à ce que nous savons. Vérifiez le numéro et la date, ou demandez le "
    "rattachement à votre établissement.",
    "This does not match what we know. Check number and date, or ask your school for the tie.",
)
CARD_NUMBER: Final = Text(
    "Ce n’est pas un numéro de carte Pass. Recopiez les 16 chiffres écrits sur la carte.",
    "This is not the number of a Pass card. Copy the 16 digits on the card.",
)
INVITED: Final = Notice(
    "Invitation envoyée",
    Text(
        "Un message part vers cette adresse. Son lien sert une fois, pendant sept jours.",
        "A message is on its way to this address. Its link serves once, for seven days.",
    ),
    "Invitation sent",
)
ASKED: Final = Notice(
    "Demande enregistrée",
    Text(
        "L’établissement, ou le service Pass, la regarde et vous recevrez un message. Pour aller "
        "plus vite, tapez le code remis avec la carte à côté de la demande.",
        "The school, or those who run the Pass, look at it and you will get a message. To be "
        "quicker, type the code handed over with the card beside the request.",
    ),
    "Request recorded",
)
TIED: Final = Notice(
    "C’est votre carte",
    Text(
        "Votre compte est relié à votre carte. Vous seul choisissez son code.",
        "Your account is tied to your card. You alone choose its code.",
    ),
    "This is your card",
)
