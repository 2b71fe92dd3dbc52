"""What the person at the desk reads: one French sentence for each outcome."""

from collections.abc import Mapping
from types import MappingProxyType

from terminal.desk.personalise import NoCardCame
from terminal.errors import (
    BackendError,
    BackendRefused,
    CardRemoved,
    CardSilent,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    TerminalError,
)

PRESENT_CARD = "Posez la carte vierge sur le lecteur."
CARD_CAME = "Carte détectée, personnalisation en cours. Ne retirez pas la carte."
ENROLLED_AS: Mapping[str, str] = MappingProxyType(
    {"counter": "caisse", "gate": "portillon", "desk": "guichet"}
)

_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "card_unknown": "Ce numéro de carte n'a pas été commandé.",
        "card_state_refused": "Cette carte est déjà personnalisée, ou ne peut plus l'être.",
        "uid_taken": "Cette puce porte déjà un autre numéro de carte.",
        "personalisation_failed": "La puce refuse la personnalisation. Prenez une autre carte.",
        "personalisation_not_found": "La personnalisation a pris trop de temps. Recommencez.",
        "too_many_personalisations": "Le serveur est occupé. Recommencez dans un instant.",
        "malformed_request": "Cette carte n'est pas une carte vierge acceptée.",
        "terminal_kind_not_allowed": "Cet appareil n'est pas enregistré comme guichet.",
        "terminal_revoked": "Cet appareil a été révoqué.",
        "enrolment_code_unknown": "Ce code d'enregistrement est inconnu.",
        "enrolment_code_used": "Ce code d'enregistrement a déjà servi.",
        "enrolment_code_expired": "Ce code d'enregistrement a expiré.",
    }
)
_BY_CLASS: tuple[tuple[type[TerminalError], str], ...] = (
    (NoCardCame, "Aucune carte n'a été posée à temps."),
    (CardRemoved, "La carte a été retirée trop tôt. Reposez-la et recommencez."),
    (CardSilent, "La carte ne répond pas. Reposez-la et recommencez."),
    (ReaderAbsent, "Le lecteur de cartes n'est pas branché."),
    (ReaderBusy, "Le lecteur de cartes est utilisé par un autre programme."),
    (ReaderError, "Le service des cartes ne répond pas."),
    (BackendRefused, "Le serveur refuse l'opération."),
    (BackendError, "Le serveur ne répond pas correctement. Recommencez plus tard."),
)


def done(masked_card_number: str) -> str:
    """Return the sentence for a card that is ready."""
    return f"Carte {masked_card_number} prête. Vous pouvez la retirer."


def enrolled(name: str, kind: str) -> str:
    """Return the sentence for a terminal that has its identity."""
    return f"Appareil « {name} » enregistré comme {ENROLLED_AS[kind]}."


def sentence_for(error: TerminalError) -> str:
    """Return what to tell the person; the fault itself goes to the log."""
    if isinstance(error, BackendRefused) and error.code in _BY_CODE:
        return _BY_CODE[error.code]
    return next((words for kind, words in _BY_CLASS if isinstance(error, kind)), str(error))


def code_for(error: TerminalError) -> str:
    """Return the stable code for a program: the backend's own, or the name of what happened."""
    if isinstance(error, BackendRefused):
        return error.code
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
