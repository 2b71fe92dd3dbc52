"""The till page and the customer's, rendered here so that they are right before any script runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from terminal.counter.api_shapes import CurrentShape, SalesShape
from terminal.counter.front import Training
from terminal.counter.page_words import page_words
from terminal.counter.speech import Language, Speech
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """What the till page begins with."""

    current: CurrentShape
    today: SalesShape
    can_print: bool
    sound_percent: int
    training: bool
    setting: Training


def _hour(moment: datetime) -> str:
    return moment.astimezone(_PARIS).strftime("%H:%M")


_TEMPLATES.filters.update(hour=_hour)


def render_till(place: Place, speech: Speech, state: PageState) -> str:
    """Return the till page's HTML."""
    return _TEMPLATES.get_template("till.html").render(
        place=place,
        code_entry_words=speech.code_entry[place.code_entry],
        today=state.today,
        state=state,
        may_train=state.setting is Training.ALLOWED,
        list_words={each.value: text for each, text in speech.states.items()},
        euros=speech.euros,
        **_spoken(speech, state.sound_percent),
    )


def render_customers_side(place: Place, speech: Speech, headline: str) -> str:
    """Return the HTML of the screen that the customer sees."""
    return _TEMPLATES.get_template("client.html").render(
        place=place, headline=headline, **_spoken(speech, 0)
    )


def _spoken(speech: Speech, sound_percent: int) -> Mapping[str, object]:
    words = page_words(speech.language)
    french = speech.language is Language.FRENCH
    return {
        "language": speech.language.value,
        "other_language": Language.ENGLISH.value if french else Language.FRENCH.value,
        "t": SimpleNamespace(**words),
        "script": {"language": speech.language.value, "words": words, "sound": sound_percent / 100},
    }
