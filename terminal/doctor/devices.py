"""What is plugged in: the card reader, the PIN pad.

A device that the running daemon holds is not disturbed: it is enough that it is there. Otherwise
the reader is opened, and the pad is spoken to.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from terminal.doctor.findings import Finding, Part, bad, good
from terminal.errors import (
    CardSilent,
    PadError,
    PadRefused,
    PadUnplugged,
    ReaderAbsent,
    ReaderBusy,
    ReaderError,
    ReaderServiceDown,
)
from terminal.reader.pcsc import PcscReader, list_reader_names

LOOK_SECONDS_MAX = 0.3


class ClaimablePad(Protocol):
    """What is asked of a pad here."""

    def claim(self) -> None:
        """Open the port and bring the pad to rest."""
        ...

    def release(self) -> None:
        """Let go of the port."""
        ...


def look_at_reader(prefix: str, *, daemon_runs: bool) -> Finding:
    """Say whether the configured reader is there and free."""
    try:
        names = list_reader_names()
        if any(name.startswith(prefix) for name in names) and not daemon_runs:
            with PcscReader(prefix) as reader:
                reader.wait_for_card(LOOK_SECONDS_MAX)
    except CardSilent:
        pass  # the reader sees a card, of whatever kind: it works
    except ReaderError as error:
        return _reader_fault(error, prefix)
    found = [name for name in names if name.startswith(prefix)]
    if not found:
        return _no_such_reader(prefix, names)
    return good(Part.READER, f"« {found[0]} » est prêt.")


def look_at_pad(
    device: Path, open_pad: Callable[[], ClaimablePad], *, daemon_runs: bool
) -> Finding:
    """Say whether the pad's line is there, and whether the pad answers on it."""
    if not device.exists():
        return bad(
            Part.PAD,
            "pad_unplugged",
            f"Le clavier n'est pas branché : {device} n'existe pas.",
            "Branchez le clavier à code, ou corrigez pad_device dans la configuration.",
        )
    if daemon_runs:
        return good(Part.PAD, f"{device} est là ; la caisse en marche s'en sert.")
    try:
        pad = open_pad()
        pad.claim()
        pad.release()
    except PadError as error:
        return _pad_fault(error, device)
    return good(Part.PAD, f"Le clavier répond sur {device}.")


def _no_such_reader(prefix: str, names: list[str]) -> Finding:
    seen = f"Lecteurs vus : {', '.join(names)}." if names else "Aucun lecteur n'est branché."
    return bad(
        Part.READER,
        "reader_absent",
        f"Aucun lecteur dont le nom commence par « {prefix} ». {seen}",
        "Branchez le lecteur, ou corrigez reader dans la configuration.",
    )


def _reader_fault(error: ReaderError, prefix: str) -> Finding:
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
            "Un autre programme tient le lecteur de cartes.",
            "Fermez cet autre programme.",
        )
    if isinstance(error, ReaderAbsent):
        return _no_such_reader(prefix, [])
    return bad(
        Part.READER,
        "reader_unusable",
        "Le lecteur de cartes ne répond pas comme il faut.",
        "Débranchez-le et rebranchez-le.",
    )


def _pad_fault(error: PadError, device: Path) -> Finding:
    if isinstance(error, PadUnplugged):
        return bad(
            Part.PAD, "pad_unplugged", f"{device} a disparu.", "Rebranchez le clavier à code."
        )
    if isinstance(error, PadRefused):
        return bad(
            Part.PAD,
            "pad_refused",
            f"{device} ne peut pas être ouvert, ou le clavier refuse.",
            "Ajoutez le compte du service au groupe dialout, et fermez les autres programmes.",
        )
    return bad(
        Part.PAD,
        "pad_silent",
        f"Le clavier ne répond pas sur {device}.",
        "Vérifiez le câble, l'alimentation, pad_line (vitesse) et pad_dialect (famille).",
    )
