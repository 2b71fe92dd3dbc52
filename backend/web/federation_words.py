"""What the pages for FranceConnect say: French first, English after it."""

from typing import Final

from backend.web.words import Notice, Text

UNAVAILABLE: Final = Notice(
    "FranceConnect ne répond pas",
    Text(
        "FranceConnect ne peut pas vous identifier en ce moment. Réessayez dans quelques minutes, "
        "ou entrez autrement.",
        "FranceConnect cannot identify you now. Try again in a few minutes, or sign in otherwise.",
    ),
    "FranceConnect does not answer",
)
GIVEN_UP: Final = Notice(
    "Identification interrompue",
    Text(
        "Vous n’avez pas terminé votre identification avec FranceConnect. Rien n’a changé : "
        "recommencez quand vous voulez.",
        "You did not finish with FranceConnect. Nothing has changed: start again when you like.",
    ),
    "Identification given up",
)
REFUSED: Final = Notice(
    "Identification refusée",
    Text(
        "La réponse de FranceConnect n’a pas pu être vérifiée. Recommencez ; si cela se répète, "
        "prévenez-nous.",
        "The answer from FranceConnect could not be verified. Start again; if it happens again, "
        "tell us.",
    ),
    "Identification refused",
)
GONE: Final = Notice(
    "Recommencez avec FranceConnect",
    Text(
        "Cette identification a déjà servi, a pris trop de temps ou a commencé dans un autre "
        "navigateur.",
        "This identification has served, took too long or began in another browser.",
    ),
    "Start again with FranceConnect",
)
NONE_HERE: Final = Notice(
    "FranceConnect n’est pas proposé ici",
    Text("Entrez avec votre mot de passe.", "Sign in with your password."),
    "FranceConnect is not offered here",
)
TAKEN: Final = Notice(
    "Déjà rattaché",
    Text(
        "Cette identité FranceConnect est déjà rattachée à un compte, ou votre compte en a déjà "
        "une. Détachez d’abord l’ancienne.",
        "This FranceConnect identity is tied to an account already, or your account has one "
        "already. Untie the old one first.",
    ),
    "Tied already",
)
ONLY_WAY_IN: Final = Notice(
    "Choisissez d’abord un mot de passe",
    Text(
        "FranceConnect est la seule façon d’ouvrir votre espace. Demandez un mot de passe à la "
        "page « Mot de passe oublié », ou ajoutez une clé d’accès ; vous pourrez détacher "
        "FranceConnect ensuite.",
        "Nothing but FranceConnect opens your space. Ask for a password on the page for forgotten "
        "ones, or add a passkey; then you may untie it.",
    ),
    "Choose a password first",
)
CLOSED: Final = Notice(
    "Compte fermé",
    Text(
        "Le compte rattaché à cette identité est fermé. Adressez-vous à votre établissement.",
        "The account of this identity is closed. Ask your school.",
    ),
    "Account closed",
)
SIGNED_OUT: Final = Notice(
    "Vous êtes déconnecté",
    Text(
        "Vous êtes déconnecté du Pass et de FranceConnect.",
        "You are signed out of the Pass and of FranceConnect.",
    ),
    "You are signed out",
)
SIGN_UP_ASKED: Final = Notice(
    "Regardez vos messages",
    Text(
        "Un message part vers cette adresse. Ouvrez son lien dans ce navigateur, avant demain : "
        "votre compte s’ouvrira avec FranceConnect, sans mot de passe à retenir.",
        "A message is on its way to this address. Open its link in this browser before tomorrow: "
        "your account will open with FranceConnect, with no password to remember.",
    ),
    "Look at your messages",
)
TIED: Final = Notice(
    "Votre carte est reliée",
    Text(
        "FranceConnect confirme que c’est votre carte : elle est reliée à votre compte.",
        "FranceConnect confirms that this card is yours: it is tied to your account.",
    ),
    "Your card is tied",
)
NOT_THE_SAME: Final = Text(
    "Ce numéro et votre identité FranceConnect ne vont pas ensemble. Vérifiez le numéro, ou reliez "
    "votre carte autrement depuis « Ma carte ».",
    "This number and your FranceConnect identity do not go together. Check the number, or tie your "
    "card in another way from “My card”.",
)
CARD_TAKEN: Final = Text(
    "Cette carte est déjà reliée à un autre compte, ou votre compte à une autre carte. "
    "Adressez-vous à votre établissement.",
    "This card is tied to another account already, or your account to another card. Ask your "
    "school.",
)
ADDRESSES_DIFFER: Final = Text(
    "Les deux adresses sont différentes. Tapez deux fois la même.",
    "The two addresses differ. Type the same twice.",
)
TERMS_MISSING: Final = Text(
    "Cochez la case pour accepter les conditions d’utilisation.",
    "Tick the box to accept the terms of use.",
)
BIRTH_DATE_MISSING: Final = Text(
    "FranceConnect n’a pas dit votre date de naissance. Créez votre compte avec un mot de passe.",
    "FranceConnect did not say your birth date. Create your account with a password.",
)
NAME_MISSING: Final = Text(
    "FranceConnect n’a pas dit votre nom. Créez votre compte avec un mot de passe.",
    "FranceConnect did not say your name. Create your account with a password.",
)
TOO_YOUNG: Final = Text(
    "Un compte s’ouvre à 15 ans. Avant, un parent ouvre le sien et vous y ajoute.",
    "An account may be opened from the age of 15. Before, a parent adds you to theirs.",
)
