"""`pass-backend vault`: hold the keys in a process that can do nothing else."""

import logging
import signal
import threading

from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from backend.vault.confinement import confine
from backend.vault.key_file import KeyFileRules
from backend.vault.local import LocalVault
from backend.vault.serving import Door, VaultServer

LOG = logging.getLogger(__name__)
#: A thread here parses one small message; the default of 8 MiB would be locked memory.
THREAD_STACK_BYTES = 512 * 1024


def serve(settings: Settings, rules: KeyFileRules) -> None:
    """Answer at `vault_socket` until SIGTERM or SIGINT; what confines the process is logged.

    Raises CommandRefused, VaultError, FileNotFoundError.
    """
    if settings.vault_socket is None:
        raise CommandRefused("vault_socket is not set: where should the vault be asked?")
    # Before any key is in memory.
    granted = confine()
    threading.stack_size(THREAD_STACK_BYTES)
    vault = LocalVault.load(settings.vault_key_file, rules)
    server = VaultServer(vault, Door(settings.vault_socket, settings.vault_group))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    LOG.info("vault ready at %s: %s", settings.vault_socket, ", ".join(granted))
    server.serve()
