"""The English of one's own account: password, sessions, passkeys, second factor, FranceConnect.

Each sentence is found by its French.
"""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "À corriger :": "To put right:",
    "Mon espace": "My space",
    "Mon compte": "My account",
    "Vous vous connectez avec l’adresse": "You sign in with the address",
    ". Vous n’avez plus accès à cette adresse ? Le service Pass peut la changer.": (
        ". You no longer have this address? Those who run the Pass can change it."
    ),
    "Langue des messages et des pages du Pass": "Language of the messages and of the Pass pages",
    "Enregistrer": "Save",
    "Mot de passe": "Password",
    "Mot de passe actuel": "Present password",
    "Nouveau mot de passe": "New password",
    "Encore une fois": "Once more",
    "Afficher ce que je tape": "Show what I type",
    "Changer mon mot de passe": "Change my password",
    (
        "Au moins 8 caractères variés, ou une phrase d’au moins 14. Vos autres connexions seront "
        "fermées."
    ): (
        "At least 8 characters of three kinds, or a phrase of at least 14. Your other sessions "
        "will be ended."
    ),
    "Double vérification": "Second factor",
    "Double vérification demandée": "Second factor needed",
    "Mettre en place la double vérification": "Put the second factor in place",
    (
        "En place : elle est demandée à chaque connexion. Appareil perdu ? L’opérateur peut la "
        "retirer."
    ): "In place: it is asked each time you sign in. Device lost? The operator can remove it.",
    "Protégez votre accès : qui devine votre mot de passe n’entre pas.": (
        "Protect your account: whoever guesses your password does not come in."
    ),
    "Mettre en place": "Put it in place",
    "Mes connexions": "My sessions",
    "ici": "here",
    "gardée ouverte": "kept open",
    "Fermer": "End",
    "Fermer la connexion du {at}": "End the session of {at}",
    "Me déconnecter": "Sign out",
    "Fermer toutes mes connexions": "End all my sessions",
    "Conditions acceptées": "Accepted terms",
    "Version {number}": "Version {number}",
    ", le {at}": ", on {at}",
    "Mes clés d’accès": "My passkeys",
    (
        "Une clé d’accès ouvre votre espace sans mot de passe, sur un appareil qui vous reconnaît."
        " Tant que vous en avez une, votre mot de passe seul n’ouvre pas votre espace."
    ): (
        "A passkey opens your space without a password, on a device that recognises you. While "
        "you have one, your password alone does not open your space."
    ),
    "Ajoutée le {at}": "Added on {at}",
    "dernière fois le {at}": "last used on {at}",
    "sauvegardée par votre appareil": "backed up by your device",
    (
        "Son compteur est revenu en arrière le {at} : elle a peut-être été copiée. Retirez-la et "
        "ajoutez-en une autre."
    ): ("Its counter went backwards on {at}: it may have been copied. Remove it and add another."),
    "Renommer ou retirer « {name} »": "Rename or remove “{name}”",
    "Nouveau nom": "New name",
    "Renommer": "Rename",
    "C’est votre dernière clé d’accès.": "This is your last passkey.",
    "Retirer cette clé d’accès": "Remove this passkey",
    "Vous n’en avez pas encore.": "You have none yet.",
    "Les clés d’accès ne servent pas à cette adresse.": "Passkeys do not work at this address.",
    "Vous en avez autant que permis : retirez-en une pour en ajouter une autre.": (
        "You have as many as you may: remove one to add another."
    ),
    "Ajouter une clé d’accès": "Add a passkey",
    "Retour à mon espace": "Back to my space",
    (
        "Cet appareil gardera une clé qui ouvre votre espace dès qu’il vous reconnaît : empreinte,"
        " visage ou code de l’appareil."
    ): (
        "This device will keep a key that opens your space as soon as it recognises you: by "
        "fingerprint, face or the device’s own code."
    ),
    (
        "Ensuite, votre mot de passe seul n’ouvrira plus votre espace : une clé d’accès vous sera "
        "aussi demandée. Ajoutez-en une sur deux appareils, pour ne pas rester dehors si l’un se "
        "perd."
    ): (
        "From then on your password alone will not open your space: a passkey is asked too. Add "
        "one on two devices, so that you are not left outside if one is lost."
    ),
    "Nom de l’appareil": "Name of the device",
    "Téléphone de Nadia": "Nadia’s phone",
    "Ajouter ma clé d’accès": "Add my passkey",
    "Plus tard": "Later",
    "Confirmez que c’est vous, avec une de vos clés d’accès.": (
        "Confirm that it is you, with one of your passkeys."
    ),
    "Utiliser ma clé d’accès": "Use my passkey",
    "Utiliser plutôt les 6 chiffres de mon application": (
        "Use the 6 digits of my application instead"
    ),
    (
        "Plus aucune de vos clés d’accès sous la main ? L’opérateur peut les retirer, après avoir "
        "vérifié que c’est vous."
    ): (
        "None of your passkeys at hand? The operator can remove them, after checking that it is "
        "you."
    ),
    "Recommencer": "Start again",
    "Recopiez les 6 chiffres que montre votre application.": (
        "Copy the 6 digits that your application shows."
    ),
    "Mot de passe à usage unique": "One-time password",
    "Vérifier": "Check",
    "Utiliser plutôt une clé d’accès": "Use a passkey instead",
    (
        "Montrez cette image à une application de mots de passe à usage unique, ou tapez-y les "
        "lettres. Elles ne seront plus montrées."
    ): (
        "Show this picture to a one-time password application, or type the letters there. They "
        "are not shown again."
    ),
    "Image à montrer à l’application ; les lettres ci-dessous disent la même chose": (
        "Picture to show to the application; the letters below say the same"
    ),
    "Les 6 chiffres que montre l’application": "The 6 digits that the application shows",
    (
        "Cet espace montre des données d’autres personnes. Il s’ouvre avec votre mot de passe et, "
        "en plus, 6 chiffres que montre une application de votre téléphone. Mettez-la en place une"
        " fois ; cela prend deux minutes."
    ): (
        "This space shows data of other people. It opens with your password and, besides, 6 "
        "digits that an application of your phone shows. Put it in place once; it takes two "
        "minutes."
    ),
    "Ajouter plutôt une clé d’accès": "Add a passkey instead",
    "Votre compte est rattaché à": "Your account is tied to",
    "depuis le {at}. Vous pouvez entrer avec FranceConnect.": (
        "since {at}. You may sign in with FranceConnect."
    ),
    "Détacher FranceConnect": "Untie FranceConnect",
    "Relier ma carte Pass": "Tie my Pass card",
    (
        "Vous avez 15 ans ou plus et une carte Pass à votre nom ? Son numéro suffit : "
        "FranceConnect dit qui vous êtes."
    ): (
        "You are 15 or older and have a Pass card in your name? Its number is enough: "
        "FranceConnect says who you are."
    ),
    "Numéro de la carte": "Card number",
    "Relier ma carte": "Tie my card",
    "FranceConnect vous a identifié dans ce navigateur :": (
        "FranceConnect identified you in this browser:"
    ),
    "Est-ce vous ?": "Is it you?",
    "Oui, rattacher à mon compte": "Yes, tie to my account",
    "Rattachez FranceConnect à votre compte pour entrer sans mot de passe du Pass.": (
        "Tie FranceConnect to your account, to sign in without a password of the Pass."
    ),
    "Rattacher FranceConnect": "Tie FranceConnect",
    "Qu’est-ce que FranceConnect ?": "What is FranceConnect?",
}
