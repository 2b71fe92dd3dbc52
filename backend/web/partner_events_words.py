"""What the page of a partner's events says."""

from typing import Final

from backend.errors import BackendError
from backend.events.errors import EndpointUrlRefused, TooManyEndpoints
from backend.web.words import Text

DAY_FORM: Final = Text("Choisissez un jour.", "Choose a day.")
NAME_MISSING: Final = Text(
    "Donnez un nom au jeton : celui du logiciel qui s’en servira.",
    "Name the token after the program that will use it.",
)
TOO_MANY_ENDPOINTS: Final = Text(
    "Il y a déjà trois adresses. Retirez-en une d’abord.",
    "There are three addresses already. Remove one first.",
)
TOO_MANY_TOKENS: Final = Text(
    "Il y a déjà cinq jetons. Révoquez-en un d’abord.",
    "There are five tokens already. Revoke one first.",
)
URL_REFUSED: Final = Text(
    "Cette adresse n’est pas possible. Elle commence par https:// et mène à un serveur public.",
    "This address is not possible. It begins with https:// and leads to a public server.",
)
HTTPS_ONLY: Final = Text(
    "L’adresse commence par https:// : rien n’est envoyé sans chiffrement.",
    "The address begins with https://: nothing is sent unencrypted.",
)
PRIVATE: Final = Text(
    "Cette adresse est celle d’un réseau privé : nous ne pouvons pas la joindre.",
    "This is an address of a private network: we cannot reach it.",
)
KINDS: Final = {
    "payment.approved": Text("paiement", "payment"),
    "payment.voided": Text("annulation", "cancellation"),
    "payment.refunded": Text("remboursement", "refund"),
    "payment.reversed": Text("paiement repris", "payment taken back"),
}
NOT_TAKEN: Final = Text("pas reçu", "not taken")
OUTCOMES: Final = {
    "taken": Text("reçu", "taken"),
    "refused": Text("refusé par votre serveur", "refused by your server"),
    "silent": Text("votre serveur n’a pas répondu à temps", "your server did not answer in time"),
    "unreachable": Text("votre serveur ne répond pas", "your server does not answer"),
    "tls_failed": Text(
        "le certificat de votre serveur n’est pas valable",
        "your server’s certificate is not valid",
    ),
    "name_unknown": Text("le nom de votre serveur est inconnu", "your server’s name is unknown"),
    "private_address": Text("le nom mène à un réseau privé", "the name leads to a private network"),
}


def of_refusal(refusal: BackendError) -> Text:
    """Say why an address or a token was not added."""
    if isinstance(refusal, EndpointUrlRefused):
        why = refusal.details.get("why")
        return {"https_only": HTTPS_ONLY, "private_address": PRIVATE}.get(str(why), URL_REFUSED)
    return TOO_MANY_ENDPOINTS if isinstance(refusal, TooManyEndpoints) else TOO_MANY_TOKENS


def outcome(word: str, status: int | None) -> Text:
    """Say what became of a try."""
    said = OUTCOMES.get(word, NOT_TAKEN)
    if status is None or word == "taken":
        return said
    return Text(f"{said.fr} ({status})", f"{said.en} ({status})")
