"""The English of the pages of families and of one's own card; each sentence is found by its French.

Not here: what is wrong at a field, and what is refused or done (`family_words.py` has both).
"""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "Mon espace": "My space",
    "Compte": "Account",
    "Connexion": "Sign in",
    "À corriger :": "To put right:",
    "Ma famille": "My family",
    "Invitations reçues": "Invitations received",
    "{name} vous invite à avoir votre propre compte.": (
        "{name} invites you to have your own account."
    ),
    "{name} vous invite à rejoindre sa famille.": "{name} invites you to join their family.",
    "Accepter": "Accept",
    "Accepter l’invitation de {name}": "Accept the invitation from {name}",
    "Les enfants": "Children",
    "a son propre compte": "has their own account",
    "Lui ouvrir son compte": "Give them their own account",
    "{name} choisira alors seul le code de sa carte ; vous verrez toujours ses avantages.": (
        "Then {name} alone chooses the code of the card; you still see the benefits."
    ),
    "Son adresse électronique": "Their e-mail address",
    "Envoyer l’invitation": "Send the invitation",
    "Retirer": "Remove",
    "Vous ne verrez plus rien de cette carte. La carte et ses avantages ne changent pas.": (
        "You will see nothing more of this card. The card and its benefits do not change."
    ),
    "Retirer de la famille": "Remove from the family",
    "Retirer {name} de la famille": "Remove {name} from the family",
    "demande en attente": "request waiting",
    "J’ai le code remis avec la carte": "I have the code handed over with the card",
    "Lien ou code remis avec la carte": "Link or code handed over with the card",
    "Il servira encore à choisir le code de la carte.": (
        "It will still serve to choose the code of the card."
    ),
    "Rattacher": "Add to my family",
    "Annuler": "Cancel",
    "Annuler la demande pour {name}": "Cancel the request for {name}",
    "Aucun enfant encore.": "No child yet.",
    "Ajouter un enfant": "Add a child",
    "Prénom": "Given name",
    "Nom": "Family name",
    "Date de naissance": "Birth date",
    "Jour, mois, année ; par exemple 14/03/2012.": "Day, month, year; such as 14/03/2012.",
    "Demander le rattachement": "Ask to add this child",
    "Les parents": "Parents",
    "vous": "you",
    "invitation envoyée": "invitation sent",
    "Annuler l’invitation de {email}": "Cancel the invitation of {email}",
    "Inviter l’autre parent": "Invite the other parent",
    "Cette personne verra les mêmes enfants que vous. Vous pourrez la retirer.": (
        "This person will see the same children as you. You can remove them."
    ),
    "Quitter cette famille": "Leave this family",
    "Vous ne verrez plus les cartes de ces enfants.": (
        "You will no longer see the cards of these children."
    ),
    "Vous êtes seul dans cette famille : elle prend fin.": (
        "You are alone in this family: it comes to an end."
    ),
    "Quitter la famille": "Leave the family",
    "Quitter la famille {name}": "Leave the family {name}",
    "Créez une famille, puis ajoutez-y vos enfants. L’autre parent peut vous y rejoindre.": (
        "Make a family, then add your children. The other parent may join you."
    ),
    "Créer une autre famille": "Make another family",
    "Nom de la famille": "Name of the family",
    "Par exemple : Famille Martin.": "For example: The Martins.",
    "J’ai lu et j’accepte les": "I have read and accept the",
    "conditions d’utilisation": "terms of use",
    "Créer la famille": "Make the family",
    "Invitation": "Invitation",
    (
        "vous invite à avoir votre propre compte Pass. Vous seul choisirez alors le code de votre"
        " carte."
    ): "invites you to have a Pass account of your own. You alone then choose your card’s code.",
    "vous invite à suivre ensemble les cartes Pass de vos enfants.": (
        "invites you to look after your children’s Pass cards together."
    ),
    "Accepter l’invitation": "Accept the invitation",
    (
        "Vous êtes connecté avec une autre adresse que celle qui a été invitée. Déconnectez-vous,"
        " puis revenez avec l’adresse invitée."
    ): (
        "You are signed in with another address than the one that was invited. Sign out, then "
        "come back with that one."
    ),
    (
        "Connectez-vous avec l’adresse qui a reçu ce message, ou créez un compte avec elle. "
        "L’invitation vous attend ensuite dans « Ma famille »."
    ): (
        "Sign in with the address that got this message, or create an account with it. The "
        "invitation then waits for you in “My family”."
    ),
    "Me connecter": "Sign in",
    "Créer un compte": "Create an account",
    "Ma carte": "My card",
    "Votre compte est relié à la carte de": "Your account is tied to the card of",
    "Voir mon Pass": "See my Pass",
    (
        "Vous avez 15 ans ou plus et une carte Pass ? Reliez-la à votre compte. Pour la carte d’un"
        " enfant, passez par"
    ): ("Are you 15 or more, with a Pass card? Tie it to your account. For a child’s card, go to"),
    "Avec le code remis avec la carte": "With the code handed over with the card",
    "Votre date de naissance": "Your birth date",
    "Jour, mois, année ; par exemple 14/03/2010.": "Day, month, year; such as 14/03/2010.",
    "Relier ma carte": "Tie my card",
    "Avec le numéro de la carte": "With the number of the card",
    "Si l’établissement connaît votre adresse {email}.": (
        "If your school knows your address {email}."
    ),
    "Numéro de la carte": "Card number",
    "Les 16 chiffres écrits sur la carte.": "The 16 digits on the card.",
    "Sans code ni adresse connue": "With neither a code nor a known address",
    "Votre demande est chez votre établissement.": "Your request is with your school.",
    "Annuler ma demande": "Cancel my request",
    "L’établissement vérifie que vous êtes {name} et relie la carte.": (
        "The school checks that you are {name} and ties the card."
    ),
    "Demander à l’établissement": "Ask the school",
}
