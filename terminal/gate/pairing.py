"""What an administrator of a gate does about tablets, in words: pair one, list them, end one."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from terminal.errors import IdentityError, SettingsError
from terminal.gate.certificate import own_certificate
from terminal.gate.name_seal import Names, NameSeal
from terminal.gate.passages import PassageJournal, open_passage_journal
from terminal.gate.supervisors import CODE_LIFETIME, Role, SupervisorBook
from terminal.identity import load_identity
from terminal.settings import GateSettings

JOURNAL_FILE = "passages.db"
_ROLE_WORDS = {Role.SUPERVISOR: "surveillance", Role.KITCHEN: "cuisine"}


def _open_journal(settings: GateSettings) -> PassageJournal:
    """Open it with the gate's own key, if it is ours to read: systemd may hold what closes it."""
    folder = settings.state_dir
    names: Names | None = None
    with suppress(IdentityError):
        identity = load_identity(folder, "gate")
        names = NameSeal(identity.secret(), identity.terminal_id)
    return open_passage_journal(folder / JOURNAL_FILE, names)


def pair_tablet(settings: GateSettings, name: str, role: Role, now: datetime) -> str:
    """Make a pairing code; return what to do with it. Raises SettingsError, JournalError."""
    chosen = settings.supervisor
    if chosen is None:
        raise SettingsError("the table [supervisor] is missing: this gate serves no tablet")
    journal = _open_journal(settings)
    try:
        code = SupervisorBook(journal, now=lambda: now).offer(name, role)
    except ValueError as cause:
        raise SettingsError(str(cause)) from None
    finally:
        journal.close()
    minutes = int(CODE_LIFETIME.total_seconds() // 60)
    lines = [f"Sur la tablette, ouvrez {chosen.url} et tapez le code {code[:4]} {code[4:]}."]
    lines.append(f"Il sert une fois, pendant {minutes} minutes, pour {name} ({_ROLE_WORDS[role]}).")
    if chosen.is_on_network and chosen.certificate_file is None:
        own = own_certificate(settings.state_dir, chosen.listen_host, chosen.host_names, now)
        lines.append(f"Empreinte à comparer sur la tablette : {own.fingerprint}")
    return "\n".join(lines)


def list_tablets(settings: GateSettings, now: datetime) -> str:
    """Return the tablets paired with this gate, a line each. Raises JournalError."""
    journal = _open_journal(settings)
    try:
        paired = SupervisorBook(journal, now=lambda: now).list_paired()
    finally:
        journal.close()
    lines = [
        f"{each.supervisor_id}  {each.paired_at:%d/%m/%Y}  {_ROLE_WORDS[each.role]}  {each.name}"
        for each in paired
    ]
    return "\n".join(lines) or "Aucune tablette n’est appairée."


def end_tablet(settings: GateSettings, supervisor_id: UUID, now: datetime) -> str:
    """End a pairing. Raises JournalError."""
    journal = _open_journal(settings)
    try:
        ended = SupervisorBook(journal, now=lambda: now).end(supervisor_id)
    finally:
        journal.close()
    return "L’appairage est terminé." if ended else "Aucun appairage n’a ce numéro."
