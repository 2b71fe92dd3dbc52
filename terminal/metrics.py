"""What a daemon measures, in the text form that Prometheus reads.

Promise: figures are read when they are asked for, from what the daemon knows anyway; nothing is
counted beside it, and no name, number or card is ever a label. Served on loopback only.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured thing: a single value, or one value for each word of `label`."""

    name: str
    meaning: str
    value: float | None = None
    label: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


def exposition(figures: Iterable[Figure]) -> bytes:
    """Return the figures in Prometheus' text format; a figure without any value is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(figures))
    return generate_latest(registry)


class _Once(Collector):
    """Gives the figures of one moment."""

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._families = [_family(figure) for figure in figures]

    def describe(self) -> list[Metric]:
        """Say nothing beforehand: the figures are those that are there."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give every family that has a value."""
        yield from (family for family in self._families if family.samples)


def _family(figure: Figure) -> GaugeMetricFamily:
    if figure.label:
        family = GaugeMetricFamily(figure.name, figure.meaning, labels=[figure.label])
        for word, value in figure.values.items():
            family.add_metric([word], value)
        return family
    family = GaugeMetricFamily(figure.name, figure.meaning)
    if figure.value is not None:
        family.add_metric([], figure.value)
    return family
