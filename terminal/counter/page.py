"""The till page, rendered here so that it is right before any script has run."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from terminal.counter import words
from terminal.counter.amounts import euros
from terminal.counter.api_shapes import CurrentShape, SalesShape
from terminal.counter.states import State
from terminal.pin.pad import CodeEntry

_PARIS = ZoneInfo("Europe/Paris")
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where this till stands, as its header says; and who encrypts the codes typed here."""

    partner_name: str
    terminal_name: str
    code_entry: CodeEntry = CodeEntry.SECURE


def _hour(moment: datetime) -> str:
    return moment.astimezone(_PARIS).strftime("%H:%M")


_TEMPLATES.filters.update(euros=euros, hour=_hour)


def render_till(place: Place, current: CurrentShape, today: SalesShape) -> str:
    """Return the page's HTML."""
    return _TEMPLATES.get_template("till.html").render(
        place=place,
        code_entry_words=words.CODE_ENTRY_WORDS[place.code_entry],
        current=current,
        today=today,
        idle_words=words.STATE_WORDS[State.AMOUNT],
        list_words={state.value: text for state, text in words.STATE_WORDS.items()},
    )
