"""What the pages for passkeys say: French first, English after it."""

from typing import Final

from backend.web.words import Notice, Text

REFUSED: Final = Text(
    "Cette clé d’accès n’a pas été reconnue, ou la page est restée ouverte trop longtemps. "
    "Recommencez.",
    "This passkey was not recognised, or the page was open for too long. Start again.",
)
KNOWN: Final = Text(
    "Cette clé d’accès est déjà dans votre liste.",
    "This passkey is in your list already.",
)
TOO_MANY: Final = Notice(
    "Trop de clés d’accès",
    Text(
        "Vous avez atteint le nombre de clés d’accès permis. Retirez-en une avant d’en ajouter.",
        "You have as many passkeys as you may. Remove one before adding another.",
    ),
    "Too many passkeys",
)
TOO_LONG_AGO: Final = Notice(
    "Reconnectez-vous d’abord",
    Text(
        "Vous êtes connecté depuis plus d’un quart d’heure. Pour que personne ne change vos accès "
        "à votre place, déconnectez-vous puis reconnectez-vous, et recommencez.",
        "You signed in more than a quarter of an hour ago. So that nobody changes your access in "
        "your place, sign out, sign in again, and start over.",
    ),
    "Sign in again first",
)
NOT_OFFERED: Final = Notice(
    "Clés d’accès indisponibles",
    Text(
        "Les clés d’accès ne servent pas à cette adresse. Utilisez votre mot de passe.",
        "Passkeys do not work at this address. Use your password.",
    ),
    "Passkeys are not offered",
)
