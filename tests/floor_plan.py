"""The floor plan, as data: which room may know which, and what is imported in one file only.

Change the plan in ARCHITECTURE.md and docs/decisions first, then here; test_architecture.py holds
the programs to it.
"""

# What each room may import of our own besides itself. A name ending in `.*` means the files that
# lie directly in that program's folder (its foundation), never its rooms.
MAY_KNOW: dict[str, set[str]] = {
    "passcard": set(),
    "terminal.*": {"passcard"},
    "terminal.reader": {"terminal.*"},
    "terminal.pin": {"terminal.*"},
    "terminal.trace": {"terminal.*", "terminal.reader", "passcard"},
    "terminal.counter": {
        "terminal.*",
        "terminal.reader",
        "terminal.pin",
        "terminal.trace",
        "passcard",
    },
    "terminal.gate": {
        "terminal.*",
        "terminal.reader",
        "terminal.pin",
        "terminal.trace",
        "passcard",
    },
    "terminal.desk": {"terminal.*", "terminal.reader", "terminal.trace", "passcard"},
    "terminal.doctor": {
        "terminal.*",
        "terminal.reader",
        "terminal.pin",
        "terminal.counter",
        "terminal.gate",
    },
    "simulator": {"passcard.layout"},
    "backend.vault": {"backend.*", "passcard"},
    "backend.migrations": {"backend.*"},
    "backend.ledger": {"backend.*"},
    "backend.accounts": {"backend.*"},
    "backend.partners": {"backend.*", "backend.accounts"},
    "backend.benefits": {"backend.*", "backend.ledger", "backend.accounts", "backend.partners"},
    "backend.pins": {
        "backend.*",
        "backend.vault",
        "backend.accounts",
        "backend.partners",
        "backend.cards",
        "backend.access",
    },
    "backend.cards": {
        "backend.*",
        "backend.vault",
        "backend.accounts",
        "backend.partners",
        "passcard",
    },
    "backend.payments": {
        "backend.*",
        "backend.ledger",
        "backend.benefits",
        "backend.cards",
        "backend.pins",
        "backend.partners",
        "backend.accounts",
        "passcard",
    },
    "backend.operators": {
        "backend.*",
        "backend.ledger",
        "backend.vault",
        "backend.benefits",
        "backend.cards",
        "backend.pins",
        "backend.payments",
        "backend.partners",
        "backend.accounts",
        "backend.access",
        "passcard",
    },
    "backend.holders": {
        "backend.*",
        "backend.ledger",
        "backend.vault",
        "backend.benefits",
        "backend.cards",
        "backend.pins",
        "backend.payments",
        "backend.partners",
        "backend.accounts",
        "backend.access",
        "backend.pupils",
        "backend.operators",
        "passcard",
    },
    "backend.privacy": {
        "backend.*",
        "backend.ledger",
        "backend.benefits",
        "backend.cards",
        "backend.pins",
        "backend.payments",
        "backend.partners",
        "backend.accounts",
        "backend.access",
        "backend.pupils",
        "backend.operators",
        "backend.holders",
    },
    "backend.events": {
        "backend.*",
        "backend.ledger",
        "backend.vault",
        "backend.benefits",
        "backend.partners",
        "backend.payments",
        "backend.accounts",
    },
    "backend.pupils": {
        "backend.*",
        "backend.ledger",
        "backend.cards",
        "backend.accounts",
        "backend.access",
    },
    "backend.access": {
        "backend.*",
        "backend.ledger",
        "backend.vault",
        "backend.cards",
        "backend.accounts",
        "backend.partners",
        "passcard",
    },
}
# These gather the rooms and so know them all: the HTTP application, the command line, the pages.
GATHERERS = {
    "backend/app.py",
    "backend/__main__.py",
    "backend/tables.py",
    "backend/services.py",
    "terminal/__main__.py",
}
# These rooms stand on every other of the backend.
STAND_ON_ALL = {"backend.web", "backend.commands"}
# Nobody knows the pages but the application that serves them.
WEB_IS_KNOWN_BY = {"backend/app.py"}

# A device library, HTTP client or database driver is imported in one file of a program.
RIMS = {
    "smartcard": {"terminal": "terminal/reader/pcsc.py"},
    "smtplib": {"backend": "backend/mail.py"},
    "pkcs11": {"backend": "backend/vault/pkcs11_token.py"},
    "serial": {"terminal": "terminal/pin/serial_link.py"},
    "osdp": {
        "terminal": "terminal/gate/door/osdp_link.py",
        "simulator": "simulator/turnstile/osdp_head.py",
    },
    "httpx": {
        "terminal": "terminal/backend_client.py",
        "backend": "backend/accounts/signin/federation/wire.py",
    },
    "fido2": {"backend": "backend/accounts/signin/passkeys/ceremonies.py"},
    "sqlite3": {"terminal": "terminal/journal_file.py"},
    "escpos": {"terminal": "terminal/counter/receipts/paper.py"},
    "reportlab": {"terminal": "terminal/counter/receipts/pdf.py"},
    "defusedxml": {"backend": "backend/pupils/siecle.py"},
    "pypdf": {"backend": "backend/partners/organisations/papers.py"},
}
PURE_PACKAGES = ("passcard",)
IMPURE_MODULES = {"os", "socket", "time", "random", "secrets", "threading", "subprocess", "logging"}
