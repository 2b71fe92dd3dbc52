"""The machine itself: the state folder, the disk under it, the journal in it.

The disk is proven by writing and syncing a small file beside the journal, as a sale does; the
journal is read, never changed, and may be in use by the daemon meanwhile.
"""

import os
import shutil
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from terminal.counter.daemon import JOURNAL_FILE as COUNTER_JOURNAL
from terminal.counter.journal import open_sale_journal
from terminal.doctor.findings import Finding, Part, bad, good, warning
from terminal.errors import JournalError, JournalFault
from terminal.gate.daemon import JOURNAL_FILE as GATE_JOURNAL
from terminal.gate.passages import PassageState, open_passage_journal

FREE_BYTES_MIN: Final = 50_000_000
FREE_BYTES_GOOD: Final = 500_000_000
SYNC_SECONDS_GOOD: Final = 0.5
"""A sale waits for several syncs: slower than this is felt at the counter."""
PROBE_BYTES: Final = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def look_at_folder(folder: Path) -> Finding:
    """Say whether the state folder is there, ours, and closed to others."""
    part = Part.STATE_FOLDER
    try:
        found = folder.stat()
    except OSError:
        return bad(
            part,
            "folder_missing",
            f"Le dossier {folder} n'existe pas, ou ne peut pas être lu.",
            "Vérifiez state_dir dans la configuration, puis enregistrez ce poste.",
        )
    if found.st_uid != os.geteuid():
        return bad(
            part,
            "folder_not_ours",
            f"Le dossier {folder} appartient à un autre compte de la machine.",
            "Lancez cette commande avec le compte du service Pass.",
        )
    if stat.S_IMODE(found.st_mode) & _OTHERS:
        return warning(
            part,
            "folder_open",
            f"Le dossier {folder} est ouvert à d'autres comptes de la machine.",
            f"Fermez-le : chmod 700 {folder}",
        )
    return good(part, f"{folder} est à ce service seul.")


def look_at_disk(folder: Path) -> Finding:
    """Say whether the disk has room and keeps what is written, in a reasonable time."""
    part = Part.DISK
    try:
        free = shutil.disk_usage(folder).free
        seconds = _write_and_sync(folder)
    except OSError as error:
        return bad(
            part,
            "disk_refuses",
            f"Le disque refuse d'écrire : {error.strerror}.",
            "Libérez de la place, ou faites vérifier le disque.",
        )
    room = f"{free / 1e9:.1f} Go libres".replace(".", ",")
    if free < FREE_BYTES_MIN:
        return bad(
            part, "disk_full", f"Le disque est presque plein : {room}.", "Libérez de la place."
        )
    if free < FREE_BYTES_GOOD:
        return warning(part, "disk_low", f"Il reste peu de place : {room}.", "Libérez de la place.")
    if seconds > SYNC_SECONDS_GOOD:
        slow = f"Le disque est lent : {seconds:.1f} s pour une écriture.".replace(".", ",", 1)
        return warning(part, "disk_slow", slow, "Faites vérifier le disque ou la carte mémoire.")
    return good(part, f"{room}, une écriture sûre en {seconds * 1000:.0f} ms.")


def look_at_counter_journal(folder: Path) -> Finding:
    """Say whether the sales' journal can be read, and what waits in it."""
    try:
        with closing(open_sale_journal(folder / COUNTER_JOURNAL)) as journal:
            waiting = journal.count_open_reversals()
    except JournalError as error:
        return _journal_fault(error)
    if waiting:
        return warning(
            Part.JOURNAL,
            "reversals_waiting",
            f"{waiting} annulation(s) attendent le serveur.",
            "Elles partiront dès que le serveur répond. Laissez la caisse allumée.",
        )
    return good(Part.JOURNAL, "Le journal est sain, aucune annulation n'attend.")


def look_at_gate_journal(folder: Path) -> Finding:
    """Say whether the passages' journal can be read, and what waits in it."""
    try:
        with closing(open_passage_journal(folder / GATE_JOURNAL)) as journal:
            waiting = journal.count(PassageState.WAITING)
            aside = journal.count(PassageState.QUARANTINED)
    except JournalError as error:
        return _journal_fault(error)
    if aside:
        return warning(
            Part.JOURNAL,
            "passages_quarantined",
            f"{aside} passage(s) refusés par le serveur sont mis de côté.",
            "Signalez-le à votre service Pass : rien n'est perdu.",
        )
    return good(Part.JOURNAL, f"Le journal est sain, {waiting} passage(s) à remettre.")


def _write_and_sync(folder: Path) -> float:
    probe = folder / f".doctor-{os.getpid()}"
    begun = time.monotonic()
    try:
        with probe.open("xb") as file:
            file.write(b"\0" * PROBE_BYTES)
            file.flush()
            os.fsync(file.fileno())
        return time.monotonic() - begun
    finally:
        probe.unlink(missing_ok=True)


def _journal_fault(error: JournalError) -> Finding:
    sentences = {
        JournalFault.DISK_FULL: "Le disque est plein : aucune opération n'est possible.",
        JournalFault.READ_ONLY: "Le journal ne peut pas être écrit.",
        JournalFault.DAMAGED: "Le journal est abîmé.",
        JournalFault.SCHEMA_NEWER: "Le journal vient d'une version plus récente du programme.",
    }
    return bad(
        Part.JOURNAL,
        f"journal_{error.fault}",
        sentences.get(error.fault, "Le journal ne peut pas être utilisé."),
        "Gardez le fichier, ne le supprimez pas, et appelez votre assistance.",
    )
