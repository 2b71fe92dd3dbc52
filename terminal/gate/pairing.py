"""What an administrator of a gate does about tablets, in words: pair one, list them, end one."""

from datetime import datetime
from uuid import UUID

from terminal.errors import SettingsError
from terminal.gate.certificate import own_certificate
from terminal.gate.passages import open_passage_journal
from terminal.gate.supervisors import CODE_LIFETIME, Role, SupervisorBook
from terminal.settings import GateSettings

JOURNAL_FILE = "passages.db"
_ROLE_WORDS = {Role.SUPERVISOR: "surveillance", Role.KITCHEN: "cuisine"}


def pair_tablet(settings: GateSettings, name: str, role: Role, now: datetime) -> str:
    """Make a pairing code; return what to do with it. Raises SettingsError, JournalError."""
    chosen = settings.supervisor
    if chosen is None:
        raise SettingsError("the table [supervisor] is missing: this gate serves no tablet")
    journal = open_passage_journal(settings.state_dir / JOURNAL_FILE)
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
    journal = open_passage_journal(settings.state_dir / JOURNAL_FILE)
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
    journal = open_passage_journal(settings.state_dir / JOURNAL_FILE)
    try:
        ended = SupervisorBook(journal, now=lambda: now).end(supervisor_id)
    finally:
        journal.close()
    return "L’appairage est terminé." if ended else "Aucun appairage n’a ce numéro."
