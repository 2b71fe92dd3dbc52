"""What a scenario file says, and the acts that it comes to. Pure.

Promise: the same file and the same seed give the same acts, on any machine; a file that is wrong is
refused with all that is wrong with it; no code is in a file, an act or an error: a code is asked
for by its card's name when it is typed (`player.py`).

    format: 1
    title: A lunch rush of 300 pupils
    seed: 2026
    cards: {prefix: ELEVE, count: 300}       # made if they are not there
    crowd:                                   # people, one after the other
      - people: 300
        reader: Pass Gate
        hold_milliseconds: [400, 1500]       # between these two
        pause_milliseconds: [200, 4000]      # before the next one
        twice: 0.05                          # the share of people who tap again
    acts:                                    # exact, as `record` writes them
      - {at: 0.5, do: lay, card: LEA, reader: Pass Counter}
"""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FILE_BYTES_MAX = 1024 * 1024
PEOPLE_MAX, ACTS_MAX = 2000, 20_000
SECONDS_MAX = 86_400.0
MILLISECONDS_MAX = 3_600_000
CENTS_MAX = 100_000
PROBLEMS_SHOWN_MAX = 10

Name = Annotated[str, Field(min_length=1, max_length=60)]
Share = Annotated[float, Field(ge=0, le=1)]
Milliseconds = Annotated[int, Field(ge=0, le=MILLISECONDS_MAX)]
Cents = Annotated[int, Field(ge=1, le=CENTS_MAX)]
Range = tuple[Milliseconds, Milliseconds]
Doing = Literal["lay", "take", "ring", "cancel", "code", "wrong_code", "plug", "paper", "line"]
_NEEDS: dict[str, str] = {
    "lay": "card reader",
    "take": "reader",
    "ring": "amount_cents",
    "cancel": "",
    "code": "card",
    "wrong_code": "",
    "plug": "thing plugged",
    "paper": "plugged",
    "line": "thing plugged",
}


class ScenarioError(Exception):
    """A scenario cannot be played; the message says what to change."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Act(_Value):
    """One thing that hands do, at a moment in seconds from the beginning.

    `plug` and `line` name a `thing`: `pad`, a reader, a line to the backend; `plugged` says whether
    it is whole afterwards. `code` types the code of a card's holder, which whoever plays has.
    """

    at: Annotated[float, Field(ge=0, le=SECONDS_MAX)]
    do: Doing
    card: Name | None = None
    reader: Name | None = None
    amount_cents: Cents | None = None
    thing: Name | None = None
    plugged: bool | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        missing = [name for name in _NEEDS[self.do].split() if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.do} needs {' and '.join(missing)}")
        return self


class DeclaredCards(_Value):
    """Cards that the scenario makes where they are not: PREFIX 001 and so on."""

    prefix: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 _-]{0,39}$")]
    count: Annotated[int, Field(ge=1, le=1000)]
    kind: Literal["blank", "ev1", "ev3", "foreign", "bank", "phone"] = "blank"

    def names(self) -> list[str]:
        """Return their names."""
        return [f"{self.prefix} {number:03}" for number in range(1, self.count + 1)]


class Crowd(_Value):
    """People who come one after the other to one reader; at a counter each buys something."""

    people: Annotated[int, Field(ge=1, le=PEOPLE_MAX)]
    reader: Name
    cards: tuple[Name, ...] = ()
    hold_milliseconds: Range = (400, 1500)
    pause_milliseconds: Range = (200, 4000)
    twice: Share = 0
    sale_cents: tuple[Cents, Cents] | None = None
    wrong_codes: Share = 0
    gives_up: Share = 0

    @model_validator(mode="after")
    def _ranges_go_up(self) -> Self:
        for name in ("hold_milliseconds", "pause_milliseconds", "sale_cents"):
            bounds = getattr(self, name)
            if bounds is not None and bounds[0] > bounds[1]:
                raise ValueError(f"{name}: the first must not be more than the second")
        return self


class Scenario(_Value):
    """The whole file."""

    format: Literal[1]
    title: Annotated[str, Field(min_length=1, max_length=120)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    cards: DeclaredCards | None = None
    crowd: Annotated[tuple[Crowd, ...], Field(max_length=20)] = ()
    acts: Annotated[tuple[Act, ...], Field(max_length=ACTS_MAX)] = ()

    @model_validator(mode="after")
    def _somebody_has_a_card(self) -> Self:
        if self.cards is None and any(not crowd.cards for crowd in self.crowd):
            raise ValueError("a crowd needs cards: name them in it, or declare `cards`")
        return self


def read_scenario(path: Path) -> Scenario:
    """Read a file; raise ScenarioError."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        if len(content) > FILE_BYTES_MAX:
            raise ScenarioError(f"{path}: longer than {FILE_BYTES_MAX} bytes.")
        found: Any = yaml.safe_load(content)
    except OSError as cause:
        raise ScenarioError(f"{path}: {cause.strerror}.") from cause
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise ScenarioError(f"{path} is not a YAML file.") from None
    try:
        return Scenario.model_validate(found)
    except ValidationError as error:
        raise ScenarioError(f"{path}: {_sentences(error)}") from None


def write_scenario(scenario: Scenario) -> str:
    """Return the scenario as a file's content; `read_scenario` gives the same."""
    content = scenario.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    text: str = yaml.safe_dump(
        {"format": 1, **content}, allow_unicode=True, sort_keys=False, width=100
    )
    return text


def acts_of(scenario: Scenario, seed: int | None = None) -> list[Act]:
    """Return everything that is done, in order of time."""
    chance = random.Random(scenario.seed if seed is None else seed)  # noqa: S311 -- a play, not a secret
    acts = list(scenario.acts)
    for crowd in scenario.crowd:
        acts += _acts_of_crowd(crowd, scenario, chance)
    if len(acts) > ACTS_MAX:
        raise ScenarioError(f"This comes to {len(acts)} acts; {ACTS_MAX} is the most.")
    return sorted(acts, key=lambda act: act.at)


def _acts_of_crowd(crowd: Crowd, scenario: Scenario, chance: random.Random) -> Iterator[Act]:
    declared = scenario.cards.names() if scenario.cards else []
    names = list(crowd.cards) or declared
    order: list[str] = []
    while len(order) < crowd.people:
        order += chance.sample(names, len(names))
    now = 0.0
    for name in order[: crowd.people]:
        taps = 2 if chance.random() < crowd.twice else 1
        for _ in range(taps):
            now += chance.randint(*crowd.pause_milliseconds) / 1000
            for act in _acts_of_person(crowd, name, chance):
                yield act.model_copy(update={"at": round(now + act.at, 3)})
                last = act.at
            now = round(now + last, 3)


def _acts_of_person(crowd: Crowd, name: str, chance: random.Random) -> Iterator[Act]:
    hold = chance.randint(*crowd.hold_milliseconds) / 1000
    if crowd.sale_cents is None:
        yield Act(at=0, do="lay", card=name, reader=crowd.reader)
        yield Act(at=hold, do="take", reader=crowd.reader)
        return
    yield Act(at=0, do="ring", amount_cents=chance.randint(*crowd.sale_cents))
    yield Act(at=0.4, do="lay", card=name, reader=crowd.reader)
    errs, leaves = chance.random() < crowd.wrong_codes, chance.random() < crowd.gives_up
    if not leaves:
        if errs:
            yield Act(at=0.5, do="wrong_code")
        yield Act(at=0.6, do="code", card=name)
    yield Act(at=0.6 + hold, do="take", reader=crowd.reader)
    if leaves:
        # Else the next one's code would be typed for this one's card.
        yield Act(at=0.7 + hold, do="cancel")


def _sentences(error: ValidationError) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}"
        for each in found[:PROBLEMS_SHOWN_MAX]
    )
