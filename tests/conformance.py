"""Schemathesis over an application in process: all of its checks, and what was found wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

#: From as many examples an operation on, a run is one of those that take their time.
FAR = 10
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@dataclass
class Asked:
    """One run over some operations as somebody."""

    calls: int = 0
    operations: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def words(self, cases_max: int = 5) -> str:
        """Say what was wrong, for a person."""
        return "\n\n".join(self.wrong[:cases_max])


@dataclass(frozen=True, kw_only=True)
class Asking:
    """How an application is asked: how far, how, and about what."""

    seed: int
    examples: int
    phases: Sequence[str] = PHASES
    headers: Mapping[str, str] = field(default_factory=dict)
    operations: Sequence[Mapping[str, Any]] = ()


def ask(app: Any, asking: Asking) -> Asked:
    """Ask every operation that is described; name what is wrong."""
    config = SchemathesisConfig.from_dict(
        {
            "seed": asking.seed,
            "headers": dict(asking.headers),
            "continue-on-failure": True,
            # Words of the program's own text: dear to gather, so only where far is gone.
            "analysis": {"constants": {"enabled": asking.examples >= FAR}},
            "generation": {
                "max-examples": asking.examples,
                "database": "none",
                "no-shrink": True,
            },
            "phases": {name: {"enabled": name in asking.phases} for name in PHASES},
            "operations": [dict(one) for one in asking.operations],
        }
    )
    headers = dict(asking.headers)
    api = schemathesis.openapi.from_asgi("/openapi.json", app, config=config, headers=headers)
    asked = Asked()
    for event in from_schema(api).execute():
        _take(asked, event)
    return asked


def _take(asked: Asked, event: events.EngineEvent) -> None:
    if isinstance(event, events.NonFatalError):
        asked.wrong.append(str(event.info))
    if isinstance(event, events.FatalError):
        asked.wrong.append(str(event.exception))
    if not isinstance(event, events.ScenarioFinished):
        return
    asked.operations.add(event.recorder.label)
    for case_id, checks in event.recorder.checks.items():
        asked.calls += 1
        for check in checks:
            if check.failure_info is not None:
                failure, sample = check.failure_info.failure, check.failure_info.code_sample
                answer = event.recorder.interactions[case_id].response
                said = b"" if answer is None else answer.content[:500]
                asked.wrong.append(f"{failure.title}: {failure.message}\n{sample}\n{said!r}")
