"""`apply`, `statement`, `ledger …`: set a scheme up, and read what happened to its money."""

from pathlib import Path

from backend.commands import apply, ledger, statement
from backend.commands.verbs.invocation import Family, Invocation


def add(root: Family) -> None:
    """Add the verbs of this family."""
    one = root.verb("apply", _apply, "bring the database to what a TOML file declares")
    one.add_argument("file", type=Path)
    one.add_argument("--json", action="store_true", help="print what was made as JSON")
    one.add_argument(
        "--pad-keys",
        type=Path,
        metavar="FOLDER",
        help="write new pads' keys in clear into this folder, for simulated pads; development only",
    )
    one = root.verb("statement", _statement, "print a wallet's statement")
    one.add_argument("--card-number", required=True)
    one.add_argument("--benefit", required=True, help="the benefit's code, such as culture")
    one.add_argument("--json", action="store_true")
    books = root.family("ledger", "the ledger")
    books.verb("check", _check, "prove that the ledger adds up; status 1 if not")


def _apply(asked: Invocation) -> None:
    applied = apply.apply_file(asked.services(), asked.options.file, asked.options.pad_keys)
    asked.say(applied.as_json() if asked.options.json else applied.as_text())


def _statement(asked: Invocation) -> None:
    chosen = asked.options.card_number, asked.options.benefit
    lines = statement.read_statement(asked.services(), *chosen)
    asked.say(lines.as_json() if asked.options.json else lines.as_text())


def _check(asked: Invocation) -> int:
    sentence, sound = ledger.check(asked.services())
    asked.say(sentence)
    return 0 if sound else 1
