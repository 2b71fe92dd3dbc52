"""A plan of places as an SVG of our own: points, communes, a scale. Pure; nobody else is asked.

What is drawn is only help for the eye: the list says all of it in words. Points that would cover
one another are drawn as one, with all their numbers. The earth is flat here, as it is on a plan.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from backend.holders.directory import DEGREE_METRES
from backend.partners.directory import Point

WIDTH: Final = 340
HEIGHT: Final = 260
MARGIN: Final = 34
#: A single point has no extent: a plan shows at least this much.
EXTENT_METRES_MIN: Final = 600
#: Closer than this, two points are one.
TOGETHER: Final = 22
NUMBERS_SHOWN_MAX: Final = 3
#: Where a commune's name may stand, from its point, best first; and how far from other words.
LABEL_PLACES: Final = (-14, 24, -30, 40)
LABEL_APART: Final = 18
SCALE_WIDTH_MAX: Final = 110
STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Spot:
    """Something to draw: what it is called, and where."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Mark:
    """Something drawn: its words and its place on the plan."""

    text: str
    x: int
    y: int
    #: Half the width of what stands there.
    half: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan to draw."""

    marks: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    centre: Mark | None
    scale_words: str
    scale_width: int
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True, slots=True)
class _View:
    """How the earth lies on the plan."""

    south: int
    west: int
    shrink: float
    #: Units of the plan for a millionth of a degree.
    zoom: float
    left: float
    top: float

    def at(self, point: Point) -> tuple[int, int]:
        x = self.left + (point.longitude_e6 - self.west) * self.shrink * self.zoom
        y = self.top - (point.latitude_e6 - self.south) * self.zoom
        return round(x), round(y)


def draw(
    places: Sequence[Spot], communes: Sequence[Spot] = (), centre: Point | None = None
) -> Plan | None:
    """Draw places under their names; None where none has a point."""
    if not places:
        return None
    points = [one.point for one in places] + ([centre] if centre is not None else [])
    view = _look_at(points)
    width, words = _scale(view)
    marks = _together(places, view)
    return Plan(
        marks=marks,
        labels=_labels(communes, marks, view),
        centre=None if centre is None else Mark("", *view.at(centre)),
        scale_words=words,
        scale_width=width,
    )


def _look_at(points: Sequence[Point]) -> _View:
    north, south = (pick(one.latitude_e6 for one in points) for pick in (max, min))
    east, west = (pick(one.longitude_e6 for one in points) for pick in (max, min))
    shrink = max(math.cos(math.radians((north + south) / 2_000_000)), 0.01)
    least = EXTENT_METRES_MIN * 1_000_000 / DEGREE_METRES
    tall, wide = max(north - south, least), max((east - west) * shrink, least)
    zoom = min((HEIGHT - 2 * MARGIN) / tall, (WIDTH - 2 * MARGIN) / wide)
    left = WIDTH / 2 - (east - west) * shrink * zoom / 2
    top = HEIGHT / 2 + (north - south) * zoom / 2
    return _View(south, west, shrink, zoom, left, top)


def _together(places: Sequence[Spot], view: _View) -> tuple[Mark, ...]:
    groups = list[tuple[int, int, list[str]]]()
    for one in places:
        x, y = view.at(one.point)
        near = next(
            (group for group in groups if math.hypot(group[0] - x, group[1] - y) < TOGETHER), None
        )
        if near is None:
            groups.append((x, y, [one.name]))
        else:
            near[2].append(one.name)
    return tuple(_mark(x, y, names) for x, y, names in groups)


def _mark(x: int, y: int, names: list[str]) -> Mark:
    shown = names[:NUMBERS_SHOWN_MAX]
    more = len(names) - len(shown)
    text = ", ".join(shown) + (f" +{more}" if more else "")
    half = max(13, 4 * len(text) + 7)
    return Mark(text, min(max(x, half), WIDTH - half), y, half)


def _labels(communes: Sequence[Spot], marks: Sequence[Mark], view: _View) -> tuple[Mark, ...]:
    """Write the communes where there is room: above their point, or below it; else not at all."""
    drawn = list[Mark]()
    for one in communes:
        x, y = view.at(one.point)
        half = 4 * len(one.name) + 6
        x = min(max(x, half), WIDTH - half)
        for lower in LABEL_PLACES:
            label = Mark(one.name, x, y + lower, half)
            if _has_room(label, (*marks, *drawn)):
                drawn.append(label)
                break
    return tuple(drawn)


def _has_room(label: Mark, others: Sequence[Mark]) -> bool:
    inside = MARGIN / 2 <= label.y <= HEIGHT - MARGIN
    return inside and all(
        abs(label.x - other.x) > label.half + other.half or abs(label.y - other.y) > LABEL_APART
        for other in others
    )


def _scale(view: _View) -> tuple[int, str]:
    """Return the longest round distance that fits, and its words."""
    metres_per_unit = DEGREE_METRES / 1_000_000 / view.zoom
    longest = SCALE_WIDTH_MAX * metres_per_unit
    power = 10 ** max(int(math.log10(max(longest, 1))), 0)
    metres = max((step * power for step in STEPS if step * power <= longest), default=power)
    words = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    return max(round(metres / metres_per_unit), 1), words
