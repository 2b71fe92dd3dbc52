"""constraints.txt installs on every Python the project admits, the oldest Debian's included."""

import re
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
OLDEST_DEBIAN = (
    "3.11.2"  # bookworm's python3: a pin that asks for a later one cannot be installed there.
)
PINS = [line for line in CONSTRAINTS.read_text().splitlines() if line and not line.startswith("#")]


def pinned() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in (pin.split("==") for pin in PINS)}


def test_a_pin_is_a_name_and_a_version_and_stands_once() -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in PINS)
    assert len(pinned()) == len(PINS) > 100


@pytest.mark.parametrize("installed", list(distributions()), ids=lambda found: found.name)
def test_what_is_installed_admits_the_oldest_debian(installed: Distribution) -> None:
    wanted = installed.metadata["Requires-Python"]
    assert wanted is None or SpecifierSet(wanted).contains(OLDEST_DEBIAN), (
        f"{installed.name} wants {wanted}"
    )


def required(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]]) -> set[str]:
    """Names of the distributions that `name` with `extras` brings, itself not counted."""
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    found: set[str] = set()
    for line in distribution(name).requires or []:
        wanted = Requirement(line)
        if any(applies(wanted, extra) for extra in extras or {""}):
            found |= {canonicalize_name(wanted.name)} | required(
                wanted.name, frozenset(wanted.extras), seen
            )
    return found


def applies(wanted: Requirement, extra: str) -> bool:
    try:
        return wanted.marker is None or wanted.marker.evaluate({"extra": extra})
    except UndefinedEnvironmentName:
        return False


def test_everything_that_is_brought_is_pinned() -> None:
    extras = frozenset({"backend", "pkcs11", "terminal", "simulator", "dev"})
    assert not required("pass-terminal", extras, set()) - pinned().keys() - {"pass-terminal"}
