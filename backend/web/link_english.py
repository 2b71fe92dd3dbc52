"""The English of pages for somebody who is not signed in yet: behind a mailed link, or half-way.

Each sentence is found by its French.
"""

from collections.abc import Mapping
from typing import Final

ENGLISH: Final[Mapping[str, str]] = {
    "À corriger :": "To put right:",
    "Nouvelles conditions": "New terms",
    "Nouvelles conditions d’utilisation": "New terms of use",
    (
        "Les conditions ont changé depuis votre dernière connexion. Lisez-les ; pour continuer, "
        "acceptez-les."
    ): "The terms have changed since you last signed in. Read them; to go on, accept them.",
    "Lire les conditions": "Read the terms",
    "J’ai lu et j’accepte les conditions": "I have read and accept the terms",
    "Continuer": "Continue",
    "Ne pas accepter et me déconnecter": "Do not accept, and sign out",
    "Changement d’adresse": "Change of address",
    (
        "Il est demandé que votre espace Pass s’ouvre avec l’adresse {other}, et non plus avec "
        "celle-ci."
    ): "It is asked that your Pass account open with {other}, and no longer with this address.",
    "Je suis d’accord": "I agree",
    "Je m’y oppose": "I object",
    "Un espace Pass doit s’ouvrir à l’avenir avec cette adresse, au lieu de {other}.": (
        "A Pass account is to open with this address from now on, instead of {other}."
    ),
    "C’est mon espace": "It is my account",
    "Choisissez votre mot de passe": "Choose your password",
    (
        "Au moins 8 caractères variés, ou une phrase d’au moins 14. Quatre mots sans rapport entre "
        "eux se retiennent bien."
    ): (
        "At least 8 characters of three kinds, or a phrase of at least 14. Four words that have "
        "nothing to do with one another are easy to remember."
    ),
    "Adresse électronique": "E-mail address",
    "Mot de passe": "Password",
    "Encore une fois": "Once more",
    "Afficher ce que je tape": "Show what I type",
    "Enregistrer mon mot de passe": "Save my password",
    (
        "Un mot de passe est personnel. Ne le donnez jamais, à personne : nous ne vous le "
        "demanderons pas."
    ): "A password is yours alone. Never give it to anybody: we shall not ask you for it.",
    "Activez votre compte": "Activate your account",
    (
        "{name}, choisissez votre mot de passe : au moins 8 caractères variés, ou une phrase d’au "
        "moins 14. Quatre mots sans rapport entre eux se retiennent bien."
    ): (
        "{name}, choose your password: at least 8 characters of three kinds, or a phrase of at "
        "least 14. Four words that have nothing to do with one another are easy to remember."
    ),
    (
        "Ce n’est pas vous qui vous êtes inscrit ? Fermez cette page : aucun compte n’est ouvert."
    ): "Not you who signed up? Close this page: no account is opened.",
    (
        "FranceConnect vous a identifié dans ce navigateur : votre compte peut s’ouvrir sans mot "
        "de passe."
    ): "FranceConnect identified you in this browser: your account may open without a password.",
    "Ouvrir mon compte avec FranceConnect": "Open my account with FranceConnect",
    "ou": "or",
    "Activer mon compte": "Activate my account",
    "Invitation": "Invitation",
    "{name} vous invite à gérer ensemble {organisation}.": (
        "{name} invites you to look after {organisation} together."
    ),
    (
        "Connectez-vous avec l’adresse qui a reçu ce message, ou créez un compte avec elle. "
        "L’invitation vous attend ensuite dans « Mon organisme »."
    ): (
        "Sign in with the address that got this message, or create an account with it. The "
        "invitation then waits for you in “My organisation”."
    ),
    "Me connecter": "Sign in",
    "Créer un compte": "Create an account",
}
