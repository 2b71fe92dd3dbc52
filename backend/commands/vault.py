"""`pass-backend vault`: hold the keys in a process that can do nothing else."""

import logging
import signal
import threading

from backend.commands.key_home import open_token
from backend.commands.refusal import CommandRefused
from backend.settings import Settings
from backend.vault.confinement import confine
from backend.vault.key_file import KeyFileRules
from backend.vault.local import LocalVault
from backend.vault.serving import (
    PIN_ANSWER_SECONDS,
    TOKEN_PIN_ANSWER_SECONDS,
    Door,
    VaultServer,
)
from backend.vault.vault import Vault

LOG = logging.getLogger(__name__)
#: A thread here parses one small message; the default of 8 MiB would be locked memory.
THREAD_STACK_BYTES = 512 * 1024


def open_vault(settings: Settings, rules: KeyFileRules) -> Vault:
    """Open the vault in this process, on its token or its key file; raise VaultError.

    Raises FileNotFoundError for a key file that is not there, CommandRefused.
    """
    if settings.vault_token_module is None:
        return LocalVault.load(settings.vault_key_file, rules)
    token = open_token(settings, rules)
    # The package is optional, and loads a C library.
    from backend.vault.pkcs11_vault import Pkcs11Vault  # noqa: PLC0415

    return Pkcs11Vault(token)


def serve(settings: Settings, rules: KeyFileRules) -> None:
    """Answer at `vault_socket` until SIGTERM or SIGINT; what confines the process is logged.

    Raises CommandRefused, VaultError, FileNotFoundError.
    """
    if settings.vault_socket is None:
        raise CommandRefused("vault_socket is not set: where should the vault be asked?")
    # Before any key is in memory.
    granted = confine(network=settings.vault_token_over_network)
    threading.stack_size(THREAD_STACK_BYTES)
    in_token = settings.vault_token_module is not None
    server = VaultServer(
        open_vault(settings, rules),
        Door(settings.vault_socket, settings.vault_group),
        pin_answer_seconds=TOKEN_PIN_ANSWER_SECONDS if in_token else PIN_ANSWER_SECONDS,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    LOG.info("vault ready at %s: %s", settings.vault_socket, ", ".join(granted))
    server.serve()
