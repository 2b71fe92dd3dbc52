"""What the person at the desk reads: one French sentence for each outcome."""

from collections.abc import Mapping
from types import MappingProxyType

from terminal.desk.batch import Notice, Progress, TooManyBadChips
from terminal.desk.batch_record import BatchLine, CardResult
from terminal.desk.relay import NoCardCame
from terminal.errors import (
    BackendError,
    BackendRefused,
    CardRemoved,
    CardSilent,
    DoorError,
    ReaderAbsent,
    ReaderAmbiguous,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
    TerminalError,
)

PRESENT_CARD = "Posez la carte vierge sur le lecteur."
CARD_CAME = "Carte détectée, personnalisation en cours. Ne retirez pas la carte."
PRESENT_CARD_TO_RENEW = "Posez sur le lecteur la carte à renouveler."
RENEWING = "Carte détectée, renouvellement de ses clés en cours. Ne retirez pas la carte."
PRESENT_CARD_TO_RETIRE = "Posez sur le lecteur la carte à retirer du service."
RETIRING = "Carte détectée, effacement en cours. Ne retirez pas la carte."
STOPPING = "Arrêt demandé : la carte en cours est terminée, puis le lot s'arrête."
NOTICES: Mapping[Notice, str] = MappingProxyType(
    {
        Notice.PRESENT_NEXT: "Posez la carte suivante.",
        Notice.CARD_CAME: "Carte détectée. Ne la retirez pas.",
        Notice.CUT_SHORT: "La carte a été retirée trop tôt. Reposez-la, ou posez-en une autre.",
        Notice.DONE_BEFORE: "Cette carte est déjà faite. Retirez-la.",
        Notice.BACKEND_AWAY: "Le serveur ne répond pas, nouvel essai. Laissez la carte.",
    }
)
ENROLLED_AS: Mapping[str, str] = MappingProxyType(
    {"counter": "caisse", "gate": "portillon", "desk": "guichet"}
)

_BY_CODE: Mapping[str, str] = MappingProxyType(
    {
        "card_unknown": "Ce numéro de carte n'a pas été commandé.",
        "card_state_refused": "Cette carte est déjà personnalisée, ou ne peut plus l'être.",
        "card_already_retired": "Cette carte est déjà retirée du service : sa puce est libre.",
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
# What a chip did that ended its dialogue: the backend's `reason`.
_BY_REASON: Mapping[str, str] = MappingProxyType(
    {
        "UnsuitableCard": "Cette puce n'est pas une DESFire EV2 vierge. Prenez-en une autre.",
        "AnotherCard": "La puce annonce un autre numéro que le sien. Prenez-en une autre.",
        "KeysUnknown": "Cette puce appartient à un autre émetteur. Prenez-en une autre.",
        "CardNotGenuine": "La puce ne prouve pas ses clés. Prenez-en une autre.",
        "CardRefused": "La puce refuse une commande. Prenez-en une autre.",
    }
)
# What only a batch says of a chip or an order.
_BY_BATCH_REASON: Mapping[str, str] = MappingProxyType(
    {
        "no_desfire": "Ce n'est pas une puce DESFire. Prenez-en une autre.",
        "cut_short": "Elle a été interrompue trop de fois. Prenez-en une autre.",
        "card_state_refused: active": "La carte est déjà faite.",
    }
)
_BY_CLASS: tuple[tuple[type[TerminalError], str], ...] = (
    (NoCardCame, "Aucune carte n'a été posée à temps."),
    (TooManyBadChips, "Trop de puces écartées de suite : vérifiez le carton et le lecteur."),
    (CardRemoved, "La carte a été retirée trop tôt. Reposez-la et recommencez."),
    (CardSilent, "La carte ne répond pas. Reposez-la et recommencez."),
    (
        ReaderAmbiguous,
        "Plusieurs lecteurs portent le même nom : débranchez l'autre, ou précisez reader.",
    ),
    (
        ReaderAbsent,
        "Le lecteur de cartes n'est pas branché : branchez-le, ou vérifiez son nom (reader).",
    ),
    (ReaderBusy, "Le lecteur de cartes est utilisé par un autre programme : fermez celui-ci."),
    (
        ReaderServiceDown,
        "Le service des cartes ne répond pas : démarrez-le (systemctl start pcscd).",
    ),
    (ReaderError, "Le lecteur de cartes ne répond pas : débranchez-le et rebranchez-le."),
    (
        DoorError,
        "Le passage (portillon ou porte) ne répond pas comme il doit. Le journal dit quoi.",
    ),
    (BackendRefused, "Le serveur refuse l'opération."),
    (BackendError, "Le serveur ne répond pas correctement. Recommencez plus tard."),
)


def done(masked_card_number: str) -> str:
    """Return the sentence for a card that is ready."""
    return f"Carte {masked_card_number} prête. Vous pouvez la retirer."


def renewed(masked_card_number: str) -> str:
    """Return the sentence for a card whose keys are the current ones."""
    return f"Carte {masked_card_number} à jour. Vous pouvez la retirer."


def retired(masked_card_number: str) -> str:
    """Return the sentence for a card that is one no longer."""
    return f"Carte {masked_card_number} retirée du service. Sa puce peut resservir."


def batch_line(line: BatchLine, masked_card_number: str, progress: Progress) -> str:
    """Return the sentence for a card or an order of a batch, and how far the batch is."""
    if line.result is CardResult.DONE:
        said = f"Carte {masked_card_number} prête. Retirez-la."
    elif line.result is CardResult.ORDER_REFUSED:
        said = f"Commande {masked_card_number} refusée. {_reason_words(line.reason)}"
    else:
        said = f"Puce écartée. {_reason_words(line.reason)}"
    return f"{said} {batch_progress(progress)}"


def _reason_words(reason: str) -> str:
    """Return the sentence for a batch's stable reason, such as `uid_taken`."""
    if reason in _BY_BATCH_REASON:
        return _BY_BATCH_REASON[reason]
    code, _, details = reason.partition(": ")
    return _BY_REASON.get(details.split(" ")[0], _BY_CODE.get(code, f"{reason}."))


def batch_progress(progress: Progress) -> str:
    """Return how far a batch is, in brackets."""
    pace = f"{progress.per_hour} à l'heure"
    return f"(faites : {progress.done}, à faire : {progress.left}, cadence : {pace})"


def batch_end(progress: Progress, report: str) -> str:
    """Return the sentence for the end of a batch, and where its report is."""
    return f"Fin du lot {batch_progress(progress)}. Compte rendu : {report}"


def enrolled(name: str, kind: str) -> str:
    """Return the sentence for a terminal that has its identity."""
    return f"Appareil « {name} » enregistré comme {ENROLLED_AS[kind]}."


def sentence_for(error: TerminalError) -> str:
    """Return what to tell the person; the fault itself goes to the log."""
    if isinstance(error, BackendRefused) and error.code in _BY_CODE:
        reason = str(error.details.get("reason"))
        return _BY_REASON.get(reason, _BY_CODE[error.code])
    return next((words for kind, words in _BY_CLASS if isinstance(error, kind)), str(error))


def code_for(error: TerminalError) -> str:
    """Return the stable code for a program: the backend's own, or the name of what happened."""
    if isinstance(error, BackendRefused):
        return error.code
    name = type(error).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]
