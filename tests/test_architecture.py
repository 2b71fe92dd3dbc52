"""The floor plan, as a test: who may know whom, how large a thing may be, what is never written.

Which room may know which stands in floor_plan.py: change the plan in ARCHITECTURE.md and
docs/decisions first, then there.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.floor_plan import (
    GATHERERS,
    IMPURE_MODULES,
    MAY_KNOW,
    PURE_PACKAGES,
    RIMS,
    STAND_ON_ALL,
    WEB_IS_KNOWN_BY,
)

ROOT = Path(__file__).parent.parent
PROGRAMS = ("passcard", "terminal", "backend", "simulator")
FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = 400
#: Where a function or a class begins at the left edge.
BLOCKS = re.compile(r"^(?=@|def |async def |class )", re.MULTILINE)


@cache
def sources() -> tuple[Path, ...]:
    """Every Python file of the four programs."""
    return tuple(path for program in PROGRAMS for path in sorted((ROOT / program).rglob("*.py")))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def imports_of(path: Path) -> tuple[tuple[int, str], ...]:
    """Give line and dotted name of each import, `from a import b` as `a.b`."""
    return tuple(_imports_of(path))


def _imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def room_of(path: Path) -> str:
    """Name the room a file lies in: `backend.ledger`, `passcard`, or `terminal.*`."""
    parts = path.relative_to(ROOT).parts
    if parts[0] in ("passcard", "simulator"):
        return parts[0]
    return ".".join(parts[:2]) if len(parts) > 2 else f"{parts[0]}.*"


def target_room(imported: str) -> str:
    """Name the room an import leads to."""
    parts = imported.split(".")
    if parts[0] in ("passcard", "simulator"):
        return parts[0]
    is_room = len(parts) > 1 and (ROOT / parts[0] / parts[1]).is_dir()
    return f"{parts[0]}.{parts[1]}" if is_room else f"{parts[0]}.*"


def is_allowed(path: Path, imported: str) -> bool:
    own, target = room_of(path), target_room(imported)
    if own == target or name_of(path) in GATHERERS:
        return target.split(".")[0] in (own.split(".")[0], "passcard")
    allowed = {"backend.*": {"passcard"}, **MAY_KNOW}.get(own, set())
    if own in STAND_ON_ALL:
        return target.split(".")[0] in ("backend", "passcard")
    return target in allowed or any(
        imported == known or imported.startswith(f"{known}.") for known in allowed
    )


def test_every_room_knows_only_whom_it_may() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {imported}"
        for path in sources()
        for line, imported in imports_of(path)
        if imported.split(".")[0] in (*PROGRAMS, "tests", "scripts")
        if not is_allowed(path, imported)
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_knows_the_pages() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in sources()
        for line, imported in imports_of(path)
        if imported.startswith("backend.web") and room_of(path) != "backend.web"
        if name_of(path) not in WEB_IS_KNOWN_BY
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("library", sorted(RIMS))
def test_a_rim_is_one_file(library: str) -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in sources()
        for line, imported in imports_of(path)
        if imported.split(".")[0] == library
        for home in [RIMS[library].get(path.relative_to(ROOT).parts[0])]
        if home is not None and name_of(path) != home
    ]
    assert not wrong, f"{library} outside its one file: {wrong}"


def test_the_card_room_is_pure() -> None:
    wrong = [
        f"{name_of(path)}:{line} imports {imported}"
        for path in sources()
        if path.relative_to(ROOT).parts[0] in PURE_PACKAGES
        for line, imported in imports_of(path)
        if imported.split(".")[0] in IMPURE_MODULES
    ]
    assert not wrong, wrong


def test_the_database_is_opened_in_one_file() -> None:
    wrong = [
        f"{name_of(path)}:{line}"
        for path in sources()
        for line, imported in imports_of(path)
        if imported in ("sqlalchemy.create_engine", "psycopg") or imported.startswith("psycopg.")
        if name_of(path) != "backend/database.py"
    ]
    assert not wrong, wrong


def too_long(path: Path) -> Iterator[str]:
    """Give the file if it is longer than a sitting, and each function longer than a hand."""
    text = path.read_text(encoding="utf-8")
    lines = text.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{name_of(path)}: {lines} lines"
    # To read a whole tree costs: only where a block at the left edge may hold too long a function.
    if all(block.count("\n") <= FUNCTION_LINES_MAX for block in BLOCKS.split(text)):
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if size > FUNCTION_LINES_MAX:
                yield f"{name_of(path)}:{node.lineno} {node.name}: {size} lines"


def test_functions_fit_a_hand_and_files_a_sitting() -> None:
    paths = (*sources(), *sorted((ROOT / "scripts").rglob("*.py")))
    wrong = [one for path in paths if "migrations" not in path.parts for one in too_long(path)]
    assert not wrong, "\n".join(wrong)


def test_tests_and_benchmarks_fit_a_sitting_too() -> None:
    paths = [path for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    wrong = [one for path in sorted(paths) for one in too_long(path)]
    assert not wrong, "\n".join(wrong)


# What a line may not hold, where, and why.
BANNED: tuple[tuple[str, str, str], ...] = (
    (r"\bprint\(", r"__main__\.py$", "a program speaks through its log or its pages"),
    (r"\b(FIXME|TODO|XXX|HACK)\b", r"$^", "finish it, or say it in the closing words"),
    (r"\bfloat\(", r"^(terminal|simulator)/|^backend/database\.py$", "money is whole cents"),
    (r"pragma: no cover", r"$^", "an unexecuted line is a bug too"),
    (r"\bassert False\b", r"$^", "raise what happened"),
    (r"except Exception:\s*pass", r"$^", "a swallowed error is a lost fact"),
)


@pytest.mark.parametrize(("pattern", "allowed", "reason"), BANNED, ids=lambda value: value[:24])
def test_banned_words(pattern: str, allowed: str, reason: str) -> None:
    wrong = [
        f"{name_of(path)}:{number}"
        for path in sources()
        if not re.search(allowed, name_of(path))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not wrong, f"{reason}: {wrong}"


# The doors through which a secret leaves its type. Each new one is a reviewed act.
REVEALING: dict[str, str] = {
    "backend/accounts/signin/factor.py": "a second factor's secret is shown to its own holder",
    "backend/accounts/signin/federation/provider.py": "our secret goes to the identity provider",
    "backend/commands/pad_keys.py": "a pad's initial key goes into a file, in development",
    "backend/events/endpoints.py": "an endpoint's secret is shown to its own partner, once",
    "backend/mail.py": "the mail server's password goes to the mail server",
    "backend/pins/setting.py": "a code being chosen is looked at for weakness, then wiped",
    "backend/vault/ceremony.py": "components are printed once, read and combined",
    "backend/vault/check_values.py": "a key's check value is computed",
    "backend/vault/event_messages.py": "an endpoint's secret goes to the backend that asked for it",
    "backend/vault/factor_messages.py": "a second factor's secret goes to the backend that asked",
    "backend/vault/key_seal.py": "the key of a file's seal goes into the cipher",
    "backend/vault/published_keys.py": "a key is compared with those everybody has",
    "backend/vault/key_body.py": "keys are written into the key file's body",
    "backend/vault/pin_reference.py": "a code's reference is computed",
    "backend/vault/key_block.py": "a pad's key is wrapped for conveyance",
    "backend/vault/messages.py": "a pad's initial key goes to the backend that asked for it",
    "backend/vault/pkcs11_store.py": "keys go into the token; a legacy one comes back for a call",
    "backend/vault/pkcs11_token.py": "keys and the token's own code go into the token",
    "backend/vault/remote.py": "codes being chosen go to the vault's process",
    "backend/vault/seal.py": "the sealing key goes into the cipher",
    "backend/vault/software_store.py": "keys go into derivations",
    "backend/vault/store_vault.py": "a code being chosen goes into its reference",
    "passcard/card_keys.py": "keys go into derivations, and ChangeKey, which is encrypted",
    "passcard/secure_messaging.py": "session keys go into the cipher",
    "simulator/pad/keys.py": "the pad's initial key goes into the derivation",
    "terminal/backend_client.py": "the encrypted PIN block travels to the backend",
    "terminal/backend_enquiries.py": "idem, to read balances",
    "terminal/gate/door/osdp_link.py": "the head's key goes into its secure channel",
    "terminal/gate/list_seal.py": "the terminal's key goes into the derivation of the list's seal",
    "terminal/gate/name_seal.py": "the seal of supervisors' names is derived from it",
    "terminal/gate/tap.py": "a card's access key goes into its authentication",
}


def test_secrets_leave_their_type_only_through_known_doors() -> None:
    wrong = [
        name_of(path)
        for path in sources()
        if ".reveal(" in path.read_text(encoding="utf-8") and name_of(path) not in REVEALING
    ]
    assert not wrong, wrong
    idle = [name for name in REVEALING if ".reveal(" not in (ROOT / name).read_text()]
    assert not idle, f"no longer a door: {idle}"


def test_names_say_what_a_thing_is() -> None:
    vague = {"utils", "helpers", "helper", "manager", "common", "misc", "info"}
    wrong = [name_of(path) for path in sources() if path.stem in vague]
    assert not wrong, wrong


def test_the_map_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for path in sources()
        if path.name == "__init__.py" and len(path.relative_to(ROOT).parts) <= 3
        if "migrations" not in path.parts
    }
    missing = sorted(room for room in rooms if f"`{room}`" not in text)
    assert not missing, missing
