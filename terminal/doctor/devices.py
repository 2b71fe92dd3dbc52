"""What is plugged in: the card reader, the PIN pad.

A device that the running daemon holds is not disturbed: it is enough that it is there. Otherwise
the reader is opened, and the pad is spoken to.
"""

from pathlib import Path
from typing import Final

from terminal.doctor.findings import Finding, Part, bad, good
from terminal.errors import (
    CardSilent,
    PadError,
    PadRefused,
    PadUnplugged,
    ReaderAbsent,
    ReaderAmbiguous,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
    SettingsError,
)
from terminal.pin.drivers import PadSettings, check_pad, open_pad
from terminal.pin.key_file import NO_KEY
from terminal.pin.serial_link import IN_USE
from terminal.reader.choice import WantedReader, fitting_readers
from terminal.reader.pcsc import PcscReader, list_reader_names

LOOK_SECONDS_MAX: Final = 0.3


def look_at_reader(wanted: WantedReader, *, daemon_runs: bool) -> Finding:
    """Say whether the configured reader is there, the only one meant, and free."""
    names = list[str]()
    try:
        names = list_reader_names()
        fitting = fitting_readers(names, wanted.prefix)
        if daemon_runs and fitting:
            return good(Part.READER, f"« {fitting[0]} » est là.")
        with PcscReader(wanted, alone=True) as reader:
            reader.look()
            found = reader.name
            reader.wait_for_card(LOOK_SECONDS_MAX)
    except CardSilent:
        pass  # the reader sees a card, of whatever kind: it works
    except ReaderError as error:
        return _reader_fault(error, wanted, names)
    return good(Part.READER, f"« {found} » est prêt.")


def look_at_pad(settings: PadSettings, *, daemon_runs: bool) -> Finding:
    """Say whether the pad's line is there, its key, and whether the pad answers on it."""
    device = settings.pad_device
    try:
        check_pad(settings)
        if daemon_runs:
            return good(Part.PAD, f"{device} est là ; la caisse en marche s'en sert.")
        pad = open_pad(settings)
        pad.claim()
        pad.release()
    except SettingsError as error:
        return bad(
            Part.PAD,
            "pad_settings",
            f"Le réglage du clavier n'est pas accepté : {error}.",
            "Corrigez pad_driver, pad_dialect ou allow_terminal_encryption dans la configuration.",
        )
    except PadError as error:
        return _pad_fault(error, device)
    return good(Part.PAD, f"Le clavier répond sur {device}.")


def _reader_fault(error: ReaderError, wanted: WantedReader, names: list[str]) -> Finding:
    if isinstance(error, ReaderServiceDown):
        return bad(
            Part.READER,
            "reader_service_down",
            "Le service PC/SC de la machine ne répond pas.",
            "Démarrez-le : systemctl start pcscd",
        )
    if isinstance(error, ReaderBusy):
        return bad(
            Part.READER,
            "reader_busy",
            "Un autre programme, ou un autre poste Pass de cette machine, tient le lecteur.",
            "Fermez cet autre programme, ou donnez à chaque caisse son propre lecteur.",
        )
    if isinstance(error, ReaderAmbiguous):
        return bad(
            Part.READER,
            "reader_ambiguous",
            f"Plusieurs lecteurs portent ce nom : {', '.join(error.fitting)}.",
            "Écrivez dans reader le nom jusqu'au numéro de série, ou ajoutez reader_usb_socket.",
        )
    if isinstance(error, ReaderAbsent):
        return _no_such_reader(wanted, names)
    return bad(
        Part.READER,
        "reader_unusable",
        "Le lecteur de cartes ne répond pas comme il faut.",
        "Débranchez-le et rebranchez-le.",
    )


def _no_such_reader(wanted: WantedReader, names: list[str]) -> Finding:
    seen = f"Lecteurs vus : {', '.join(names)}." if names else "Aucun lecteur n'est branché."
    where = f" sur la prise USB {wanted.usb_socket}" if wanted.usb_socket else ""
    return bad(
        Part.READER,
        "reader_absent",
        f"Aucun lecteur dont le nom commence par « {wanted.prefix} »{where}. {seen}",
        "Branchez le lecteur, ou corrigez reader dans la configuration.",
    )


def _pad_fault(error: PadError, device: Path) -> Finding:
    if isinstance(error, PadUnplugged):
        return bad(
            Part.PAD,
            "pad_unplugged",
            f"Le clavier n'est pas branché : {device} n'existe pas ou a disparu.",
            "Branchez le clavier à code, ou corrigez pad_device dans la configuration.",
        )
    if isinstance(error, PadRefused) and error.code == NO_KEY:
        return bad(
            Part.PAD,
            "pad_without_key",
            "Le clavier n'a pas de clé, ou sa clé est abîmée ou ouverte à d'autres.",
            "Installez-la : pass-terminal keypad install-key --config FICHIER --block BLOC",
        )
    if isinstance(error, PadRefused) and error.code == IN_USE:
        return bad(
            Part.PAD,
            "pad_in_use",
            f"Un autre programme tient {device}.",
            "Fermez-le, ou donnez à chaque caisse son propre clavier.",
        )
    if isinstance(error, PadRefused):
        return bad(
            Part.PAD,
            "pad_refused",
            f"Le clavier sur {device} refuse ({error.code}).",
            "Éteignez et rallumez le clavier ; si cela dure, signalez ce mot à votre service Pass.",
        )
    return bad(
        Part.PAD,
        "pad_silent",
        f"Le clavier ne répond pas sur {device}.",
        "Vérifiez le câble, l'alimentation, pad_line (vitesse) et pad_dialect (famille).",
    )
